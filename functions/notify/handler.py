"""Tells people that a version changed its stage, was rejected or quarantined, or that an alias moved.

Woken by: bus events version.promoted, version.replaced, version.rejected, version.quarantined, alias.set, alias.removed
Reads: nothing but the event
Writes: a message to the topic
When it fails: Lambda tries again, then the event becomes a dead letter
"""

from typing import Any

from modelyard.services.announcing import announce, sentence
from modelyard.wiring import Ports
from modelyard.wiring import ports as wired


def handler(event: dict[str, Any], _context: object, ports: Ports | None = None) -> dict[str, Any]:
    """Answer with the sentence that was sent."""
    world = ports or wired()
    announce(topic=world.topic, event=event["detail"])
    return {"announced": sentence(event["detail"])}
