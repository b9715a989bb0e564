"""What searches read: the facts of versions or models by the subjects of their postings, as they are now."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol, TypeVar

from modelyard.catalogue.entry_items import event_of, read_entry
from modelyard.catalogue.keys import entry_key, home_of, model_key, version_key
from modelyard.catalogue.lineage_postings import postings_of_lineage
from modelyard.catalogue.model_items import read_living, read_model
from modelyard.catalogue.postings import Kind, Subject
from modelyard.catalogue.version_items import read_version
from modelyard.domain.journal import parse_instant
from modelyard.domain.model import Model
from modelyard.domain.version import State, Version
from modelyard.ports import Item, Key, Table
from modelyard.search.facts import Fact, VersionFacts, of_model, of_version
from modelyard.search.fields import MODEL_FIELDS, VERSION_FIELDS, Fields
from modelyard.search.planning import CREATED, NAME
from modelyard.search.terms import Field, Order

Facts = TypeVar("Facts")

ORIGINS = frozenset({"dataset", "data", "base"})
"""Fields of lineage that have several values."""

BESIDE_DATA = 500
"""Bytes reckoned for an item besides its data."""


class Looked(NamedTuple):
    """What something is called now, whether it is deleted, and the bytes of its item."""

    name: str
    deleted: bool
    size: int


class Source(Protocol[Facts]):
    """One kind of things to search."""

    @property
    def kind(self) -> Kind:
        """Which kind."""

    @property
    def fields(self) -> Fields:
        """What it is searched by."""

    @property
    def native(self) -> str:
        """The order that its indexes are in."""

    @property
    def usual(self) -> Order:
        """The order in which it is answered unless another is asked for."""

    def load(self, subjects: Sequence[Subject], needed: frozenset[str]) -> list[tuple[Facts, Looked] | None]:
        """The facts of up to 100 subjects, with whatever the needed fields take; None for what is gone."""

    def read(self, field: Field) -> Callable[[Facts], Sequence[Fact]]:
        """What reads the values of a field."""


class Versions:
    """Versions as a source."""

    kind = Kind.VERSION
    fields = VERSION_FIELDS
    native = CREATED
    usual = Order(Field(CREATED), descending=True)

    def __init__(self, table: Table) -> None:
        self._table = table

    def load(self, subjects: Sequence[Subject], needed: frozenset[str]) -> list[tuple[VersionFacts, Looked] | None]:
        """See `Source`. One call, and one more for each of `owner` and `updated_at`."""
        found = self._table.get([version_key(subject.home, subject.number or 0) for subject in subjects])
        there = [(item, read_version(item)) if item else None for item in found]
        versions = [each[1] for each in there if each]
        owners = self._owners(versions) if "owner" in needed else {}
        moments = self._moments(versions) if "updated_at" in needed else {}

        def facts(item: Item, version: Version) -> tuple[VersionFacts, Looked]:
            origins = _origins(version) if needed & ORIGINS else {}
            looked = Looked(version.name, version.state is State.DELETED, len(item.data) + BESIDE_DATA)
            return VersionFacts(version, owners.get(version.home, ""), moments.get(item.key), origins), looked

        return [facts(*each) if each else None for each in there]

    def _owners(self, versions: Sequence[Version]) -> dict[str, str]:
        """The owners of the versions' models, by home."""
        models = self._found(model_key(version.home) for version in versions)
        return {home_of(key.pk): read_model(item).owner for key, item in models.items()}

    def _moments(self, versions: Sequence[Version]) -> dict[Key, datetime]:
        """When the versions last changed: the time of the entry that their revision counts."""
        places = {version_key(v.home, v.number): entry_key(v.home, v.revision) for v in versions}
        entries = self._found(places.values())
        times = {key: parse_instant(event_of(read_entry(item))["time"]) for key, item in entries.items()}
        return {key: times[place] for key, place in places.items() if place in times}

    def _found(self, keys: Iterable[Key]) -> dict[Key, Item]:
        known = list(dict.fromkeys(keys))
        items = self._table.get(known) if known else []
        return {key: item for key, item in zip(known, items, strict=True) if item}

    def read(self, field: Field) -> Callable[[VersionFacts], Sequence[Fact]]:
        """See `Source`."""
        return of_version(field)


def _origins(version: Version) -> Mapping[str, Sequence[str]]:
    """The fields of lineage that have several values."""
    origins: defaultdict[str, list[str]] = defaultdict(list)
    for name, value in postings_of_lineage(version):
        origins[name].append(value)
    return origins


class Models:
    """Models as a source."""

    kind = Kind.MODEL
    fields = MODEL_FIELDS
    native = NAME
    usual = Order(Field(NAME), descending=False)

    def __init__(self, table: Table) -> None:
        self._table = table

    def load(self, subjects: Sequence[Subject], needed: frozenset[str]) -> list[tuple[Model, Looked] | None]:
        """See `Source`."""
        del needed
        found = self._table.get([model_key(subject.home) for subject in subjects])

        def facts(item: Item, model: Model) -> tuple[Model, Looked]:
            looked = Looked(model.name, deleted=model.deleted is not None, size=len(item.data) + BESIDE_DATA)
            return model, looked

        return [facts(item, model) if item and (model := read_living(item)) else None for item in found]

    def read(self, field: Field) -> Callable[[Model], Sequence[Fact]]:
        """See `Source`."""
        return of_model(field)
