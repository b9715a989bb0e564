"""`modelyard export` and `modelyard import`: models as files, and back."""

from dataclasses import asdict
from pathlib import Path

import click

from modelyard.cli.bars import progress_bars
from modelyard.cli.options import connections_option, json_option, open_registry
from modelyard.cli.output import count, plain, print_json, say, size
from modelyard.client.bundle_checking import shown
from modelyard.client.bundle_import import BROUGHT, LEFT, PLANNED, Imported, ImportedModel
from modelyard.client.exporting import Exported, ExportedModel


@click.command(epilog="\b\nmodelyard export ./backup\nmodelyard export churn.tar churn")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--force", is_flag=True, help="Write over what is no bundle, or one of other models.")
@connections_option
@json_option
def export(*, bundle: Path, names: tuple[str, ...], force: bool, connections: int, as_json: bool) -> None:
    """Write models with their journals, files and bytes into the folder BUNDLE; all models, or those named.

    A BUNDLE that ends in .tar becomes one file. Each model is as it was at one moment, though others write. An export
    that was interrupted and is given again goes on: what is there and right is not fetched again. Models that are
    deleted come along for as long as they can be restored.
    """
    with open_registry(connections) as registry, progress_bars(wanted=not as_json) as bar:
        exported = registry.export_bundle(bundle, names, force=force, progress=bar("export"))
    if as_json:
        print_json({**asdict(exported), "bundle": str(exported.bundle)})
    else:
        _say_exported(exported)


def _say_exported(exported: Exported) -> None:
    for model in exported.models:
        without = f"; without bytes: {', '.join(map(str, model.without_bytes))}" if model.without_bytes else ""
        extent = f"{count(model.versions, 'version')}, entries to {model.sequence}"
        say(f"{plain(model.name)}: {extent}{_gone(model)}{without}")
    if exported.dropped:
        say(f"no longer in it: {', '.join(map(plain, exported.dropped))}")
    kept = f", {exported.kept:,} of them there already" if exported.kept else ""
    blobs = f"{count(exported.fetched + exported.kept, 'blob')}, {size(exported.size)}{kept}"
    say(f"{plain(exported.bundle)} holds {count(len(exported.models), 'model')}: {blobs}, verified")


@click.command(epilog="\b\nmodelyard import ./backup --dry-run\nmodelyard import churn.tar")
@click.argument("path", metavar="BUNDLE", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check the bundle and tell what would be brought, and bring nothing.")
@connections_option
@json_option
def bundle(*, path: Path, dry_run: bool, connections: int, as_json: bool) -> int:
    """Bring the models of BUNDLE (a folder or a tar) into this registry, with ids, journals and bytes as they are.

    The bundle is checked first, every byte of it. Give it again to go on after an interruption: nothing is sent twice.
    A model whose journal is another one here, or whose name is taken, is left behind; the exit code is 1 then.
    """
    with open_registry(connections) as registry, progress_bars(wanted=not as_json) as bar:
        imported = registry.import_bundle(path, dry_run=dry_run, checking=bar("check"), sending=bar("upload"))
    if as_json:
        models = [asdict(model) for model in imported.models]
        known = {"bundle": str(path), "dry_run": dry_run, "checked": shown(imported.checked)}
        print_json({**known, "models": models})
    else:
        _say_imported(imported)
    return int(bool(imported.count(LEFT)))


def _say_imported(imported: Imported) -> None:
    for model in imported.models:
        say(_line(model))
    known = shown(imported.checked)
    extent = (
        f"{count(known['models'], 'model')}, {count(known['versions'], 'version')}, {count(known['blobs'], 'blob')}"
    )
    done = " (nothing was done)" if imported.dry_run else ""
    say(f"{plain(imported.bundle)} holds: {extent}, {size(known['bytes'])}, all verified{done}")


def _line(model: ImportedModel) -> str:
    entries = f", {model.entries:,} of {model.sequence:,} entries" if model.outcome in {BROUGHT, PLANNED} else ""
    without = f"; without bytes: {', '.join(map(str, model.withheld))}" if model.withheld else ""
    why = f": {plain(model.reason)}" if model.reason else ""
    left = f"; another model has its former name {', '.join(map(plain, model.names_left))}" if model.names_left else ""
    return f"{plain(model.name)} {model.outcome}{entries}{_gone(model)}{without}{left}{why}"


def _gone(model: ExportedModel | ImportedModel) -> str:
    return f"; deleted, can be restored until {plain(model.deleted)}" if model.deleted else ""
