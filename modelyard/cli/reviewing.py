"""`modelyard findings`, `modelyard release` and `modelyard reject`; `modelyard inspect --all` asks from here."""

from collections.abc import Iterable

import click

from modelyard.cli.options import find_version, json_option, open_registry
from modelyard.cli.output import count, plain, print_json, say, table
from modelyard.cli.rendering import inspected_line, version_line
from modelyard.client.references import read_reference
from modelyard.contract.inspections import FileFindingsResponse, FindingResponse
from modelyard.contract.responses import VersionResponse
from modelyard.inspection.rulebook import RULES


@click.command
@click.argument("reference", metavar="REF")
@json_option
def findings(*, reference: str, as_json: bool) -> None:
    """Tell what was found in the files of the version REF.

    docs/findings.md explains every rule. For example: `modelyard findings churn/3`
    """
    with open_registry() as registry:
        named = read_reference(reference)
        named = named if named.number else find_version(registry, reference)
        version = registry.get_version(named.name, named.number or 0)
        files = list(registry.findings(version.name, version.version))
    if as_json:
        print_json({**version.model_dump(), "files": [file.model_dump() for file in files]})
        return
    say(version_line(version))
    say(inspected_line(version) or "nobody looked into its files yet: `modelyard inspect --all` asks for it")
    say()
    _tell(files)


def _tell(files: Iterable[FileFindingsResponse]) -> None:
    told = list(files)
    say(table(("VERDICT", "FORMAT", "PATH"), ((file.verdict or "-", file.format, file.path) for file in told)))
    for file in told:
        for finding in file.findings:
            say()
            say(_finding_text(file, finding))
        for why in file.unread:
            say(f"\nnot inspected  {plain(file.path)}: {plain(why)}")


def _finding_text(file: FileFindingsResponse, finding: FindingResponse) -> str:
    place = plain(file.path) + (f" in {plain(finding.member)}" if finding.member else "")
    at = "" if finding.offset is None else f" at byte {finding.offset:,}"
    lines = [f"{plain(finding.severity)}  {plain(finding.rule)}  {place}{at}", f"  {plain(finding.evidence)}"]
    rule = RULES.get(finding.rule)
    return "\n".join(lines + ([f"  {rule.means}", f"  fix: {rule.fix}"] if rule else []))


@click.command
@click.argument("reference", metavar="REF")
@click.option("--reason", required=True, help="Why; kept in the history.")
@json_option
def release(*, reference: str, reason: str, as_json: bool) -> None:
    """Release the quarantined version REF: it is ready then.

    For example: `modelyard release churn/3 --reason 'the class is our own'`
    """
    with open_registry() as registry:
        named = find_version(registry, reference)
        _say(registry.release(named.name, named.number or 0, reason), as_json=as_json)


@click.command
@click.argument("reference", metavar="REF")
@click.option("--reason", required=True, help="Why; kept in the history.")
@json_option
def reject(*, reference: str, reason: str, as_json: bool) -> None:
    """Reject the quarantined version REF for good.

    For example: `modelyard reject churn/3 --reason 'nobody knows who pushed it'`
    """
    with open_registry() as registry:
        named = find_version(registry, reference)
        _say(registry.reject(named.name, named.number or 0, reason), as_json=as_json)


def _say(version: VersionResponse, *, as_json: bool) -> None:
    if as_json:
        print_json(version.model_dump())
    else:
        say(version_line(version))


def inspect_all(since_rules: int | None, *, as_json: bool) -> None:
    """Ask the registry to look into every version again, or into those that older rules passed.

    Each is said as it is asked for. What is interrupted and given again goes on with those that are left.
    """
    asked = 0
    with open_registry() as registry:
        for version in registry.inspect_all(since_rules):
            asked += version.proof_pending
            if as_json:
                print_json({**version.model_dump()}, compact=True)
            elif version.proof_pending:
                say(f"{plain(version.name)}/{version.version} will be inspected")
    if not as_json:
        say(f"{count(asked, 'version')} to be inspected; `modelyard events` tells what comes of it")
