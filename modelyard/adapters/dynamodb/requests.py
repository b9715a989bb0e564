"""Writes and queries as DynamoDB's requests. Names stand behind `#`, since many words are reserved there.

DynamoDB drops an expired item days late, so every condition and every query takes one for absent.
"""

from typing import Any

from modelyard.adapters.dynamodb.attributes import attribute, item_attributes, key_attributes, place_attributes
from modelyard.catalogue.spans import Span
from modelyard.ports import Check, Delete, Expect, Put, Update, Write

Request = dict[str, Any]

LIVING = "(attribute_not_exists(#expires) OR #expires > :now)"
PRESENT = f"attribute_exists(#pk) AND {LIVING}"
ABSENT = "(attribute_not_exists(#pk) OR #expires <= :now)"
AT_REVISION = f"#rev = :expected AND {LIVING}"


def needs_nothing(write: Write) -> bool:
    """Whether a write goes ahead whatever stands there, so that sending it twice is as good as once."""
    return write.expect is Expect.ANYTHING and isinstance(write, Put | Delete)


def write_request(write: Write, table: str, now: int) -> tuple[str, Request]:
    """The kind of a write, as transactions call it, and what it asks of `table`; `now` in epoch seconds."""
    request = _condition(write, now) | {"TableName": table}
    match write:
        case Put(item):
            return "Put", request | {"Item": item_attributes(item)}
        case Update():
            return "Update", _update(write, request)
        case Delete(key):
            return "Delete", request | {"Key": key_attributes(key)}
        case Check(key):
            return "ConditionCheck", request | {"Key": key_attributes(key)}


def _condition(write: Write, now: int) -> Request:
    if needs_nothing(write):
        return {}
    if isinstance(write.expect, int):
        text, values = AT_REVISION, {":expected": attribute(write.expect)}
    else:
        text, values = (ABSENT if write.expect is Expect.ABSENT else PRESENT), {}
    return {
        "ConditionExpression": text,
        "ExpressionAttributeNames": {f"#{name}": name for name in ("pk", "rev", "expires") if f"#{name}" in text},
        "ExpressionAttributeValues": values | {":now": attribute(now)},
    }


def _update(write: Update, request: Request) -> Request:
    changes = {name: attribute(value) for name, value in write.fields.items()} | {"rev": attribute(write.rev)}
    gone = []
    for index, key in write.indexes.items():
        if key is None:
            gone += [f"{index}_pk", f"{index}_sk"]
        else:
            changes |= place_attributes(index, key)
    names = {name: f"#n{number}" for number, name in enumerate([*changes, *gone])}
    text = "SET " + ", ".join(f"{names[name]} = :v{number}" for number, name in enumerate(changes))
    if gone:
        text += " REMOVE " + ", ".join(names[name] for name in gone)
    request["ExpressionAttributeNames"] |= {short: name for name, short in names.items()}
    request["ExpressionAttributeValues"] |= {f":v{number}": value for number, value in enumerate(changes.values())}
    return request | {"Key": key_attributes(write.key), "UpdateExpression": text}


def query_request(table: str, pk: str, wanted: Span, *, index: str | None, descending: bool, now: int) -> Request:
    """A query for what lies in `wanted`. Its ends come too, because DynamoDB has no range without them."""
    names = {"#qp": f"{index}_pk" if index else "pk", "#expires": "expires"}
    values = {":pk": attribute(pk), ":now": attribute(now)}
    conditions = ["#qp = :pk"]
    if ends := _ends(wanted):
        names["#qs"] = f"{index}_sk" if index else "sk"
        values |= {f":{end}": attribute(sk) for end, sk in ends.items()}
        conditions.append(_RANGES[tuple(ends)])
    request = {
        "TableName": table,
        "KeyConditionExpression": " AND ".join(conditions),
        "FilterExpression": LIVING,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
        "ScanIndexForward": not descending,
    }
    return request | ({"IndexName": index} if index else {"ConsistentRead": True})


_RANGES = {("low",): "#qs >= :low", ("high",): "#qs <= :high", ("low", "high"): "#qs BETWEEN :low AND :high"}


def _ends(wanted: Span) -> dict[str, str]:
    """The ends that can be written: no sort key is empty, and DynamoDB takes no empty bound."""
    return {name: sk for name, sk in (("low", wanted.low), ("high", wanted.high)) if sk}
