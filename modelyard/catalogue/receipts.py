"""Receipts: what a command with an Idempotency-Key was answered, written in the command's own transaction.

A repeat finds the receipt and gets the same answer; the same key with another body is refused.
"""

import base64
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from modelyard.catalogue.keys import receipt_key
from modelyard.domain.errors import KeyReused
from modelyard.domain.tickets import Ticket
from modelyard.ports import Expect, Item, Key, Put, Table

KEPT = timedelta(hours=24)


def receipt_keys(ticket: Ticket | None) -> list[Key]:
    """The key to read along with a command's facts; none without a ticket."""
    return [] if ticket is None else [receipt_key(ticket.id)]


def receipt_puts(ticket: Ticket | None, outcome: Item, now: datetime) -> list[Put]:
    """The write that keeps `outcome`, the item of what the command is answered with, for 24 hours."""
    if ticket is None:
        return []
    expires = int((now + KEPT).timestamp())
    fields = {"fingerprint": ticket.fingerprint}
    receipt = Item(receipt_key(ticket.id), rev=1, fields=fields, data=_pack(outcome), expires=expires)
    return [Put(receipt, Expect.ABSENT)]


def keep_receipt(table: Table, ticket: Ticket | None, outcome: Item, now: datetime) -> None:
    """Keep the receipt of a command that changed nothing, so that its key is as good as used."""
    if puts := receipt_puts(ticket, outcome, now):
        table.write(puts)


def redeem(ticket: Ticket | None, found: Item | None) -> Item | None:
    """The item that an earlier request with this ticket was answered with; KeyReused when its body was another."""
    if ticket is None or found is None:
        return None
    if found.fields["fingerprint"] != ticket.fingerprint:
        raise KeyReused("this Idempotency-Key came with another request before", field="Idempotency-Key")
    return _unpack(json.loads(found.data))


def _pack(item: Item) -> bytes:
    data = base64.b64encode(item.data).decode()
    return json.dumps({"key": item.key, "rev": item.rev, "fields": dict(item.fields), "data": data}).encode()


def _unpack(packed: Mapping[str, Any]) -> Item:
    return Item(Key(*packed["key"]), packed["rev"], packed["fields"], base64.b64decode(packed["data"]))
