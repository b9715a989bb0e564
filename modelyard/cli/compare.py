"""`modelyard compare`."""

import shutil

import click

from modelyard.cli.comparison import as_csv, as_markdown, as_table
from modelyard.cli.options import json_option, open_registry
from modelyard.cli.output import print_json, say

USUAL_WIDTH = 120
"""Characters of a line where nobody says how wide the terminal is."""

_EXAMPLES = """\b
modelyard compare churn/1 churn/2
modelyard compare churn@champion churn@latest encoder/3 --format md
modelyard compare churn/1 churn/2 --format csv > comparison.csv"""


@click.command(epilog=_EXAMPLES)
@click.argument("references", metavar="REF REF...", nargs=-1, required=True)
@click.option(
    "--format",
    "how",
    type=click.Choice(["table", "json", "md", "csv"]),
    default="table",
    show_default=True,
    help="For a terminal, a program, a pull request or a spreadsheet.",
)
@json_option
def compare(*, references: tuple[str, ...], how: str, as_json: bool) -> None:
    """Compare 2 to 20 versions, of any models, with the first of them: metrics, parameters, lineage, files."""
    with open_registry() as registry:
        found = registry.compare(*references)
    if as_json or how == "json":
        print_json(found.model_dump())
    elif how == "md":
        say(as_markdown(found))
    elif how == "csv":
        click.echo(as_csv(found), nl=False)
    else:
        say(as_table(found, width=shutil.get_terminal_size((USUAL_WIDTH, 24)).columns))
