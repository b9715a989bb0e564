"""Sweeping: what waited too long is driven again or given up, and the journal says so."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from modelyard.catalogue.commits import commit, contended
from modelyard.catalogue.keys import home_of, model_key, version_key
from modelyard.catalogue.shape import PENDING
from modelyard.catalogue.subjects import find_both
from modelyard.catalogue.version_items import WAITING, version_item
from modelyard.domain.journal import Caller, Draft, EntryType, instant, maybe_instant
from modelyard.domain.version import State, Version
from modelyard.ports import Clock, Ids, Put, Table

MOST_AT_ONCE = 200
SHORTEST_WAIT = timedelta(minutes=10)
LONGEST_WAIT = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Swept:
    """How many uploads were given up, and how many versions were driven to their verdict, or to a check, again."""

    expired: int
    redriven: int


def sweep(*, table: Table, clock: Clock, ids: Ids, caller: Caller) -> Swept:
    """See to at most 200 versions of each kind whose deadline has passed, the longest overdue first. Safe to repeat.

    One that fails keeps nobody behind it waiting; an ExceptionGroup then tells of those that did.
    """
    done: list[EntryType | None] = []
    failures: list[Exception] = []
    for place in _overdue(table, clock.now()):
        try:
            done.append(_settle(table, clock, ids, caller, place))
        except Exception as failure:  # noqa: BLE001  # raised below
            failures.append(failure)
    if failures:
        raise ExceptionGroup(f"{len(failures)} versions could not be swept", failures)
    driven = done.count(EntryType.VERSION_REDRIVEN) + done.count(EntryType.ATTESTATION_ASKED)
    return Swept(done.count(EntryType.VERSION_EXPIRED), driven)


def _overdue(table: Table, now: datetime) -> Iterator[tuple[str, int]]:
    for waiting in WAITING:
        page = table.query(waiting, index=PENDING, through=instant(now), limit=MOST_AT_ONCE)
        for item in page.items:
            yield home_of(item.key.pk), int(item.key.sk.rpartition("#")[2])


def _settle(table: Table, clock: Clock, ids: Ids, caller: Caller, place: tuple[str, int]) -> EntryType | None:
    home, number = place

    def attempt() -> EntryType | None:
        model_found, found = table.get([model_key(home), version_key(home, number)])
        both = find_both(model_found, found)
        if both is None:
            return None
        (model, version), now = both, clock.now()
        made = None if version.deleted else _due(version, revision=model.sequence + 1, now=now)
        if made is None:
            return None
        after, draft = made
        commit(table, model, [draft], [Put(version_item(after), version.revision)], caller=caller, now=now)
        return draft.type

    return contended(attempt, clock=clock, ids=ids)


def _due(version: Version, *, revision: int, now: datetime) -> tuple[Version, Draft] | None:
    """What is overdue: the verdict on the version, or else the check of what vouches for it."""
    if version.deadline is not None:
        return _next_step(version, revision=revision, now=now) if version.deadline <= now else None
    if version.check_by is None or version.check_by > now:
        return None
    newest = max(each.added_at for each in version.attestations)
    due = now + min(max(now - newest, SHORTEST_WAIT), LONGEST_WAIT)
    after = replace(version, unchecked=revision, check_by=due, revision=revision)
    facts, reason = {"check_by": maybe_instant(due)}, f"not checked by {instant(version.check_by)}"
    return after, Draft(EntryType.ATTESTATION_ASKED, version.number, version.digest, after=facts, reason=reason)


def _next_step(version: Version, *, revision: int, now: datetime) -> tuple[Version, Draft]:
    if version.state is State.UPLOADING:
        after = replace(version, state=State.REJECTED, revision=revision, deadline=None, refusal=("upload_expired",))
        before, facts = {"state": version.state.value}, {"state": after.state.value, "refusal": ["upload_expired"]}
        reason = "its bytes did not come in time"
        return after, Draft(EntryType.VERSION_EXPIRED, version.number, version.digest, before, facts, reason)
    wait = min(max(now - version.created_at, SHORTEST_WAIT), LONGEST_WAIT)
    after = replace(version, revision=revision, deadline=now + wait)
    reason = f"no verdict by {instant(version.deadline)}" if version.deadline else ""
    changed = {"deadline": maybe_instant(after.deadline)}
    return after, Draft(EntryType.VERSION_REDRIVEN, version.number, version.digest, after=changed, reason=reason)
