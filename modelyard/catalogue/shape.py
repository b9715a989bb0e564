"""The table as data: its keys, its indexes, what it streams. Read by CDK, by SQLite and by the tests' tables.

Attribute names in DynamoDB: `pk`, `sk`, `rev`, `expires` (the time-to-live attribute), `data`, `<index>_pk` and
`<index>_sk` for each index, and every other attribute is one of an item's `fields`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TableShape:
    """The indexes by name, each on `<name>_pk` and `<name>_sk` with all attributes, and the streamed items.

    `streamed` is the sort key's prefix of the items whose insertion the relay reads.
    """

    indexes: tuple[str, ...]
    streamed: str


NAMES = "names"
"""Models by name: one partition, in the order of names."""

STAGES = "stages"
"""Versions by model and stage, in the order of numbers."""

PENDING = "pending"
"""Versions that wait for bytes, for a verdict or for a new proof, in the order of their deadlines."""

SUBJECTS = "subjects"
"""Journal entries by the version or the model they speak of, in the order of their sequence."""

FEED = "feed"
"""Published journal entries of every model, in the order of their position; unpublished ones, by their age."""

SHAPE = TableShape(indexes=(NAMES, STAGES, PENDING, SUBJECTS, FEED), streamed="ENTRY#")

RESERVED_FIELDS = frozenset({"pk", "sk", "rev", "expires", "data"})
"""Names no item may use for a field."""
