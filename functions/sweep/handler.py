"""Gives up abandoned uploads, drives versions without a verdict again, purges, publishes what the relay missed.

Woken by: a schedule
Reads: what waits longer than it should; what was deleted and not restored in time; entries without a place in the feed
Writes: version.expired, version.redriven and purge entries; no more of what is purged; late entries' positions; events
When it fails: the next round does what this one left
"""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.logging import Logger

from modelyard.domain.journal import Caller
from modelyard.services.purging import purge
from modelyard.services.relaying import relay_late
from modelyard.services.sweeping import sweep
from modelyard.wiring import Ports
from modelyard.wiring import ports as wired

ACTOR = "modelyard:sweep"
logger = Logger(service="sweep")


def handler(event: dict[str, Any], _context: object, ports: Ports | None = None) -> dict[str, Any]:
    """Answer with what was done; what fails does not keep the rest from being done."""
    world = ports or wired()
    caller = Caller(ACTOR, str(event.get("id", "")))
    effects: dict[str, Any] = {"table": world.table, "clock": world.clock, "ids": world.ids}
    works: tuple[Callable[[], dict[str, Any]], ...] = (
        lambda: asdict(sweep(**effects, caller=caller)),
        lambda: {"purged": asdict(purge(**effects, blobs=world.blobs, caller=caller))},
        lambda: {"relayed": relay_late(**effects, bus=world.bus)},
    )
    done: dict[str, Any] = {}
    failures: list[Exception] = []
    for work in works:
        try:
            done |= work()
        except Exception as failure:  # noqa: BLE001  # raised below
            failures.append(failure)
    logger.info("swept", **done)
    if failures:
        raise ExceptionGroup("parts of the sweep failed", failures)
    return done
