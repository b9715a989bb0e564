"""`modelyard promote`."""

import click

from modelyard.cli.options import find_version, if_match_option, json_option, open_registry
from modelyard.cli.output import print_json, say
from modelyard.cli.rendering import version_line


@click.command(epilog="\b\nmodelyard promote churn/3 production --replace --comment 'beats 2'")
@click.argument("reference", metavar="REF")
@click.argument("stage")
@click.option("--comment", default="", help="Why; kept in the history.")
@click.option("--replace", is_flag=True, help="Archive the versions that stand there, in the same step.")
@if_match_option
@json_option
def promote(*, reference: str, stage: str, comment: str, replace: bool, if_match: str | None, as_json: bool) -> None:
    """Move the version REF to STAGE: development, staging, production or archived."""
    with open_registry() as registry:
        named = find_version(registry, reference)
        version = registry.transition(
            named.name, named.number or 0, stage, comment=comment, replace=replace, if_match=if_match
        )
    if as_json:
        print_json(version.model_dump())
    else:
        say(version_line(version))
