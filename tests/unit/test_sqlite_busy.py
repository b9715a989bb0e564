"""Writers of several processes wait for one another in steps as short as their writes."""

import sqlite3
import threading
import time

import pytest

from modelyard.adapters.clock import SystemClock
from modelyard.adapters.sqlite import table as module
from modelyard.adapters.sqlite.table import SqliteTable
from modelyard.catalogue.shape import SHAPE
from modelyard.domain.errors import Throttled
from modelyard.ports import Expect, Item, Key, Put

PUT = [Put(Item(Key("A", "B"), rev=1), Expect.ANYTHING)]


@pytest.fixture
def held(tmp_path):
    """A table whose file somebody else writes to, and what ends that."""
    table = SqliteTable(tmp_path / "table.sqlite3", SHAPE, SystemClock())
    other = sqlite3.connect(tmp_path / "table.sqlite3", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    yield table, other
    other.close()
    table.close()


def test_a_write_goes_ahead_as_soon_as_the_other_has_ended(held):
    table, other = held
    threading.Timer(0.2, lambda: other.execute("COMMIT")).start()
    began = time.monotonic()
    table.write(PUT)
    assert table.get([Key("A", "B")])[0] is not None
    assert 0.15 < time.monotonic() - began < 2


def test_a_write_that_waits_for_too_long_is_throttled_and_wrote_nothing(held, monkeypatch):
    table, other = held
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.1)
    with pytest.raises(Throttled):
        table.write(PUT)
    other.execute("ROLLBACK")
    assert table.get([Key("A", "B")]) == [None]
    table.write(PUT)
