"""`modelyard attest`, and how what vouches for a version is shown."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from modelyard.cli.options import find_version, json_option, open_registry
from modelyard.cli.output import plain, print_json, say
from modelyard.cli.rendering import covered_line, version_line
from modelyard.client import Registry
from modelyard.contract.attestations import AttestationResponse
from modelyard.contract.responses import VersionResponse

TIMEOUT = 600.0
NOT_WORTH = 3
WORTH = {"signature": "valid", "provenance": "matching"}
"""The verdicts that say of a file all that it can."""

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(epilog="\b\nmodelyard attest churn/3 --signature model.sig --provenance provenance.json")
@click.argument("reference", metavar="REF")
@click.option("--signature", type=FILE, help="An OpenSSF model-signing bundle of its files.")
@click.option("--provenance", type=FILE, help="An in-toto statement, such as SLSA provenance, signed or not.")
@click.option("--no-wait", is_flag=True, help="Return once everything is sent, before it is checked.")
@click.option("--timeout", default=TIMEOUT, show_default=True, help="Seconds to wait for the check.")
@json_option
@click.pass_context
def attest(
    ctx: click.Context,
    *,
    reference: str,
    signature: Path | None,
    provenance: Path | None,
    no_wait: bool,
    timeout: float,
    as_json: bool,
) -> None:
    """Keep a signature or provenance with the version REF, and tell what it is worth.

    The exit code is 3 unless the signature is valid and the provenance matching; with --no-wait it does not say.
    """
    if signature is None and provenance is None:
        raise click.UsageError("give --signature, --provenance or both")
    files: dict[str, Any] = {"signature": signature, "provenance": provenance}
    with open_registry() as registry:
        named = find_version(registry, reference)
        version = registry.attest(named.name, named.number or 0, **files, wait=not no_wait, timeout=timeout)
        kept = tell_worth(registry, version, as_json=as_json)
    faults = [] if no_wait else list(_faults(kept, files))
    for fault in () if as_json else faults:
        click.echo(fault, err=True)
    ctx.exit(NOT_WORTH if faults else 0)


def _faults(kept: Iterable[AttestationResponse], files: Mapping[str, Path | None]) -> Iterable[str]:
    """Of each file given that is not worth all it can be: what it is instead, and why."""
    given = {(kind, _digest(path)) for kind, path in files.items() if path}
    for each in kept:
        if (each.kind, each.digest) in given and each.verdict != WORTH[each.kind]:
            why = plain(each.why[0]) if each.why else covered_line(each.files)
            yield f"the {plain(each.kind)} is {plain(each.verdict)}, not {WORTH[each.kind]}: {why}"


def _digest(path: Path) -> str:
    return f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


def tell_worth(registry: Registry, version: VersionResponse, *, as_json: bool) -> list[AttestationResponse]:
    """Tell what each attestation of a version is worth; those."""
    kept = registry.attestations(version.name, version.version)
    if as_json:
        listed = [each.model_dump(exclude={"download", "upload"}) for each in kept]
        print_json({**version.model_dump(), "attestations": listed})
        return kept
    say(version_line(version))
    for line in _lines(kept):
        say(line)
    return kept


def _lines(kept: Iterable[AttestationResponse]) -> Iterable[str]:
    for each in kept:
        by = f" by {plain(each.by)}" if each.by else ""
        built = f", built by {plain(each.builder)}" if each.builder else ""
        files = f": {covered_line(each.files)}" if each.files else ""
        yield f"{plain(each.kind)} {plain(each.path)} is {plain(each.verdict)}{by}{built}{files}"
        yield from (f"  {plain(why)}" for why in each.why)
        for word, paths in each.paths.items():
            yield from (f"  {plain(word)}  {plain(path)}" for path in paths)
