"""Indexing: the postings of models and versions follow what is true of them, shortly after it became true.

A run compares what stands in the record of postings with what the facts ask for, and writes the difference under the
condition that the record is still the same. The record is read before the facts. So when runs overlap, the one that saw
older facts finds the record changed and begins again: whatever the order, the repeats and the deaths in between, the
last change of a subject is in its postings once its entry was handled.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from modelyard.catalogue.commits import contended
from modelyard.catalogue.homes import find_home
from modelyard.catalogue.keys import home_of, model_key, partition, version_key
from modelyard.catalogue.model_items import read_living, read_model
from modelyard.catalogue.postings import (
    Subject,
    posting_item,
    postings_of_model,
    postings_of_version,
    read_record,
    record_item,
    record_key,
)
from modelyard.catalogue.version_items import read_version
from modelyard.domain.journal import EntryType
from modelyard.ports import MAX_BATCH, Clock, Delete, Expect, Ids, Item, Key, Put, Table, Write

T = TypeVar("T")

TOGETHER = 50
"""Models and versions in one round, whose facts and models are one call."""

MOST_BYTES = 3_000_000
"""Bytes of records in one transaction, of which DynamoDB takes 4 MB in all."""

BESIDE_DATA = 1_500
"""Bytes reckoned for a write besides its data."""

OF_BOTH = frozenset(
    {
        *(EntryType.ALIAS_SET, EntryType.ALIAS_REPLACED, EntryType.ALIAS_REMOVED),
        *(EntryType.VERSION_PROMOTED, EntryType.VERSION_REPLACED),
    }
)
"""Entries of a version that also change what its model is found under."""

REMEMBERED = timedelta(days=1)
"""How long it is kept that something gone has no postings, against a run that saw it and is slow."""


@dataclass(frozen=True, slots=True)
class Change:
    """A journal entry as the table's stream tells of it: its partition, type, version and JSON."""

    pk: str
    type: str
    version: int | None
    body: bytes

    @property
    def facts(self) -> Mapping[str, Any]:
        """The entry's JSON."""
        known: dict[str, Any] = json.loads(self.body)
        return known


def index(*, table: Table, clock: Clock, ids: Ids, changes: Sequence[Change]) -> int:
    """Bring the postings of whatever the entries speak of up to date; how many models and versions had others.

    Safe to repeat, in any order and by several at once. What an entry says of a whole model, its owner say, reaches
    the postings of all its versions.
    """
    subjects = dict.fromkeys(subject for change in changes for subject in _subjects(change))
    one_round = partial(_settle_all, table, clock, ids)
    changed = one_round(list(subjects))
    for home in dict.fromkeys(home_of(change.pk) for change in changes if _of_all_versions(change)):
        changed += one_round([Subject(home, number) for number in range(1, _last_number(table, home) + 1)])
    return changed


def everything_of(*, table: Table, name: str) -> Change:
    """What makes `index` go through a model and all its versions. NotFound when there is no such model."""
    return Change(partition(find_home(table, name)), "asked", None, b"")


def _subjects(change: Change) -> Iterator[Subject]:
    """The version that an entry speaks of, or the model, or both: of what aliases and stages lead to."""
    home = home_of(change.pk)
    if change.version is not None:
        yield Subject(home, change.version)
    if change.version is None or change.type in OF_BOTH:
        yield Subject(home, None)


def _of_all_versions(change: Change) -> bool:
    """Whether an entry changes what every version of the model is found under. A kind unknown here might."""
    if change.version is not None or change.type == EntryType.MODEL_CREATED:
        return False
    return change.type != EntryType.MODEL_UPDATED or "owner" in change.facts["after"]


def _last_number(table: Table, home: str) -> int:
    (found,) = table.get([model_key(home)])
    return read_model(found).last_number if found else 0


def _settle_all(table: Table, clock: Clock, ids: Ids, subjects: Sequence[Subject]) -> int:
    return sum(
        contended(partial(_settle, table, some, clock.now()), clock=clock, ids=ids)
        for some in _chunks(subjects, TOGETHER)
    )


def _settle(table: Table, subjects: Sequence[Subject], now: datetime) -> int:
    """One round: read the records, then the facts, and write what differs."""
    records = table.get([record_key(subject) for subject in subjects])
    wanted = _wanted(table, subjects)
    steps = [list(_steps(s, record, wanted[s], now)) for s, record in zip(subjects, records, strict=True)]
    for writes in _packed([step for each in steps for step in each]):
        table.write(writes)
    return sum(map(bool, steps))


def _wanted(table: Table, subjects: Sequence[Subject]) -> dict[Subject, frozenset[Key]]:
    """The postings that each subject ought to have, by its facts as they are now; none for what is gone.

    That is so of a deleted model and its versions, too, until it is restored.
    """
    keys = [model_key(subject.home) for subject in subjects]
    keys += [version_key(subject.home, subject.number) for subject in subjects if subject.number is not None]
    known = list(dict.fromkeys(keys))
    found = dict(zip(known, table.get(known), strict=True))
    living = {key.pk: read_living(item) for key, item in found.items() if key.sk == "MODEL"}
    models = {pk: model for pk, model in living.items() if model and not model.deleted}

    def wanted(subject: Subject) -> frozenset[Key]:
        model = models.get(model_key(subject.home).pk)
        if model is None or subject.number is None:
            return postings_of_model(model) if model else frozenset()
        item = found[version_key(subject.home, subject.number)]
        return postings_of_version(read_version(item), model) if item else frozenset()

    return {subject: wanted(subject) for subject in subjects}


def _steps(subject: Subject, record: Item | None, wanted: frozenset[Key], now: datetime) -> Iterator[list[Write]]:
    """Writes that turn the postings there are into those that are wanted, each step with a record of its effect."""
    there = read_record(subject, record)
    if there == wanted:
        return
    changes: list[Put | Delete] = [Put(posting_item(key, subject), Expect.ANYTHING) for key in sorted(wanted - there)]
    changes += [Delete(key, Expect.ANYTHING) for key in sorted(there - wanted)]
    rev = record.rev if record else 0
    for some in _chunks(changes, MAX_BATCH - 1):
        there = (there | {each.item.key for each in some if isinstance(each, Put)}) - {
            each.key for each in some if isinstance(each, Delete)
        }
        expires = None if there else int((now + REMEMBERED).timestamp())
        noted = record_item(subject, there, rev=rev + 1, expires=expires)
        yield [Put(noted, rev or Expect.ABSENT), *some]
        rev += 1


def _packed(steps: Sequence[Sequence[Write]]) -> Iterator[list[Write]]:
    """The steps in order, as many in a transaction as fit. Two steps of one subject never meet: the first is full."""
    together: list[Write] = []
    size = 0
    for step in steps:
        cost = sum(BESIDE_DATA + (len(write.item.data) if isinstance(write, Put) else 0) for write in step)
        if together and (len(together) + len(step) > MAX_BATCH or size + cost > MOST_BYTES):
            yield together
            together, size = [], 0
        together += step
        size += cost
    if together:
        yield together


def _chunks(whole: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (whole[start : start + size] for start in range(0, len(whole), size))
