"""Events as AWS hands them to functions: of the table's stream, of storage and of a schedule."""

import hashlib
from collections.abc import Iterable
from typing import Any

from modelyard.ports import Key

ACCOUNT = "000000000000"
REGION = "local"
BUCKET = "storage"


def stream_event(changes: Iterable[tuple[int, Key]]) -> dict[str, Any]:
    """What a stream of DynamoDB's gives for inserted items, by the number and the key of each."""
    return {"Records": [_record(number, key) for number, key in changes]}


def _record(number: int, key: Key) -> dict[str, Any]:
    return {
        "eventID": hashlib.sha256(f"{number} {key}".encode()).hexdigest()[:32],
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": REGION,
        "dynamodb": {
            "Keys": {"pk": {"S": key.pk}, "sk": {"S": key.sk}},
            "SequenceNumber": str(number),
            "StreamViewType": "KEYS_ONLY",
        },
    }


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
