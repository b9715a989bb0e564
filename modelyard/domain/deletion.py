"""A deletion that can be undone for a while."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Deletion:
    """When and by whom a thing was deleted, and until when it can be restored. `state` is a version's state before."""

    at: datetime
    purge_at: datetime
    by: str
    state: str = ""
