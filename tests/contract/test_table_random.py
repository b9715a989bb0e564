"""Any sequence of calls does to a table what it does to a plain dict that follows the promises to the letter."""

import itertools
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from modelyard.ports import Check, Delete, Expect, Item, Key, Put, TableConflict, Update
from tests.contract.table_hosts import SetClock, dynamo_table, sqlite_table

TEXTS = ["a", "b", "ab", "a\x00", "é", "ﬀ", "🙂", "a🙂", "\U0010ffff", "~"]
SPOTS = [Key(pk, sk) for pk in ("P", "Q") for sk in TEXTS]
INDEXES = ("names", "feed")


def place(index, text, key):
    """A key of an index: no two items share one."""
    return Key(index, f"{text}/{key.pk}/{key.sk}")


@st.composite
def items(draw, key):
    indexes = {name: place(name, draw(texts), key) for name in draw(st.sets(st.sampled_from(INDEXES)))}
    data, expires = draw(st.binary(max_size=3)), draw(st.none() | st.integers(0, 9))
    return Item(key, draw(revisions), draw(fields), data, indexes, expires)


@st.composite
def updates(draw, key):
    names = draw(st.sets(st.sampled_from(INDEXES)))
    indexes = {name: draw(st.sampled_from([None, place(name, draw(texts), key)])) for name in names}
    return Update(key, draw(present), draw(revisions), draw(fields), indexes)


@st.composite
def writes(draw):
    keys = draw(st.lists(st.sampled_from(SPOTS), min_size=1, max_size=4, unique=True))
    return [draw(st.one_of(
        st.builds(Put, items(key), expected),
        updates(key),
        st.builds(Delete, st.just(key), present),
        st.builds(Check, st.just(key), expected),
    )) for key in keys]  # fmt: skip


@st.composite
def queries(draw):
    pk, index = draw(st.sampled_from([("P", None), ("Q", None), ("names", "names"), ("feed", "feed")]))
    after = draw(st.none() | st.builds(Key, st.just(pk), texts))
    bounds = {"prefix": draw(st.just("") | texts), "through": draw(st.none() | texts), "after": after}
    return {"pk": pk, "index": index, **bounds, "limit": draw(st.integers(1, 5)), "descending": draw(st.booleans())}


texts = st.sampled_from(TEXTS)
revisions = st.integers(1, 3)
present = revisions | st.just(Expect.ANYTHING)
expected = present | st.just(Expect.ABSENT)
fields = st.dictionaries(st.sampled_from(["state", "n", "é"]), st.integers(-(2**53), 2**53) | texts, max_size=2)
steps = st.lists(st.one_of(writes(), writes(), queries(), st.just("second")), max_size=30)


class Promised:
    """The promises of ports.Table, over a dict."""

    def __init__(self, clock):
        self.clock, self.items, self.start = clock, {}, clock.epoch

    def living(self, key):
        item = self.items.get(key)
        return item if item and (item.expires is None or item.expires > self.clock.epoch) else None

    def write(self, writes):
        keys = [write.item.key if isinstance(write, Put) else write.key for write in writes]
        failed = [n for n, (write, key) in enumerate(zip(writes, keys, strict=True)) if not self.holds(write, key)]
        if failed:
            raise TableConflict(failed)
        for write, key in zip(writes, keys, strict=True):
            self.apply(write, key)

    def holds(self, write, key):
        there = self.living(key)
        if write.expect is Expect.ABSENT:
            return there is None
        if write.expect is Expect.ANYTHING:
            return there is not None or isinstance(write, Put | Delete)
        return there is not None and there.rev == write.expect

    def apply(self, write, key):
        if isinstance(write, Put):
            self.items[key] = write.item
        elif isinstance(write, Delete):
            self.items.pop(key, None)
        elif isinstance(write, Update):
            before = self.items[key]
            places = {name: place for name, place in {**before.indexes, **write.indexes}.items() if place}
            self.items[key] = replace(before, rev=write.rev, fields={**before.fields, **write.fields}, indexes=places)

    def query(self, pk, *, index, prefix, after, through, limit, descending):
        placed = [(item.indexes.get(index) if index else item.key, item) for item in self.items.values()]
        matches = [
            (where.sk.encode(), item)
            for where, item in placed
            if where and where.pk == pk and where.sk.startswith(prefix) and self.living(item.key)
            if through is None or where.sk.encode() <= through.encode()
        ]
        matches.sort(key=lambda match: match[0], reverse=descending)
        if after is not None and descending:
            matches = [match for match in matches if match[0] < after.sk.encode()]
        elif after is not None:
            matches = [match for match in matches if match[0] > after.sk.encode()]
        return [item for _, item in matches[:limit]], len(matches) > limit


def outcome(call, *args):
    try:
        return call(*args)
    except TableConflict as conflict:
        return conflict.failed


def hold_to_promises(table, clock, steps):
    promised = Promised(clock)
    for step in steps:
        if step == "second":
            clock.sleep(1)
        elif isinstance(step, dict):
            page = table.query(**step)
            assert (list(page.items), page.after is not None) == promised.query(**step)
        else:
            assert outcome(table.write, timed(step, promised.start)) == outcome(
                promised.write, timed(step, promised.start)
            )
        assert table.get(SPOTS) == [promised.living(key) for key in SPOTS]


def timed(writes, start):
    """Writes whose items expire so many seconds after `start`."""
    return [
        replace(write, item=replace(write.item, expires=start + write.item.expires))
        if isinstance(write, Put) and write.item.expires is not None
        else write
        for write in writes
    ]


numbers = itertools.count()


@given(steps)
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_sqlite_does_what_a_dict_would(tmp_path, steps):
    clock = SetClock()
    with sqlite_table(tmp_path / f"{next(numbers)}.sqlite3", clock) as table:
        hold_to_promises(table, clock, steps)


@given(steps)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_dynamodb_does_what_a_dict_would(moto_dynamodb, steps):
    clock = SetClock()
    with mock_aws(), dynamo_table(moto_dynamodb, clock) as table:
        hold_to_promises(table, clock, steps)
