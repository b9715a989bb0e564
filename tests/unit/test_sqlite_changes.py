"""SQLite's stream of changes, and the dropping of what has expired: what DynamoDB does by itself."""

from datetime import UTC, datetime

import pytest

from modelyard.adapters.sqlite import SqliteTable
from modelyard.catalogue.shape import SHAPE
from modelyard.ports import Delete, Expect, Item, Key, Put, TableConflict, Update

NOW = datetime(2040, 1, 1, tzinfo=UTC)
EPOCH = int(NOW.timestamp())


class FixedClock:
    def now(self):
        return NOW

    def sleep(self, seconds):
        raise AssertionError("a table has nothing to wait for")


@pytest.fixture
def table(tmp_path):
    made = SqliteTable(tmp_path / "table.sqlite3", SHAPE, FixedClock())
    yield made
    made.close()


def entry(number, home="churn"):
    return Item(Key(f"MODEL#{home}", f"ENTRY#{number:012d}"), 1, {"type": "t"}, b"body")


def put(*items):
    return [Put(item, Expect.ABSENT) for item in items]


def sort_keys(changes):
    return [item.key.sk for _, item in changes]


def test_insertions_of_streamed_items_come_in_the_order_of_their_commits(table):
    table.write(put(entry(2), Item(Key("MODEL#churn", "VERSION#1"), 1), entry(1)))
    table.write(put(entry(1, "other")))
    changes = table.changes(0, 10)
    assert [item for _, item in changes] == [entry(2), entry(1), entry(1, "other")]
    numbers = [number for number, _ in changes]
    assert numbers == sorted(set(numbers))


def test_only_an_insertion_is_a_change(table):
    table.write(put(entry(1)))
    ((number, _),) = table.changes(0, 10)
    table.write([Update(entry(1).key, 1, 2, {"position": 1})])
    table.write([Put(entry(1), 2)])
    assert table.changes(number, 10) == []
    table.write([Delete(entry(1).key, 1)])
    assert table.changes(0, 10) == []


def test_a_change_shows_the_item_as_it_is_now(table):
    table.write(put(entry(1)))
    table.write([Update(entry(1).key, 1, 2, {"position": 7})])
    assert [item.fields for _, item in table.changes(0, 10)] == [{"type": "t", "position": 7}]


def test_a_refused_transaction_leaves_no_change(table):
    table.write(put(entry(1)))
    with pytest.raises(TableConflict):
        table.write(put(entry(2), entry(1)))
    table.write(put(entry(2)))
    changes = table.changes(0, 10)
    assert sort_keys(changes) == sort_keys([(0, entry(1)), (0, entry(2))])
    assert changes[1][0] == changes[0][0] + 1


def test_changes_are_read_from_a_cursor_on(table):
    table.write(put(*(entry(number) for number in range(10))))
    seen, cursor = [], 0
    while some := table.changes(cursor, 3):
        assert len(some) <= 3
        seen += sort_keys(some)
        cursor = some[-1][0]
    assert seen == [entry(number).key.sk for number in range(10)]


def test_forgetting_changes_keeps_the_items_and_never_gives_a_number_twice(tmp_path, table):
    table.write(put(*(entry(number) for number in range(5))))
    cursor = table.changes(0, 10)[-1][0]
    table.forget_changes(cursor)
    assert table.changes(cursor, 10) == []
    assert len(table.query("MODEL#churn").items) == 5
    table.close()
    again = SqliteTable(tmp_path / "table.sqlite3", SHAPE, FixedClock())
    again.write(put(entry(5)))
    ((number, item),) = again.changes(cursor, 10)
    assert (number, item) == (cursor + 1, entry(5))
    again.close()


def test_forgetting_leaves_what_came_after(table):
    table.write(put(*(entry(number) for number in range(5))))
    third = table.changes(0, 10)[2][0]
    table.forget_changes(third)
    assert sort_keys(table.changes(third, 10)) == [entry(3).key.sk, entry(4).key.sk]
    table.forget_changes(0)
    assert sort_keys(table.changes(0, 10)) == [entry(3).key.sk, entry(4).key.sk]


@pytest.mark.parametrize("count", [0, 3, 1201])
def test_purging_drops_what_has_expired_and_says_how_much(table, count):
    kept = [Item(Key("KEPT", "later"), 1, expires=EPOCH + 1), Item(Key("KEPT", "never"), 1)]
    table.write(put(*kept))
    for start in range(0, count, 100):
        numbers = range(start, min(count, start + 100))
        table.write(put(*(Item(Key("GONE", f"{n:05d}"), 1, expires=EPOCH - n) for n in numbers)))
    assert table.purge_expired(EPOCH) == count
    assert table.purge_expired(EPOCH) == 0
    assert table.get([item.key for item in kept]) == kept
    assert table.purge_expired(EPOCH + 1) == 1
