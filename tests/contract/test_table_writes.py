"""What `Table.write` promises: conditions of each kind on each kind of write, and all or nothing."""

import pytest

from modelyard.ports import Check, Delete, Expect, Item, Key, Put, TableConflict, Update

ONE = Key("MODEL#churn", "MODEL")
TWO = Key("MODEL#churn", "VERSION#1")
THREE = Key("MODEL#churn", "VERSION#2")
PLACE = Key("MODELS", "churn")
FEED = Key("FEED", "1")


def item(key=ONE, rev=1, **fields):
    return Item(key, rev, fields)


def name_of(part):
    """A short name for a case: Put-absent, Update-7, after-None."""
    expect = getattr(part, "expect", None)
    if expect is None:
        return "after"
    return f"{type(part).__name__}-{expect.value if isinstance(expect, Expect) else expect}"


def put(table, *items):
    table.write([Put(each, Expect.ANYTHING) for each in items])


def test_an_item_comes_back_as_it_was_put(table):
    whole = Item(ONE, 3, {"text": "é🙂", "number": -4}, b"\x00\xff", {"names": PLACE, "feed": FEED}, 2**40)
    put(table, whole)
    assert table.get([ONE]) == [whole]
    assert table.get([TWO, ONE]) == [None, whole]


def test_a_put_replaces_the_whole_item(table):
    put(table, Item(ONE, 1, {"old": 1}, b"old", {"names": PLACE}, 2**40))
    put(table, item(rev=2, new="x"))
    assert table.get([ONE]) == [item(rev=2, new="x")]
    assert table.query("MODELS", index="names").items == []


@pytest.mark.parametrize("write", [
    Put(item(rev=2), Expect.ABSENT),
    Put(item(rev=2), 7),
    Update(ONE, 7, 8, {"a": "changed"}),
    Delete(ONE, 7),
    Check(ONE, 7),
    Check(ONE, Expect.ABSENT),
], ids=name_of)  # fmt: skip
@pytest.mark.parametrize("alone", [True, False])
def test_a_write_is_refused_where_something_else_stands(table, write, alone):
    put(table, item(a="stays"))
    writes = [write] if alone else [Put(item(TWO), Expect.ABSENT), write]
    with pytest.raises(TableConflict) as refused:
        table.write(writes)
    assert refused.value.failed == (len(writes) - 1,)
    assert table.get([ONE, TWO]) == [item(a="stays"), None]


@pytest.mark.parametrize("write", [
    Put(item(rev=2), 1),
    Update(ONE, 1, 2),
    Update(ONE, Expect.ANYTHING, 2),
    Delete(ONE, 1),
    Check(ONE, 1),
    Check(ONE, Expect.ANYTHING),
], ids=name_of)  # fmt: skip
@pytest.mark.parametrize("alone", [True, False])
def test_a_write_that_expects_an_item_is_refused_where_nothing_stands(table, write, alone):
    writes = [write] if alone else [Put(item(TWO), Expect.ABSENT), write]
    with pytest.raises(TableConflict) as refused:
        table.write(writes)
    assert refused.value.failed == (len(writes) - 1,)
    assert table.get([ONE, TWO]) == [None, None]


@pytest.mark.parametrize(("write", "after"), [
    (Put(item(rev=2), 1), item(rev=2)),
    (Put(item(rev=2), Expect.ANYTHING), item(rev=2)),
    (Update(ONE, 1, 2, {"b": 2}), item(rev=2, a=1, b=2)),
    (Update(ONE, Expect.ANYTHING, 2, {"a": "new"}), item(rev=2, a="new")),
    (Delete(ONE, 1), None),
    (Delete(ONE, Expect.ANYTHING), None),
    (Check(ONE, 1), item(a=1)),
    (Check(ONE, Expect.ANYTHING), item(a=1)),
], ids=name_of)  # fmt: skip
@pytest.mark.parametrize("alone", [True, False])
def test_a_write_goes_through_where_the_expected_stands(table, write, after, alone):
    put(table, item(a=1))
    table.write([write] if alone else [Put(item(TWO), Expect.ABSENT), write])
    assert table.get([ONE, TWO]) == [after, None if alone else item(TWO)]


@pytest.mark.parametrize("write", [
    Put(item(rev=2), Expect.ABSENT),
    Put(item(rev=2), Expect.ANYTHING),
    Delete(ONE, Expect.ANYTHING),
    Check(ONE, Expect.ABSENT),
], ids=name_of)  # fmt: skip
@pytest.mark.parametrize("alone", [True, False])
def test_a_write_goes_through_where_nothing_stands_and_nothing_need(table, write, alone):
    table.write([write] if alone else [write, Put(item(TWO), Expect.ABSENT)])
    assert table.get([ONE]) == [item(rev=2) if isinstance(write, Put) else None]


def test_every_broken_expectation_is_named_and_nothing_is_written(table):
    put(table, item(ONE, 4, a=1), item(TWO, 5))
    with pytest.raises(TableConflict) as refused:
        table.write([
            Put(item(THREE), Expect.ABSENT),
            Put(item(ONE, 5), 3),
            Update(TWO, 5, 6, {"a": 1}),
            Check(Key("x", "y"), 1),
        ])  # fmt: skip
    assert refused.value.failed == (1, 3)
    assert table.get([ONE, TWO, THREE]) == [item(ONE, 4, a=1), item(TWO, 5), None]


def test_an_update_leaves_all_it_does_not_name(table):
    whole = Item(ONE, 1, {"a": 1, "b": "x", "data_": "y"}, b"bytes", {"names": PLACE, "stages": TWO}, 2**40)
    put(table, whole)
    table.write([Update(ONE, 1, 2, {"b": "changed", "c": 3})])
    fields = {"a": 1, "b": "changed", "data_": "y", "c": 3}
    assert table.get([ONE]) == [Item(ONE, 2, fields, b"bytes", whole.indexes, 2**40)]


def test_an_update_enters_moves_within_and_leaves_indexes(table):
    put(table, Item(ONE, 1, {"a": 1}, b"bytes", {"names": PLACE, "stages": TWO}))
    table.write([Update(ONE, 1, 2, indexes={"names": Key("MODELS", "moved"), "stages": None, "feed": FEED})])
    (found,) = table.get([ONE])
    assert found == Item(ONE, 2, {"a": 1}, b"bytes", {"names": Key("MODELS", "moved"), "feed": FEED})
    assert table.query("MODELS", index="names").items == [found]
    assert table.query("FEED", index="feed").items == [found]
    assert table.query(TWO.pk, index="stages").items == []


def test_leaving_an_index_that_the_item_is_not_in_is_no_error(table):
    put(table, item())
    table.write([Update(ONE, 1, 2, indexes={"names": None})])
    assert table.get([ONE]) == [item(rev=2)]


def test_a_deleted_item_is_gone_from_its_indexes(table):
    put(table, Item(ONE, 1, indexes={"names": PLACE}))
    table.write([Delete(ONE, 1)])
    assert table.query("MODELS", index="names").items == []


def test_no_writes_are_no_error(table):
    table.write([])


def test_a_refused_write_may_be_tried_again_with_what_is_now_there(table):
    put(table, item(rev=2))
    with pytest.raises(TableConflict):
        table.write([Put(item(rev=2), 1)])
    table.write([Put(item(rev=3), 2)])
    assert table.get([ONE]) == [item(rev=3)]


def test_a_field_may_be_called_like_a_reserved_word(table):
    words = {"name": "n", "state": "s", "size": 1, "Comment": "c", "type": "t", "a b-c.d": "odd", "é": "accent"}
    put(table, item(**words))
    table.write([Update(ONE, 1, 2, {"name": "other", "a b-c.d": "still"})])
    assert table.get([ONE]) == [item(rev=2, **(words | {"name": "other", "a b-c.d": "still"}))]
