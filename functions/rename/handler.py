"""Tells the versions of a renamed model its new name, which their own items hold so that a read of one is one call.

Woken by: bus event model.renamed
Reads: the model and its versions
Writes: the versions' names
When it fails: Lambda tries again from the beginning, passing over what is done, then the event becomes a dead letter
"""

from typing import Any

from modelyard.ports import Key
from modelyard.services.renaming import rewrite_names
from modelyard.wiring import Ports
from modelyard.wiring import ports as wired


def handler(event: dict[str, Any], _context: object, ports: Ports | None = None) -> dict[str, Any]:
    """Answer with how many pages of versions were gone through."""
    world = ports or wired()
    model = event["detail"]["model"]["id"]
    after: Key | None = None
    pages = 0
    while True:
        after = rewrite_names(table=world.table, clock=world.clock, ids=world.ids, model_id=model, after=after)
        pages += 1
        if after is None:
            return {"model": model, "pages": pages}
