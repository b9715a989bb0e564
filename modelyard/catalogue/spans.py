"""Where a query begins and ends among sort keys, and where its pages part.

Python compares texts by code points, which is the order of their UTF-8 bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from modelyard.ports import Item, Key, Page

LAST = "\U0010ffff"
SURROGATES = range(0xD800, 0xE000)


@dataclass(frozen=True, slots=True)
class Span:
    """The sort keys from `low` through `high`, without `low` if `past_low`, without `high` if `short_of_high`.

    Without a `high` it has no end.
    """

    low: str
    high: str | None
    past_low: bool
    short_of_high: bool

    @property
    def empty(self) -> bool:
        """Whether it ends before it begins."""
        return self.high is not None and self.low > self.high

    def __contains__(self, sk: str) -> bool:
        above = self.low < sk if self.past_low else self.low <= sk
        return above and (self.high is None or (sk < self.high if self.short_of_high else sk <= self.high))


def span(pk: str, *, prefix: str, after: Key | None, through: str | None, descending: bool) -> Span:
    """The sort keys that a query of partition `pk` may answer with. ValueError when `after` lies in another."""
    if after is not None and after.pk != pk:
        raise ValueError(f"the position {after} is not in the partition {pk!r}")
    low, past_low = prefix, False
    high, short_of_high = _end_of(prefix), True
    if through is not None and (high is None or through < high):
        high, short_of_high = through, False
    if after is not None and descending and (high is None or after.sk <= high):
        high, short_of_high = after.sk, True
    if after is not None and not descending and after.sk >= low:
        low, past_low = after.sk, True
    return Span(low, high, past_low, short_of_high)


def _end_of(prefix: str) -> str | None:
    """The least text that sorts after everything with `prefix`; None when nothing does."""
    head = prefix.rstrip(LAST)
    if not head:
        return None
    following = ord(head[-1]) + 1
    return head[:-1] + chr(SURROGATES.stop if following in SURROGATES else following)


def page(items: Sequence[Item], limit: int, index: str | None) -> Page:
    """The first `limit` of `items`, of which one more was looked for to learn whether anything follows.

    Items of an index that share a key stay on one page, since no position lies between them; ValueError when they do
    not fit on it.
    """
    if len(items) <= limit:
        return Page(items, None)
    places = [item.key if index is None else item.indexes[index] for item in items[: limit + 1]]
    size = places.index(places[limit])
    if not size:
        raise ValueError(f"more than {limit} items share the key {places[limit]}")
    return Page(items[:size], places[size - 1])
