"""`modelyard push`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from modelyard.cli.attest import FILE
from modelyard.cli.bars import progress_bars
from modelyard.cli.lineage_options import lineage_options, read_facts
from modelyard.cli.options import Metrics, connections_option, json_option, open_registry, read_metrics, read_pairs
from modelyard.cli.output import plain, print_json, say
from modelyard.cli.rendering import provenance_line, signed_line, version_line
from modelyard.client.errors import StillVerifying, VersionRefused
from modelyard.client.filling import Note

TIMEOUT = 3600.0

_EXAMPLES = """\b
modelyard push churn ./model.joblib --metric auc=0.91 --dataset train:census=s3://data/census
modelyard push churn ./model --signature model.sig --provenance provenance.json
modelyard push churn ./adapter --base adapter=churn/3 --environment uv.lock"""


@click.command(epilog=_EXAMPLES)
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
@lineage_options
@click.option("--signature", type=FILE, help="A signature of the files (docs/signatures.md), kept with the version.")
@click.option("--provenance", type=FILE, help="An in-toto statement of where they come from, kept likewise.")
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
    signature: Path | None,
    provenance: Path | None,
    no_wait: bool,
    timeout: float,
    follow_links: bool,
    connections: int,
    as_json: bool,
    **given: Any,
) -> None:
    """Push files as the next version of the model NAME, which is made if there is none.

    One folder alone gives its contents; of several paths each keeps its own last name. A push that was interrupted
    and is given again goes on with the same version and sends no part twice.

    What is not said is found out, and told on stderr: the code from git, the environment from this interpreter, and
    what MLmodel, config.json and README.md say where they are pushed. --no-fill turns that off.
    """
    given |= {"metrics": measured.values, "directions": measured.directions}
    facts, notes, skipped = read_facts(paths, follow_links=follow_links, **given)
    found = {"filled": [{"field": n.field, "value": n.value, "from": n.origin} for n in notes], "not_filled": skipped}
    if not as_json:
        _tell(notes, skipped)
    how: dict[str, Any] = {"wait": not no_wait, "timeout": timeout, "follow_links": follow_links}
    how |= {"signature": signature, "provenance": provenance}
    try:
        with open_registry(connections) as registry, progress_bars(wanted=not as_json) as bar:
            version = registry.push(name, paths, hashing=bar("hash"), sending=bar("upload"), **how, **facts)
    except (VersionRefused, StillVerifying) as error:
        if as_json:
            print_json({**error.version.model_dump(), **found})
        raise
    if as_json:
        print_json({**version.model_dump(), **found})
    else:
        say(version_line(version))
        for what, line in (("signed", signed_line(version)), ("provenance", provenance_line(version))):
            if line:
                say(f"{what}: {plain(line)}")


def _tell(notes: Sequence[Note], skipped: Sequence[str]) -> None:
    """What was found out, on stderr."""
    for note in notes:
        click.echo(f"filled: {plain(note.field)} {plain(note.value)} from {plain(note.origin)}", err=True)
    for reason in skipped:
        click.echo(f"not filled: {plain(reason)}", err=True)
