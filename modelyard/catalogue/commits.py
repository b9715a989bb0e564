"""Commits: a command's changes and its journal entries as one transaction, guarded by the model's sequence."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from modelyard.catalogue.entry_items import entry_put
from modelyard.catalogue.model_items import model_item
from modelyard.domain.errors import Contended
from modelyard.domain.journal import Caller, Draft, Entry, write_entry
from modelyard.domain.model import Model
from modelyard.ports import Clock, Expect, Ids, Put, Table, TableConflict, Write

Answer = TypeVar("Answer")

ATTEMPTS = 12
LONGEST_WAIT = 0.25


def commit(
    table: Table, model: Model, drafts: Sequence[Draft], writes: Sequence[Write], *, caller: Caller, now: datetime
) -> Model:
    """Write `model` as it should be, `writes` and the entries of `drafts`, all or nothing; return the model.

    `model.sequence` and `model.head` are those the facts were read at: TableConflict when the model moved on.
    """
    entries = _entries(model, drafts, caller=caller, now=now)
    after = replace(model, sequence=entries[-1].sequence, head=entries[-1].hash, updated_at=now)
    expect = model.sequence or Expect.ABSENT
    table.write([Put(model_item(after), expect), *(entry_put(entry, now) for entry in entries), *writes])
    return after


def _entries(model: Model, drafts: Sequence[Draft], *, caller: Caller, now: datetime) -> list[Entry]:
    entries: list[Entry] = []
    previous = model.head
    for sequence, draft in enumerate(drafts, start=model.sequence + 1):
        entry = write_entry(
            draft,
            model_id=model.id,
            name=model.name,
            home=model.home,
            sequence=sequence,
            previous=previous,
            caller=caller,
            time=now,
        )
        previous = entry.hash
        entries.append(entry)
    return entries


def contended(attempt: Callable[[], Answer], *, clock: Clock, ids: Ids) -> Answer:
    """`attempt` again, from reading its facts on, while others change them; Contended after a dozen times."""
    for turn in range(ATTEMPTS):
        try:
            return attempt()
        except TableConflict:
            clock.sleep(ids.jitter() * min(LONGEST_WAIT, 0.005 * 2**turn))
    raise Contended("others keep changing this; try again", retry_after=1)
