"""`modelyard rename`."""

import click

from modelyard.cli.options import json_option, open_registry
from modelyard.cli.output import plain, print_json, say


@click.command
@click.argument("name")
@click.argument("new_name", metavar="NEW")
@json_option
def rename(*, name: str, new_name: str, as_json: bool) -> None:
    """Rename the model NAME to NEW. References with the old name go on working.

    For example: `modelyard rename churn churn-eu`
    """
    with open_registry() as registry:
        model = registry.rename_model(name, new_name)
    if as_json:
        print_json(model.model_dump())
    else:
        say(f"{plain(name)} is {plain(model.name)} now; the old name leads there")
