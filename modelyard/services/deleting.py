"""Deleting and restoring: a model or a version leaves use at once, and is purged unless somebody brings it back."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from modelyard.catalogue.changing import Change, change_version
from modelyard.catalogue.commits import commit
from modelyard.catalogue.homes import command
from modelyard.catalogue.keys import model_key
from modelyard.catalogue.model_items import model_item, read_model
from modelyard.catalogue.newest import point
from modelyard.catalogue.receipts import keep_receipt, receipt_keys, receipt_puts, redeem
from modelyard.catalogue.subjects import find_model, find_version
from modelyard.domain.aliases import Aliases, aliases_of, drop, find_alias
from modelyard.domain.deletion import Deletion
from modelyard.domain.errors import InUse
from modelyard.domain.journal import Caller, Draft, EntryType, instant, maybe_instant
from modelyard.domain.model import Model
from modelyard.domain.names import check_text
from modelyard.domain.revisions import check_revision
from modelyard.domain.stages import DEFAULT_LIFECYCLE, move
from modelyard.domain.tickets import Ticket
from modelyard.domain.version import State, Version
from modelyard.ports import Clock, Ids, Table

DRIVEN_AGAIN = timedelta(minutes=5)
MOST_ALIASES = 90
"""Aliases that a deletion takes away, an entry each, in a transaction of at most 100 items."""


@dataclass(frozen=True, slots=True)
class Wish:
    """How something is to be deleted: why, whether though it is in use, and how long it can be restored."""

    keep: timedelta
    reason: str = ""
    force: bool = False
    expected: int | None = None


def delete_version(
    *, table: Table, clock: Clock, ids: Ids, caller: Caller, ticket: Ticket | None, name: str, number: int, wish: Wish
) -> Version:
    """The version, deleted. Deleting it again changes nothing.

    InUse when it stands in a stage that serves, or an alias stands for it; with `force` it leaves both in the same
    transaction.
    """
    reason = check_text(wish.reason, field="reason")

    def make(model: Model, version: Version, now: datetime) -> Change | None:
        check_revision(version.revision, wish.expected)
        if version.deleted:
            return None
        _refuse_in_use(version, force=wish.force)
        drafts, freed = _freed(model, version, reason)
        deletion = Deletion(now, now + wish.keep, caller.actor, version.state.value)
        after = replace(freed, state=State.DELETED, deleted=deletion, revision=model.sequence + len(drafts) + 1)
        states = {"state": version.state.value}, {"state": after.state.value, "purge_at": instant(deletion.purge_at)}
        drafts.append(Draft(EntryType.VERSION_DELETED, number, version.digest, *states, reason))
        return Change(point(table, _without(model, version, after), after), after, drafts)

    who: dict[str, Any] = {"caller": caller, "ticket": ticket, "name": name, "number": number}
    return change_version(make, table=table, clock=clock, ids=ids, find=find_version, **who)


def _refuse_in_use(version: Version, *, force: bool) -> None:
    serving = [version.stage] if DEFAULT_LIFECYCLE.serves(version.stage) else []
    reasons = [f"it stands in {stage}" for stage in serving] + [f"{alias!r} stands for it" for alias in version.aliases]
    if len(version.aliases) > MOST_ALIASES:
        detail = f"{version.reference} has more than {MOST_ALIASES} aliases: take some away first"
        raise InUse(detail, field="force", stages=serving, aliases=list(version.aliases))
    if reasons and not force:
        detail = f"{version.reference} is in use: {', '.join(reasons)}"
        raise InUse(detail, field="force", stages=serving, aliases=list(version.aliases))


def _freed(model: Model, version: Version, reason: str) -> tuple[list[Draft], Version]:
    """Entries by which the version leaves its stage and its aliases, if it has any, and the version without them."""
    why = reason or "deleted"
    drafts: list[Draft] = []
    freed = replace(version, aliases=())
    if DEFAULT_LIFECYCLE.serves(version.stage):
        freed = replace(freed, stage=DEFAULT_LIFECYCLE.final)
        stages = {"stage": version.stage}, {"stage": freed.stage}
        drafts.append(Draft(EntryType.VERSION_PROMOTED, version.number, version.digest, *stages, why))
    for name in version.aliases:
        before = find_alias(model.aliases, name)
        facts = {"alias": name, "version": before.number, "previous": before.previous}
        nobody: dict[str, Any] = {"alias": name, "version": None, "previous": ()}
        drafts.append(Draft(EntryType.ALIAS_REMOVED, version.number, None, facts, nobody, why))
    return drafts, freed


def _without(model: Model, version: Version, after: Version) -> Model:
    """The model, in which the version stands where it is moved to and has no alias."""
    aliases: Aliases = model.aliases
    for name in aliases_of(aliases, version.number):
        aliases = drop(aliases, name)
    standing = move(DEFAULT_LIFECYCLE, model.standing, version.number, version.digest, after.stage)
    return replace(model, aliases=aliases, standing=standing)


def restore_version(
    *,
    table: Table,
    clock: Clock,
    ids: Ids,
    caller: Caller,
    ticket: Ticket | None,
    name: str,
    number: int,
    expected: int | None = None,
) -> Version:
    """The version, in the state that it was in; one with bytes is proven first, since they were not looked after.

    What is not deleted stays as it is. NotFound once it is purged.
    """

    def make(model: Model, version: Version, now: datetime) -> Change | None:
        check_revision(version.revision, expected)
        if version.deleted is None:
            return None
        after, facts = _as_before(version, version.deleted, now)
        after = replace(after, deleted=None, revision=model.sequence + 1)
        before = {"state": version.state.value, "purge_at": instant(version.deleted.purge_at)}
        return Change(model, after, [Draft(EntryType.VERSION_RESTORED, number, version.digest, before, facts)])

    who: dict[str, Any] = {"caller": caller, "ticket": ticket, "name": name, "number": number}
    return change_version(make, table=table, clock=clock, ids=ids, find=find_version, **who)


def _as_before(version: Version, deletion: Deletion, now: datetime) -> tuple[Version, dict[str, Any]]:
    state = State(deletion.state)
    if state in {State.READY, State.QUARANTINED}:
        after = replace(version, state=State.VERIFYING, deadline=now + DRIVEN_AGAIN)
        return after, {"state": after.state.value, "deadline": maybe_instant(after.deadline)}
    return replace(version, state=state), {"state": state.value}


def delete_model(
    *, table: Table, clock: Clock, ids: Ids, caller: Caller, ticket: Ticket | None, name: str, wish: Wish
) -> Model:
    """The model, deleted with all that is in it; its versions stay where they stand, for a restoration.

    InUse when versions stand in stages that serve or have aliases, unless `force` says that it does not matter.
    """
    reason = check_text(wish.reason, field="reason")

    def change(model: Model, now: datetime) -> tuple[Model, Draft] | None:
        check_revision(model.revision, wish.expected)
        if model.deleted:
            return None
        _refuse_model_in_use(model, force=wish.force)
        deletion = Deletion(now, now + wish.keep, caller.actor)
        draft = Draft(EntryType.MODEL_DELETED, after={"purge_at": instant(deletion.purge_at)}, reason=reason)
        return replace(model, deleted=deletion), draft

    return _change_model(table=table, clock=clock, ids=ids, caller=caller, ticket=ticket, name=name, change=change)


def _refuse_model_in_use(model: Model, *, force: bool) -> None:
    stages = {stage: sorted(there) for stage, there in model.standing.items()}
    if (stages or model.aliases) and not force:
        named = [*stages, *(f"@{alias}" for alias in sorted(model.aliases))]
        detail = f"the model {model.name!r} is in use: {', '.join(named[:10])}"
        raise InUse(detail, field="force", stages=stages, aliases=sorted(model.aliases))


def restore_model(
    *,
    table: Table,
    clock: Clock,
    ids: Ids,
    caller: Caller,
    ticket: Ticket | None,
    name: str,
    expected: int | None = None,
) -> Model:
    """The model as it was. What is not deleted stays as it is; NotFound once it is purged."""

    def change(model: Model, _now: datetime) -> tuple[Model, Draft] | None:
        check_revision(model.revision, expected)
        if model.deleted is None:
            return None
        draft = Draft(EntryType.MODEL_RESTORED, before={"purge_at": instant(model.deleted.purge_at)})
        return replace(model, deleted=None), draft

    return _change_model(table=table, clock=clock, ids=ids, caller=caller, ticket=ticket, name=name, change=change)


def _change_model(
    *,
    table: Table,
    clock: Clock,
    ids: Ids,
    caller: Caller,
    ticket: Ticket | None,
    name: str,
    change: Callable[[Model, datetime], tuple[Model, Draft] | None],
) -> Model:
    """Commit what `change` makes of the model, with its entry; nothing when it is None."""

    def attempt(home: str) -> Model:
        found, *receipts = table.get([model_key(home), *receipt_keys(ticket)])
        if answered := redeem(ticket, *receipts or [None]):
            return read_model(answered)
        model, now = find_model(found, name), clock.now()
        made = change(model, now)
        if made is None:
            keep_receipt(table, ticket, model_item(model), now)
            return model
        revision = model.sequence + 1
        changed = replace(made[0], revision=revision)
        outcome = receipt_puts(ticket, model_item(replace(changed, sequence=revision, updated_at=now)), now)
        return commit(table, changed, [made[1]], outcome, caller=caller, now=now)

    return command(table, name, attempt, clock=clock, ids=ids)
