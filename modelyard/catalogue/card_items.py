"""A version's card as an item of its own, so that nobody who reads the version pays for its text."""

from modelyard.catalogue.keys import card_key
from modelyard.domain.version import Version
from modelyard.ports import Delete, Expect, Item, Put, Write


def card_writes(version: Version, card: str) -> list[Write]:
    """The write that keeps `card`, or takes it away when it is empty, beside its version, whose own write guards it."""
    key = card_key(version.home, version.number)
    if not card:
        return [Delete(key, Expect.ANYTHING)]
    return [Put(Item(key, rev=version.revision, data=card.encode()), Expect.ANYTHING)]


def read_card(item: Item | None) -> str:
    """The card that `card_writes` kept; empty where there is none."""
    return item.data.decode() if item else ""
