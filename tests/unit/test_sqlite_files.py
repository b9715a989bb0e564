"""SQLite's file: it outlives its process whatever ends that, is shared among processes, and takes a full disk well."""

import signal
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime

import pytest

from modelyard.adapters.sqlite import SqliteTable
from modelyard.adapters.sqlite import table as sqlite_module
from modelyard.catalogue.shape import SHAPE, TableShape
from modelyard.domain.errors import Throttled
from modelyard.ports import Expect, Item, Key, Put, TableConflict, Update

PRELUDE = """
import resource, sys
from pathlib import Path
from modelyard.adapters.clock import SystemClock
from modelyard.adapters.sqlite import SqliteTable
from modelyard.catalogue.shape import SHAPE
from modelyard.ports import *
table = SqliteTable(Path(sys.argv[1]), SHAPE, SystemClock())
"""
COUNTING = """
for _ in range(int(sys.argv[2])):
    while True:
        (found,) = table.get([Key("COUNTER", "x")])
        count = found.fields["count"] if found else 0
        expect = found.rev if found else Expect.ABSENT
        try:
            entry = Put(Item(Key("ENTRIES", f"{count:06d}"), 1), Expect.ABSENT)
            table.write([Put(Item(Key("COUNTER", "x"), count + 1, {"count": count + 1}), expect), entry])
        except TableConflict:
            continue
        break
"""
ENDLESS = """
number = 0
while True:
    pair = [Item(Key("PAIRS", f"{number:08d}{half}"), 1, data=bytes(500)) for half in "ab"]
    table.write([Put(item, Expect.ABSENT) for item in pair])
    print(number, flush=True)
    number += 1
"""
FILLING = """
table.write([Put(Item(Key("FIRST", "x"), 1), Expect.ABSENT)])
resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
for number in range(20):
    pair = [Item(Key("PAIRS", f"{number:08d}{half}"), 1, data=bytes(50_000)) for half in "ab"]
    try:
        table.write([Put(item, Expect.ABSENT) for item in pair])
        print("taken", number)
    except Exception as error:
        print("refused", type(error).__name__)
assert table.get([Key("FIRST", "x")]) == [Item(Key("FIRST", "x"), 1)]
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.getrlimit(resource.RLIMIT_FSIZE)[1],) * 2)
table.write([Put(Item(Key("LAST", "x"), 1), Expect.ABSENT)])
"""


class FixedClock:
    def now(self):
        return datetime(2040, 1, 1, tzinfo=UTC)

    def sleep(self, seconds):
        raise AssertionError("a table has nothing to wait for")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "table.sqlite3"


@pytest.fixture
def table(path):
    with_clock = SqliteTable(path, SHAPE, FixedClock())
    yield with_clock
    with_clock.close()


def reopened(path):
    return SqliteTable(path, SHAPE, FixedClock())


def start(script, path, *args):
    command = [sys.executable, "-c", PRELUDE + script, str(path), *map(str, args)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def put(key, **content):
    return Put(Item(key, 1, **content), Expect.ABSENT)


def halves(table):
    """The numbers of the pairs whose first and whose second half is there."""
    keys, page = [], None
    while page is None or page.after:
        page = table.query("PAIRS", after=page and page.after, limit=1000)
        keys += [item.key.sk for item in page.items]
    return [{int(key[:8]) for key in keys if key.endswith(half)} for half in "ab"]


def test_what_was_written_is_there_after_the_table_was_closed(path, table):
    table.write([put(Key("a", "b"), data=b"kept", indexes={"names": Key("n", "1")})])
    table.close()
    again = reopened(path)
    assert again.get([Key("a", "b")])[0].data == b"kept"
    assert len(again.query("n", index="names").items) == 1
    again.close()
    assert not path.with_name("table.sqlite3-wal").exists()


def test_every_commit_is_flushed_to_the_disk_before_it_is_answered(path, table):
    """A power cut cannot be tried here; these are the settings that SQLite documents for surviving one."""
    for connection in (table._writer, sqlite_module._connect(path)):
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_a_closed_table_answers_nothing_and_may_be_closed_again(table):
    table.get([Key("a", "b")])
    table.close()
    table.close()
    with pytest.raises(sqlite3.ProgrammingError):
        table.get([Key("a", "b")])
    with pytest.raises(sqlite3.ProgrammingError):
        table.write([put(Key("a", "b"))])


def test_processes_that_share_a_file_from_its_making_lose_no_update(path):
    counters = [start(COUNTING, path, 30) for _ in range(3)]
    assert [process.communicate()[0] or process.returncode for process in counters] == [0, 0, 0]
    table = reopened(path)
    assert table.get([Key("COUNTER", "x")])[0].fields == {"count": 90}
    assert [item.key.sk for item in table.query("ENTRIES").items] == [f"{number:06d}" for number in range(90)]
    table.close()


@pytest.mark.parametrize("acknowledged", [1, 7, 60])
def test_a_killed_process_loses_nothing_acknowledged_and_leaves_nothing_half_done(path, acknowledged):
    process = start(ENDLESS, path)
    for _ in range(acknowledged):
        last = int(process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    process.communicate()
    table = reopened(path)
    first, second = halves(table)
    assert first == second == set(range(len(first)))
    assert last in first
    table.write([put(Key("AFTER", "x"))])
    table.close()


def test_a_full_disk_refuses_a_write_whole_and_harms_nothing(path):
    process = start(FILLING, path)
    lines = process.communicate()[0].split("\n")[:-1]
    assert process.returncode == 0
    taken = {int(line.split()[1]) for line in lines if line.startswith("taken")}
    assert len(lines) == 20
    assert 0 < len(taken) < 20
    table = reopened(path)
    assert halves(table) == [taken, taken]
    assert table.get([Key("LAST", "x")]) == [Item(Key("LAST", "x"), 1)]
    table.close()


def test_a_write_that_fails_does_not_fail_those_it_was_to_be_committed_with(table):
    outcomes = {}

    def write(name, item):
        try:
            table.write([Put(item, Expect.ABSENT)])
        except (OverflowError, TableConflict) as error:
            outcomes[name] = type(error)
        else:
            outcomes[name] = None

    items = {
        "good": Item(Key("good", "x"), 1),
        "unwritable": Item(Key("unwritable", "x"), 2**63),
        "better": Item(Key("better", "x"), 1),
    }
    threads = [threading.Thread(target=write, args=named) for named in items.items()]
    with table._front:  # all of them now stand in line
        for thread in threads:
            thread.start()
        while len(table._line) < len(threads):
            pass
    for thread in threads:
        thread.join()
    assert outcomes == {"good": None, "unwritable": OverflowError, "better": None}
    assert [bool(found) for found in table.get([item.key for item in items.values()])] == [True, False, True]


def test_threads_that_end_leave_no_connections_behind(path, table):
    for number in range(20):
        thread = threading.Thread(target=table.get, args=([Key("a", str(number))],))
        thread.start()
        thread.join()
    assert len(table._readers) == 1


def test_a_write_is_throttled_while_another_process_holds_the_file(path, table, monkeypatch):
    monkeypatch.setattr(sqlite_module, "BUSY_SECONDS", 0.05)
    hurried = reopened(path)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(Throttled):
        hurried.write([put(Key("a", "b"))])
    assert hurried.get([Key("a", "b")]) == [None]
    holder.execute("ROLLBACK")
    holder.close()
    hurried.write([put(Key("a", "b"))])
    hurried.close()


def test_a_read_never_sees_half_a_transaction(path, table):
    pair = [Key("PAIR", "a"), Key("PAIR", "b")]
    table.write([Put(Item(key, 0), Expect.ABSENT) for key in pair])
    seen, done = set(), threading.Event()

    def watch():
        while not done.is_set():
            seen.add(tuple(item.rev for item in table.get(pair)))
            seen.add(tuple(item.rev for item in table.query("PAIR").items))

    watcher = threading.Thread(target=watch)
    watcher.start()
    for rev in range(200):
        table.write([Put(Item(key, rev + 1), rev) for key in pair])
    done.set()
    watcher.join()
    assert seen
    assert all(first == second for first, second in seen)


def test_a_newer_shape_adds_its_indexes_to_a_file_that_is_there(path):
    older = SqliteTable(path, TableShape(("names",), "ENTRY#"), FixedClock())
    older.write([put(Key("a", "b"), indexes={"names": Key("n", "1")}, data=b"kept")])
    older.close()
    newer = SqliteTable(path, TableShape(("names", "stages"), "ENTRY#"), FixedClock())
    newer.write([Update(Key("a", "b"), 1, 2, indexes={"stages": Key("s", "1")})])
    expected = Item(Key("a", "b"), 2, {}, b"kept", {"names": Key("n", "1"), "stages": Key("s", "1")})
    assert newer.query("s", index="stages").items == newer.query("n", index="names").items == [expected]
    newer.close()
