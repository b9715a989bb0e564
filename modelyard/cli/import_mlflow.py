"""`modelyard import mlflow`."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from modelyard.cli.bars import progress_bars
from modelyard.cli.options import connections_option, json_option, open_registry
from modelyard.cli.output import count, plain, print_json, say
from modelyard.client.mlflow_reports import BROUGHT, DELETED, LEFT, PLANNED, THERE, ImportedModel, ImportedVersion

OUTCOMES = (BROUGHT, THERE, PLANNED, DELETED, LEFT)


@click.command(
    epilog="\b\nmodelyard import mlflow http://mlflow:5000 --dry-run\nmodelyard import mlflow http://mlflow:5000 churn"
)
@click.argument("url")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--prefix", default="", help="What the names begin with here.")
@click.option(
    "--artifacts",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder of this machine that MLflow keeps artifacts in, where its server does not hand them out.",
)
@click.option("--dry-run", is_flag=True, help="Tell what would be brought, and bring nothing.")
@connections_option
@json_option
def mlflow(
    *,
    url: str,
    names: tuple[str, ...],
    prefix: str,
    artifacts: Path | None,
    dry_run: bool,
    connections: int,
    as_json: bool,
) -> int:
    """Bring over the models that the MLflow server at URL has registered; all of them, or those named.

    Versions come with files, tags, description, stage, aliases, and what their runs logged. Give it again to go on
    after an interruption, or to bring what is new: nothing is brought twice, and nothing that is here is changed. The
    exit code is 1 when something was left behind; the answer says what, and why.
    """
    with open_registry(connections) as registry, progress_bars(wanted=not as_json) as bar:
        imported = registry.import_mlflow(
            url,
            names,
            prefix=prefix,
            artifacts=artifacts,
            dry_run=dry_run,
            fetching=bar("fetch"),
            sending=bar("upload"),
            told=_silent if as_json else _tell,
            waiting=_wait,
        )
    if as_json:
        models = [asdict(model) for model in imported]
        print_json({"url": url, "dry_run": dry_run, "counts": _counts(imported), "models": models})
    else:
        _sum_up(imported, url, dry_run=dry_run)
    return int(any(model.left_behind for model in imported))


def _wait(source: str) -> None:
    click.echo(f"waiting: another import on this machine is bringing {plain(source)} just now", err=True)


def _silent(_model: ImportedModel, _version: ImportedVersion | None) -> None:
    pass


def _tell(model: ImportedModel, version: ImportedVersion | None) -> None:
    if version is not None:
        here = f"{plain(model.name)}/{version.version}" if version.version else plain(model.name)
        stage = f" in {version.stage}" if version.outcome in {BROUGHT, PLANNED} else ""
        why = f": {plain(version.reason)}" if version.reason else ""
        say(f"{plain(model.mlflow)} {plain(version.mlflow)} -> {here} {version.outcome}{stage}{why}")
        _tell_notes(version.notes)
        return
    if model.outcome in {LEFT, DELETED}:
        say(f"{plain(model.mlflow)} {model.outcome}: {plain(model.reason)}")
    elif model.name != model.mlflow:
        say(f"{plain(model.mlflow)} is called {plain(model.name)} here")
    _tell_notes(model.notes)
    for alias in model.aliases:
        why = f": {plain(alias.reason)}" if alias.reason else ""
        here = f"{plain(model.name)}/{alias.version}" if alias.version else plain(model.name)
        say(f"{plain(model.mlflow)}@{plain(alias.alias)} -> {here} {alias.outcome}{why}")


def _tell_notes(notes: Sequence[str]) -> None:
    for note in notes:
        say(f"  {plain(note)}")


def _counts(imported: Sequence[ImportedModel]) -> dict[str, int]:
    outcomes = {outcome: sum(model.count(outcome) for model in imported) for outcome in OUTCOMES}
    return {"models": len(imported), **{f"versions_{outcome}": number for outcome, number in outcomes.items()}}


def _sum_up(imported: Sequence[ImportedModel], url: str, *, dry_run: bool) -> None:
    counts = _counts(imported)
    told = [f"{counts[f'versions_{outcome}']:,} {outcome}" for outcome in OUTCOMES]
    shown = ", ".join(text for text in told if not text.startswith("0 ")) or "none"
    say(f"{count(len(imported), 'model')} of {plain(url)}; versions: {shown}{' (nothing was done)' if dry_run else ''}")
