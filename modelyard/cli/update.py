"""`modelyard update`."""

import click

from modelyard.cli.options import find_version, json_option, open_registry, read_pairs
from modelyard.cli.output import plain, print_json, say
from modelyard.client import Registry
from modelyard.client.references import read_reference
from modelyard.contract.responses import ModelResponse, VersionResponse


@click.command
@click.argument("reference", metavar="REF")
@click.option("--tag", "tags", multiple=True, metavar="KEY=VALUE", callback=read_pairs, help="Set; repeatable.")
@click.option("--untag", multiple=True, metavar="KEY", help="Remove a tag; repeatable.")
@click.option("--description", help="Replaces the description; '' removes it.")
@click.option("--owner", help="Who answers for a model.")
@json_option
def update(
    *,
    reference: str,
    tags: dict[str, str],
    untag: tuple[str, ...],
    description: str | None,
    owner: str | None,
    as_json: bool,
) -> None:
    """Change the tags or the text of the model or the version REF. What is not named stays."""
    if both := tags.keys() & set(untag):
        raise click.UsageError(f"{min(both)!r} cannot be set and removed at once")
    if not tags and not untag and description is None and owner is None:
        raise click.UsageError("there is nothing to change: give --tag, --untag, --description or --owner")
    changes: dict[str, str | None] = {**tags, **dict.fromkeys(untag)}
    with open_registry() as registry:
        changed = _update(registry, reference, changes, description, owner)
    if as_json:
        print_json(changed.model_dump())
    else:
        number = f"/{changed.version}" if isinstance(changed, VersionResponse) else ""
        say(f"{plain(changed.name)}{number} is updated")


def _update(
    registry: Registry, reference: str, tags: dict[str, str | None], description: str | None, owner: str | None
) -> ModelResponse | VersionResponse:
    named = read_reference(reference)
    if named.is_model:
        return registry.update_model(named.name, description=description, owner=owner, tags=tags)
    if owner is not None:
        raise click.UsageError("a version has no owner of its own; its model has")
    version = find_version(registry, reference)
    return registry.update_version(version.name, version.number or 0, description=description, tags=tags)
