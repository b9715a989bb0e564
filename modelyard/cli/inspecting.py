"""`modelyard inspect`."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from modelyard.cli.bars import progress_bars
from modelyard.cli.options import json_option
from modelyard.cli.output import count, plain, print_json, say, table
from modelyard.cli.reviewing import inspect_all as ask_for_all
from modelyard.client.walking import Source, find_sources
from modelyard.domain.findings import Finding, Inspection, Severity, Verdict, worst
from modelyard.inspection.looking import inspect
from modelyard.inspection.rulebook import RULES

NOT_CLEAN = 3
PARALLEL = 4
"""Reads of one file at once: enough for a disk, and for a file that lies on a network."""

Inspected = tuple[Source, Inspection]


@click.command("inspect", epilog="\b\nmodelyard inspect ./out\nmodelyard inspect --all --since-rules 2")
@click.argument("paths", metavar="PATH...", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--follow-links", is_flag=True, help="Follow links that lead out of their folder.")
@click.option("--all", "everything", is_flag=True, help="Not files here, but every version in the registry.")
@click.option("--since-rules", type=click.IntRange(1), help="With --all: those that older rules passed.")
@json_option
@click.pass_context
def inspect_files(
    ctx: click.Context,
    *,
    paths: Sequence[Path],
    follow_links: bool,
    everything: bool,
    since_rules: int | None,
    as_json: bool,
) -> None:
    """Tell what the files below PATH are, and what is dangerous in them, without loading any.

    They are read as a registry reads them when they are pushed. The exit code is 0 only when every file is clean.

    With --all, the registry is asked to look into its versions again, by its rules of today; what turns out bad is out
    of use then. What is interrupted and given again goes on.
    """
    if everything is bool(paths):
        raise click.UsageError("give files, or --all for the versions in the registry")
    if since_rules is not None and not everything:
        raise click.UsageError("--since-rules goes with --all: files here are inspected by the rules of today")
    if everything:
        ask_for_all(since_rules, as_json=as_json)
        return
    sources = find_sources(list(paths), follow_links=follow_links)
    inspected = list(_inspect_all(sources))
    verdict = worst(inspection.verdict for _, inspection in inspected)
    if as_json:
        print_json({"verdict": verdict, "files": [_as_json(*each) for each in inspected]})
    else:
        _tell(inspected, verdict)
    ctx.exit(0 if verdict is Verdict.CLEAN else NOT_CLEAN)


def _inspect_all(sources: Sequence[Source]) -> Iterator[Inspected]:
    with progress_bars(wanted=True) as bar_of:
        bar = bar_of("inspect")
        bar.started(sum(source.size for source in sources))
        for source in sources:
            yield source, inspect_file(source)
            bar.advanced(source.size)
        bar.finished()


def inspect_file(source: Source) -> Inspection:
    """One file of this machine, read by ranges."""
    descriptor = os.open(source.real, os.O_RDONLY)
    try:
        return inspect(
            lambda offset, length: os.pread(descriptor, length, source.start + offset),
            source.size,
            name=source.path,
            parallel=PARALLEL,
        )
    finally:
        os.close(descriptor)


def _as_json(source: Source, inspection: Inspection) -> dict[str, Any]:
    return {
        "path": source.path,
        "size": source.size,
        "verdict": inspection.verdict,
        "format": inspection.format,
        "facts": dict(inspection.facts),
        "findings": [asdict(finding) for finding in inspection.findings],
        "not_inspected": list(inspection.unread),
    }


def _tell(inspected: Sequence[Inspected], verdict: Verdict) -> None:
    say(table(("VERDICT", "FORMAT", "WHAT", "PATH"), (_row(*each) for each in inspected)))
    seen = [(source, finding) for source, inspection in inspected for finding in inspection.findings]
    for source, finding in seen:
        say()
        say(_finding_text(source, finding))
    for source, inspection in inspected:
        for why in inspection.unread:
            say(f"\nnot inspected  {plain(source.path)}: {plain(why)}")
    say(f"\n{count(len(inspected), 'file')}: {verdict}")


def _row(source: Source, inspection: Inspection) -> tuple[str, ...]:
    facts = inspection.facts
    known = (facts.get("framework"), facts.get("framework_version"), facts.get("class") or facts.get("architecture"))
    return inspection.verdict, inspection.format, " ".join(str(each) for each in known if each), source.path


def _finding_text(source: Source, finding: Finding) -> str:
    place = plain(source.path) + (f" in {plain(finding.member)}" if finding.member else "")
    at = "" if finding.offset is None else f" at byte {finding.offset:,}"
    lines = [f"{finding.severity}  {finding.rule}  {place}{at}", f"  {plain(finding.evidence)}"]
    if finding.severity is not Severity.INFO:
        rule = RULES[finding.rule]
        lines += [f"  {rule.means}", f"  fix: {rule.fix}"]
    return "\n".join(lines)
