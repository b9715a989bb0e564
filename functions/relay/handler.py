"""Publishes new journal entries on the bus, and places them in the feed of all models.

Woken by: the table's stream, for inserted journal entries, in order per model
Reads: the entries that the stream names, the feed's last position
Writes: the entries' positions; events on the bus
When it fails: the stream brings the batch again, then halves it; a poisonous entry becomes a dead letter
"""

from typing import Any

from modelyard.services.relaying import relay
from modelyard.wiring import Ports
from modelyard.wiring import ports as wired


def handler(event: dict[str, Any], _context: object, ports: Ports | None = None) -> dict[str, Any]:
    """Answer with how many entries were published; raise when any was not."""
    world = ports or wired()
    keys = [record["dynamodb"]["Keys"] for record in event["Records"]]
    places = [(key["pk"]["S"], key["sk"]["S"]) for key in keys]
    published = relay(table=world.table, bus=world.bus, clock=world.clock, ids=world.ids, places=places)
    return {"published": published}
