"""Events as AWS hands them to functions: of the table's stream, of storage and of a schedule."""

import base64
import hashlib
from collections.abc import Iterable
from typing import Any

from modelyard.ports import Item

ACCOUNT = "000000000000"
REGION = "local"
BUCKET = "storage"


def stream_event(changes: Iterable[tuple[int, Item]]) -> dict[str, Any]:
    """What a stream of DynamoDB's gives for inserted items, each with its number in the stream."""
    return {"Records": [_record(number, item) for number, item in changes]}


def _record(number: int, item: Item) -> dict[str, Any]:
    image = _image(item)
    return {
        "eventID": hashlib.sha256(f"{number} {item.key}".encode()).hexdigest()[:32],
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": REGION,
        "dynamodb": {
            "Keys": {"pk": image["pk"], "sk": image["sk"]},
            "NewImage": image,
            "SequenceNumber": str(number),
            "StreamViewType": "NEW_IMAGE",
        },
    }


def _image(item: Item) -> dict[str, dict[str, str]]:
    """The item in DynamoDB's JSON, as `modelyard.catalogue.shape` names its attributes."""
    facts: dict[str, str | int | bytes] = {"pk": item.key.pk, "sk": item.key.sk, "rev": item.rev, **item.fields}
    if item.data:
        facts["data"] = item.data
    if item.expires is not None:
        facts["expires"] = item.expires
    for index, key in item.indexes.items():
        facts[f"{index}_pk"], facts[f"{index}_sk"] = key
    return {name: _attribute(value) for name, value in facts.items()}


def _attribute(value: str | int | bytes) -> dict[str, str]:
    if isinstance(value, str):
        return {"S": value}
    return {"N": str(value)} if isinstance(value, int) else {"B": base64.b64encode(value).decode()}


def storage_event(key: str, size: int, *, event_id: str, time: str) -> dict[str, Any]:
    """What EventBridge says when an object was created."""
    detail = {
        "version": "0",
        "bucket": {"name": BUCKET},
        "object": {"key": key, "size": size},
        "reason": "PutObject",
    }
    return _envelope(
        event_id, "aws.s3", "Object Created", time=time, resources=[f"arn:aws:s3:::{BUCKET}"], detail=detail
    )


def scheduled_event(trigger: str, *, event_id: str, time: str) -> dict[str, Any]:
    """What EventBridge says when a schedule's moment has come."""
    rule = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{trigger}"
    return _envelope(event_id, "aws.events", "Scheduled Event", time=time, resources=[rule], detail={})


def _envelope(
    event_id: str, source: str, kind: str, *, time: str, resources: list[str], detail: dict[str, Any]
) -> dict[str, Any]:
    return {
        "version": "0",
        "id": event_id,
        "detail-type": kind,
        "source": source,
        "account": ACCOUNT,
        "time": time,
        "region": REGION,
        "resources": resources,
        "detail": detail,
    }
