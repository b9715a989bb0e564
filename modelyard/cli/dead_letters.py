"""`modelyard dead-letters`."""

import click

from modelyard.cli.options import json_option, open_registry
from modelyard.cli.output import ago, plain, print_json, say, table

MOST_ERROR = 60


@click.group(invoke_without_command=True, epilog="\b\nmodelyard dead-letters\nmodelyard dead-letters retry 7")
@json_option
@click.pass_context
def dead_letters(ctx: click.Context, *, as_json: bool) -> None:
    """List the events that a function of an embedded registry failed on too often."""
    if ctx.invoked_subcommand is not None:
        return
    with open_registry() as registry:
        letters = registry.dead_letters()
    if as_json:
        print_json({"items": letters})
    elif letters:
        rows = [
            (each["id"], each["function"], each["trigger"], each["attempts"], ago(each["failed_at"]), _short(each))
            for each in letters
        ]
        say(table(("ID", "FUNCTION", "TRIGGER", "ATTEMPTS", "FAILED", "ERROR"), rows))
    else:
        say("no dead letters")


def _short(letter: dict[str, object]) -> str:
    error = plain(letter["error"])
    return error if len(error) <= MOST_ERROR else f"{error[: MOST_ERROR - 1]}…"


@dead_letters.command(epilog="\b\nmodelyard dead-letters retry 7")
@click.argument("letter", metavar="ID")
@json_option
def retry(*, letter: str, as_json: bool) -> None:
    """Hand the dead letter ID to its function again."""
    with open_registry() as registry:
        registry.retry_dead_letter(letter)
    if as_json:
        print_json({"id": letter, "retried": True})
    else:
        say(f"{plain(letter)} is handed to its function again")
