"""Filters and orders from text. Whatever the text is, the answer is a filter or a refusal that points at its fault."""

import re
from collections.abc import Collection, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from modelyard.domain.errors import Invalid
from modelyard.domain.names import has_control
from modelyard.search.fields import Fields
from modelyard.search.grammar import FILTER, GRAMMAR, IN_WORDS, ORDER
from modelyard.search.reading import Reader
from modelyard.search.refusals import LONGEST_ECHO, Place, Text, echo, listed
from modelyard.search.terms import Filter, Order

if TYPE_CHECKING:
    from lark import Lark

MOST_BYTES = 100_000
MOST_NESTED = 50
MOST_COMPARED = 100
"""Comparisons in one filter, and as many NOTs."""

MOST_PATTERNS = 20
"""LIKE and ILIKE in one filter."""

MOST_VALUES = 1_000
"""Values in one filter, those of IN."""

QUOTED_TEXT = IN_WORDS["STRING"]
_PIECE = re.compile(r"[\w.+-]+")


def parse_filter(text: str, fields: Fields) -> Filter | None:
    """The filter that `text` is; None for a blank text, which asks for everything.

    Invalid tells line, column and what was expected; TooLarge is for what is longer than any real filter.
    """
    written = Text(text, FILTER)
    _check_size(written)
    return Reader(written, fields).filter(_parse(written)) if text.strip() else None


def parse_order(text: str, fields: Fields) -> Order | None:
    """The order that `text` is: a field, then ASC (which may be left out) or DESC. None for a blank text."""
    written = Text(text, ORDER)
    _check_size(written)
    return Reader(written, fields).order(_parse(written)) if text.strip() else None


def _check_size(text: Text) -> None:
    size = len(text.whole.encode(errors="surrogatepass"))
    if size > MOST_BYTES:
        raise text.too_much(f"a {text.field} has at most {MOST_BYTES} bytes, not {size}")
    plain = text.whole.translate({9: None, 10: None, 13: None})
    if has_control(plain):
        offset = next(
            place for place, letter in enumerate(text.whole) if letter not in "\t\n\r" and has_control(letter)
        )
        raise text.refuse("control characters have no place here", text.place(offset))


@cache
def _parser() -> "Lark":
    """Made when the first search comes: importing and making it takes about 50 ms, which no other request should pay.

    Safe to share between threads: each parse has a state of its own.
    """
    from lark import Lark  # noqa: PLC0415  # as above

    return Lark(GRAMMAR, parser="lalr", start=[FILTER, ORDER], maybe_placeholders=False)


def _parse(text: Text) -> Any:
    """The tree of what was written."""
    from lark.exceptions import UnexpectedCharacters, UnexpectedToken  # noqa: PLC0415  # as above

    parsing: Any = _parser().parse_interactive(text.whole, start=text.field)
    counted = _Counted(text)
    try:
        for token in parsing.iter_parse():
            counted.add(token)
        return parsing.feed_eof()
    except UnexpectedToken as error:
        raise _unexpected(text, error.token, _in_words(parsing.accepts())) from None
    except UnexpectedCharacters as error:
        raise _unreadable(text, error, _in_words(parsing.accepts())) from None


class _Counted:
    """Bounds what is built of a text, before it is built."""

    def __init__(self, text: Text) -> None:
        self._text = text
        self._depth = self._compared = self._patterns = self._inverted = self._values = 0

    def add(self, token: Any) -> None:
        """One more token was read."""
        match token.type:
            case "LPAR" | "RPAR":
                self._depth += 1 if token.type == "LPAR" else -1
                self._check(self._depth, MOST_NESTED, "parentheses are nested at most {} deep", token)
            case "COMPARE" | "LIKE" | "ILIKE" | "IN":
                self._compared += 1
                self._check(self._compared, MOST_COMPARED, "a filter has at most {} comparisons", token)
                self._patterns += token.type in {"LIKE", "ILIKE"}
                self._check(self._patterns, MOST_PATTERNS, "a filter has at most {} patterns", token)
            case "_NOT":
                self._inverted += 1
                self._check(self._inverted, MOST_COMPARED, "a filter has at most {} NOTs", token)
            case "STRING" | "NUMBER":
                self._values += 1
                self._check(self._values, MOST_VALUES, "a filter has at most {} values", token)

    def _check(self, count: int, most: int, detail: str, token: Any) -> None:
        if count > most:
            raise self._text.refuse(detail.format(most), Place(token.line, token.column))


def _unexpected(text: Text, token: Any, expected: Sequence[str]) -> Invalid:
    """The refusal of a piece that may not stand where it does."""
    ended = token.type == "$END"
    place = text.end if ended else Place(token.line, token.column)
    found = "but the text ends" if ended else f"not {echo(token)}"
    hint = f"; texts stand in quotes: '{echo(token)}'" if token.type == "WORD" and QUOTED_TEXT in expected else ""
    return text.refuse(f"expected {listed(expected)}, {found}{hint}", place, expected)


def _unreadable(text: Text, error: Any, expected: Sequence[str]) -> Invalid:
    """The refusal of characters that begin nothing that may stand where they do."""
    offset: int = error.pos_in_stream
    rest = text.whole[offset : offset + LONGEST_ECHO]
    if rest[0] in "'\"`":
        return text.refuse(f"the quote {rest[0]} is never closed", text.place(offset), expected)
    piece = _PIECE.match(rest)
    return text.refuse(
        f"expected {listed(expected)}, not {echo(piece[0] if piece else rest[0])}", text.place(offset), expected
    )


def _in_words(accepted: Collection[str]) -> list[str]:
    """Terminals in the words and the order of the grammar's list. Quotes that only make a word a key are left out."""
    kept = [terminal for terminal in IN_WORDS if terminal in accepted]
    kept = [terminal for terminal in kept if terminal not in {"QUOTED", "STRING"}] if "QUOTED" in kept else kept
    return [IN_WORDS[terminal] for terminal in kept]
