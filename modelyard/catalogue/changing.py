"""Changing a version: what all commands on one version do around the change that each of them makes.

Model, version and receipt are read in one call; a repeated request is answered as the first was; the change, its
entries and the receipt are one transaction.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from modelyard.catalogue.commits import commit
from modelyard.catalogue.homes import command
from modelyard.catalogue.keys import model_key, version_key
from modelyard.catalogue.receipts import keep_receipt, receipt_keys, receipt_puts, redeem
from modelyard.catalogue.subjects import require_version
from modelyard.catalogue.version_items import read_version, version_item
from modelyard.domain.journal import Caller, Draft
from modelyard.domain.model import Model
from modelyard.domain.tickets import Ticket
from modelyard.domain.version import Version
from modelyard.ports import Clock, Ids, Item, Put, Table, Write


@dataclass(frozen=True, slots=True)
class Change:
    """What a command makes of a version: the model beside it, the entries, and how the version is written.

    `writes` are all writes but those of model, entries and receipt; the whole version's item unless they are given.
    """

    model: Model
    version: Version
    drafts: Sequence[Draft]
    writes: Sequence[Write] | None = None


Make = Callable[[Model, Version, datetime], Change | None]
"""Decides on the facts that were read, at that moment; None when nothing is to change. Called again if they changed."""

Find = Callable[[Item | None, Item | None, str, int], tuple[Model, Version]]


def change_version(
    make: Make,
    *,
    table: Table,
    clock: Clock,
    ids: Ids,
    caller: Caller,
    ticket: Ticket | None,
    name: str,
    number: int,
    find: Find = require_version,
) -> Version:
    """The version as `make` changes it. What `make` and `find` raise is raised, and nothing is written then."""

    def attempt(home: str) -> Version:
        keys = [model_key(home), version_key(home, number), *receipt_keys(ticket)]
        model_found, found, *receipts = table.get(keys)
        if answered := redeem(ticket, *receipts or [None]):
            return read_version(answered)
        (model, version), now = find(model_found, found, name, number), clock.now()
        change = make(model, version, now)
        if change is None:
            keep_receipt(table, ticket, version_item(version), now)
            return version
        item = version_item(change.version)
        itself = [Put(item, version.revision)] if change.writes is None else change.writes
        writes = [*itself, *receipt_puts(ticket, item, now)]
        commit(table, change.model, change.drafts, writes, caller=caller, now=now)
        return change.version

    return command(table, name, attempt, clock=clock, ids=ids)
