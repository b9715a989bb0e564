"""Aliasing: letting an alias stand for a version, for the one before, or for nobody, by compare-and-set."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from modelyard.catalogue.alias_items import alias_item, read_alias
from modelyard.catalogue.commits import commit
from modelyard.catalogue.homes import at_home, command
from modelyard.catalogue.keys import model_key, version_key
from modelyard.catalogue.receipts import keep_receipt, receipt_keys, receipt_puts, redeem
from modelyard.catalogue.subjects import load_model, require_model
from modelyard.catalogue.version_items import read_version, realias, unknown_version
from modelyard.domain.aliases import (
    Alias,
    Aliases,
    Expected,
    aliases_of,
    check_expected,
    drop,
    existing,
    find_alias,
    parse_new_alias,
    point,
    step_back,
)
from modelyard.domain.errors import VersionNotReady
from modelyard.domain.journal import Caller, Draft, EntryType
from modelyard.domain.model import Model
from modelyard.domain.names import check_number, check_text
from modelyard.domain.tickets import Ticket
from modelyard.domain.version import State, Version
from modelyard.ports import Clock, Expect, Ids, Item, Table, Update, Write


@dataclass(frozen=True, slots=True)
class _Change:
    """A change to one alias: what to make of the model's aliases, whom to expect, and why."""

    alias: str
    expected: Expected
    make: Callable[[Aliases], Aliases]
    reason: str = ""


def set_alias(
    *,
    table: Table,
    clock: Clock,
    ids: Ids,
    caller: Caller,
    ticket: Ticket | None,
    name: str,
    alias: str,
    number: int,
    expected: Expected,
    comment: str = "",
) -> Alias:
    """The alias, standing for version `number`, which is ready. Where it stood already nothing changes.

    AliasMoved when it stands for another version than `expected`, VersionNotReady when that one cannot be used.
    """
    known = parse_new_alias(alias)
    check_number(number)
    change = _Change(
        known, expected, lambda aliases: point(aliases, known, number), check_text(comment, field="comment")
    )
    return _apply(change, table=table, clock=clock, ids=ids, caller=caller, ticket=ticket, name=name, number=number)


def roll_back_alias(
    *,
    table: Table,
    clock: Clock,
    ids: Ids,
    caller: Caller,
    ticket: Ticket | None,
    name: str,
    alias: str,
    expected: Expected,
) -> Alias:
    """The alias, standing for the version that it stood for before; called again, for the one before that.

    Conflict when no version before is known, VersionNotReady when that one cannot be used any more.
    """
    known = parse_new_alias(alias)
    change = _Change(known, expected, lambda aliases: step_back(aliases, known), "rolled back")
    return _apply(change, table=table, clock=clock, ids=ids, caller=caller, ticket=ticket, name=name)


def remove_alias(
    *,
    table: Table,
    clock: Clock,
    ids: Ids,
    caller: Caller,
    ticket: Ticket | None,
    name: str,
    alias: str,
    expected: Expected,
) -> Alias:
    """The alias, standing for nobody: whom it stood for is forgotten but by the journal. NotFound without it."""
    known = parse_new_alias(alias)
    change = _Change(known, expected, lambda aliases: drop(aliases, known))
    return _apply(change, table=table, clock=clock, ids=ids, caller=caller, ticket=ticket, name=name)


def list_aliases(*, table: Table, name: str) -> list[Alias]:
    """A model's aliases, in order."""
    aliases = at_home(table, name, lambda home: load_model(table, home, name)).aliases
    return [existing(aliases, alias) for alias in sorted(aliases)]


def _apply(
    change: _Change,
    *,
    table: Table,
    clock: Clock,
    ids: Ids,
    caller: Caller,
    ticket: Ticket | None,
    name: str,
    number: int | None = None,
) -> Alias:
    """Change an alias. `number` is the version that it will stand for, where that is known before reading."""

    def attempt(home: str) -> Alias:
        asked = [] if number is None else [version_key(home, number)]
        model_found, *others = table.get([model_key(home), *asked, *receipt_keys(ticket)])
        receipt = others[-1] if ticket else None
        if answered := redeem(ticket, receipt):
            return read_alias(answered)
        model, now = require_model(model_found, name), clock.now()
        before = find_alias(model.aliases, change.alias)
        check_expected(before, change.expected)
        changed = replace(model, aliases=change.make(model.aliases))
        after = find_alias(changed.aliases, change.alias)
        version = _required(table, changed, after, others[0] if asked else None)
        if after == before:
            keep_receipt(table, ticket, alias_item(model, after), now)
            return after
        writes: list[Write] = [
            *_writes(changed, version, before),
            *receipt_puts(ticket, alias_item(changed, after), now),
        ]
        commit(table, changed, _drafts(version, before, after, change.reason), writes, caller=caller, now=now)
        return after

    return command(table, name, attempt, clock=clock, ids=ids)


def _required(table: Table, model: Model, alias: Alias, found: Item | None) -> Version | None:
    """The version that the alias will stand for, if any: it is there and ready."""
    if alias.number is None:
        return None
    if found is None:
        (found,) = table.get([version_key(model.home, alias.number)])
    if found is None:
        raise unknown_version(model.name, alias.number)
    version = read_version(found)
    if version.state is not State.READY:
        detail = f"{version.reference} is {version.state.value}, not ready"
        raise VersionNotReady(detail, state=version.state.value, refusal=version.refusal)
    return version


def _writes(model: Model, version: Version | None, before: Alias) -> list[Update]:
    """Each version that gains or loses the alias is told which ones it has then."""
    updates: list[Update] = []
    revision = model.sequence + 1
    if version is not None:
        names = aliases_of(model.aliases, version.number)
        updates.append(realias(model.home, version.number, names, expect=version.revision, revision=revision))
        revision += 1
    if before.number is not None and (version is None or version.number != before.number):
        names = aliases_of(model.aliases, before.number)
        updates.append(realias(model.home, before.number, names, expect=Expect.ANYTHING, revision=revision))
    return updates


def _drafts(version: Version | None, before: Alias, after: Alias, reason: str) -> list[Draft]:
    """An entry for each version that gains or loses the alias, so that each one's history tells of it."""
    facts = _facts(before), _facts(after)
    if version is None:
        return [Draft(EntryType.ALIAS_REMOVED, before.number, None, *facts, reason)]
    drafts = [Draft(EntryType.ALIAS_SET, version.number, version.digest, *facts, reason)]
    if before.number is not None and before.number != version.number:
        why = f"taken by {version.reference}"
        drafts.append(Draft(EntryType.ALIAS_REPLACED, before.number, None, *facts, why))
    return drafts


def _facts(alias: Alias) -> dict[str, Any]:
    return {"alias": alias.name, "version": alias.number, "previous": alias.previous}
