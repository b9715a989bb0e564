"""The facts that a model card is given with, as sections of cells, and as Markdown. Nothing in them is markup."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from functions.api.card_limits import limits_of
from modelyard.domain.attestations import Worth
from modelyard.domain.journal import instant
from modelyard.domain.measuring import Origin, origin_of
from modelyard.domain.version import Base, Version
from modelyard.services.carding import Carded

MOST_ROWS = 100
LONGEST = 500
"""Characters of a cell; the version itself has the rest."""

_MARKUP = re.compile(r"([\\`*_\[\]<>|~&$])")
_AT_THE_START = re.compile(r"^([#+=-]|\d+(?=[.)]))")


class Link(NamedTuple):
    """A text that leads somewhere."""

    text: str
    url: str


Cell = str | Link


@dataclass(frozen=True, slots=True)
class Section:
    """A table under a heading; `more` counts the rows that were left out."""

    title: str
    headers: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    more: int = 0


def sections(carded: Carded) -> Iterator[Section]:
    """What it is, its data, evaluation, limits, lineage, parameters and files; what is empty is left out."""
    version = carded.version
    found = [
        _section("What it is", ("", ""), _identity(version)),
        _section("Data", ("Role", "Name", "Rows", "Digest", "Where"), _data(version)),
        _section("Evaluation", ("Metric", "Value", "Unit", "Better", "Data", "Split"), _metrics(carded)),
        _section("Reports", ("When", "By", "Data", "Split", "Slice", "Metrics", "Files"), _reports(carded)),
        _section("Limits", ("",), ((limit,) for limit in limits_of(carded.version))),
        _section("Lineage", ("", ""), _lineage(version)),
        _section("Parameters", ("Parameter", "Value"), _pairs(version.params)),
        _section("Files", ("Path", "Bytes", "Digest"), _files(carded), of=version.file_count),
    ]
    return (section for section in found if section.rows)


def _section(title: str, headers: Sequence[str], rows: Iterable[Sequence[Cell]], *, of: int | None = None) -> Section:
    listed = [row for row in rows if headers[0] or cell_text(row[-1])]
    shown = listed[:MOST_ROWS]
    return Section(title, headers, shown, (len(listed) if of is None else of) - len(shown))


def _identity(version: Version) -> Iterator[tuple[str, Cell]]:
    yield "State", f"{version.state.value}, in {version.stage}"
    yield "Content", version.digest
    yield "Size", f"{version.size:,} bytes in {version.file_count:,} file{'' if version.file_count == 1 else 's'}"
    yield "Registered", f"{instant(version.created_at)} by {version.created_by}"
    if version.verified_at:
        yield "Proven", f"{instant(version.verified_at)}, by {version.proof}"
    if (signed := version.signed) and signed["verdict"] == Worth.VALID:
        yield "Signed", f"by {signed['by']}, every file"
    for name, value in version.tags.items():
        yield f"Tag {name}", value or "—"


def _data(version: Version) -> Iterator[Sequence[Cell]]:
    for data in version.datasets:
        yield data.role, data.name, "" if data.rows is None else str(data.rows), data.digest, _link(data.uri, data.uri)


def _lineage(version: Version) -> Iterator[tuple[str, Cell]]:
    source, run, made = version.source, version.run, version.environment
    changed = {True: "with changes", False: "unchanged", None: ""}[source.dirty]
    yield "Commit", " ".join(filter(None, (source.commit, changed)))
    yield "Repository", _link(source.repository, source.repository)
    yield "Path", source.path
    yield "Run", _link(" ".join(filter(None, (run.system, run.id))) or run.url, run.url)
    for base in version.bases:
        yield base.relation.value.capitalize(), _base(base)
    yield "Python", made.python
    yield "Packages", ", ".join(f"{name} {of}".strip() for name, of in made.packages.items())
    yield "Image", made.image_digest
    yield "Hardware", made.hardware


def _base(base: Base) -> Cell:
    return _link(base.uri, base.uri) if base.uri else f"{base.name}/{base.version} ({base.digest})"


def _pairs(known: Mapping[str, object]) -> Iterator[tuple[str, Cell]]:
    return ((name, str(value)) for name, value in known.items())


def _metrics(carded: Carded) -> Iterator[Sequence[Cell]]:
    for name, value in carded.version.metrics.items():
        how = origin_of(carded.version, name) or Origin()
        way = carded.directions.get(name)
        yield name, str(value), how.unit, way.value if way else "", how.dataset or how.digest, how.split


def _reports(carded: Carded) -> Iterator[Sequence[Cell]]:
    for each in carded.evaluations:
        report = each.report
        metrics = ", ".join(f"{name} {of.value:.10g} {of.unit}".strip() for name, of in report.metrics.items())
        about = (report.dataset or report.dataset_digest, report.split, report.slice, metrics)
        yield instant(each.created_at), report.evaluator or each.created_by, *about, str(len(report.attachments))


def _files(carded: Carded) -> Iterator[tuple[str, Cell, Cell]]:
    return ((file.path, str(file.size), file.digest) for file in carded.files)


def _link(text: str, url: str) -> Cell:
    """A link, if it leads to the web."""
    try:
        web = urlsplit(url).scheme in {"http", "https"}
    except ValueError:
        web = False
    return Link(text, quote(url, safe="!#$%&'()*+,/:;=?@[]~")) if web else text or url


def cell_text(cell: Cell) -> str:
    """What a cell says, on one line and not too long."""
    text = " ".join((cell.text if isinstance(cell, Link) else cell).split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def as_markdown(section: Section) -> str:
    """The section as Markdown in which every sign stands for itself."""
    lines = [f"| {' | '.join(section.headers)} |", f"|{'---|' * len(section.headers)}"]
    lines += [f"| {' | '.join(map(_markdown_cell, row))} |" for row in section.rows]
    more = [f"\n{section.more} more."] if section.more else []
    return "\n".join([f"## {section.title}", "", *lines, *more, ""])


def _markdown_cell(cell: Cell) -> str:
    text = escaped(cell_text(cell))
    return f"[{text}](<{cell.url}>)" if isinstance(cell, Link) else text


def escaped(text: str) -> str:
    """A text within a line of Markdown that is nothing but itself."""
    return _MARKUP.sub(r"\\\1", text)


def paragraph(text: str) -> str:
    """Lines of text in Markdown that are nothing but themselves."""
    return "\n".join(_AT_THE_START.sub(_set_apart, escaped(line.strip())) for line in text.splitlines())


def _set_apart(found: re.Match[str]) -> str:
    """What would begin a heading, a list or a rule at the start of a line, so that it does not."""
    sign = found[1]
    return f"&#{ord(sign[0])};{sign[1:]}"
