"""`modelyard resolve`."""

import click

from modelyard.cli.options import json_option, open_registry
from modelyard.cli.output import print_json, say
from modelyard.cli.rendering import version_line


@click.command
@click.argument("reference", metavar="REF")
@json_option
def resolve(*, reference: str, as_json: bool) -> None:
    """Tell which ready version REF stands for."""
    with open_registry() as registry:
        version = registry.resolve(reference).version
    if as_json:
        print_json({"reference": reference, **version.model_dump()})
    else:
        say(version_line(version))
