"""Renaming: another name for a model. What used a former name finds the model as before."""

from dataclasses import replace

from modelyard.catalogue.commits import commit, contended
from modelyard.catalogue.homes import claim, command, name_keys
from modelyard.catalogue.keys import VERSION_PREFIX, model_key, partition
from modelyard.catalogue.model_items import locate, model_item, read_model
from modelyard.catalogue.receipts import keep_receipt, receipt_keys, receipt_puts, redeem
from modelyard.catalogue.subjects import require_model
from modelyard.domain.journal import Caller, Draft, EntryType
from modelyard.domain.model import Model
from modelyard.domain.names import parse_name
from modelyard.domain.revisions import check_revision
from modelyard.domain.tickets import Ticket
from modelyard.ports import Check, Clock, Ids, Item, Key, Table, Update

TOGETHER = 99
"""Versions in one transaction, beside their model."""


def rename(
    *,
    table: Table,
    clock: Clock,
    ids: Ids,
    caller: Caller,
    ticket: Ticket | None,
    name: str,
    to: str,
    expected: int | None = None,
) -> Model:
    """The model under its new name. Its id, its history and its former names stay; to the name it has is no change.

    AlreadyExists when another model has the name, or had it. PreconditionFailed on another revision.
    """
    wanted = parse_name(to)

    def attempt(home: str) -> Model:
        keys = list(dict.fromkeys([model_key(home), *name_keys(wanted), *receipt_keys(ticket)]))
        found = dict(zip(keys, table.get(keys), strict=True))
        if answered := redeem(ticket, next((found[key] for key in receipt_keys(ticket)), None)):
            return read_model(answered)
        model, now = require_model(found[model_key(home)], name), clock.now()
        check_revision(model.revision, expected)
        if model.name == wanted:
            keep_receipt(table, ticket, model_item(model), now)
            return model
        claims = claim(table, wanted, *(found[key] for key in name_keys(wanted)), home=home)
        revision = model.sequence + 1
        renamed = replace(model, name=wanted, revision=revision)
        outcome = receipt_puts(ticket, model_item(replace(renamed, sequence=revision, updated_at=now)), now)
        draft = Draft(EntryType.MODEL_RENAMED, before={"name": model.name}, after={"name": wanted})
        return commit(table, renamed, [draft], [*claims, *outcome], caller=caller, now=now)

    return command(table, name, attempt, clock=clock, ids=ids)


def rewrite_names(*, table: Table, clock: Clock, ids: Ids, model_id: str, after: Key | None) -> Key | None:
    """Tell some versions of a model its name as it is now; where to go on, None at the end. Safe to repeat.

    A version that a command writes meanwhile has the name from there. The model is in the transaction, so that nobody
    who is late writes the name before the last.
    """
    home = locate(table, model_id)
    page = table.query(partition(home), prefix=VERSION_PREFIX, after=after, limit=TOGETHER)

    def attempt() -> None:
        model_found, *found = table.get([model_key(home), *(item.key for item in page.items)])
        if model_found is not None:
            late = [item for item in found if item is not None and _is_late(item, read_model(model_found))]
            name = {"name": str(model_found.fields["name"])}
            updates = [Update(item.key, item.rev, item.rev, fields=name) for item in late]
            table.write([Check(model_key(home), model_found.rev), *updates] if updates else [])

    contended(attempt, clock=clock, ids=ids)
    return page.after


def _is_late(version: Item, model: Model) -> bool:
    return version.fields.get("name") != model.name
