"""Gives up uploads that nobody finished, and drives versions without a verdict again.

Woken by: a schedule
Reads: versions whose deadline has passed
Writes: version.expired and version.redriven entries; its report goes to the log
When it fails: the next round does what this one left
"""

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.logging import Logger

from modelyard.domain.journal import Caller
from modelyard.services.sweeping import sweep
from modelyard.wiring import Ports
from modelyard.wiring import ports as wired

ACTOR = "modelyard:sweep"
logger = Logger(service="sweep")


def handler(event: dict[str, Any], _context: object, ports: Ports | None = None) -> dict[str, Any]:
    """Answer with what was done."""
    world = ports or wired()
    caller = Caller(ACTOR, str(event.get("id", "")))
    done = asdict(sweep(table=world.table, clock=world.clock, ids=world.ids, caller=caller))
    logger.info("swept", **done)
    return done
