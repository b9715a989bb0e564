"""Entries that were written elsewhere: what must hold of them, and of the facts that they lead to, before they count.

A chain of hashes says that nothing was lost or changed since somebody wrote it, and nothing of who that was. So an
entry that arrives is held to everything that an entry written here would be held to.
"""

import hashlib
import math
import types
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, NewType, Union, get_args, get_origin, get_type_hints

from modelyard.domain.attestations import check_attestations
from modelyard.domain.canonical import canonical
from modelyard.domain.errors import Invalid, JournalDiverged, TooLarge
from modelyard.domain.inspected import check_inspected
from modelyard.domain.journal import SCHEMA, Entry, EntryType, instant, parse_instant
from modelyard.domain.lineage import bounded_facts, check_datasets, check_environment, check_run, check_source
from modelyard.domain.model import Model
from modelyard.domain.names import (
    MAX_DESCRIPTION,
    check_facts,
    check_metrics,
    check_pairs,
    check_text,
    has_control,
    parse_alias,
    parse_name,
    parse_stage,
)
from modelyard.domain.replaying import Event, Replayed, resume
from modelyard.domain.version import Version

MAX_ENTRY = 380 * 1024
"""Bytes of an entry's canonical JSON, which lies in one item with its keys."""

MAX_CALLER = 2_048
"""Characters of an actor or a correlation id."""

MAX_WORD = 128 * 1024
_PLAIN = str.maketrans("", "", "\n\r\t")
_UNHASHED = frozenset({"hash", "position"})


def check_arrival(event: Event, *, home: str, model_id: str, sequence: int, previous: str) -> Entry:
    """The entry that an event is, as number `sequence` of the model's journal. Invalid tells what is wrong with it.

    JournalDiverged when it does not follow the entry whose hash is `previous`.
    """
    where = f"events.{sequence}"
    if event["sequence"] != sequence:
        raise Invalid(f"entry {sequence} is missing: {event['sequence']} comes in its place", field=where)
    if event["model"]["id"] != model_id or event["id"] != f"{model_id}-{sequence}":
        raise Invalid(f"entry {sequence} is of another model", field=where)
    if event["previous"] != previous:
        raise JournalDiverged(f"entry {sequence} does not follow the one before it", sequence=sequence)
    body = _body(event, where)
    if hashlib.sha256(body).hexdigest() != event["hash"]:
        raise Invalid(f"entry {sequence} is not what was hashed", field=where)
    _check_envelope(event, where)
    return Entry(home, sequence, _type(event, where), event["version"], body, event["hash"])


def _body(event: Event, where: str) -> bytes:
    try:
        body = canonical({name: value for name, value in event.items() if name not in _UNHASHED})
    except (ValueError, RecursionError) as error:
        raise Invalid(f"an entry has no canonical JSON: {error}", field=where) from error
    if len(body) > MAX_ENTRY:
        raise TooLarge(f"an entry has at most {MAX_ENTRY} bytes, not {len(body)}", field=where)
    return body


def _type(event: Event, where: str) -> EntryType:
    if event["schema_version"] != SCHEMA or event["type"] not in list(EntryType):
        detail = f"this registry knows no {event['type']!r} of schema {event['schema_version']}: is it older?"
        raise Invalid(detail, field=where)
    return EntryType(event["type"])


def _check_envelope(event: Event, where: str) -> None:
    parse_name(event["model"]["name"], field=where)
    for name in ("actor", "correlation_id"):
        check_text(event[name], field=where, longest=MAX_CALLER)
    check_text(event["reason"], field=where, longest=MAX_WORD)
    if not _is_instant(event["time"]):
        raise Invalid("an entry's time is in UTC, with milliseconds: 2026-03-03T12:00:00.000Z", field=where)
    if not _is_plain(event["before"]) or not _is_plain(event["after"]):
        raise Invalid("an entry holds control characters", field=where)


def _is_instant(text: str) -> bool:
    try:
        return instant(parse_instant(text)) == text and len(text) == 24
    except (ValueError, OverflowError):
        return False


def _is_plain(value: Any) -> bool:
    """Whether texts in a JSON value, its keys included, are such as are taken anywhere."""
    if isinstance(value, str):
        return not has_control(value.translate(_PLAIN))
    if isinstance(value, Mapping):
        return all(_is_plain(key) and _is_plain(member) for key, member in value.items())
    return all(map(_is_plain, value)) if isinstance(value, list | tuple) else True


def check_number(event: Event, last_number: int) -> int:
    """The model's last number after an entry: a registration takes the next one, other entries know it already."""
    number, where = event["version"], f"events.{event['sequence']}"
    if (event["type"] == EntryType.MODEL_CREATED) != (event["sequence"] == 1):
        raise Invalid("a journal begins with the model's creation, and nothing else is one", field=where)
    if event["type"] == EntryType.VERSION_REGISTERED:
        if number != last_number + 1:
            raise Invalid(f"version {number} is registered, where {last_number + 1} is the next", field=where)
        return int(number)
    if number is not None and not 1 <= number <= last_number:
        raise Invalid(f"there is no version {number}", field=where)
    return last_number


def replay_soundly(before: Replayed | None, events: Sequence[Event], *, home: str) -> Replayed:
    """What entries make of what was before them, as `resume`; Invalid unless a registry could have written each one.

    Every step is looked at: somebody may ask how things were between any two entries.
    """
    model, versions = (before.model, dict(before.versions)) if before else (None, {})
    for event in events:
        known = {n: version for n, version in versions.items() if n == event["version"]}
        step = _step(Replayed(model, known) if model else None, [event], home)
        check_model(step.model, field=f"events.{event['sequence']}")
        for version in step.versions.values():
            check_version(version, known.get(version.number), field=f"events.{event['sequence']}")
        model, versions = step.model, {n: v for n, v in versions.items() if n not in known} | dict(step.versions)
    return _step(before, events, home)


def _step(before: Replayed | None, events: Sequence[Event], home: str) -> Replayed:
    where = f"events.{events[0]['sequence']}"
    try:
        found = resume(before, events, home=home)
    except (TypeError, ValueError, LookupError, AttributeError, OverflowError) as error:
        raise Invalid(f"the entry does not tell what a registry's would: {error}", field=where) from error
    if found is None:
        raise Invalid("there is no entry", field=where)
    return found


def check_model(model: Model, *, field: str) -> None:
    """Hold a replayed model to what a stored one is held to."""
    _check_fits(model, field)
    if parse_name(model.name, field=field) != model.name:
        raise Invalid("a model's name is in Unicode NFC", field=field)
    check_text(model.description, field=field, longest=MAX_DESCRIPTION)
    check_text(model.owner, field=field)
    check_pairs(model.tags, field=field)
    for alias in model.aliases:
        parse_alias(alias, field=field)
    for stage in model.standing:
        parse_stage(stage, field=field)


def check_version(version: Version, before: Version | None, *, field: str) -> None:
    """Hold a replayed version to what a stored one is held to. What is as it was before was looked at then."""
    if before is None or any(getattr(version, name) is not getattr(before, name) for name in _LARGE):
        _check_fits(version, field)
        _check_facts(version, field)
    for name in _SMALL:
        _check_one(version, name, field)
    parse_stage(version.stage, field=field)


_LARGE = (
    *("description", "tags", "params", "metrics", "datasets", "source", "run", "bases", "environment"),
    *("inspected", "facts", "review", "attestations"),
)
_SMALL = frozenset(each.name for each in fields(Version)) - frozenset(_LARGE)


def _check_facts(version: Version, field: str) -> None:
    check_text(version.description, field=field, longest=MAX_DESCRIPTION)
    check_pairs(version.tags, field=field)
    check_metrics(version.metrics)
    check_datasets(version.datasets)
    check_source(version.source)
    check_run(version.run)
    check_environment(version.environment)
    check_facts(bounded_facts(version))
    check_inspected(version, field=field)
    check_attestations(version.attestations, field=field)


def _check_fits(found: Model | Version, field: str) -> None:
    for each in fields(found):
        _check_one(found, each.name, field)


def _check_one(found: Model | Version, name: str, field: str) -> None:
    if not fits(getattr(found, name), _hints(type(found))[name]):
        raise Invalid(f"{name} is not of its kind", field=field)


@cache
def _annotations(kind: Hashable) -> Mapping[str, Any]:
    return get_type_hints(kind)


def _hints(kind: Any) -> Mapping[str, Any]:
    return _annotations(kind)


def fits(value: Any, hint: Any) -> bool:
    """Whether a value is what an annotation says, all the way down. Numbers are finite and within 64 bits.

    Any is JSON that has a canonical form, as whatever lies in an entry.
    """
    if hint is Any:
        return True
    kind, inner = get_origin(hint), get_args(hint)
    if kind in {Union, types.UnionType}:
        return any(fits(value, each) for each in inner)
    if kind is not None and issubclass(kind, Mapping):
        return isinstance(value, Mapping) and all(fits(k, inner[0]) and fits(v, inner[1]) for k, v in value.items())
    if kind is not None and issubclass(kind, Sequence):
        return isinstance(value, list | tuple) and all(fits(each, inner[0]) for each in value)
    return _is_a(value, hint.__supertype__ if isinstance(hint, NewType) else hint)


def _is_a(value: Any, kind: Any) -> bool:
    if kind in {int, float} and isinstance(value, bool):
        return False
    if kind is int:
        return isinstance(value, int) and -(2**63) <= value < 2**63
    if kind is float:
        return isinstance(value, int | float) and math.isfinite(value)
    if not isinstance(value, kind):
        return False
    return not is_dataclass(value) or all(fits(getattr(value, n), hint) for n, hint in _hints(kind).items())
