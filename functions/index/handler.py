"""Keeps the postings, by which searches find models and versions, up to date with what is true of them.

Woken by: the table's stream, for inserted journal entries, in order per model; an operator who names a model
Reads: the models and versions that the entries speak of, and the records of their postings
Writes: postings and their records
When it fails: the stream brings the batch again, then halves it; a poisonous entry becomes a dead letter
"""

import base64
from collections.abc import Mapping
from typing import Any

from modelyard.services.indexing import Change, everything_of, index
from modelyard.wiring import Ports
from modelyard.wiring import ports as wired


def handler(event: dict[str, Any], _context: object, ports: Ports | None = None) -> dict[str, Any]:
    """Answer with how many models and versions had their postings changed."""
    world = ports or wired()
    if "model" in event:
        changes = [everything_of(table=world.table, name=event["model"])]
    else:
        changes = [_change(record["dynamodb"]["NewImage"]) for record in event["Records"]]
    return {"indexed": index(table=world.table, clock=world.clock, ids=world.ids, changes=changes)}


def _change(image: Mapping[str, Any]) -> Change:
    """The entry in a stream's image of its item."""
    version = int(image["version"]["N"]) if "version" in image else None
    return Change(image["pk"]["S"], image["type"]["S"], version, base64.b64decode(image["data"]["B"]))
