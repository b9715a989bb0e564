"""The options with which `push` says what a version was made from, and how their values are read."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from modelyard.cli.options import read_pairs, read_text
from modelyard.client.filling import AUTO, NONE, Note, fill
from modelyard.client.version_calls import VersionFacts
from modelyard.contract.requests import BaseRequest, DatasetRequest, EnvironmentRequest, RunRequest, SourceRequest

F = TypeVar("F", bound=Callable[..., Any])
ROLES = ("train", "validation", "test")
RELATIONS = ("fine-tune", "adapter", "quantization", "merge", "distillation")


def _read_datasets(ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> list[DatasetRequest]:
    """[ROLE:]NAME[=URI][#DIGEST]: the digest follows the last `#`, the URI the first `=`."""
    datasets = []
    for text in values:
        first, colon, others = text.partition(":")
        role, named = (first, others) if colon and first in ROLES else ("", text)
        rest, _, digest = named.rpartition("#") if "#" in named else (named, "", "")
        name, _, uri = rest.partition("=")
        if not name:
            raise click.BadParameter(f"{text!r} is not [ROLE:]NAME[=URI][#DIGEST]", ctx, parameter)
        datasets.append(DatasetRequest(name=name, uri=uri, digest=digest, role=role))
    return datasets


def _read_bases(ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> list[BaseRequest]:
    """[RELATION=]REF|URI; a URI is what has a scheme."""
    bases = []
    for text in values:
        first, equals, others = text.partition("=")
        relation, target = (first, others) if equals and first in RELATIONS else (RELATIONS[0], text)
        if not target:
            raise click.BadParameter(f"{text!r} is not [RELATION=]REF or [RELATION=]URI", ctx, parameter)
        outside = ":" in target and not target.startswith("models:/")
        bases.append(BaseRequest(relation=relation, **{"uri" if outside else "reference": target}))
    return bases


def _read_rows(ctx: click.Context, parameter: click.Parameter, values: Sequence[str]) -> dict[str, int]:
    """NAME=NUMBER as often as it is given."""
    known = read_pairs(ctx, parameter, values)
    for name, text in known.items():
        if not (text.isascii() and text.isdecimal() and len(text) <= 16):
            raise click.BadParameter(f"{text!r} is no number of rows of {name!r}", ctx, parameter)
    return {name: int(text) for name, text in known.items()}


_OPTIONS = (
    click.option(
        "--dataset",
        "datasets",
        multiple=True,
        metavar="[ROLE:]NAME[=URI][#DIGEST]",
        callback=_read_datasets,
        help="Data it was made from; ROLE is train, validation or test; what follows the last '#' is the digest. "
        "Repeatable.",
    ),
    click.option("--rows", multiple=True, metavar="NAME=NUMBER", callback=_read_rows, help="Rows of a dataset."),
    click.option(
        "--base",
        "bases",
        multiple=True,
        metavar="[RELATION=]REF|URI",
        callback=_read_bases,
        help="What it was made out of: a version here, or a URI. RELATION is fine-tune (if left out), adapter, "
        "quantization, merge or distillation. Repeatable.",
    ),
    click.option("--source-commit", default="", help="The commit it was made from."),
    click.option("--source-repository", default="", help="The repository of that commit."),
    click.option("--source-path", default="", help="Where in the repository."),
    click.option("--dirty/--clean", default=None, help="Whether files differed from the commit."),
    click.option("--run-url", default="", help="Where the run that made it can be seen."),
    click.option("--run-id", default="", help="The id of that run."),
    click.option("--run-system", default="", help="The system it ran in, such as mlflow or airflow."),
    click.option(
        "--environment",
        default=AUTO,
        metavar="auto|none|FILE",
        show_default=True,
        help="auto: that of the MLflow model pushed, or of this interpreter. FILE: requirements, a lock file of uv, "
        "Poetry or PEP 751, or a conda environment.",
    ),
    click.option("--image-digest", default="", help="The digest of the container image it was made in."),
    click.option("--hardware", default="", help="What it was made on, such as '8x H100'."),
    click.option(
        "--card", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Its model card: Markdown."
    ),
    click.option("--no-fill", is_flag=True, help="Say nothing but what is given: ask neither git nor the files."),
)


def lineage_options(command: F) -> F:
    """The options on which `read_facts` stands."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def read_facts(
    paths: Sequence[Path], *, follow_links: bool, no_fill: bool, **given: Any
) -> tuple[VersionFacts, list[Note], list[str]]:
    """The facts that the options give, filled up unless --no-fill is given; the notes; what could not be used."""
    environment = given.pop("environment")
    facts = _facts(**given)
    if no_fill and environment in {AUTO, NONE}:
        return facts, [], []
    if no_fill:
        raise click.UsageError("--environment finds out what --no-fill leaves alone; give one of them")
    filled = fill(paths, facts, environment=environment, follow_links=follow_links)
    return filled.facts, filled.notes, filled.skipped


def _facts(
    *,
    datasets: list[DatasetRequest],
    rows: dict[str, int],
    source_repository: str,
    source_path: str,
    dirty: bool | None,
    run_id: str,
    run_system: str,
    image_digest: str,
    hardware: str,
    card: Path | None,
    **others: Any,
) -> VersionFacts:
    """The options in the shapes of the wire; an option that was not given says nothing."""
    if unknown := rows.keys() - {dataset.name for dataset in datasets}:
        raise click.UsageError(f"--rows names {min(unknown)!r}, which is no --dataset")
    parts = {
        "datasets": [each.model_copy(update={"rows": rows.get(each.name)}) for each in datasets],
        "source": SourceRequest(repository=source_repository, path=source_path, dirty=dirty),
        "run": RunRequest(id=run_id, system=run_system),
        "environment": EnvironmentRequest(image_digest=image_digest, hardware=hardware),
        "card": read_text(card) if card else "",
    }
    empty: tuple[Any, ...] = (SourceRequest(), RunRequest(), EnvironmentRequest(), "", [])
    facts: VersionFacts = {**others, **{name: part for name, part in parts.items() if part not in empty}}  # type: ignore[typeddict-item]  # named as its fields are
    return facts
