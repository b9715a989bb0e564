"""Model cards: a version's own text in Markdown, and the digest by which a version knows it."""

import hashlib
import re

from modelyard.domain.errors import Invalid, TooLarge
from modelyard.domain.names import has_control

MAX_CARD = 100_000
"""Bytes of UTF-8, where new lines, tabs, quotes and backslashes count twice: a card travels in entries, as JSON."""

_ESCAPED = '\n\r\t"\\'
_FRONT_MATTER = re.compile(r"\A---[ \t]*\r?\n(.*?)^---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)


def check_card(text: str, *, field: str = "card") -> str:
    """A card of at most 100,000 bytes as JSON; new lines and tabs are its only control characters."""
    size = len(text.encode(errors="surrogatepass")) + sum(map(text.count, _ESCAPED))
    if size > MAX_CARD:
        raise TooLarge(f"a card has at most {MAX_CARD} bytes as JSON, not {size}", field=field)
    if has_control(text.translate({9: None, 10: None, 13: None})):
        raise Invalid("a card has control characters", field=field)
    return text


def card_digest(text: str) -> str:
    """How a version knows its card: `sha256:` and 64 hex digits; empty for no card."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}" if text else ""


def split_front_matter(text: str) -> tuple[str, str]:
    """The YAML between lines of `---` that a card may begin with, and the rest."""
    found = _FRONT_MATTER.match(text)
    return (found.group(1), text[found.end() :]) if found else ("", text)
