"""Replaying: a model and its versions as a journal's entries made them, from those entries alone.

What an entry holds in `after` becomes the facts of its version; `CASES` says what else its type means. A new type is a
new row there; a new fact that is no plain JSON is a new row of `READERS`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from modelyard.domain.aliases import aliases_of
from modelyard.domain.attestations import all_checked, answered, read_attestation, read_checked
from modelyard.domain.cards import card_digest
from modelyard.domain.deletion import Deletion
from modelyard.domain.digests import Digest
from modelyard.domain.evaluations import Direction
from modelyard.domain.inspected import read_inspected, read_review
from modelyard.domain.journal import GENESIS, EntryType, parse_instant
from modelyard.domain.lineage import read_lineage
from modelyard.domain.measuring import note_data
from modelyard.domain.model import Model, Standing
from modelyard.domain.stages import DEFAULT_LIFECYCLE
from modelyard.domain.version import Evaluated, State, Version

Event = Mapping[str, Any]
"""An entry as JSON, with its hash."""

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Replayed:
    """A model and all its versions by number, as they were after the last entry."""

    model: Model
    versions: Mapping[int, Version]


@dataclass(slots=True)
class Book:
    """Facts by their names in Model and Version, as JSON has them, while entries are read."""

    model: Facts = field(default_factory=dict)
    versions: dict[int, Facts] = field(default_factory=dict)
    last: Event | None = None
    before: Replayed | None = None

    def of(self, event: Event) -> Facts:
        """The facts of the version that an entry speaks of. Where it was not registered before, they begin here."""
        return self.versions.setdefault(event["version"], {})


Case = Callable[[Book, Event], None]


def replay(events: Iterable[Event], *, home: str) -> Replayed | None:
    """What the entries of the journal at `home` come to, in order from the first; None when there are none."""
    book = _read_all(events)
    return _close(book, book.last, home) if book.last else None


def replay_version(events: Iterable[Event], *, home: str, number: int) -> Version | None:
    """A version, from the entries about it and about its model alone; None when it was not registered by then.

    Its name is the last that any of the entries knows.
    """
    book = _read_all(events)
    facts = book.versions.get(number)
    return _version(book, facts, home, number) if facts else None


def resume(before: Replayed | None, events: Iterable[Event], *, home: str) -> Replayed | None:
    """What entries make of what was before them, as `replay`: the model, and those versions that `before` holds.

    It must hold all that the entries speak of; of the others the model knows the newest that is ready and who stands
    where. When the newest is among them and ready no more, the one below it is not known: None stands for it.
    """
    book = Book(before=before)
    if before is not None:
        book.model = {name: getattr(before.model, name) for name in _OF_MODEL}
        book.versions = {n: {name: getattr(v, name) for name in _OF_VERSION} for n, v in before.versions.items()}
    _read_into(book, events)
    return _close(book, book.last, home) if book.last else before


def _read_all(events: Iterable[Event]) -> Book:
    book = Book()
    _read_into(book, events)
    return book


def _read_into(book: Book, events: Iterable[Event]) -> None:
    for event in events:
        CASES[EntryType(event["type"])](book, event)
        _note(book, event)
        book.last = event


def _name(book: Book) -> str:
    """The model's name; where no entry of its own is known, as its versions' entries have it."""
    return str(book.model.get("name") or (book.last or {})["model"]["name"])


def _note(book: Book, event: Event) -> None:
    """Whatever happens to a thing gives it the entry's sequence as its revision."""
    subject = book.model if event["version"] is None else book.versions.get(event["version"])
    if subject is not None:
        subject["revision"] = event["sequence"]


def _create(book: Book, event: Event) -> None:
    book.model |= {**event["after"], "created_at": event["time"], "created_by": event["actor"], "last_number": 0}


def _describe_model(book: Book, event: Event) -> None:
    book.model |= event["after"]


def _register(book: Book, event: Event) -> None:
    made = {"digest": event["digest"], "created_at": event["time"], "created_by": event["actor"]}
    book.of(event).update(made | event["after"])
    book.model["last_number"] = event["version"]
    _learn(book, event)


def _learn(book: Book, event: Event) -> None:
    """What an entry says of which values of a metric are better, where nothing was said before."""
    if ways := event["after"].get("directions"):
        book.model["directions"] = {**book.model.get("directions", {}), **ways}


def _evaluate(book: Book, event: Event) -> None:
    facts = book.of(event)
    facts["metrics"] = dict(sorted({**facts["metrics"], **event["after"]["metrics"]}.items()))
    told = event["after"]["evaluation"]
    on = Evaluated(told["dataset"], told["dataset_digest"], told["split"])
    units = {name: measure.get("unit", "") for name, measure in told["metrics"].items()}
    known = facts.get("evaluated", ()), facts.get("measured", {})
    facts["evaluated"], facts["measured"] = note_data(*known, on, units, part=bool(told["slice"]))
    _learn(book, event)


def _change(book: Book, event: Event) -> None:
    book.of(event).update(event["after"])


def _challenge(book: Book, event: Event) -> None:
    asked = {"challenged": event["sequence"], "reinspect": bool(event["after"].get("reinspect"))}
    book.of(event).update(event["after"] | asked)


def _attach(book: Book, event: Event) -> None:
    facts, added = book.of(event), {"id": event["sequence"], "added_at": event["time"], "added_by": event["actor"]}
    attestation = read_attestation({**event["after"]["attestation"], **added})
    facts["attestations"] = (*facts.get("attestations", ()), attestation)
    _ask(book, event)


def _ask(book: Book, event: Event) -> None:
    book.of(event).update({"unchecked": event["sequence"], "check_by": event["after"]["check_by"]})


def _answer(book: Book, event: Event) -> None:
    """A check answers the question once something is known of each attestation."""
    facts = book.of(event)
    results = {int(number): read_checked(told) for number, told in event["after"]["results"].items()}
    facts["attestations"] = answered(facts.get("attestations", ()), results)
    if all_checked(facts["attestations"]):
        facts.update({"unchecked": None, "check_by": None})


def _settle(book: Book, event: Event) -> None:
    """A verdict ends every wait, and says when the bytes were last proven, if they are; they may have been before."""
    proven = event["time"] if event["after"]["state"] in _PROVEN else None
    waits = {"deadline": None, "challenged": None, "reinspect": False}
    settled = {**waits, "verified_at": proven, "proof": "", "refusal": ()}
    book.of(event).update(settled | event["after"])


def _alias(book: Book, event: Event) -> None:
    after = event["after"]
    aliases = {name: numbers for name, numbers in book.model.get("aliases", {}).items() if name != after["alias"]}
    if after["version"] is not None:
        aliases[after["alias"]] = (after["version"], *after["previous"])
    book.model["aliases"] = aliases


def _delete(book: Book, event: Event) -> None:
    """A version keeps the state that it was in, for a restoration."""
    after = event["after"]
    deletion = Deletion(
        at=parse_instant(event["time"]),
        purge_at=parse_instant(after["purge_at"]),
        by=event["actor"],
        state=event["before"].get("state", ""),
    )
    facts = book.model if event["version"] is None else book.of(event)
    facts.update({"deleted": deletion, **({"state": after["state"]} if "state" in after else {})})


def _restore(book: Book, event: Event) -> None:
    facts = book.model if event["version"] is None else book.of(event)
    facts.update(event["after"] | {"deleted": None})


def _purge(book: Book, event: Event) -> None:
    """Of a model its name and its dates stay, of a version nothing."""
    if event["version"] is not None:
        del book.versions[event["version"]]
        return
    book.versions.clear()
    nothing = {"description": "", "owner": "", "tags": {}, "aliases": {}, "directions": {}}
    book.model.update(nothing | {"purged_at": event["time"]})


_PROVEN = frozenset({State.READY, State.QUARANTINED})

CASES: dict[EntryType, Case] = {
    EntryType.MODEL_CREATED: _create,
    EntryType.MODEL_UPDATED: _describe_model,
    EntryType.VERSION_REGISTERED: _register,
    EntryType.VERSION_UPLOADED: _change,
    EntryType.VERSION_VERIFIED: _settle,
    EntryType.VERSION_REJECTED: _settle,
    EntryType.VERSION_QUARANTINED: _settle,
    EntryType.VERSION_RELEASED: _change,
    EntryType.VERSION_EXPIRED: _settle,
    EntryType.VERSION_CHALLENGED: _challenge,
    EntryType.VERSION_REDRIVEN: _change,
    EntryType.VERSION_UPDATED: _change,
    EntryType.VERSION_EVALUATED: _evaluate,
    EntryType.VERSION_PROMOTED: _change,
    EntryType.VERSION_REPLACED: _change,
    EntryType.ATTESTATION_ADDED: _attach,
    EntryType.ATTESTATION_ASKED: _ask,
    EntryType.ATTESTATION_CHECKED: _answer,
    EntryType.ALIAS_SET: _alias,
    EntryType.ALIAS_REPLACED: _alias,
    EntryType.ALIAS_REMOVED: _alias,
    EntryType.MODEL_RENAMED: _describe_model,
    EntryType.MODEL_DELETED: _delete,
    EntryType.MODEL_RESTORED: _restore,
    EntryType.MODEL_PURGED: _purge,
    EntryType.VERSION_DELETED: _delete,
    EntryType.VERSION_RESTORED: _restore,
    EntryType.VERSION_PURGED: _purge,
}
"""What each type of entry does to the facts."""


def _maybe_instant(text: str | None) -> datetime | None:
    return parse_instant(text) if text else None


READERS: dict[str, Callable[[Any], Any]] = {
    "state": State,
    "digest": Digest,
    "created_at": parse_instant,
    "deadline": _maybe_instant,
    "verified_at": _maybe_instant,
    "purged_at": _maybe_instant,
    "check_by": _maybe_instant,
    "metrics": lambda metrics: {name: float(value) for name, value in metrics.items()},
    "directions": lambda ways: {name: Direction(way) for name, way in ways.items()},
    "refusal": tuple,
    "inspected": read_inspected,
    "review": read_review,
}
"""How facts that are no plain JSON are read, by their names in Model and Version."""

LINEAGE = ("source", "run", "bases", "environment", "datasets")
"""What is fixed at registration and no plain JSON."""

_OF_MODEL = frozenset(each.name for each in fields(Model))
_OF_VERSION = frozenset(each.name for each in fields(Version))


def _read(facts: Facts, known: frozenset[str], before: Model | Version | None = None) -> Facts:
    """Facts as Model or Version have them. Those that are still as they were before were read then."""
    return {name: _read_one(name, fact, before) for name, fact in facts.items() if name in known}


def _read_one(name: str, fact: Any, before: Model | Version | None) -> Any:
    if name not in READERS or (before is not None and fact is getattr(before, name)):
        return fact
    return READERS[name](fact)


def _close(book: Book, last: Event, home: str) -> Replayed:
    versions = {number: _version(book, facts, home, number) for number, facts in book.versions.items() if facts}
    counted: Facts = {"newest_ready": _newest_ready(book, versions), "standing": _standing(book, versions)}
    if book.model.get("purged_at"):
        counted = {"newest_ready": None, "standing": {}}
    when = {"updated_at": parse_instant(last["time"]), "sequence": last["sequence"], "head": last.get("hash", GENESIS)}
    facts = _read(book.model, _OF_MODEL, book.before.model if book.before else None) | counted | when
    return Replayed(Model(**{**facts, "id": last["model"]["id"], "home": home, "name": _name(book)}), versions)


def _version(book: Book, facts: Facts, home: str, number: int) -> Version:
    """A version of a journal older than the facts `pages` and `deadline` has 0 of the one and not the other."""
    known: Facts = {"home": home, "name": _name(book), "number": number}
    known["aliases"] = aliases_of(book.model.get("aliases", {}), number)
    known["card_digest"] = card_digest(facts["card"]) if "card" in facts else facts.get("card_digest", "")
    before = book.before.versions.get(number) if book.before else None
    lineage = {name: getattr(before, name) for name in LINEAGE} if before else read_lineage(facts)
    return Version(**{"pages": 0, **_read(facts, _OF_VERSION, before), **lineage, **known})


def _newest_ready(book: Book, versions: Mapping[int, Version]) -> int | None:
    ready = {number for number, version in versions.items() if version.state is State.READY}
    newest = book.before.model.newest_ready if book.before else None
    if newest is not None and book.before and newest not in book.before.versions:
        ready.add(newest)
    elif newest is not None and max(ready, default=0) < newest:
        return None
    return max(ready, default=None)


def _standing(book: Book, versions: Mapping[int, Version]) -> Standing:
    """Who stands where: of those versions that are not looked at, whoever stood there before."""
    standing: dict[str, dict[int, Digest]] = {}
    for stage, there in (book.before.model.standing if book.before else {}).items():
        standing[stage] = {n: digest for n, digest in there.items() if book.before and n not in book.before.versions}
    for number, version in versions.items():
        if DEFAULT_LIFECYCLE.serves(version.stage):
            standing.setdefault(version.stage, {})[number] = version.digest
    return {stage: dict(sorted(there.items())) for stage, there in standing.items() if there}
