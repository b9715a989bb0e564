"""What is wrong with a filter or an order: where it stands, and what was expected there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from modelyard.domain.errors import Invalid, TooLarge

LONGEST_ECHO = 60


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a text: its line, and the character within it, both from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Text:
    """What somebody wrote, and which field of a request it came in: `filter` or `order`."""

    whole: str
    field: str

    def refuse(self, detail: str, place: Place, expected: Sequence[str] = ()) -> Invalid:
        """The refusal for what stands at a place."""
        where = f"line {place.line}, column {place.column}" if place.line > 1 else f"column {place.column}"
        facts: dict[str, Any] = {"line": place.line, "column": place.column, "expected": list(expected)}
        return Invalid(f"{where}: {detail}", field=self.field, **facts)

    def too_much(self, detail: str) -> TooLarge:
        """The refusal of what is longer than anybody needs."""
        return TooLarge(detail, field=self.field)

    def place(self, offset: int) -> Place:
        """Where the character at `offset` stands."""
        line = self.whole.count("\n", 0, offset)
        return Place(line + 1, offset - (self.whole.rfind("\n", 0, offset) + 1) + 1)

    @property
    def end(self) -> Place:
        """Behind the last character that is no blank."""
        return self.place(len(self.whole.rstrip()))


def echo(text: str) -> str:
    """A piece of what was written, on one line and not too long."""
    shown = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text[:LONGEST_ECHO])
    return shown + ("…" if len(text) > LONGEST_ECHO else "")


def listed(choices: Sequence[str], joint: str = "or") -> str:
    """`a`, `a or b`, `a, b or c`."""
    *others, last = choices
    return f"{', '.join(others)} {joint} {last}" if others else last
