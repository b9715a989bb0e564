"""`modelyard resolve`."""

import click

from modelyard.cli.options import at_option, json_option, open_registry
from modelyard.cli.output import plain, print_json, say
from modelyard.cli.rendering import version_line


@click.command(epilog="\b\nmodelyard resolve churn@champion\nmodelyard resolve churn/production --at 2026-03-03")
@click.argument("reference", metavar="REF")
@at_option
@json_option
def resolve(*, reference: str, at: str | None, as_json: bool) -> None:
    """Tell which ready version REF stands for, or stood for.

    What was in production on the 3rd: `modelyard resolve churn/production --at 2026-03-03`
    """
    with open_registry() as registry:
        resolved = registry.resolve(reference, at=at)
    version = resolved.version
    then = {} if resolved.at is None else {"at": resolved.at, "state_now": resolved.state_now}
    if as_json:
        print_json({"reference": reference, **version.model_dump(), **then})
        return
    say(version_line(version))
    if then and resolved.state_now != version.state:
        say(f"as of {plain(resolved.at)}; now it is {plain(resolved.state_now)}")
