"""An item whose time has passed is absent, whether or not the table has dropped it yet."""

import pytest

from modelyard.ports import Check, Delete, Expect, Item, Key, Put, TableConflict, Update

KEY = Key("RECEIPT#1", "RECEIPT")
OTHER = Key("RECEIPT#1", "SECOND")


@pytest.fixture
def expired(table, clock):
    """An item that has expired a moment ago, in a table that still holds it."""
    item = Item(KEY, 1, {"a": 1}, b"old", {"names": Key("MODELS", "a")}, expires=clock.epoch + 1)
    table.write([Put(item, Expect.ABSENT)])
    clock.sleep(1)
    return item


def test_an_item_is_there_until_its_second_comes(table, clock):
    item = Item(KEY, 1, expires=clock.epoch + 10)
    table.write([Put(item, Expect.ABSENT)])
    clock.sleep(9.9)
    assert table.get([KEY]) == [item]
    table.write([Check(KEY, 1), Put(Item(OTHER, 1), Expect.ABSENT)])
    clock.sleep(0.2)
    assert table.get([KEY, OTHER]) == [None, Item(OTHER, 1)]


def test_an_expired_item_is_not_found(table, expired):
    assert table.get([KEY]) == [None]
    assert table.get([OTHER, KEY]) == [None, None]
    assert table.query(KEY.pk).items == []
    assert table.query("MODELS", index="names").items == []


def test_expired_items_do_not_shorten_a_page(table, clock):
    """DynamoDB filters after it has counted."""
    items = [Item(Key("P", f"{n:02d}"), 1, expires=clock.epoch + (1 if n % 3 else 99)) for n in range(30)]
    table.write([Put(item, Expect.ABSENT) for item in items])
    clock.sleep(2)
    page = table.query("P", limit=9)
    assert page.items == items[:27:3]
    assert table.query("P", limit=9, after=page.after).items == items[27::3]


@pytest.mark.parametrize("alone", [True, False])
def test_an_item_may_be_put_where_one_expired(table, expired, alone):
    fresh = Item(KEY, 1, {"b": 2})
    table.write([Put(fresh, Expect.ABSENT), *([] if alone else [Check(OTHER, Expect.ABSENT)])])
    assert table.get([KEY]) == [fresh]


def test_absence_may_be_checked_where_one_expired(table, expired):
    table.write([Check(KEY, Expect.ABSENT), Put(Item(OTHER, 1), Expect.ABSENT)])
    assert table.get([OTHER]) == [Item(OTHER, 1)]


@pytest.mark.parametrize("write", [
    Put(Item(KEY, 2), 1),
    Update(KEY, 1, 2),
    Update(KEY, Expect.ANYTHING, 2),
    Delete(KEY, 1),
    Check(KEY, 1),
    Check(KEY, Expect.ANYTHING),
], ids=lambda write: f"{type(write).__name__}-{write.expect}")  # fmt: skip
def test_a_write_that_expects_an_item_is_refused_where_one_expired(table, expired, write):
    with pytest.raises(TableConflict) as refused:
        table.write([Put(Item(OTHER, 1), Expect.ABSENT), write])
    assert refused.value.failed == (1,)
    assert table.get([OTHER, KEY]) == [None, None]


def test_an_expired_item_may_be_deleted(table, expired):
    table.write([Delete(KEY, Expect.ANYTHING)])
    assert table.get([KEY]) == [None]


def test_an_update_keeps_the_time_to_live(table, clock):
    table.write([Put(Item(KEY, 1, expires=clock.epoch + 10), Expect.ABSENT)])
    table.write([Update(KEY, 1, 2, {"a": 1})])
    assert table.get([KEY]) == [Item(KEY, 2, {"a": 1}, expires=clock.epoch + 10)]
    clock.sleep(10)
    assert table.get([KEY]) == [None]
