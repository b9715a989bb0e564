"""How answers look: one JSON document for programs, calm aligned text for people.

What a person sees has no control characters in it, wherever it came from: a name must not move the cursor.
"""

import json
import re
import time
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import click

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_HIDDEN = frozenset({"Cc", "Cs", "Zl", "Zp"})
_UNITS = ("KiB", "MiB", "GiB", "TiB")
_STEPS = ((60, "s"), (60, "min"), (24, "h"), (30, "d"))
_NUMBER = re.compile(r"|[0-9][0-9,.]*( ?[KMGT]?i?B)?")
_RECENT = 10
_WIDE = frozenset("WF")
_SHOWN, _AHEAD = 100, 60


def plain(text: object) -> str:
    """`text` on one line, without control characters, lone surrogates or marks that turn the writing direction."""
    shown = str(text).replace("\n", " ").replace("\t", " ")
    return "".join(letter for letter in shown if unicodedata.category(letter) not in _HIDDEN and letter not in _BIDI)


def say(text: str = "") -> None:
    """A line of text for a person, already plain."""
    click.echo(text)


def print_json(document: Any, *, compact: bool = False, err: bool = False) -> None:
    """One JSON document in ASCII, on one line if it is to be compact."""
    click.echo(json.dumps(document, indent=None if compact else 2), err=err)


def table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """The rows under their headers, in aligned columns; numbers and sizes to the right."""
    cells = [[plain(cell) for cell in row] for row in rows]
    right = [all(_NUMBER.fullmatch(row[place]) for row in cells) for place in range(len(headers))]
    lines = [list(headers), *cells]
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(_pad, line, widths, right)).rstrip() for line in lines)


def fields(pairs: Mapping[str, object]) -> str:
    """Names and values below one another; what is empty is left out."""
    shown = {name: plain(value) for name, value in pairs.items() if value not in {"", None}}
    widest = max(map(len, shown), default=0)
    return "\n".join(f"{name:<{widest}}  {value}" for name, value in shown.items())


def pairs(known: Mapping[str, object]) -> str:
    """Tags, parameters or metrics on one line."""
    return "  ".join(f"{plain(name)}={plain(value)}" for name, value in known.items())


def size(count: int) -> str:
    """Bytes as a person reads them, in powers of 1,024."""
    shown, unit = float(count), "B"
    for larger in _UNITS:
        if shown < 1024:
            break
        shown, unit = shown / 1024, larger
    return f"{count} B" if unit == "B" else f"{shown:.1f} {unit}"


def count(number: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def ago(instant: str | None, *, now: float | None = None) -> str:
    """How long ago a moment of the registry's was; the date when that is more than a month."""
    if not instant:
        return ""
    try:
        then = datetime.fromisoformat(instant).timestamp()
    except ValueError:
        return plain(instant)
    passed = int((time.time() if now is None else now) - then)  # noqa: TID251 -- the reader's clock, for the reader only
    if passed < _RECENT:
        return "just now"
    for step, unit in _STEPS:
        if passed < step:
            return f"{passed} {unit} ago"
        passed //= step
    return plain(instant[:10])


def moment(instant: str) -> str:
    """A moment to the second, in UTC."""
    return plain(f"{instant[:19].replace('T', ' ')}Z")


def short(digest: str) -> str:
    """Enough of a digest to tell two apart."""
    kind, _, digits = digest.partition(":")
    return plain(f"{kind}:{digits[:12]}")


def pointer(text: str, line: int, column: int) -> str:
    """The line of a text, as much of it as fits, with a caret under the character in `column`; both count from 1."""
    lines = text.split("\n")
    whole = lines[line - 1] if line <= len(lines) else ""
    start = max(0, min(column - _AHEAD, len(whole) - _SHOWN))
    before, after = whole[start : column - 1], whole[column - 1 : start + _SHOWN]
    return f"  {plain(before)}{plain(after)}\n  {' ' * _width(plain(before))}^"


def _width(text: str) -> int:
    return sum(
        2 if unicodedata.east_asian_width(letter) in _WIDE else not unicodedata.combining(letter) for letter in text
    )


def _pad(text: str, width: int, right: bool) -> str:
    gap = " " * (width - _width(text))
    return gap + text if right else text + gap
