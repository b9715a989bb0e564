"""`modelyard verify`."""

import click

from modelyard.cli.options import find_version, json_option, open_registry
from modelyard.cli.output import plain, print_json, say
from modelyard.client.errors import StillVerifying, VersionRefused

TIMEOUT = 3600.0


@click.command(epilog="\b\nmodelyard verify churn/3")
@click.argument("reference", metavar="REF")
@click.option("--no-wait", is_flag=True, help="Return once the proof is asked for.")
@click.option("--timeout", default=TIMEOUT, show_default=True, help="Seconds to wait for the proof.")
@json_option
def verify(*, reference: str, no_wait: bool, timeout: float, as_json: bool) -> None:
    """Have every byte of the version REF read from storage and proven again."""
    try:
        with open_registry() as registry:
            named = find_version(registry, reference)
            version = registry.verify(named.name, named.number or 0)
            if not no_wait:
                version = registry.wait(named.name, named.number or 0, timeout=timeout)
    except (VersionRefused, StillVerifying) as error:
        if as_json:
            print_json(error.version.model_dump())
        raise
    if as_json:
        print_json(version.model_dump())
        return
    name = f"{plain(version.name)}/{version.version}"
    say(
        f"{name} will be read again"
        if version.proof_pending
        else f"{name} is {plain(version.state)}: {_proof(version.proof)}"
    )


def _proof(proof: str) -> str:
    return f"proven again ({plain(proof)})" if proof else "proven again"
