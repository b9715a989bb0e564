"""Ports joined to adapters: by the environment for a function, by its settings for the embedded server.

Adapters are imported when they are chosen, so that Lambda never loads SQLite's and one machine never needs boto3.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelyard.adapters.clock import SystemClock, UlidIds
from modelyard.catalogue.shape import SHAPE
from modelyard.ports import Blobs, Bus, Clock, Ids, Table, Topic
from modelyard.settings import SIGNERS_FILE, Aws, Embedded, Limits, read_settings

if TYPE_CHECKING:
    from botocore.session import Session


BUNDLE = Path(__file__).parents[1]
"""Where a file lies that is named relative to the functions' code."""

QUICK: Mapping[str, Any] = {
    "connect_timeout": 2,
    "read_timeout": 5,
    "retries": {"mode": "standard", "total_max_attempts": 4},
}
"""How clients of small calls are configured: a call that hangs is tried again well within a function's time."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Every effect a function may have, and the limits it works within; `signers` is the file of those it trusts."""

    table: Table
    blobs: Blobs
    bus: Bus
    topic: Topic
    clock: Clock
    ids: Ids
    limits: Limits
    signers: Path | None = None


@cache
def ports() -> Ports:
    """The ports that the environment describes, made once in a process."""
    settings = read_settings(os.environ)
    return embedded(settings) if isinstance(settings, Embedded) else aws(settings)


def embedded(settings: Embedded) -> Ports:
    """One machine: SQLite and a folder below `settings.data`, which is made where it is missing."""
    from modelyard.adapters.disk import DiskBlobs
    from modelyard.adapters.disk.secret import read_secret
    from modelyard.adapters.inprocess import LogTopic, QueueBus
    from modelyard.adapters.sqlite import SqliteTable

    clock = SystemClock()
    settings.data.mkdir(parents=True, exist_ok=True)
    blobs = DiskBlobs(
        settings.data / "storage",
        base_url=settings.public_url,
        secret=read_secret(settings.data / "secret"),
        link=settings.limits.link,
        clock=clock,
    )
    table = SqliteTable(settings.data / "registry.sqlite3", SHAPE, clock)
    bus = QueueBus(settings.data / "dispatch.sqlite3")
    signers = settings.signers or _existing(settings.data / SIGNERS_FILE)
    return Ports(table, blobs, bus, LogTopic(), clock, UlidIds(), settings.limits, signers)


def _existing(path: Path) -> Path | None:
    return path if path.exists() else None


def aws(settings: Aws) -> Ports:
    """AWS: clients share one session; the table's is made now, every other when it is first used.

    botocore's session gives the same clients as boto3's, whose import would make a cold start a twentieth longer.
    """
    from botocore.session import get_session

    from modelyard.adapters.dynamodb import DynamoTable
    from modelyard.adapters.eventbridge import EventBridgeBus
    from modelyard.adapters.s3 import S3_CONFIG, S3Blobs
    from modelyard.adapters.sns import SnsTopic

    session = get_session()
    clock = SystemClock()
    return Ports(
        table=DynamoTable(_client(session, "dynamodb", QUICK), settings.table, SHAPE, clock),
        blobs=S3Blobs(
            partial(_client, session, "s3", S3_CONFIG), settings.bucket, link=settings.limits.link, clock=clock
        ),
        bus=EventBridgeBus(partial(_client, session, "events", QUICK), settings.bus),
        topic=SnsTopic(partial(_client, session, "sns", QUICK), settings.topic),
        clock=clock,
        ids=UlidIds(),
        limits=settings.limits,
        signers=settings.signers and BUNDLE / settings.signers,
    )


def _client(session: "Session", service: str, config: Mapping[str, Any]) -> Any:
    from botocore.config import Config

    return session.create_client(service, config=Config(**config))
