"""`modelyard pull`."""

from pathlib import Path
from typing import Any

import click

from modelyard.cli.bars import progress_bars
from modelyard.cli.options import connections_option, json_option, open_registry
from modelyard.cli.output import count, plain, print_json, say, size


@click.command(epilog="\b\nmodelyard pull churn/production ./out")
@click.argument("reference", metavar="REF")
@click.argument("destination", metavar="DEST", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace files in DEST that differ.")
@click.option("--quarantined", is_flag=True, help="To judge it: the version NAME/NUMBER, which is quarantined.")
@connections_option
@json_option
def pull(*, reference: str, destination: Path, force: bool, quarantined: bool, connections: int, as_json: bool) -> None:
    """Fetch the files of the version REF into the folder DEST, which is made if need be.

    A version of a single file gives DEST/<its name>. Every byte is proven before a file gets its name; files that are
    there already and right are kept. A pull that was interrupted and is given again fetches no proven part twice.
    """
    with open_registry(connections) as registry, progress_bars(wanted=not as_json) as bar:
        how: dict[str, Any] = {"force": force, "quarantined": quarantined, "progress": bar("pull")}
        pulled = registry.pull(reference, destination, **how)
    version = pulled.version
    if as_json:
        moved = {"destination": str(pulled.folder), "fetched": pulled.fetched, "kept": pulled.kept}
        print_json({**version.model_dump(), **moved})
        return
    kept = f", {len(pulled.kept):,} of them there already" if pulled.kept else ""
    extent = f"{count(version.file_count, 'file')}, {size(version.size)}"
    say(f"{plain(version.name)}/{version.version} is in {plain(pulled.folder)}: {extent}, verified{kept}")
