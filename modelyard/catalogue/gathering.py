"""Many items at once, whatever their number and however often one is asked for."""

from collections.abc import Iterable

from modelyard.ports import MAX_BATCH, Item, Key, Table


def gather(table: Table, keys: Iterable[Key]) -> dict[Key, Item]:
    """The items that are there, by their keys. One call for each hundred distinct keys, none for none."""
    distinct = list(dict.fromkeys(keys))
    found: dict[Key, Item] = {}
    for first in range(0, len(distinct), MAX_BATCH):
        some = distinct[first : first + MAX_BATCH]
        found |= {key: item for key, item in zip(some, table.get(some), strict=True) if item is not None}
    return found
