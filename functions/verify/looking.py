"""How this function looks into files: by which rules, and for how long."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from modelyard.domain.inspected import Judgement, Unfinished
from modelyard.domain.version import Version
from modelyard.wiring import Ports

if TYPE_CHECKING:  # a cold start does without what only inspections need
    from modelyard.services.inspecting import Room

ROUND = timedelta(seconds=200)
"""How long a round of an inspection begins with more files: it ends before the sweep drives the version again."""

MARGIN = timedelta(seconds=150)
"""What is left of a function's time for the files that were begun, and for the verdict."""

LONGEST_LOOK = 100.0
"""Seconds that a file may take, in a process where others take their share."""

PARALLEL = 3
"""Requests for one file side by side."""


def inspect_files(world: Ports, context: object, version: Version) -> Judgement | Unfinished:
    """What is in a version's files, as far as one call gets; what is needed for that is imported now."""
    from modelyard.services.inspecting import inspect_version

    effects: dict[str, Any] = {"table": world.table, "blobs": world.blobs, "clock": world.clock, "ids": world.ids}
    return inspect_version(**effects, room=_room(context), version=version)


def _room(context: object) -> "Room":
    from modelyard.inspection.budgets import Limits
    from modelyard.inspection.looking import inspect
    from modelyard.inspection.rules import RULES_VERSION
    from modelyard.services.inspecting import Room

    limits = Limits(seconds=LONGEST_LOOK)
    how: dict[str, Any] = {"limits": limits, "parallel": PARALLEL}
    return Room(lambda fetch, size, name: inspect(fetch, size, name=name, **how), RULES_VERSION, _time(context))


def _time(context: object) -> timedelta:
    """How long a round may go on: Lambda says how much is left of a call, one machine does not count it."""
    left = getattr(context, "get_remaining_time_in_millis", None)
    return ROUND if left is None else min(ROUND, timedelta(milliseconds=left()) - MARGIN)
