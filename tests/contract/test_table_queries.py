"""What `Table.query` promises: order, prefixes, bounds, positions and pages, in the table and in its indexes."""

import pytest

from modelyard.ports import MAX_BATCH, Expect, Item, Key, Put

PK = "MODEL#churn"
BY_BYTES = ["!", "A", "B", "a", "b", "b!", "bb", "~", "é", "ﬀ", "🙂", "\U0010fffd", "\U0010fffd\U0010fffd"]
"""In the order of UTF-8 bytes; UTF-16, which puts 🙂 before ﬀ, and any alphabet would order them otherwise."""


def fill(table, *sort_keys, pk=PK):
    items = [Item(Key(pk, sk), rev) for rev, sk in enumerate(sort_keys, start=1)]
    for start in range(0, len(items), MAX_BATCH):
        table.write([Put(item, Expect.ABSENT) for item in items[start : start + MAX_BATCH]])


def fill_index(table, *sort_keys):
    """Items in the index of names, under keys that order the other way round."""
    items = [
        Item(Key(f"ITEM#{len(sort_keys) - number:05d}", "MODEL"), number, indexes={"names": Key("MODELS", sk)})
        for number, sk in enumerate(sort_keys, start=1)
    ]
    for start in range(0, len(items), MAX_BATCH):
        table.write([Put(item, Expect.ABSENT) for item in items[start : start + MAX_BATCH]])


def places(items, index=None):
    return [(item.indexes[index] if index else item.key).sk for item in items]


def found(table, pk=PK, index=None, **query):
    """Sort keys on the first page of a query, and whether anything follows."""
    page = table.query(pk, index=index, **query)
    return places(page.items, index), page.after is not None


def walk(table, pk, index=None, **query):
    """Sort keys on every page."""
    pages, after = [], None
    while True:
        page = table.query(pk, index=index, after=after, **query)
        pages.append(places(page.items, index))
        if page.after is None:
            return pages
        after = page.after


@pytest.mark.parametrize("descending", [False, True])
def test_items_come_in_the_order_of_their_bytes(table, descending):
    fill(table, *reversed(BY_BYTES))
    expected = BY_BYTES[::-1] if descending else BY_BYTES
    assert found(table, descending=descending) == (expected, False)


@pytest.mark.parametrize("descending", [False, True])
def test_an_index_orders_by_the_bytes_of_its_own_keys(table, descending):
    fill_index(table, *BY_BYTES[3:], *BY_BYTES[:3])
    expected = BY_BYTES[::-1] if descending else BY_BYTES
    assert found(table, "MODELS", "names", descending=descending) == (expected, False)


def test_a_query_sees_one_partition(table):
    fill(table, "a", "b")
    fill(table, "a", "c", pk="MODEL#churn2")
    assert found(table) == (["a", "b"], False)
    assert found(table, "MODEL#chur") == ([], False)


def test_a_query_brings_whole_items(table):
    item = Item(Key(PK, "a"), 3, {"n": 1, "s": "x"}, b"data", {"names": Key("MODELS", "m"), "feed": Key("F", "1")})
    table.write([Put(item, Expect.ABSENT)])
    assert table.query(PK).items == [item]
    assert table.query("MODELS", index="names").items == [item]


@pytest.mark.parametrize(("prefix", "expected"), [
    ("", BY_BYTES),
    ("b", ["b", "b!", "bb"]),
    ("bb", ["bb"]),
    ("bbb", []),
    ("🙂", ["🙂"]),
    ("\U0010fffd", ["\U0010fffd", "\U0010fffd\U0010fffd"]),
    ("\ud7ff", []),
])  # fmt: skip
@pytest.mark.parametrize("descending", [False, True])
def test_a_prefix_drops_what_does_not_start_with_it(table, prefix, expected, descending):
    fill(table, *BY_BYTES)
    expected = expected[::-1] if descending else expected
    assert found(table, prefix=prefix, descending=descending) == (expected, False)


def test_a_prefix_of_the_last_characters_ends_nowhere_too_early(table):
    fill(table, "\U0010ffff", "a\U0010ffff", "a\U0010ffff\U0010ffffz", "b")
    assert found(table, prefix="\U0010ffff") == (["\U0010ffff"], False)
    assert found(table, prefix="a\U0010ffff") == (["a\U0010ffff", "a\U0010ffff\U0010ffffz"], False)


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize(("query", "expected"), [
    ({"through": "V#2"}, ["U", "V#1", "V#10", "V#2"]),
    ({"through": "V#15"}, ["U", "V#1", "V#10"]),
    ({"through": "V#2", "prefix": "V#"}, ["V#1", "V#10", "V#2"]),
    ({"through": "W", "prefix": "V#"}, ["V#1", "V#10", "V#2", "V#3"]),
    ({"through": "W", "prefix": "V"}, ["V#1", "V#10", "V#2", "V#3"]),
    ({"through": "V", "prefix": "V#"}, []),
    ({"through": "V#1", "prefix": "V#1"}, ["V#1"]),
    ({"through": "T"}, []),
    ({"through": ""}, []),
])  # fmt: skip
def test_through_drops_what_sorts_beyond_it(table, query, expected, descending):
    fill(table, "U", "V#1", "V#10", "V#2", "V#3", "W")
    expected = expected[::-1] if descending else expected
    assert found(table, descending=descending, **query) == (expected, False)


@pytest.mark.parametrize(("query", "expected"), [
    ({"after": "V#1"}, ["V#10", "V#2", "V#3", "W"]),
    ({"after": "V#15"}, ["V#2", "V#3", "W"]),
    ({"after": "A"}, ["U", "V#1", "V#10", "V#2", "V#3", "W"]),
    ({"after": "Z"}, []),
    ({"after": "A", "prefix": "V#"}, ["V#1", "V#10", "V#2", "V#3"]),
    ({"after": "V#10", "prefix": "V#"}, ["V#2", "V#3"]),
    ({"after": "V#10", "prefix": "V#", "through": "V#2"}, ["V#2"]),
    ({"after": "V#2", "prefix": "V#", "through": "V#2"}, []),
    ({"after": "V#1", "prefix": "V#1"}, ["V#10"]),
    ({"after": "W", "prefix": "V#"}, []),
    ({"after": "V#3", "descending": True}, ["V#2", "V#10", "V#1", "U"]),
    ({"after": "V#15", "descending": True}, ["V#10", "V#1", "U"]),
    ({"after": "Z", "descending": True}, ["W", "V#3", "V#2", "V#10", "V#1", "U"]),
    ({"after": "A", "descending": True}, []),
    ({"after": "Z", "descending": True, "prefix": "V#"}, ["V#3", "V#2", "V#10", "V#1"]),
    ({"after": "V#10", "descending": True, "prefix": "V#"}, ["V#1"]),
    ({"after": "V#1", "descending": True, "prefix": "V#"}, []),
    ({"after": "V#3", "descending": True, "through": "V#10"}, ["V#10", "V#1", "U"]),
    ({"after": "V#2", "descending": True, "through": "V#2"}, ["V#10", "V#1", "U"]),
    ({"after": "V#10", "descending": True, "through": "V#3"}, ["V#1", "U"]),
])  # fmt: skip
@pytest.mark.parametrize("index", [None, "names"])
def test_a_query_goes_on_after_a_position_that_need_not_exist(table, query, expected, index):
    pk = "MODELS" if index else PK
    (fill_index if index else fill)(table, "U", "V#1", "V#10", "V#2", "V#3", "W")
    assert found(table, pk, index, **(query | {"after": Key(pk, query["after"])})) == (expected, False)


def test_a_position_in_another_partition_is_refused(table):
    with pytest.raises(ValueError, match="partition"):
        table.query(PK, after=Key("MODEL#other", "a"))


@pytest.mark.parametrize("index", [None, "names"])
@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("limit", [1, 3, 4, 9, 10, 11])
def test_pages_cover_everything_once_and_the_last_one_says_so(table, index, descending, limit):
    names = [f"n{number}" for number in range(10)]
    (fill_index if index else fill)(table, *names)
    expected = names[::-1] if descending else names
    pages = walk(table, "MODELS" if index else PK, index, limit=limit, descending=descending)
    assert pages == [expected[start : start + limit] for start in range(0, 10, limit)]


def test_pages_keep_to_the_prefix_and_the_bound(table):
    fill(table, "U", *(f"V{number:02d}" for number in range(20)), "W")
    pages = walk(table, PK, prefix="V", through="V11", limit=5)
    assert pages == [[f"V{number:02d}" for number in some] for some in (range(5), range(5, 10), range(10, 12))]


def test_a_hundred_items_fill_one_page(table):
    fill(table, *(f"{number:04d}" for number in range(230)))
    assert [len(page) for page in walk(table, PK)] == [100, 100, 30]
    assert [len(page) for page in walk(table, PK, limit=1000)] == [230]


def test_items_too_large_for_one_answer_of_storage_still_come_on_one_page(table):
    """DynamoDB answers a query with at most 1 MB at a time."""
    items = [Item(Key(PK, f"{number:02d}"), 1, data=bytes([number]) * 350_000) for number in range(8)]
    for item in items:
        table.write([Put(item, Expect.ABSENT)])
    assert table.query(PK).items == items
    assert table.query(PK, descending=True, limit=7).items == items[:0:-1]


def test_items_that_share_a_place_in_an_index_stay_on_one_page(table):
    names = ["a", "b", "b", "b", "c"]
    fill_index(table, *names)
    assert walk(table, "MODELS", "names", limit=3) == [["a"], ["b", "b", "b"], ["c"]]
    with pytest.raises(ValueError, match="share"):
        walk(table, "MODELS", "names", limit=2)


def test_an_index_that_the_table_has_not_is_refused(table):
    with pytest.raises(ValueError, match="no index"):
        table.query(PK, index="sizes")


@pytest.mark.parametrize("limit", [0, -1])
def test_a_page_of_nothing_is_refused(table, limit):
    with pytest.raises(ValueError, match="page"):
        table.query(PK, limit=limit)
