"""`modelyard history`."""

from itertools import islice

import click

from modelyard.cli.options import find_version, json_option, open_registry
from modelyard.cli.output import moment, print_json, say, table
from modelyard.cli.rendering import event_details
from modelyard.client.references import read_reference


@click.command(epilog="\b\nmodelyard history churn/3")
@click.argument("reference", metavar="REF")
@click.option("--last", metavar="N", type=click.IntRange(1, 100_000), help="The last N entries only.")
@json_option
def history(*, reference: str, last: int | None, as_json: bool) -> None:
    """Tell everything that happened to the model or the version REF, oldest first."""
    with open_registry() as registry:
        named = read_reference(reference)
        named = named if named.is_model else find_version(registry, reference)
        told = registry.history(named.name, named.number, newest=last is not None)
        entries = list(told) if last is None else list(islice(told, last))[::-1]
    if as_json:
        print_json({"items": [entry.model_dump() for entry in entries]})
        return
    rows = ((e.sequence, moment(e.time), e.type, e.version or "", e.actor, event_details(e)) for e in entries)
    say(table(("ENTRY", "TIME", "WHAT", "VERSION", "BY", "DETAILS"), rows))
