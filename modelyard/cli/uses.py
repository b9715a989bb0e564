"""`modelyard uses`."""

import re
from itertools import islice

import click

from modelyard.cli.options import json_option, open_registry
from modelyard.cli.output import ago, plain, print_json, say, table
from modelyard.client.lineage_calls import Used
from modelyard.contract.responses import VersionResponse

_EXAMPLES = """\b
modelyard uses --dataset census
modelyard uses --dataset sha256:4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c
modelyard uses --commit 4f2c9d1
modelyard uses --base churn/1
modelyard uses --base https://huggingface.co/distilbert/distilbert-base-uncased"""
_DIGEST = re.compile(r"[A-Za-z0-9-]+:[0-9A-Fa-f]{8,}")


@click.command(epilog=_EXAMPLES)
@click.option("--dataset", metavar="NAME|DIGEST", help="Made with this data: its name, or ALGORITHM:HEX.")
@click.option("--commit", metavar="SHA", help="Made from this commit, in seven letters or more.")
@click.option("--base", metavar="REF|URI", help="Made out of this version, or of this base outside.")
@click.option("--blob", metavar="DIGEST", help="With this file among theirs.")
@click.option("--limit", type=click.IntRange(1), help="At most so many.")
@json_option
def uses(*, limit: int | None, as_json: bool, **given: str | None) -> None:
    """Tell which versions used a dataset, a commit, a base or a file, newest first."""
    sought = [(kind, value) for kind, value in given.items() if value is not None]
    if len(sought) != 1:
        raise click.UsageError("give one of --dataset, --commit, --base and --blob")
    (kind, value) = sought[0]
    kinds: dict[str, Used] = {"commit": "commit", "base": "base", "blob": "blob"}
    with open_registry() as registry:
        what = kinds.get(kind) or ("digest" if _DIGEST.fullmatch(value) else "dataset")
        found = list(islice(registry.uses(what, value), limit))
    if as_json:
        print_json({"items": [version.model_dump() for version in found]})
    else:
        say(_table(found) if found else f"no version used {plain(value)}")


def _table(versions: list[VersionResponse]) -> str:
    rows = ((f"{v.name}/{v.version}", v.state, v.stage, ago(v.created_at), v.created_by) for v in versions)
    return table(("VERSION", "STATE", "STAGE", "CREATED", "BY"), rows)
