"""A model: a named line of versions, and the head of its journal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from modelyard.domain.aliases import Aliases
from modelyard.domain.digests import Digest
from modelyard.domain.evaluations import Directions

Standing = Mapping[str, Mapping[int, Digest]]
"""Stage → the versions that stand there now, each with its content id. Only stages that serve are listed."""


@dataclass(frozen=True, slots=True)
class Model:
    """The facts of one model. `home` is the partition its items live in; `sequence` numbers its last journal entry.

    `revision` is the sequence of the entry that last changed what a user can update; `head` is the last entry's hash.
    """

    id: str
    home: str
    name: str
    created_at: datetime
    created_by: str
    updated_at: datetime
    description: str = ""
    owner: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    sequence: int = 0
    revision: int = 0
    head: str = "0" * 64
    last_number: int = 0
    newest_ready: int | None = None
    standing: Standing = field(default_factory=dict)
    aliases: Aliases = field(default_factory=dict)
    directions: Directions = field(default_factory=dict)
