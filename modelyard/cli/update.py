"""`modelyard update`."""

from typing import TypedDict, Unpack

import click

from modelyard.cli.options import find_version, if_match_option, json_option, open_registry, read_pairs
from modelyard.cli.output import plain, print_json, say
from modelyard.client import Registry
from modelyard.client.references import read_reference
from modelyard.contract.responses import ModelResponse, VersionResponse

_EXAMPLES = """\b
modelyard update churn --owner growth --tag tier=1 --untag draft
modelyard update churn/3 --description "trained on November" --if-match 41"""


class _Changes(TypedDict):
    tags: dict[str, str | None]
    description: str | None
    if_match: str | None


@click.command(epilog=_EXAMPLES)
@click.argument("reference", metavar="REF")
@click.option("--tag", "tags", multiple=True, metavar="KEY=VALUE", callback=read_pairs, help="Set; repeatable.")
@click.option("--untag", multiple=True, metavar="KEY", help="Remove a tag; repeatable.")
@click.option("--description", help="Replaces the description; '' removes it.")
@click.option("--owner", help="Who answers for a model; '' removes it.")
@if_match_option
@json_option
def update(
    *,
    reference: str,
    tags: dict[str, str],
    untag: tuple[str, ...],
    description: str | None,
    owner: str | None,
    if_match: str | None,
    as_json: bool,
) -> None:
    """Change the tags, the text or the owner of the model or the version REF. What is not named stays."""
    if both := tags.keys() & set(untag):
        raise click.UsageError(f"{min(both)!r} cannot be set and removed at once")
    if not tags and not untag and description is None and owner is None:
        raise click.UsageError("there is nothing to change: give --tag, --untag, --description or --owner")
    changes: dict[str, str | None] = {**tags, **dict.fromkeys(untag)}
    with open_registry() as registry:
        changed = _update(registry, reference, owner, tags=changes, description=description, if_match=if_match)
    if as_json:
        print_json(changed.model_dump())
    else:
        number = f"/{changed.version}" if isinstance(changed, VersionResponse) else ""
        say(f"{plain(changed.name)}{number} is updated")


def _update(
    registry: Registry, reference: str, owner: str | None, **changes: Unpack[_Changes]
) -> ModelResponse | VersionResponse:
    named = read_reference(reference)
    if named.is_model:
        return registry.update_model(named.name, owner=owner, **changes)
    if owner is not None:
        raise click.UsageError("a version has no owner of its own; its model has")
    version = find_version(registry, reference)
    return registry.update_version(version.name, version.number or 0, **changes)
