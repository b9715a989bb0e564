"""Where the tables under test live: a file, moto in this process, ministack in one of its own."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from modelyard.adapters.dynamodb import DynamoTable
from modelyard.adapters.sqlite import SqliteTable
from modelyard.catalogue.shape import SHAPE, TableShape


class SetClock:
    """A ports.Clock that stands still until it is moved, far from the real time, so that no emulator drops items."""

    def __init__(self) -> None:
        self.moment = datetime(2040, 1, 1, tzinfo=UTC)
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.moment += timedelta(seconds=seconds)

    @property
    def epoch(self) -> int:
        return int(self.moment.timestamp())


def create_table_request(name: str, shape: TableShape) -> dict[str, Any]:
    """What makes a table of a shape in DynamoDB."""
    keys = [("pk", "sk"), *((f"{index}_pk", f"{index}_sk") for index in shape.indexes)]
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": part, "AttributeType": "S"} for key in keys for part in key],
        "KeySchema": _schema("pk", "sk"),
        "GlobalSecondaryIndexes": [
            {
                "IndexName": index,
                "KeySchema": _schema(f"{index}_pk", f"{index}_sk"),
                "Projection": {"ProjectionType": "ALL"},
            }
            for index in shape.indexes
        ],
    }


def _schema(pk: str, sk: str) -> list[dict[str, str]]:
    return [{"AttributeName": pk, "KeyType": "HASH"}, {"AttributeName": sk, "KeyType": "RANGE"}]


@contextmanager
def sqlite_table(path: Path, clock: SetClock) -> Iterator[SqliteTable]:
    """A table in the file at `path`."""
    table = SqliteTable(path, SHAPE, clock)
    try:
        yield table
    finally:
        table.close()


@contextmanager
def dynamo_client(**options: Any) -> Iterator[Any]:
    """A client for DynamoDB; making one takes longer than most tests."""
    client = boto3.session.Session(region_name="us-east-1").client(
        "dynamodb", config=Config(max_pool_connections=32), **options
    )
    try:
        yield client
    finally:
        client.close()


@contextmanager
def dynamo_table(client: Any, clock: SetClock) -> Iterator[DynamoTable]:
    """A fresh table wherever the client finds DynamoDB."""
    name = f"contract-{uuid.uuid4().hex}"
    client.create_table(**create_table_request(name, SHAPE))
    try:
        yield DynamoTable(client, name, SHAPE, clock)
    finally:
        client.delete_table(TableName=name)
