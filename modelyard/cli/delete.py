"""`modelyard delete` and `modelyard restore`."""

import click

from modelyard.cli.options import find_version, json_option, open_registry
from modelyard.cli.output import moment, plain, print_json, say
from modelyard.cli.rendering import version_line
from modelyard.client.errors import StillVerifying, VersionRefused
from modelyard.client.references import read_reference
from modelyard.contract.responses import ModelResponse, VersionResponse

TIMEOUT = 3600.0


@click.command
@click.argument("reference", metavar="REF")
@click.option("--force", is_flag=True, help="Though it is in use: it leaves its stage and its aliases.")
@click.option("--reason", default="", help="Why; kept in the history.")
@json_option
def delete(*, reference: str, force: bool, reason: str, as_json: bool) -> None:
    """Delete the model REF with all its versions, or the version REF. It can be restored for a while.

    For example: `modelyard delete churn/3 --reason 'trained on the wrong split'`
    """
    with open_registry() as registry:
        named = read_reference(reference)
        gone: ModelResponse | VersionResponse
        if named.is_model:
            gone = registry.delete_model(named.name, force=force, reason=reason)
        else:
            version = find_version(registry, reference)
            gone = registry.delete_version(version.name, version.number or 0, force=force, reason=reason)
    if as_json:
        print_json(gone.model_dump())
        return
    number = f"/{gone.version}" if isinstance(gone, VersionResponse) else ""
    until = moment(gone.deleted.purge_at) if gone.deleted else ""
    name = f"{plain(gone.name)}{number}"
    say(f"{name} is deleted; until {until} `modelyard restore {name}` brings it back")


@click.command
@click.argument("reference", metavar="REF")
@click.option("--no-wait", is_flag=True, help="Return once it is restored, before its bytes are proven.")
@click.option("--timeout", default=TIMEOUT, show_default=True, help="Seconds to wait for the proof.")
@json_option
def restore(*, reference: str, no_wait: bool, timeout: float, as_json: bool) -> None:
    """Restore the model or the version REF, which was deleted.

    For example: `modelyard restore churn/3`
    """
    with open_registry() as registry:
        named = read_reference(reference)
        if named.is_model:
            model = registry.restore_model(named.name)
            _tell(model, f"{plain(model.name)} is back", as_json=as_json)
            return
        version = find_version(registry, reference)
        restored = registry.restore_version(version.name, version.number or 0)
        if restored.state == "verifying" and not no_wait:
            try:
                restored = registry.wait(version.name, version.number or 0, timeout=timeout)
            except (VersionRefused, StillVerifying) as error:
                if as_json:
                    print_json(error.version.model_dump())
                raise
    _tell(restored, version_line(restored), as_json=as_json)


def _tell(restored: ModelResponse | VersionResponse, line: str, *, as_json: bool) -> None:
    if as_json:
        print_json(restored.model_dump())
    else:
        say(line)
