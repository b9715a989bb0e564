"""What is posted and what ought to be: the table's postings beside the pure function of its models and versions."""

from collections.abc import Iterable, Sequence
from typing import Any

from functions.index.handler import handler
from modelyard.adapters.sqlite import SqliteTable
from modelyard.catalogue.keys import NAMES_PARTITION, VERSION_PREFIX, partition
from modelyard.catalogue.model_items import read_model
from modelyard.catalogue.postings import (
    Subject,
    postings_of_model,
    postings_of_version,
    read_posting,
    read_record,
    record_key,
)
from modelyard.catalogue.shape import NAMES
from modelyard.catalogue.version_items import read_version
from modelyard.ports import Item, Key, Table
from modelyard.serve.envelopes import stream_event

Postings = dict[Key, Subject]


def wanted(table: Table) -> Postings:
    """The postings that ought to be there, by what the models and versions are now."""
    found: Postings = {}
    for item in every(table, NAMES_PARTITION, index=NAMES):
        model = read_model(item)
        found |= dict.fromkeys(postings_of_model(model), Subject(model.home, None))
        for each in every(table, partition(model.home), prefix=VERSION_PREFIX):
            version = read_version(each)
            found |= dict.fromkeys(postings_of_version(version, model), Subject(model.home, version.number))
    return found


def recorded(table: Table, subjects: Iterable[Subject]) -> Postings:
    """The postings that the records of subjects say are there."""
    known = list(dict.fromkeys(subjects))
    records = [table.get([record_key(subject)])[0] for subject in known]
    return {key: s for s, record in zip(known, records, strict=True) for key in read_record(s, record)}


def posted(table: Table) -> Postings:
    """The postings that are there, on whatever table, found by looking at every item."""
    if isinstance(table, SqliteTable):
        with table._reader() as reader:
            keys = [Key(*row) for row in reader.execute("SELECT pk, sk FROM items WHERE pk LIKE 'SEARCH#%'")]
    else:
        pages = table._client.get_paginator("scan").paginate(TableName=table._name)
        items = [item for page in pages for item in page["Items"]]
        keys = [Key(item["pk"]["S"], item["sk"]["S"]) for item in items if item["pk"]["S"].startswith("SEARCH#")]
    return {key: read_posting(table.get([key])[0]) for key in keys}


def check_postings(table: Table) -> Postings:
    """What is there is what ought to be, and what the records say. The postings."""
    there = posted(table)
    assert there == wanted(table)
    assert recorded(table, there.values()) == there
    return there


def every(table: Table, pk: str, **how: Any) -> list[Item]:
    """All items of a partition."""
    items: list[Item] = []
    after: Key | None = None
    while True:
        page = table.query(pk, after=after, limit=1000, **how)
        items += page.items
        after = page.after
        if after is None:
            return items


def journal(table: SqliteTable) -> list[Item]:
    """All entries, in the order in which they were written."""
    return [item for _, item in table.changes(0, 100_000)]


def index(ports: Any, entries: Sequence[Item]) -> int:
    """Wake the function for some entries, as they stand in the stream; how many postings changed."""
    answer: dict[str, int] = handler(stream_event(enumerate(entries, start=1)), None, ports)
    return answer["indexed"]
