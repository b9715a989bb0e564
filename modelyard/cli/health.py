"""`modelyard health`."""

import click

from modelyard.cli.options import json_option, open_registry
from modelyard.cli.output import plain, print_json, say


@click.command(epilog="\b\nmodelyard health && echo it answers")
@json_option
def health(*, as_json: bool) -> None:
    """Ask whether the registry answers."""
    with open_registry() as registry:
        answer = registry.health()
        url = registry.url
    if as_json:
        print_json({**answer.model_dump(), "url": url})
    else:
        say(f"{plain(answer.status)}: {url} runs modelyard {plain(answer.version)}")
