"""Pages of lists: bounded by what an answer can hold, and begun only where a page of the same list ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from modelyard.domain.errors import Invalid
from modelyard.ports import Item, Key, Page, Table

Found = TypeVar("Found")

MOST_BYTES = 3_500_000
"""Bytes of the items on a page: Lambda answers at most 6 MB, in which every quote of the JSON is escaped."""

BESIDE_DATA = 500
"""Bytes reckoned for what an answer says of an item besides its data."""

STEP = 100
"""Items read in one call, so that little is read in vain when they are large."""


@dataclass(frozen=True, slots=True)
class Listing(Generic[Found]):
    """A page of what was asked for, and the place after which the next begins; None at the end."""

    items: Sequence[Found]
    after: Key | None


def within(pk: str, after: Key | None) -> Key | None:
    """A position within the partition that is asked; Invalid for one that somebody made up."""
    if after is not None and after.pk != pk:
        raise Invalid("this is not a page token of this list; begin without one", field="cursor")
    return after


def query_page(table: Table, pk: str, *, after: Key | None, limit: int, index: str | None = None, **how: Any) -> Page:
    """As `Table.query`, a page that may end early: before its items are more than an answer can hold."""
    items: list[Item] = []
    size = 0
    while True:
        page = table.query(pk, index=index, after=after, limit=min(limit - len(items), STEP), **how)
        for item in page.items:
            size += len(item.data) + BESIDE_DATA
            if items and size > MOST_BYTES:
                return Page(items, items[-1].indexes[index] if index else items[-1].key)
            items.append(item)
        after = page.after
        if after is None or len(items) == limit:
            return Page(items, after)
