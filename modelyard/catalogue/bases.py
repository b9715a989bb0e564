"""Bases that are versions of this registry: found when a version is registered, so that they exist before it."""

from collections.abc import Iterable, Mapping, Sequence

from modelyard.catalogue.deletion_items import deleted
from modelyard.catalogue.gathering import gather
from modelyard.catalogue.homes import follow_redirects
from modelyard.catalogue.keys import model_key, version_key
from modelyard.catalogue.lineage_postings import base_name
from modelyard.catalogue.model_items import locate, read_living
from modelyard.catalogue.version_items import read_version
from modelyard.domain.errors import Invalid, NotFound
from modelyard.domain.lineage import WantedBase
from modelyard.domain.model import Model
from modelyard.domain.names import Reference, is_model_id
from modelyard.domain.version import Base, Version
from modelyard.ports import Item, Key, Table


def resolve_bases(table: Table, wanted: Sequence[WantedBase]) -> tuple[Base, ...]:
    """What the bases stand for now, in two calls for all of them. NotFound names the one that stands for nothing.

    A stage stands for the highest number in it; a model, for its newest ready version. Invalid for one given twice.
    """
    references = {index: base.reference for index, base in enumerate(wanted) if base.reference is not None}
    models = _models(table, references)
    places = {index: (models[index].home, _number(models[index], ref, index)) for index, ref in references.items()}
    found = gather(table, [version_key(*place) for place in places.values()])
    bases: list[Base] = []
    for index, base in enumerate(wanted):
        item = found.get(version_key(*places[index])) if index in places else None
        if index in places and item is None:
            raise _missing(str(base.reference), index)
        made = (
            _base(base, models[index], _usable(item, models[index], index))
            if item
            else Base(base.relation, uri=base.uri)
        )
        if any(_same(made, other) for other in bases):
            raise Invalid("a base is given once", field=f"bases.{index}")
        bases.append(made)
    return tuple(bases)


def find_base(table: Table, reference: Reference, *, field: str) -> str:
    """How the version that a reference stands for is named as a base: `<model id>/<number>`. NotFound otherwise.

    A model's id with a number is taken as it is: versions that were made of it may outlive it.
    """
    if is_model_id(reference.name) and reference.number is not None:
        return base_name(reference.name, reference.number)
    try:
        model = _models(table, {0: reference})[0]
        number = _number(model, reference, 0)
        if number > model.last_number:
            raise _missing(str(reference), 0)
        return base_name(model.id, number)
    except NotFound as error:
        raise NotFound(f"no version stands for {str(reference)!r}", field=field) from error


def _models(table: Table, references: Mapping[int, Reference]) -> dict[int, Model]:
    homes: dict[int, str] = {}
    for index, reference in references.items():
        try:
            homes[index] = locate(table, reference.name)
        except NotFound:
            raise _missing(str(reference), index) from None
    found = _living(table, homes.values())
    if any(model_key(home) not in found for home in homes.values()):
        led = follow_redirects(table, {references[index].name: home for index, home in homes.items()})
        homes = {index: led[references[index].name] for index in homes}
        found |= _living(table, [home for home in homes.values() if model_key(home) not in found])
    for index, home in homes.items():
        if model_key(home) not in found:
            raise _missing(str(references[index]), index)
    return {index: found[model_key(home)] for index, home in homes.items()}


def _living(table: Table, homes: Iterable[str]) -> dict[Key, Model]:
    found = gather(table, [model_key(home) for home in homes])
    return {key: model for key, item in found.items() if (model := read_living(item))}


def _number(model: Model, reference: Reference, index: int) -> int:
    if reference.number is not None:
        return reference.number
    standing = model.standing.get(reference.stage or "", {})
    number = max(standing, default=None) if reference.stage else model.newest_ready
    if number is None or reference.alias is not None:
        raise _missing(str(reference), index)
    return number


def _missing(reference: str, index: int) -> NotFound:
    return NotFound(f"no version stands for the base {reference!r}", field=f"bases.{index}.reference")


def _base(wanted: WantedBase, model: Model, version: Version) -> Base:
    return Base(wanted.relation, model_id=model.id, name=model.name, version=version.number, digest=version.digest)


def _usable(item: Item, model: Model, index: int) -> Version:
    version = read_version(item)
    if gone := model.deleted or version.deleted:
        raise deleted(version.reference, gone, field=f"bases.{index}.reference")
    return version


def _same(one: Base, other: Base) -> bool:
    return (one.uri, one.model_id, one.version) == (other.uri, other.model_id, other.version)
