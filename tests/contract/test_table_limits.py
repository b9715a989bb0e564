"""What both tables hold and refuse alike, so that what runs on one runs on the other."""

import pytest

from modelyard.ports import Check, Delete, Expect, Item, Key, Put, Update

KEYS = [Key(f"BLOB#{number % 7}", f"{number:03d}") for number in range(101)]


def put(item):
    return Put(item, Expect.ABSENT)


def test_a_hundred_items_are_written_and_read_at_once(table):
    items = [Item(key, 1, {"size": number}) for number, key in enumerate(KEYS[:100])]
    table.write([put(item) for item in items])
    assert table.get(KEYS[:100]) == items
    assert table.get(KEYS[99::-1]) == items[::-1]
    table.write([Update(key, 1, 2, {"size": 0}) for key in KEYS[:99]] + [Delete(KEYS[99], 1)])
    assert table.get(KEYS[:100]) == [*(Item(key, 2, {"size": 0}) for key in KEYS[:99]), None]


def test_no_keys_find_no_items(table):
    assert table.get([]) == []


def test_large_items_come_back_whole(table):
    items = [Item(key, 1, {"page": number}, bytes([number]) * 350_000) for number, key in enumerate(KEYS[:8])]
    table.write([put(item) for item in items])
    assert table.get(KEYS[:8]) == items


def test_more_bytes_than_one_answer_holds_come_back_whole(table):
    """DynamoDB answers with at most 16 MB and names the keys it had no room for."""
    items = [Item(key, 1, data=bytes([number]) * 400_000) for number, key in enumerate(KEYS[:45])]
    for start in range(0, len(items), 5):
        table.write([put(item) for item in items[start : start + 5]])
    assert table.get(KEYS[:45]) == items


@pytest.mark.parametrize(
    "text", ["", " ", "é", "e\u0301", "名前", "🙂🏳️‍🌈", "a\x00b", "\n\t\"\\'%_;--", "\ufeff", "\U0010ffff"]
)
def test_any_text_is_kept_as_it_is(table, text):
    item = Item(Key(f"MODEL#{text}", f"NAME#{text}"), 1, {"text": text}, text.encode(), {"names": Key("M", f"#{text}")})
    table.write([put(item)])
    assert table.get([item.key]) == [item]
    assert table.query(item.key.pk, prefix=item.key.sk).items == [item]
    assert table.query("M", index="names", prefix=f"#{text}").items == [item]
    table.write([Update(item.key, 1, 2, {"text": f"{text}{text}"})])
    assert table.get([item.key])[0].fields == {"text": f"{text}{text}"}


def test_texts_that_look_alike_are_different_keys(table):
    composed, decomposed = Key("MODEL#é", "x"), Key("MODEL#e\u0301", "x")
    table.write([put(Item(composed, 1)), put(Item(decomposed, 2))])
    assert table.get([decomposed, composed]) == [Item(decomposed, 2), Item(composed, 1)]


@pytest.mark.parametrize("number", [0, 1, -1, 10**9, 2**31, 2**53, -(2**53), 2**62])
def test_whole_numbers_are_exact(table, number):
    item = Item(KEYS[0], abs(number), {"n": number}, expires=2**40 + abs(number) % 7)
    table.write([put(item)])
    assert table.get([KEYS[0]]) == [item]
    table.write([Update(KEYS[0], abs(number), abs(number) + 1, {"n": number, "m": -number})])
    assert table.get([KEYS[0]])[0].fields == {"n": number, "m": -number}


def test_the_longest_keys_work_everywhere(table):
    item = Item(Key("p" * 2048, "é" * 512), 1, indexes={"names": Key("p" * 2048, "🙂" * 256)})
    table.write([put(item)])
    assert table.get([item.key]) == [item]
    for index, key in ((None, item.key), ("names", item.indexes["names"])):
        assert table.query(key.pk, index=index, prefix=key.sk).items == [item]
        assert table.query(key.pk, index=index, after=key).items == []
        assert table.query(key.pk, index=index, after=key, descending=True).items == []


BIG = Item(KEYS[0], 1, data=bytes(410_000))
BREACHES = {
    "twice": ([put(Item(KEYS[0], 1)), Delete(KEYS[0], 1)], "twice"),
    "too many": ([put(Item(key, 1)) for key in KEYS], "102 keys"),
    "empty partition": ([put(Item(Key("", "x"), 1))], "key of 0"),
    "empty sort key": ([Check(Key("x", ""), 1)], "and 0 bytes"),
    "long partition": ([put(Item(Key("p" * 2047 + "é", "x"), 1))], "2049"),
    "long sort key": ([Delete(Key("x", "s" * 1025), 1)], "1025"),
    "long index key": ([put(Item(KEYS[0], 1, indexes={"names": Key("x", "s" * 1025)}))], "1025"),
    "empty index key": ([Update(KEYS[0], 1, 2, indexes={"names": Key("x", "")})], "and 0 bytes"),
    "unknown index": ([put(Item(KEYS[0], 1, indexes={"sizes": KEYS[1]}))], "no index 'sizes'"),
    "unknown index left": ([Update(KEYS[0], 1, 2, indexes={"sizes": None})], "no index 'sizes'"),
    "reserved field": ([put(Item(KEYS[0], 1, {"rev": 2}))], "rev"),
    "reserved for an index": ([Update(KEYS[0], 1, 2, {"names_sk": "x"})], "names_sk"),
    "half a character": ([put(Item(KEYS[0], 1, {"text": "\ud83d"}))], "surrogates"),
    "half a character changed": ([Update(KEYS[0], 1, 2, {"text": "\ud83d"})], "surrogates"),
    "too large": ([put(BIG)], "about 4100"),
    "too large together": ([put(Item(key, 1, data=bytes(400_000))) for key in KEYS[:11]], "a transaction puts"),
    "update of nothing": ([Update(KEYS[0], Expect.ABSENT, 2)], "absent"),
    "delete of nothing": ([Delete(KEYS[0], Expect.ABSENT)], "absent"),
}


@pytest.mark.parametrize(("writes", "reason"), BREACHES.values(), ids=BREACHES)
def test_what_one_table_could_not_take_both_refuse(table, writes, reason):
    other = Key("OTHER", "x")
    with pytest.raises(ValueError, match=reason):
        table.write([put(Item(other, 1)), *writes])
    assert table.get([other, KEYS[0]]) == [None, None]


@pytest.mark.parametrize(("keys", "reason"), [
    ([KEYS[0], KEYS[1], KEYS[0]], "twice"),
    (KEYS, "101 keys"),
    ([Key("", "x")], "key of 0"),
    ([Key("x", "s" * 1025)], "1025"),
])  # fmt: skip
def test_what_one_table_could_not_read_both_refuse(table, keys, reason):
    with pytest.raises(ValueError, match=reason):
        table.get(keys)
