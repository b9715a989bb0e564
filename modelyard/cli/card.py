"""`modelyard card`."""

import sys
from pathlib import Path

import click

from modelyard.cli.options import find_version, json_option, open_registry, read_text
from modelyard.cli.output import plain, print_json, say
from modelyard.client.lineage_calls import CardFormat

_EXAMPLES = """\b
modelyard card churn/1
modelyard card churn/1 --set CARD.md
modelyard card churn/production --format html > card.html
modelyard card churn/1 --format huggingface > README.md"""


@click.command(epilog=_EXAMPLES)
@click.argument("reference", metavar="REF")
@click.option(
    "--format",
    "as_format",
    type=click.Choice(["markdown", "html", "huggingface", "source"]),
    default="markdown",
    show_default=True,
    help="What to give it as; source is the version's own card, without generated facts.",
)
@click.option("--set", "new", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Replace it by FILE.")
@json_option
def card(*, reference: str, as_format: CardFormat, new: Path | None, as_json: bool) -> None:
    """Show the model card of the version REF, with generated facts around it, or set its own part."""
    with open_registry() as registry:
        named = find_version(registry, reference)
        if new is not None:
            registry.update_version(named.name, named.number or 0, card=read_text(new))
        text = registry.card(named.name, named.number or 0, as_format)
    if as_json:
        print_json({"name": named.name, "version": named.number, "format": as_format, "card": text})
    elif new is not None:
        say(f"{plain(named.name)}/{named.number} has the card of {plain(new)}")
    else:
        _print(text)


def _print(text: str) -> None:
    """The text as it is for a file; for a terminal, without what would move the cursor."""
    shown = "\n".join(map(plain, text.splitlines())) if sys.stdout.isatty() else text
    click.echo(shown, nl=not shown.endswith("\n"), color=True)
