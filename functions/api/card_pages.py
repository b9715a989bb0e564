"""Model cards as documents: Markdown, and a page of HTML that is safe whatever the card says."""

import base64
import hashlib
import importlib
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from html import escape
from typing import TYPE_CHECKING, Any

from functions.api.card_facts import Cell, Link, Section, as_markdown, cell_text, escaped, paragraph, sections
from modelyard.domain.cards import split_front_matter
from modelyard.services.carding import Carded

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;overflow-wrap:anywhere}"
    "table{border-collapse:collapse;margin:1rem 0}td,th{border:1px solid #ccc;padding:.2rem .6rem;text-align:left;"
    "vertical-align:top}.said{white-space:pre-line}pre{background:#f4f4f4;overflow-x:auto;padding:.6rem}"
)
_STYLED = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
PAGE_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLED}'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
"""Nothing on a card's page runs, is fetched or is framed, whatever the card says."""

REMEMBERED = 32
"""Cards kept as HTML in a process: one that was written to be slow costs a second or two, once."""

_BEFORE_THE_CARD = frozenset({"What it is", "Data", "Evaluation", "Lineage"})
_SAFE_LINK = re.compile(r"(https?|mailto):", re.IGNORECASE)


def markdown(carded: Carded) -> str:
    """The facts and then the card, so that no card can hide them."""
    version = carded.version
    said = f"{paragraph(version.description)}\n" if version.description else ""
    parts = [f"# {escaped(version.reference)}\n", said, *map(as_markdown, sections(carded)), own_card(carded)]
    return "\n".join(part for part in parts if part)


def own_card(carded: Carded) -> str:
    """The version's own card without the front matter it may have."""
    return split_front_matter(carded.card)[1].strip("\r\n") + "\n" if carded.card else ""


def html(carded: Carded) -> str:
    """A page in which every fact is text, and the card has no markup but what Markdown makes."""
    title = escape(carded.version.reference)
    told = list(sections(carded))
    card = f"<article>\n{_rendered(own_card(carded))}</article>\n" if carded.card else ""
    before = [_table(section) for section in told if section.title in _BEFORE_THE_CARD]
    after = [_table(section) for section in told if section.title not in _BEFORE_THE_CARD]
    said = f'<p class="said">{escape(carded.version.description)}</p>\n' if carded.version.description else ""
    body = "".join([f"<h1>{title}</h1>\n", said, *before, card, *after])
    head = f'<meta charset="utf-8">\n<title>{title}</title>\n<style>{STYLE}</style>'
    return f'<!doctype html>\n<html lang="en">\n<head>\n{head}\n</head>\n<body>\n{body}</body>\n</html>\n'


def _table(section: Section) -> str:
    headers = "".join(f"<th>{escape(header)}</th>" for header in section.headers)
    rows = "".join(f"<tr>{''.join(map(_html_cell, row))}</tr>\n" for row in section.rows)
    more = f"<p>{section.more} more.</p>\n" if section.more else ""
    return f"<h2>{escape(section.title)}</h2>\n<table>\n<tr>{headers}</tr>\n{rows}</table>\n{more}"


def _html_cell(cell: Cell) -> str:
    text = escape(cell_text(cell))
    if isinstance(cell, Link):
        return f'<td><a href="{escape(cell.url)}" rel="nofollow noopener noreferrer">{text}</a></td>'
    return f"<td>{text}</td>"


@lru_cache(REMEMBERED)
def _rendered(card: str) -> str:
    return str(_renderer().render(card))


@cache
def _renderer() -> "MarkdownIt":
    """CommonMark and tables, without raw HTML, without images, with links to the web and to mail only.

    It is imported when the first page is asked for: no other request should wait for it.
    """
    made: MarkdownIt = importlib.import_module("markdown_it").MarkdownIt("commonmark", {"html": False})
    made.enable("table").disable("image")
    made.validateLink = lambda url: _SAFE_LINK.match(url.strip()) is not None  # type: ignore[method-assign]  # as documented
    made.add_render_rule("link_open", _open_link)
    return made


def _open_link(self: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
    tokens[index].attrSet("rel", "nofollow noopener noreferrer")
    return str(self.renderToken(tokens, index, options, env))
