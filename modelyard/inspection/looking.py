"""Inspecting a file: the format is recognised by its bytes, and looked at until it is known or a budget ends."""

import time
from collections.abc import Callable

from modelyard.domain.findings import Inspection
from modelyard.inspection.budgets import Budget, Limits, OutOfBudget
from modelyard.inspection.formats.table import KNOWN_FORMATS, LAST_FORMATS
from modelyard.inspection.sight import Format, Malformed, Seen, Sight
from modelyard.inspection.sources import Ranged

HEAD = 4096

FORMATS: tuple[Format, ...] = (*KNOWN_FORMATS, *LAST_FORMATS)
"""Every format, in the order in which they are tried."""


def inspect(
    fetch: Callable[[int, int], bytes],
    size: int,
    *,
    name: str,
    limits: Limits | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Inspection:
    """What the file is, and what is dangerous in it. `fetch(offset, length)` reads; its errors come through."""
    budget, seen = Budget(limits or Limits(), clock), Seen()
    sight = Sight(Ranged(fetch, size, budget), name, budget, seen, look)
    found = look(sight)
    return Inspection(found, seen.facts, tuple(seen.findings), tuple(seen.unread))


def look(sight: Sight) -> str:
    """Inspect a source by the first format that matches; what cannot be finished is said in `sight.seen`."""
    try:
        head = sight.source.read(0, HEAD)
        found = next((each for each in FORMATS if each.matches(head, sight)), None)
        if found is not None:
            _look_as(found, sight)
    except OutOfBudget as ended:
        sight.miss(str(ended))
        return ""
    return found.name if found else ""


def _look_as(found: Format, sight: Sight) -> None:
    try:
        found.look(sight)
    except Malformed as wrong:
        sight.note(wrong.rule, str(wrong), offset=wrong.offset)
