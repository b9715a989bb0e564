"""The benchmarks' generator writes what the services write for the same facts, row by row."""

import sqlite3
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks import filling
from benchmarks.filling import Extent, caller_of, files_of, fill, model_of, name_of, version_of
from modelyard.adapters.sqlite import SqliteTable
from modelyard.catalogue.shape import SHAPE
from modelyard.domain.lineage import WantedBase
from modelyard.domain.names import Reference
from modelyard.services import promoting, registering, relaying, uploading, verifying
from modelyard.services.registering import About
from tests.unit.fakes import MemoryBlobs, RecordingBus, StillClock
from tests.unit.posted import check_postings, index, journal


class CountedIds:
    """Ids as the generator gives them."""

    def __init__(self) -> None:
        self.given = 0

    def new(self) -> str:
        self.given += 1
        return f"01KAP4Q6Z8{self.given:016d}"

    def jitter(self) -> float:
        return 0.5


class Services:
    """The services on a real table, told the generator's facts at the generator's moments."""

    def __init__(self, table: SqliteTable, extent: Extent) -> None:
        self.table, self.extent = table, extent
        self.clock, self.ids, self.blobs = StillClock(), CountedIds(), MemoryBlobs()
        self.effects: dict[str, Any] = {"table": table, "clock": self.clock, "ids": self.ids}

    def model(self, nth: int) -> None:
        wanted = model_of(nth)
        self.clock.moment = wanted.created_at
        about = {"owner": wanted.owner, "tags": wanted.tags, "description": wanted.description}
        registering.create_model(**self.effects, caller=caller_of(nth), ticket=None, name=wanted.name, **about)
        last = self.extent.numbers(nth)
        for number in range(1, last + 1):
            self.version(nth, number)
        for number, stage in ((last, "production"), (last - 1, "staging")):
            if number:
                known = {"caller": caller_of(nth), "ticket": None, "name": name_of(nth), "number": number}
                promoting.promote(**self.effects, **known, stage=stage, comment="good")

    def version(self, nth: int, number: int) -> None:
        wanted = version_of(self.extent, nth, number)
        known = {**self.effects, "caller": caller_of(number * self.extent.models + nth), "name": wanted.name}
        about = {name: getattr(wanted, name) for name in ("description", "tags", "params", "metrics", "source")}
        bases = [WantedBase(base.relation, Reference(base.name, number=base.version)) for base in wanted.bases]
        self.clock.moment = wanted.created_at
        files = files_of(nth, number)
        registering.register_version(
            **known,
            ticket=None,
            files=files,
            about=About(**about, datasets=wanted.datasets, bases=bases),
            keep=filling.KEPT,
        )
        for file in files:
            self.blobs.stored[file.digest] = bytes(file.size)
        self.clock.moment += filling.MOMENT
        uploading.complete(**known, blobs=self.blobs, ticket=None, number=number)
        self.clock.moment += filling.MOMENT
        verifying.prove_version(**known, blobs=self.blobs, number=number, inspector=lambda _: filling.CLEAN)

    def react(self) -> None:
        """Publish, place and index everything, as the embedded functions would."""
        entries = journal(self.table)
        for start in range(0, len(entries), relaying.MOST_TOGETHER):
            places = [tuple(item.key) for item in entries[start : start + relaying.MOST_TOGETHER]]
            relaying.relay(**self.effects, bus=RecordingBus(), places=places)
        index(SimpleNamespace(**self.effects), entries)


def rows(path) -> dict[tuple[str, str], Any]:
    with closing(sqlite3.connect(path)) as connection:
        return {row[:2]: row for row in connection.execute("SELECT * FROM items")}


@pytest.mark.parametrize("extent", [Extent(3, 40, 7), Extent(2, 2, 1)])
def test_the_generator_writes_every_row_that_the_services_write(tmp_path, extent):
    filled = fill(tmp_path / "filled.sqlite3", extent)
    table = SqliteTable(tmp_path / "served.sqlite3", SHAPE, StillClock())
    services = Services(table, extent)
    for nth in range(extent.models):
        services.model(nth)
    services.react()
    check_postings(table)
    table.close()
    expected, found = rows(tmp_path / "served.sqlite3"), rows(tmp_path / "filled.sqlite3")
    assert sorted(found) == sorted(expected)
    assert [(expected[key], found[key]) for key in expected if expected[key] != found[key]] == []
    assert filled == len(found)
    assert any(key[0].startswith("SEARCH#version#base#") for key in found) == (extent.first > 2)
