"""Gives up uploads that nobody finished, drives versions without a verdict again, publishes what the relay missed.

Woken by: a schedule
Reads: versions whose deadline has passed; journal entries that have no place in the feed after a while
Writes: version.expired and version.redriven entries; late entries' positions; events on the bus; a report to the log
When it fails: the next round does what this one left
"""

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.logging import Logger

from modelyard.domain.journal import Caller
from modelyard.services.relaying import relay_late
from modelyard.services.sweeping import sweep
from modelyard.wiring import Ports
from modelyard.wiring import ports as wired

ACTOR = "modelyard:sweep"
logger = Logger(service="sweep")


def handler(event: dict[str, Any], _context: object, ports: Ports | None = None) -> dict[str, Any]:
    """Answer with what was done."""
    world = ports or wired()
    caller = Caller(ACTOR, str(event.get("id", "")))
    try:
        swept = asdict(sweep(table=world.table, clock=world.clock, ids=world.ids, caller=caller))
    finally:
        relayed = relay_late(table=world.table, bus=world.bus, clock=world.clock, ids=world.ids)
        logger.info("relayed late", relayed=relayed)
    logger.info("swept", **swept)
    return {**swept, "relayed": relayed}
