"""`modelyard push`."""

from pathlib import Path
from typing import Any

import click

from modelyard.cli.bars import progress_bars
from modelyard.cli.options import Metrics, connections_option, json_option, open_registry, read_metrics, read_pairs
from modelyard.cli.output import print_json, say
from modelyard.cli.rendering import version_line
from modelyard.client.errors import StillVerifying, VersionRefused
from modelyard.contract.requests import DatasetRequest

TIMEOUT = 3600.0


def _read_datasets(ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> list[DatasetRequest]:
    """NAME[=URI][#DIGEST]: the digest follows the last `#`, the URI the first `=`."""
    datasets = []
    for text in values:
        rest, _, digest = text.rpartition("#") if "#" in text else (text, "", "")
        name, _, uri = rest.partition("=")
        if not name:
            raise click.BadParameter(f"{text!r} is not NAME[=URI][#DIGEST]", ctx, parameter)
        datasets.append(DatasetRequest(name=name, uri=uri, digest=digest))
    return datasets


@click.command
@click.argument("name")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--metric",
    "measured",
    multiple=True,
    metavar="KEY=NUMBER[:higher|lower]",
    callback=read_metrics,
    help="A metric, and which of its values are better. Repeatable.",
)
@click.option("--param", "params", multiple=True, metavar="KEY=VALUE", callback=read_pairs, help="Repeatable.")
@click.option("--tag", "tags", multiple=True, metavar="KEY=VALUE", callback=read_pairs, help="Repeatable.")
@click.option("--description", default="", help="What this version is.")
@click.option("--source-commit", default="", help="The commit it was made from.")
@click.option(
    "--dataset",
    "datasets",
    multiple=True,
    metavar="NAME[=URI][#DIGEST]",
    callback=_read_datasets,
    help="Data it was made from; what follows the last '#' is the digest. Repeatable.",
)
@click.option("--run-url", default="", help="Where the run that made it can be seen.")
@click.option("--no-wait", is_flag=True, help="Return once everything is sent, before it is proven.")
@click.option("--timeout", default=TIMEOUT, show_default=True, help="Seconds to wait for the proof.")
@click.option("--follow-links", is_flag=True, help="Follow links that lead out of the pushed folder.")
@connections_option
@json_option
def push(
    *,
    name: str,
    paths: tuple[Path, ...],
    measured: Metrics,
    no_wait: bool,
    connections: int,
    as_json: bool,
    **rest: Any,
) -> None:
    """Push files as the next version of the model NAME, which is made if there is none.

    One folder alone gives its contents; of several paths each keeps its own last name. A push that was interrupted
    and is given again goes on with the same version and sends no part twice.
    """
    try:
        with open_registry(connections) as registry, progress_bars(wanted=not as_json) as bar:
            facts = {**rest, "metrics": measured.values, "directions": measured.directions}
            version = registry.push(name, paths, wait=not no_wait, hashing=bar("hash"), sending=bar("upload"), **facts)
    except (VersionRefused, StillVerifying) as error:
        if as_json:
            print_json(error.version.model_dump())
        raise
    if as_json:
        print_json(version.model_dump())
    else:
        say(version_line(version))
