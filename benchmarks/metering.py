"""What operations ask of DynamoDB: calls and units, counted from the items that they touch.

A consistent read of an item takes a unit for each 4 KiB begun, of one that is absent a unit; a query takes them for the
sum of what it reads, and half of them on an index. A write takes a unit for each KiB begun, in a transaction two, and
one more for each index that the item is in.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from modelyard.catalogue.table_rules import key_of
from modelyard.ports import Check, Delete, Expect, Item, Key, Page, Put, Table, Write

READ, WRITTEN = 4096, 1024
NUMBER = 21


@dataclass(frozen=True, slots=True)
class Cost:
    """Calls, and units of reading and of writing."""

    calls: int = 0
    read: float = 0
    written: float = 0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.calls + other.calls, self.read + other.read, self.written + other.written)


@dataclass
class MeteredTable:
    """A table that adds up what DynamoDB would ask for."""

    table: Table
    cost: Cost = field(default_factory=Cost)

    @contextmanager
    def metered(self) -> Iterator[list[Cost]]:
        """What is asked meanwhile, in the list once it is over."""
        before, self.cost = self.cost, Cost()
        told: list[Cost] = []
        try:
            yield told
        finally:
            told.append(self.cost)
            self.cost = before + self.cost

    def get(self, keys: Sequence[Key]) -> list[Item | None]:
        """See `ports.Table`."""
        items = self.table.get(keys)
        self.cost += Cost(1, sum(ceil(_size(item) / READ) if item else 1 for item in items))
        return items

    def query(self, pk: str, *, index: str | None = None, **how: Any) -> Page:
        """See `ports.Table`."""
        page = self.table.query(pk, index=index, **how)
        units = max(1, ceil(sum(map(_size, page.items)) / READ))
        self.cost += Cost(1, units / 2 if index else units)
        return page

    def write(self, writes: Sequence[Write]) -> None:
        """See `ports.Table`. The indexes of a removed item are not counted: what is removed here is in none."""
        self.table.write(writes)
        alone = len(writes) == 1 and writes[0].expect is Expect.ANYTHING and isinstance(writes[0], Put | Delete)
        found = self.table.get([key_of(write) for write in writes if not isinstance(write, Check)])
        units = sum(
            (1 if alone else 2) * _written(item) + len(item.indexes if item else ()) * _written(item) for item in found
        )
        self.cost += Cost(1, written=units)


def _written(item: Item | None) -> int:
    return ceil(_size(item) / WRITTEN) if item else 1


def _size(item: Item) -> int:
    """Bytes as DynamoDB counts them, near enough."""
    texts = [*item.key, *item.fields, *(value for value in item.fields.values() if isinstance(value, str))]
    texts += [part for name, key in item.indexes.items() for part in (f"{name}_pk", f"{name}_sk", *key)]
    numbers = 2 + sum(not isinstance(value, str) for value in item.fields.values())
    return len("".join(texts).encode()) + NUMBER * numbers + len(item.data)
