"""Inspecting a file: the format is recognised by its bytes, and looked at until it is known or a budget ends."""

import logging
import struct
import time
from collections.abc import Callable

from modelyard.domain.findings import Inspection
from modelyard.inspection import programs
from modelyard.inspection.budgets import Budget, Limits, OutOfBudget
from modelyard.inspection.containers import numpys, streams, tars, torch_legacy, unopened, zips
from modelyard.inspection.formats import hdf5
from modelyard.inspection.formats.table import KNOWN_FORMATS, LAST_FORMATS
from modelyard.inspection.pickles import reading as pickles
from modelyard.inspection.sight import Format, Malformed, Seen, Sight
from modelyard.inspection.sources import Ranged

log = logging.getLogger(__name__)

HEAD = 4096

UNFORESEEN = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError, struct.error)
"""What hostile bytes make of a fault in how a format is read. Storage's errors are none of these, and come through."""

FAULT = "the inspection failed on it"

FORMATS: tuple[Format, ...] = (
    *zips.FORMATS,
    *streams.FORMATS,
    *tars.FORMATS,
    *numpys.FORMATS,
    *torch_legacy.FORMATS,
    *pickles.MARKED,
    *KNOWN_FORMATS,
    *unopened.FORMATS,
    *programs.NATIVES,
    *pickles.UNMARKED,
    *zips.LAST,
    *programs.SOURCES,
    *LAST_FORMATS,
    *pickles.LAST,
)
"""Every format, in the order in which they are tried: what is known by its bytes comes before what is known by name."""

FOUND_ANYWHERE = (*zips.ANYWHERE, *hdf5.BEHIND)
"""Formats that need not begin where the file does."""

HOLDING = frozenset({"tar"})
"""Formats whose members lie in them as they are, and are looked at."""

ALONE = frozenset({"pickle", "torch-legacy", "zip", "gzip", "xz", "npy", "python", "notebook"})
"""Formats that are no pickle as well: their first bytes are none, or they are pickles."""


def inspect(
    fetch: Callable[[int, int], bytes],
    size: int,
    *,
    name: str,
    limits: Limits | None = None,
    clock: Callable[[], float] = time.monotonic,
    parallel: int = 1,
) -> Inspection:
    """What the file is, and what is dangerous in it.

    `fetch(offset, length)` reads; its errors come through. It is called from as many threads as `parallel` says.
    """
    budget, seen = Budget(limits or Limits(), clock), Seen()
    sight = Sight(Ranged(fetch, size, budget, parallel), name, budget, seen, look)
    found = look(sight)
    return Inspection(found, seen.facts, tuple(seen.findings), tuple(seen.unread))


def look(sight: Sight) -> str:
    """Inspect a source by the first format that matches; what cannot be finished is said in `sight.seen`."""
    try:
        head = sight.source.read(0, HEAD)
        found = next((each for each in FORMATS if each.matches(head, sight)), None)
        if found is not None:
            _look_as(found, sight)
            _look_as_pickle_too(found, head, sight)
            _look_as_other_too(found, head, sight)
    except OutOfBudget as ended:
        sight.miss(str(ended))
        return ""
    return found.name if found else ""


def _look_as_pickle_too(found: Format, head: bytes, sight: Sight) -> None:
    """Bytes can be a file of some format and yet a pickle, to a program that takes them for one."""
    if found.name not in ALONE and pickles.may_begin(head) and pickles.is_likely(head, sight):
        sight.note("pickle.two-formats", f"a pickle, and {found.name or 'something else'}")
        _look_as(Format("pickle", pickles.is_likely, pickles.look), sight)


def _look_as_other_too(found: Format, head: bytes, sight: Sight) -> None:
    """Some readers find their format at the end of a file, or further on in it, whatever it begins with."""
    if sight.depth or found.name in HOLDING:
        return
    for other in FOUND_ANYWHERE:
        if other.name != found.name and other.matches(head, sight):
            sight.note("format.two-formats", f"{found.name or 'something'}, and {other.name}")
            _look_as(other, sight)


def _look_as(found: Format, sight: Sight) -> None:
    try:
        found.look(sight)
    except Malformed as wrong:
        sight.note(wrong.rule, str(wrong), offset=wrong.offset)
    except UNFORESEEN as fault:
        log.exception("%s: looked at as %s", sight.name, found.name)
        sight.miss(f"{FAULT}, as {found.name}: {type(fault).__name__}")
