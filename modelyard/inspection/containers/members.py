"""What lies in archives of any kind: names that must not lead elsewhere, and members that are looked at."""

from collections.abc import Iterable

from modelyard.inspection.budgets import OutOfBudget
from modelyard.inspection.formats.reading import leads_away, shown
from modelyard.inspection.sight import Sight
from modelyard.inspection.sources import Source


def check_names(sight: Sight, names: Iterable[str]) -> None:
    """Say which names are there twice, and which lead out of the folder that the archive is unpacked into."""
    known: set[str] = set()
    for name in names:
        if name in known:
            sight.note("archive.duplicate-member", shown(name))
        known.add(name)
        if leads_away(name) or "\\" in name:
            sight.note("archive.path-leads-away", shown(name))


def look_inside(sight: Sight, source: Source, name: str) -> str:
    """Look at a member; what is nested too deep is not inspected. The format that was found."""
    try:
        return sight.look(sight.inside(source, shown(name)))
    except OutOfBudget as ended:
        sight.miss(f"{shown(name)}: {ended}")
        return ""
