"""What only the deployed stack can show: its rules, its queues, its permissions. Run by `make e2e-aws`."""

import base64
import hashlib
import json
import os
import time
import urllib.error
import urllib.request
from pathlib import Path

import boto3
import pytest

from modelyard.client import Registry

OUTPUTS = os.environ.get("MODELYARD_E2E_OUTPUTS", "")
PATIENCE = 60
SAMPLES = Path(__file__).resolve().parents[2] / "events" / "aws"

pytestmark = [
    pytest.mark.skipif(not OUTPUTS, reason="needs a deployed stack: run `make e2e-aws`"),
    pytest.mark.xdist_group("aws"),
]


@pytest.fixture(scope="module")
def outputs():
    return json.loads(OUTPUTS)


@pytest.fixture(scope="module")
def registry():
    with Registry(os.environ["MODELYARD_E2E_URL"]) as registry:
        yield registry


def eventually(look):
    """What `look` finds, once it is something."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.2)
    return look()


class Queue:
    """An SQS queue of a subscriber, open to EventBridge and SNS; what was received stays in `messages`."""

    def __init__(self, name):
        self._sqs = boto3.client("sqs")
        self._url = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        known = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])
        self.arn = known["Attributes"]["QueueArn"]
        senders = {"Service": ["events.amazonaws.com", "sns.amazonaws.com"]}
        allowed = {"Effect": "Allow", "Principal": senders, "Action": "sqs:SendMessage", "Resource": self.arn}
        policy = {"Version": "2012-10-17", "Statement": [allowed]}
        self._sqs.set_queue_attributes(QueueUrl=self._url, Attributes={"Policy": json.dumps(policy)})
        self.messages = []

    def receive(self):
        found = self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        for message in found.get("Messages", []):
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
            self.messages.append(json.loads(message["Body"]))
        return self.messages


@pytest.fixture(scope="module")
def heard(outputs):
    """A queue behind a rule of a subscriber, for every event of the registry."""
    queue, events = Queue("subscriber"), boto3.client("events")
    rule = {"Name": "everything", "EventBusName": outputs["BusName"]}
    events.put_rule(**rule, EventPattern=json.dumps({"source": ["modelyard"]}))
    events.put_targets(Rule=rule["Name"], EventBusName=outputs["BusName"], Targets=[{"Id": "queue", "Arn": queue.arn}])
    return queue


@pytest.fixture(scope="module")
def told(outputs):
    """A queue that subscribes to the news."""
    queue = Queue("reader")
    boto3.client("sns").subscribe(TopicArn=outputs["TopicArn"], Protocol="sqs", Endpoint=queue.arn)
    return queue


@pytest.fixture(scope="module")
def promoted(registry, heard, told, tmp_path_factory):
    """A version that was pushed and promoted while the subscribers listened."""
    model = tmp_path_factory.mktemp("model") / "model.bin"
    model.write_bytes(b"weights of the deployed stack")
    version = registry.push("deployed", model, metrics={"auc": 0.91})
    registry.transition("deployed", version.version, "staging")
    return registry.transition("deployed", version.version, "production", comment="beats v0")


def test_a_subscribers_queue_hears_of_a_promotion_with_all_its_facts(promoted, heard, registry, check_event):
    def promotions():
        return [each for each in heard.receive() if each["detail-type"] == "version.promoted"]

    assert eventually(lambda: len(promotions()) >= 2)
    envelope = promotions()[-1]
    detail = envelope["detail"]
    check_event(detail)
    assert (envelope["source"], envelope["resources"]) == ("modelyard", [detail["model"]["id"]])
    assert (detail["model"]["name"], detail["version"], detail["digest"]) == ("deployed", 1, promoted.digest)
    assert (detail["before"], detail["after"]["stage"]) == ({"stage": "staging"}, "production")
    assert detail["reason"] == "beats v0"
    assert detail["actor"].startswith("iam:")
    assert detail["hash"] in {event.hash for event in registry.history("deployed")}


def test_the_queue_hears_a_models_whole_journal_in_order(promoted, heard, registry):
    journal = [event.sequence for event in registry.history("deployed")]

    def sequences():
        details = [each["detail"] for each in heard.receive()]
        return [each["sequence"] for each in details if each["model"]["name"] == "deployed"]

    assert eventually(lambda: set(journal) <= set(sequences()))
    assert list(dict.fromkeys(sequences())) == journal


def test_people_are_told_of_a_promotion(promoted, told):
    def told_of(stage):
        return [each for each in told.receive() if stage in each["Subject"]]

    assert eventually(lambda: told_of("production"))
    assert json.loads(told_of("production")[0]["Message"])["model"]["name"] == "deployed"


def test_an_object_that_arrives_in_storage_is_proven_without_anyone_asking(outputs):
    """S3 Object Created wakes verify, which leaves the proof in the table."""
    body = os.urandom(64)
    sha256 = hashlib.sha256(body)
    checksum = base64.b64encode(sha256.digest()).decode()
    key = f"blobs/sha256/{sha256.hexdigest()}"
    boto3.client("s3").put_object(Bucket=outputs["BucketName"], Key=key, Body=body, ChecksumSHA256=checksum)
    proof = {"pk": {"S": f"BLOB#sha256:{sha256.hexdigest()}"}, "sk": {"S": "BLOB"}}
    table = boto3.client("dynamodb")
    assert eventually(lambda: table.get_item(TableName=outputs["TableName"], Key=proof).get("Item"))


def test_the_sweep_may_do_its_rounds(outputs):
    """Five minutes are too long to wait for: this hands the function the event that its schedule would."""
    functions = boto3.client("lambda")
    (name,) = [
        each["FunctionName"] for each in functions.list_functions()["Functions"] if "Sweep" in each["FunctionName"]
    ]
    payload = (SAMPLES / "scheduled-event.json").read_bytes()
    answer = functions.invoke(FunctionName=f"{name}:rounds", Payload=payload)
    said = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, said


def status(url, headers=None):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {}), timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_anyone_may_ask_whether_the_registry_is_well(registry):
    assert status(f"{registry.url}/v1/health") == 200


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer guess"}])
def test_nobody_gets_further_without_a_signature(registry, headers):
    assert status(f"{registry.url}/v1/models", headers) in {401, 403}


def test_no_function_failed_or_was_denied(promoted):
    """Each did all that the journeys asked of it, with the permissions that the stack gives it."""
    logs = boto3.client("logs")
    groups = [
        each["logGroupName"] for each in logs.describe_log_groups()["logGroups"] if "Functions" in each["logGroupName"]
    ]
    lines = {
        group: [
            event["message"]
            for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group)
            for event in page["events"]
        ]
        for group in groups
    }
    assert any(lines.values()), groups
    bad = ("AccessDenied", "not authorized", "Traceback", "errorMessage")
    assert [line for found in lines.values() for line in found if any(word in line for word in bad)] == []
