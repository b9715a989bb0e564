"""A comparison for a terminal, for Markdown and for a spreadsheet: the same sections, each made safe in its own way."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from modelyard.cli.output import count, plain, size, table
from modelyard.contract.comparisons import ComparedFileResponse, ComparedMetricResponse, ComparisonResponse
from modelyard.contract.responses import MeasuredResponse

LONGEST = 48
"""Characters of a cell in a terminal."""

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_FORMULA = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")
"""How a text begins that a spreadsheet computes, in narrow and in wide letters."""

_PLAIN_IN_MARKDOWN = frozenset(" ,=/%()-+")
_CALLS_SOMEBODY = frozenset("@#")


@dataclass(frozen=True, slots=True)
class Section:
    """Rows with a name, a note and a cell for each version."""

    title: str
    rows: Sequence[tuple[str, str, Sequence[str]]]


def sections(found: ComparisonResponse) -> Iterator[Section]:
    """What there is to tell, for people; what is empty is left out."""
    versions = found.versions
    about: dict[str, list[str]] = {
        "state": [each.state for each in versions],
        "stage": [each.stage for each in versions],
        "aliases": [" ".join(each.aliases) for each in versions],
        "created": [each.created_at[:10] for each in versions],
        "by": [each.created_by for each in versions],
        "content": [each.digest.partition(":")[2][:12] for each in versions],
        "size": [f"{size(each.size)} in {count(each.file_count, 'file')}" for each in versions],
    }
    yield Section("version", [(name, "", cells) for name, cells in about.items() if any(cells)])
    yield Section("metrics", [line for row in found.metrics for line in _metric_lines(row)])
    for title in ("params", "tags", "facts", "lineage", "environment"):
        rows = [row for row in getattr(found, title) if title != "environment" or not row.same]
        yield Section(title, [(row.name, _mark(row.same), list(map(_shown, row.values))) for row in rows])
    yield Section("files", [(row.path, row.change, _file_cells(row)) for row in found.files])


def footnotes(found: ComparisonResponse) -> list[str]:
    """What the marks mean, where there are any, and what is not told."""
    notes = []
    if found.metrics:
        notes.append(f"* is best, (…) is against {_cut(found.versions[0].reference)}, ? is assumed")
    if same := sum(row.same for row in found.environment):
        notes.append(f"environment: {count(same, 'fact')} more, the same in all")
    counts = found.file_counts
    notes.append(
        f"files: {counts.changed:,} changed, {counts.added:,} added, {counts.removed:,} removed, {counts.same:,} same"
    )
    if found.truncated:
        notes.append("there is more than is shown")
    return notes


def _mark(same: bool) -> str:
    return "same" if same else ""


def _way(row: ComparedMetricResponse) -> str:
    return f"{row.direction or 'unclear'}{'?' if row.assumed else ''}"


def _metric_lines(row: ComparedMetricResponse) -> Iterator[tuple[str, str, Sequence[str]]]:
    """A metric's values; below them how they came about, where that is not the same."""
    yield row.name, _way(row), _metric_cells(row)
    origins = [_origin(each) for each in row.measured]
    if len({origin for origin in origins if origin}) > 1:
        yield f"{row.name}, on", "", origins


def _origin(how: MeasuredResponse | None) -> str:
    if how is None:
        return ""
    return " ".join(filter(None, (how.dataset or how.digest, how.split, how.unit and f"[{how.unit}]")))


def _metric_cells(row: ComparedMetricResponse) -> list[str]:
    cells = []
    for place, (value, delta, best) in enumerate(zip(row.values, row.deltas, row.best, strict=True)):
        against = f" ({delta:+.6g})" if place and delta is not None else ""
        cells.append("" if value is None else f"{value:.10g}{against}{' *' if best else ''}")
    return cells


def _file_cells(row: ComparedFileResponse) -> list[str]:
    """The size in each version; where that is the first one's blob, an equals sign."""
    cells = []
    for place, (digest, held) in enumerate(zip(row.digests, row.sizes, strict=True)):
        if held is None:
            cells.append("—")
        elif place and digest == row.digests[0]:
            cells.append("=")
        else:
            cells.append(f"{size(held)}{_grown(held, row.sizes[0]) if place else ''}")
    return cells


def _grown(held: int, first: int | None) -> str:
    if first is None or held == first:
        return ""
    return f" ({'+' if held > first else '-'}{size(abs(held - first))})"


def _shown(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def as_table(found: ComparisonResponse, *, width: int) -> str:
    """For a terminal `width` characters wide: versions that do not fit beside the others come below them."""
    heads = [_cut(each.reference) for each in found.versions]
    parts = []
    for section in sections(found):
        if section.rows:
            rows = [(_cut(name), _cut(note), [_cut(cell) for cell in cells]) for name, note, cells in section.rows]
            parts.append(_wrapped(section.title.upper(), heads, rows, width))
    return "\n\n".join([*parts, "\n".join(map(plain, footnotes(found)))])


def _cut(text: str) -> str:
    shown = plain(text)
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 1]}…"


def _wrapped(title: str, heads: Sequence[str], rows: Sequence[tuple[str, str, Sequence[str]]], width: int) -> str:
    def block(first: int, after: int) -> str:
        cells = ((name, note, *values[first:after]) for name, note, values in rows)
        return table((title, "", *heads[first:after]), cells)

    blocks = []
    first = 0
    while first < len(heads):
        after = _fitting(block, first, len(heads), width)
        blocks.append(block(first, after))
        first = after
    return "\n\n".join(blocks)


def _fitting(block: Callable[[int, int], str], first: int, last: int, width: int) -> int:
    """How far the versions from `first` on fit beside one another; one always does."""
    after = first + 1
    while after < last and max(map(len, block(first, after + 1).splitlines())) <= width:
        after += 1
    return after


def as_markdown(found: ComparisonResponse) -> str:
    """For a pull request: one table a section, in which no name or value is markup, a link or a mention."""
    heads = " | ".join(_markdown(each.reference) for each in found.versions)
    parts = []
    for section in sections(found):
        if section.rows:
            head = f"| {section.title} | | {heads} |\n|---|---|{'---|' * len(found.versions)}"
            lines = [
                f"| {_markdown(name)} | {_markdown(note)} | {' | '.join(map(_markdown, cells))} |"
                for name, note, cells in section.rows
            ]
            parts.append("\n".join([head, *lines]))
    return "\n\n".join([*parts, *map(_markdown, footnotes(found))])


def _markdown(text: str) -> str:
    """Text that stays text: punctuation as character references, and what would call somebody as code."""
    shown = plain(text)
    safe = "".join(map(_reference, f" {shown}", shown))
    return f"<code>{safe}</code>" if _CALLS_SOMEBODY & set(shown) else safe


def _reference(before: str, letter: str) -> str:
    """A character as itself where it can be no part of markup or of an address, else by its number."""
    plainly = before.isdigit() if letter == "." else letter in _PLAIN_IN_MARKDOWN or letter.isalnum()
    return letter if plainly or not letter.isascii() else f"&#{ord(letter)};"


def as_csv(found: ComparisonResponse) -> str:
    """For a spreadsheet: exact values, a row each, in which no text is a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["section", "name", "note", *(_cell(each.reference) for each in found.versions)])
    for section, name, note, values in _csv_rows(found):
        writer.writerow([section, _cell(name), _cell(note), *map(_cell, values)])
    return out.getvalue()


def _csv_rows(found: ComparisonResponse) -> Iterator[tuple[str, str, str, Sequence[object]]]:
    for name in ("state", "stage", "created_at", "created_by", "digest", "size", "file_count"):
        yield "version", name, "", [getattr(each, name) for each in found.versions]
    yield "version", "aliases", "", [" ".join(each.aliases) for each in found.versions]
    for metric in found.metrics:
        yield "metric", metric.name, _way(metric), metric.values
        yield "metric delta", metric.name, _way(metric), metric.deltas
        yield "metric best", metric.name, _way(metric), ["best" if best else "" for best in metric.best]
        yield "metric on", metric.name, _way(metric), [_origin(how) for how in metric.measured]
    for title in ("params", "tags", "facts", "lineage", "environment"):
        for row in getattr(found, title):
            yield title, row.name, _mark(row.same), [_shown(value) for value in row.values]
    for file in found.files:
        yield "file size", file.path, file.change, file.sizes
        yield "file digest", file.path, file.change, file.digests


def _cell(value: object) -> object:
    """A cell that a spreadsheet takes for a number or for text, never for a formula."""
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    shown = plain(value)
    formula = shown.lstrip()[:1] in _FORMULA and not _NUMBER.fullmatch(shown)
    return f"'{shown}" if formula else shown
