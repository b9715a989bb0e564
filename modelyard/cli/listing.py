"""`modelyard list` and `modelyard versions`."""

import click

from modelyard.cli.options import at_option, deleted_option, json_option, open_registry
from modelyard.cli.output import plain, print_json, say
from modelyard.cli.rendering import model_table, version_table


@click.command(epilog="\b\nmodelyard list --prefix churn")
@click.option("--prefix", default="", help="Only models whose names begin with this.")
@at_option
@deleted_option
@json_option
def list_models(*, prefix: str, at: str | None, deleted: bool, as_json: bool) -> None:
    """List the models, by name."""
    with open_registry() as registry:
        models = list(registry.list_models(prefix, at=at, deleted=deleted))
    if as_json:
        print_json({"items": [model.model_dump() for model in models]})
    elif models:
        say(model_table(models))
    else:
        say("no models then" if at else "no models yet: `modelyard push NAME PATH` makes one")


@click.command(epilog="\b\nmodelyard versions churn --stage production")
@click.argument("name")
@click.option("--stage", help="Only versions that stand in this stage.")
@at_option
@deleted_option
@json_option
def versions(*, name: str, stage: str | None, at: str | None, deleted: bool, as_json: bool) -> None:
    """List the versions of the model NAME, newest first."""
    with open_registry() as registry:
        found = list(registry.list_versions(name, stage, at=at, deleted=deleted))
    if as_json:
        print_json({"items": [version.model_dump() for version in found]})
    else:
        where = f" in {plain(stage)}" if stage else ""
        say(version_table(found) if found else f"no versions of {plain(name)}{where}")
