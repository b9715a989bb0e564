"""`modelyard show`."""

from itertools import islice

import click

from modelyard.cli.options import at_option, find_version, json_option, open_registry
from modelyard.cli.output import plain, print_json, say
from modelyard.cli.rendering import file_table, model_text, version_table, version_text
from modelyard.client import Registry
from modelyard.client.errors import NotFound
from modelyard.client.references import read_reference
from modelyard.contract.responses import FileResponse, VersionResponse

MOST_VERSIONS = 20
MOST_FILES = 100


@click.command(epilog="\b\nmodelyard show churn\nmodelyard show churn/production --at 2026-03-03")
@click.argument("reference", metavar="REF")
@at_option
@json_option
def show(*, reference: str, at: str | None, as_json: bool) -> None:
    """Show the model REF with its newest versions, or the version REF with its files.

    `churn` is a model; `churn/1`, `churn/production` and `models:/churn/1` are versions.
    """
    with open_registry() as registry:
        named = read_reference(reference)
        if named.is_model:
            _show_model(registry, named.name, at, as_json=as_json)
        else:
            _show_version(registry, reference, at, as_json=as_json)


def _show_model(registry: Registry, name: str, at: str | None, *, as_json: bool) -> None:
    model = registry.get_model(name, at=at)
    newest = list(islice(registry.list_versions(name, at=at), MOST_VERSIONS))
    if as_json:
        print_json({**model.model_dump(), "newest": [version.model_dump() for version in newest]})
        return
    say(model_text(model))
    if newest:
        say()
        say(version_table(newest))
    if model.versions > len(newest):
        then = f" --at {plain(at)}" if at else ""
        say(f"{model.versions - len(newest):,} more: `modelyard versions {plain(name)}{then}`")


def _show_version(registry: Registry, reference: str, at: str | None, *, as_json: bool) -> None:
    named = find_version(registry, reference, at)
    version = registry.get_version(named.name, named.number or 0, at=at)
    files = _files(registry, version, gone=at is not None)
    if as_json:
        listed = [file.model_dump(exclude={"download"}) for file in files]
        print_json({**version.model_dump(), "files": listed})
        return
    say(version_text(version))
    say()
    say(file_table(files[:MOST_FILES]) if files else "its files are not known any more")
    if len(files) > MOST_FILES:
        say(f"{len(files) - MOST_FILES:,} more: --json lists them all")


def _files(registry: Registry, version: VersionResponse, *, gone: bool) -> list[FileResponse]:
    """The version's files, which never change; none for one that was purged since, where it may be `gone`."""
    try:
        return list(registry.files(version.name, version.version))
    except NotFound:
        if gone:
            return []
        raise
