"""Importing: entries that were written elsewhere are stored here as they are, with all that they lead to.

Each stretch of them is one transaction on the model. Whatever ends an import leaves the journal up to some entry, from
where the next one goes on; what is here already is passed over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from modelyard.catalogue.arrival_bytes import Bytes
from modelyard.catalogue.arrival_extras import Extras
from modelyard.catalogue.arrivals import (
    Manifest,
    Stored,
    Stretch,
    check_extent,
    fitting,
    load_versions,
    name_writes,
    rename_versions,
    settle_pages,
    stretch_writes,
    take_manifest,
)
from modelyard.catalogue.commits import contended
from modelyard.catalogue.homes import name_keys
from modelyard.catalogue.keys import entry_key, id_key, model_key
from modelyard.catalogue.model_items import read_living, read_model
from modelyard.domain.arrivals import check_arrival, check_number, replay_soundly
from modelyard.domain.errors import AlreadyExists, Invalid, JournalDiverged, TooLarge
from modelyard.domain.journal import GENESIS, Caller, Entry, EntryType
from modelyard.domain.manifests import File
from modelyard.domain.model import Model
from modelyard.domain.names import is_model_id, parse_name
from modelyard.domain.replaying import Event
from modelyard.ports import Clock, Ids, Item, Table

MOST_EVENTS = 500
"""Entries in one request."""

MOST_STRETCHES = 30
MOST_USES = 4_000
"""Transactions, and blobs whose uses are written, after which a request is answered with how far it came."""


def import_entries(
    *,
    table: Table,
    clock: Clock,
    ids: Ids,
    caller: Caller,
    model_id: str,
    events: Sequence[Event],
    manifests: Mapping[int, Sequence[File]],
    withheld: frozenset[int] = frozenset(),
    called: str = "",
) -> Model:
    """The model with as many of the entries as one request takes; its sequence says how far that is.

    `manifests` has the files of the versions that the entries register, but for those `withheld`: their bytes are not
    to be had, because a later entry says that they are wrong or gone, and until then nobody finds them here. `called`
    is the name that the model has in the end: with it, names that it had before are left to others who have them here.
    JournalDiverged when the entries do not go on where the stored ones end, AlreadyExists when a name is another
    model's, UploadIncomplete when bytes of a version are missing that is ready.
    """
    if not is_model_id(model_id):
        raise Invalid("a model's id is a ULID", field="model")
    if not 1 <= len(events) <= MOST_EVENTS:
        raise TooLarge(f"a request takes 1 to {MOST_EVENTS} entries, not {len(events)}", field="events")
    taken = {number: take_manifest(files) for number, files in manifests.items()}
    named = parse_name(called, field="called") if called else ""
    work = _Import(table, clock, ids, caller, model_id, events, taken, withheld, named)
    return work.run(_find_home(table, model_id, events[0], work.called))


def _find_home(table: Table, model_id: str, first: Event, called: str) -> str:
    """Where the model lies, or will."""
    (found,) = table.get([id_key(model_id)])
    if found is not None:
        return str(found.fields["home"])
    if first["sequence"] != 1 or first["type"] != EntryType.MODEL_CREATED:
        raise JournalDiverged("there is nothing of this model yet: begin with its first entry", sequence=1)
    name = first["after"].get("name")
    if not isinstance(name, str) or parse_name(name, field="events.1") != name:
        raise Invalid("the first entry gives the model no name", field="events.1")
    there, redirect = table.get(name_keys(name))
    # The journal of a purged model stays where its name leads by itself.
    purged = there is not None and read_living(there) is None
    others = called not in {"", name} and (there is not None or redirect is not None)
    return f"{name}/{model_id}" if purged or others else name


@dataclass(slots=True)
class _Import:
    """One request on its way."""

    table: Table
    clock: Clock
    ids: Ids
    caller: Caller
    model_id: str
    events: Sequence[Event]
    manifests: Mapping[int, Manifest]
    withheld: frozenset[int]
    called: str
    uses: int = 0
    home: str = field(default="")

    def run(self, home: str) -> Model:
        """Stretch by stretch."""
        self.home = home
        model, more = self._next()
        for _ in range(MOST_STRETCHES - 1):
            if not more or self.uses > MOST_USES:
                break
            model, more = self._next()
        return model

    def _next(self) -> tuple[Model, bool]:
        return contended(self._stretch, clock=self.clock, ids=self.ids)

    def _stretch(self) -> tuple[Model, bool]:
        """Store as many entries as one transaction takes; the model, and whether more are due."""
        (found,) = self.table.get([model_key(self.home)])
        due = self._due(found)
        if not due:
            return self._known(found), False
        events = fitting(due, self.manifests)
        stretch = self._replayed(found, events)
        content = Bytes(self.table, self.clock, self.ids, stretch)
        held = content.find_held(self.withheld)
        self.uses += content.note_uses(held)
        extra = [*content.guards(held), *Extras(self.table, stretch).writes()]
        naming = name_writes(self.table, stretch, called=self.called)
        writes = stretch_writes(self.table, stretch, held=held, extra=[*naming, *extra], now=self.clock.now())
        check_extent(writes, events[0]["sequence"])
        self._rename(stretch)
        self.table.write(writes)
        return stretch.after.model, len(due) > len(events)

    def _known(self, found: Item | None) -> Model:
        """The model, of which nothing is due."""
        if found is None:
            raise JournalDiverged("there is nothing of this model yet: begin with its first entry", sequence=1)
        return read_model(found)

    def _due(self, found: Item | None) -> Sequence[Event]:
        """The entries that are not stored yet; JournalDiverged when the last of the others is not as it is here."""
        if found is not None and found.fields["id"] != self.model_id:
            raise AlreadyExists(f"{self.home!r} is the name of another model", field="model", id=found.fields["id"])
        last = found.rev if found else 0
        there = [event for event in self.events if event["sequence"] <= last]
        if there:
            (stored,) = self.table.get([entry_key(self.home, there[-1]["sequence"])])
            if stored is None or stored.fields["hash"] != there[-1]["hash"]:
                sequence = there[-1]["sequence"]
                raise JournalDiverged(f"entry {sequence} is another one here", sequence=sequence)
        return [event for event in self.events if event["sequence"] > last]

    def _replayed(self, found: Item | None, events: Sequence[Event]) -> Stretch:
        model = read_model(found) if found else None
        entries = self._entries(model, events)
        numbers = sorted({event["version"] for event in events if event["version"] is not None})
        stored = Stored(found, load_versions(self.table, self.home, numbers))
        after = replay_soundly(stored.facts, events, home=self.home)
        return settle_pages(Stretch(self.home, events, entries, stored, after, self.manifests))

    def _entries(self, model: Model | None, events: Sequence[Event]) -> list[Entry]:
        sequence, previous, last = (model.sequence, model.head, model.last_number) if model else (0, GENESIS, 0)
        entries: list[Entry] = []
        for event in events:
            sequence += 1
            arrival = check_arrival(event, home=self.home, model_id=self.model_id, sequence=sequence, previous=previous)
            last = check_number(event, last)
            entries.append(replace(arrival, imported=self.caller.actor))
            previous = arrival.hash
        return entries

    def _rename(self, stretch: Stretch) -> None:
        """Where an entry renames the model, its versions are renamed first: so nothing is left to do after it."""
        if stretch.stored.model and any(event["type"] == EntryType.MODEL_RENAMED for event in stretch.events):
            retry = partial(contended, clock=self.clock, ids=self.ids)
            rename_versions(self.table, self.home, stretch.after.model.name, retry)
