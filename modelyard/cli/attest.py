"""`modelyard attest`, and how what vouches for a version is shown."""

from collections.abc import Iterable
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
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(epilog="\b\nmodelyard attest churn/3 --signature model.sig --provenance provenance.json")
@click.argument("reference", metavar="REF")
@click.option("--signature", type=FILE, help="An OpenSSF model-signing bundle of its files.")
@click.option("--provenance", type=FILE, help="An in-toto statement, such as SLSA provenance, signed or not.")
@click.option("--no-wait", is_flag=True, help="Return once everything is sent, before it is checked.")
@click.option("--timeout", default=TIMEOUT, show_default=True, help="Seconds to wait for the check.")
@json_option
def attest(
    *, reference: str, signature: Path | None, provenance: Path | None, no_wait: bool, timeout: float, as_json: bool
) -> None:
    """Keep a signature or provenance with the version REF, and tell what it is worth."""
    if signature is None and provenance is None:
        raise click.UsageError("give --signature, --provenance or both")
    files: dict[str, Any] = {"signature": signature, "provenance": provenance}
    with open_registry() as registry:
        named = find_version(registry, reference)
        version = registry.attest(named.name, named.number or 0, **files, wait=not no_wait, timeout=timeout)
        tell_worth(registry, version, as_json=as_json)


def tell_worth(registry: Registry, version: VersionResponse, *, as_json: bool) -> None:
    """What each attestation of a version is worth."""
    kept = registry.attestations(version.name, version.version)
    if as_json:
        listed = [each.model_dump(exclude={"download", "upload"}) for each in kept]
        print_json({**version.model_dump(), "attestations": listed})
        return
    say(version_line(version))
    for line in _lines(kept):
        say(line)


def _lines(kept: Iterable[AttestationResponse]) -> Iterable[str]:
    for each in kept:
        by = f" by {plain(each.by)}" if each.by else ""
        built = f", built by {plain(each.builder)}" if each.builder else ""
        files = f": {covered_line(each.files)}" if each.files else ""
        yield f"{plain(each.kind)} {plain(each.path)} is {plain(each.verdict)}{by}{built}{files}"
        yield from (f"  {plain(why)}" for why in each.why)
        for word, paths in each.paths.items():
            yield from (f"  {plain(word)}  {plain(path)}" for path in paths)
