"""A whole registry on emulated AWS in this process, whose every call to AWS can be made to fail."""

import json
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
from botocore.config import Config
from moto import mock_aws

from modelyard.adapters.dynamodb import DynamoTable
from modelyard.adapters.eventbridge import EventBridgeBus
from modelyard.adapters.s3 import S3_CONFIG, S3Blobs
from modelyard.adapters.sns import SnsTopic
from modelyard.catalogue.shape import SHAPE
from modelyard.domain.blobs import key_of
from modelyard.settings import Limits
from modelyard.wiring import Ports
from tests.contract.table_hosts import create_table_request
from tests.faults.crashing import Plan
from tests.faults.streams import JournalStream
from tests.faults.yard import Yard, file_request
from tests.unit.fakes import CountedIds, StillClock

BUCKET = "yard"


class Queue:
    """An SQS queue, read to its end."""

    def __init__(self, sqs: Any, name: str) -> None:
        self._sqs = sqs
        self.url = sqs.create_queue(QueueName=name)["QueueUrl"]
        attributes = sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])
        self.arn = attributes["Attributes"]["QueueArn"]

    def drain(self) -> Iterator[dict[str, Any]]:
        """The messages that came since, as JSON."""
        while messages := self._sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
                yield json.loads(message["Body"])


class HeardBus:
    """What a queue behind a rule of the bus heard: `published` all of it, `waiting` what nobody reacted to yet."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._waiting: list[dict[str, Any]] = []
        self._published: list[dict[str, Any]] = []

    @property
    def waiting(self) -> list[dict[str, Any]]:
        heard = [envelope["detail"] for envelope in self._queue.drain()]
        self._published += heard
        self._waiting += heard
        return self._waiting

    @property
    def published(self) -> list[dict[str, Any]]:
        assert self.waiting == []
        return self._published


class HeardTopic:
    """What a subscriber of the topic heard."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._announced: list[tuple[str, str, dict[str, str]]] = []

    @property
    def announced(self) -> list[tuple[str, str, dict[str, str]]]:
        self._announced += [(heard["Subject"], heard["Message"], {}) for heard in self._queue.drain()]
        return self._announced


class Hooks:
    """Counts the calls that clients make to AWS, and lets them fail as `plan` says."""

    def __init__(self) -> None:
        self.plan = Plan()
        self._call = threading.local()

    def listen(self, boto: Any) -> None:
        events = boto._session.get_component("event_emitter")
        events.register_first("before-send", self.before)
        events.register_last("after-call", self.after)

    def before(self, request: Any, event_name: str, **_: Any) -> None:
        self._call.nth = self.plan.enter(event_name.removeprefix("before-send."))

    def after(self, **_: Any) -> None:
        self.plan.leave(self._call.nth)


class S3Sender:
    """Sends what a signed URL of S3 asks for, as its signature would allow it, and hints that an object was created."""

    def __init__(self, s3: Any, hints: deque[str]) -> None:
        self._s3, self._hints = s3, hints

    def send(self, upload: dict[str, Any], content: bytes) -> None:
        url = urlsplit(upload["request"]["url"])
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        key = url.path.removeprefix(f"/{BUCKET}").removeprefix("/")
        body = content[upload["offset"] : upload["offset"] + upload["length"]]
        if "uploadId" in query:
            part = int(query["partNumber"])
            self._s3.upload_part(Bucket=BUCKET, Key=key, UploadId=query["uploadId"], PartNumber=part, Body=body)
            return
        self._s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        self._hints.append(key)

    def overwrite(self, content: bytes, other: bytes) -> None:
        self._s3.put_object(Bucket=BUCKET, Key=key_of(file_request("x", content)["digest"]), Body=other)


class AwsYard(Yard):
    """A yard whose bytes go to S3."""

    hooks: Hooks
    sender: S3Sender

    def put(self, upload: Any, content: bytes) -> None:
        """Send what a signed request asks for."""
        self.sender.send(upload, content)

    def rot(self, content: bytes) -> None:
        """Let storage lose bits of a blob."""
        self.sender.overwrite(content, content[:-1] + b"!")

    def fail(self, plan: Plan) -> None:
        """Let calls fail from now on as planned."""
        self.hooks.plan = self.plan = plan

    def mend(self) -> None:
        """Let no call fail any more."""
        self.fail(Plan())


@contextmanager
def aws_yard() -> Iterator[AwsYard]:
    """A registry on DynamoDB, S3, EventBridge and SNS as moto emulates them."""
    with mock_aws():
        seen, unseen = (boto3.session.Session(region_name="us-east-1") for _ in range(2))
        s3 = unseen.client("s3", config=Config(**S3_CONFIG))
        s3.create_bucket(Bucket=BUCKET)
        dynamodb = unseen.client("dynamodb")
        dynamodb.create_table(**create_table_request("yard", SHAPE))
        sqs = unseen.client("sqs")
        events, news = Queue(sqs, "events"), Queue(sqs, "news")
        hooks, clock, hints = Hooks(), StillClock(), deque[str]()
        hooks.listen(seen)
        ports = _ports(seen, clock, bus=_bus(unseen, events), topic=_topic(unseen, news))
        stream = JournalStream(DynamoTable(dynamodb, "yard", SHAPE, clock))
        yard = AwsYard(ports, stream, HeardBus(events), HeardTopic(news), clock, ports.blobs, hints)
        yard.hooks, yard.sender = hooks, S3Sender(s3, hints)
        yield yard


def _bus(boto: Any, queue: Queue) -> str:
    """The name of a bus with a rule that lets a queue hear everything."""
    events = boto.client("events")
    events.create_event_bus(Name="yard")
    events.put_rule(Name="all", EventBusName="yard", EventPattern=json.dumps({"source": ["modelyard"]}))
    events.put_targets(Rule="all", EventBusName="yard", Targets=[{"Id": "queue", "Arn": queue.arn}])
    return "yard"


def _topic(boto: Any, queue: Queue) -> str:
    """The ARN of a topic that a queue subscribes to."""
    sns = boto.client("sns")
    arn: str = sns.create_topic(Name="yard")["TopicArn"]
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue.arn)
    return arn


def _ports(boto: Any, clock: StillClock, *, bus: str, topic: str) -> Ports:
    """The adapters as `wiring` joins them, on clients that are listened to."""
    s3 = boto.client("s3", config=Config(**S3_CONFIG))
    events, sns = boto.client("events"), boto.client("sns")
    return Ports(
        table=DynamoTable(boto.client("dynamodb"), "yard", SHAPE, clock),
        blobs=S3Blobs(lambda: s3, BUCKET, link=timedelta(hours=1), clock=clock),
        bus=EventBridgeBus(lambda: events, bus),
        topic=SnsTopic(lambda: sns, topic),
        clock=clock,
        ids=CountedIds(),
        limits=Limits(),
    )
