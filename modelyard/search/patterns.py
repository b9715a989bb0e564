"""LIKE: `%` stands for any text, `_` for one character, and a backslash takes the next character as itself.

No regular expressions, so that no pattern takes longer than its length times the text's in bits: what lies between two
`%` is looked for from the left, by `str.find`, or with all its places at once as the bits of a number.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

ANY = None
"""One character, whichever it is."""

Piece = Sequence[str | None]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern, read: what lies between its `%`, the first piece at the beginning and the last at the end."""

    pieces: tuple[Piece, ...]

    @property
    def exact(self) -> str | None:
        """The only text that matches, if there is just one."""
        return _plain(self.pieces[0]) if len(self.pieces) == 1 else None

    @property
    def prefix(self) -> str:
        """What every text that matches begins with."""
        first = self.pieces[0]
        fixed = first.index(ANY) if ANY in first else len(first)
        return "".join(letter for letter in first[:fixed] if letter is not None)


def read_pattern(text: str) -> Pattern:
    """A pattern as people write it. A backslash at the end stands for itself."""
    pieces: list[list[str | None]] = [[]]
    letters = iter(text)
    for letter in letters:
        if letter == "%":
            pieces.append([])
        elif letter == "\\":
            pieces[-1].append(next(letters, "\\"))
        else:
            pieces[-1].append(ANY if letter == "_" else letter)
    return Pattern(tuple(tuple(piece) for piece in pieces))


def matcher(pattern: Pattern) -> Callable[[str], bool]:
    """Whether a text matches the pattern."""
    first, *others = (_Finder(piece) for piece in pattern.pieces)
    if not others:
        return lambda text: len(text) == first.size and first.at(text, 0)
    *middle, last = others

    def matches(text: str) -> bool:
        end = len(text) - last.size
        if end < first.size or not (first.at(text, 0) and last.at(text, end)):
            return False
        place = first.size
        for finder in middle:
            found = finder.find(text, place, end)
            if found is None:
                return False
            place = found + finder.size
        return True

    return matches


class _Finder:
    """Looks for one piece, at a place or from a place on."""

    def __init__(self, piece: Piece) -> None:
        self._piece = piece
        self.size = len(piece)
        self._text = _plain(piece)
        self._any = sum(1 << place for place, letter in enumerate(piece) if letter is ANY)
        self._places: dict[str, int] = {}
        for place, letter in enumerate(piece):
            if letter is not ANY:
                self._places[letter] = self._places.get(letter, self._any) | 1 << place

    def at(self, text: str, place: int) -> bool:
        """Whether the piece stands at `place`, where there is room for it."""
        if self._text is not None:
            return text.startswith(self._text, place)
        there = text[place : place + self.size]
        return all(letter in {ANY, found} for letter, found in zip(self._piece, there, strict=True))

    def find(self, text: str, start: int, end: int) -> int | None:
        """The first place from `start` on where the piece stands and ends by `end`."""
        if self._text is not None:
            found = text.find(self._text, start, end)
            return None if found < 0 else found
        begun, whole = 0, 1 << self.size - 1
        for place in range(start, end):
            begun = (begun << 1 | 1) & self._places.get(text[place], self._any)
            if begun & whole:
                return place - self.size + 1
        return None


def _plain(piece: Piece) -> str | None:
    """The piece as text, if it stands for one text only."""
    return None if ANY in piece else "".join(letter for letter in piece if letter is not None)
