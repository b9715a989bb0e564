"""What both tables refuse alike, so that code which runs on one runs on the other. A breach is a ValueError: a bug.

The limits are DynamoDB's (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html).
"""

from collections.abc import Iterable, Mapping, Sequence

from modelyard.catalogue.shape import RESERVED_FIELDS, TableShape
from modelyard.ports import MAX_BATCH, Delete, Expect, Item, Key, Put, Scalar, Update, Write

MAX_PARTITION_KEY = 2048
MAX_SORT_KEY = 1024
MAX_ITEM = 400 * 1024
"""Bytes of an item: the UTF-8 of its attributes' names and values, and `data`."""

MAX_TRANSACTION = 4 * 1024**2
"""Bytes of all items that one transaction puts."""

NUMBER_BYTES = 21
"""What any whole number is reckoned at; the largest that DynamoDB stores takes as much."""


def key_of(write: Write) -> Key:
    """The key of the item that a write is about."""
    return write.item.key if isinstance(write, Put) else write.key


def check_keys(keys: Sequence[Key]) -> None:
    """Refuse more keys than one call takes, a key that comes twice, and keys that are empty or too long."""
    if len(keys) > MAX_BATCH:
        raise ValueError(f"{len(keys)} keys in one call, at most {MAX_BATCH}")
    if len(set(keys)) < len(keys):
        raise ValueError("a key comes twice in one call")
    for key in keys:
        _check_key(key)


def check_writes(writes: Sequence[Write], shape: TableShape) -> None:
    """Refuse what a transaction cannot take: keys as above, unknown indexes, reserved fields, too much."""
    check_keys([key_of(write) for write in writes])
    size = sum(_checked_size(write.item) for write in writes if isinstance(write, Put))
    if size > MAX_TRANSACTION:
        raise ValueError(f"a transaction puts about {size} bytes, at most {MAX_TRANSACTION}")
    for write in writes:
        if isinstance(write, Put):
            _check_content(write.item.fields, write.item.indexes, shape)
        elif isinstance(write, Update):
            _check_content(write.fields, write.indexes, shape)
        if isinstance(write, Update | Delete) and write.expect is Expect.ABSENT:
            raise ValueError(f"{write.key} is to be absent and to be changed")


def check_query(index: str | None, limit: int, shape: TableShape) -> None:
    """Refuse an index that the table has not, and a page of nothing."""
    if index is not None and index not in shape.indexes:
        raise ValueError(f"the table has no index {index!r}")
    if limit < 1:
        raise ValueError(f"a page of {limit} items")


def _check_key(key: Key) -> None:
    pk, sk = len(key.pk.encode()), len(key.sk.encode())
    if not (0 < pk <= MAX_PARTITION_KEY and 0 < sk <= MAX_SORT_KEY):
        raise ValueError(f"a key of {pk} and {sk} bytes; 1 to {MAX_PARTITION_KEY} and 1 to {MAX_SORT_KEY} are allowed")


def _check_content(fields: Mapping[str, Scalar], indexes: Mapping[str, Key | None], shape: TableShape) -> None:
    for index, key in indexes.items():
        check_query(index, 1, shape)
        if key is not None:
            _check_key(key)
    taken = RESERVED_FIELDS.intersection(fields)
    taken |= {name for name in fields if name[-3:] in {"_pk", "_sk"} and name[:-3] in shape.indexes}
    if taken:
        raise ValueError(f"fields with reserved names: {sorted(taken)}")
    _size_of_texts(value for value in fields.values() if isinstance(value, str))


def _checked_size(item: Item) -> int:
    texts = [*item.key, *item.fields, *(part for name, key in item.indexes.items() for part in (name, name, *key))]
    texts += [value for value in item.fields.values() if isinstance(value, str)]
    size = _size_of_texts(texts) + NUMBER_BYTES * (2 + len(item.fields)) + len(item.data)
    if size > MAX_ITEM:
        raise ValueError(f"{item.key} holds about {size} bytes, at most {MAX_ITEM}")
    return size


def _size_of_texts(texts: Iterable[str]) -> int:
    """Bytes in UTF-8; UnicodeEncodeError, a ValueError, for half a character."""
    return len("".join(texts).encode())
