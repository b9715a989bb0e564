"""The stack, the marks and the memo of the pickle machine, as the unpickler of Python has them."""

from typing import Any

from modelyard.inspection.pickles.window import Window
from modelyard.inspection.sight import Malformed
from modelyard.inspection.sources import Source


class Stack(Window):
    """Values that were pushed and remembered. Taking what is not there is Malformed."""

    def __init__(self, source: Source, start: int) -> None:
        super().__init__(source, start)
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.floor = 0
        """The height of the stack at the last mark: what lies below cannot be popped."""
        self.memo: dict[int, Any] = {}
        """By number. MEMOIZE takes how many there are for the next one, whichever numbers those have."""

    def broken(self, why: str) -> Malformed:
        """What to raise when the pickle does what no pickle may."""
        return Malformed("pickle.malformed", why, offset=self.offset)

    def pop(self) -> Any:
        """Take the last value."""
        if len(self.stack) <= self.floor:
            raise self.broken("a value is taken from an empty stack")
        return self.stack.pop()

    def top(self) -> Any:
        """The last value."""
        if len(self.stack) <= self.floor:
            raise self.broken("a value is wanted of an empty stack")
        return self.stack[-1]

    def pop_mark(self) -> list[Any]:
        """Take all values since the last mark, and the mark."""
        if not self.marks:
            raise self.broken("a mark is wanted where there is none")
        start = self.marks.pop()
        found = self.stack[start:]
        del self.stack[start:]
        self.floor = self.marks[-1] if self.marks else 0
        return found

    def mark(self) -> None:
        """MARK."""
        self.floor = len(self.stack)
        self.marks.append(self.floor)

    def remember(self, number: int) -> None:
        """Keep the last value under a number."""
        if len(self.stack) <= self.floor:
            raise self.broken("nothing is there to be remembered")
        self.memo[number] = self.stack[-1]

    def recall(self, number: int) -> None:
        """Push what is kept under a number."""
        try:
            self.stack.append(self.memo[number])
        except KeyError:
            raise self.broken(f"nothing is remembered under {number}") from None

    def memoize(self) -> None:
        """MEMOIZE."""
        self.remember(len(self.memo))

    def drop(self) -> None:
        """POP: a value, or the mark when nothing lies above it."""
        if self.marks and len(self.stack) == self.floor:
            self.pop_mark()
        else:
            self.pop()
