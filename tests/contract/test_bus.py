"""EventBridge and SNS as the registry uses them, against clients that answer as AWS does."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from modelyard.adapters.eventbridge import MOST_BYTES, MOST_ENTRIES, EventBridgeBus
from modelyard.adapters.sns import MOST_MESSAGE, SnsTopic, clean_subject
from modelyard.ports import PublishFailed


class FakeEventBridge:
    """Takes entries like PutEvents, but for those whose detail's id is in `refused`; `calls` keeps what was sent."""

    def __init__(self, refused: Sequence[str] = (), *, broken_at: int | None = None) -> None:
        self.refused = set(refused)
        self.broken_at = broken_at
        self.calls: list[list[dict[str, Any]]] = []

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        if len(self.calls) == self.broken_at:
            raise EndpointConnectionError(endpoint_url="http://nowhere")
        self.calls.append(Entries)
        answers = [
            {"ErrorCode": "ThrottlingException"}
            if json.loads(entry["Detail"])["id"] in self.refused
            else {"EventId": "1"}
            for entry in Entries
        ]
        return {"FailedEntryCount": sum("ErrorCode" in answer for answer in answers), "Entries": answers}

    @property
    def sent(self) -> list[str]:
        return [json.loads(entry["Detail"])["id"] for call in self.calls for entry in call]


def event(sequence: int, *, model: str = "01K9Z8", after: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "id": f"{model}-{sequence}",
        "type": "version.promoted",
        "schema_version": 1,
        "model": {"id": model, "name": "churn"},
        "sequence": sequence,
        "version": 1,
        "digest": "sha256:" + "0" * 64,
        "before": {"stage": "staging"},
        "after": {"stage": "production"} if after is None else after,
        "actor": "local:ada",
        "reason": "beats v0, größer",
        "time": "2026-11-12T10:00:00.123Z",
        "correlation_id": "c-1",
        "previous": "0" * 64,
        "hash": "1" * 64,
    }


def events_of_many_models(count: int) -> list[dict[str, Any]]:
    return [event(1, model=f"model-{number}") for number in range(count)]


def bus_on(client: FakeEventBridge) -> EventBridgeBus:
    return EventBridgeBus(lambda: client, "registry")


def test_an_event_goes_out_whole_under_its_type_its_time_and_its_model() -> None:
    client = FakeEventBridge()
    bus_on(client).publish([event(7)])
    ((entry,),) = client.calls
    assert json.loads(entry.pop("Detail")) == event(7)
    assert entry == {
        "EventBusName": "registry",
        "Source": "modelyard",
        "DetailType": "version.promoted",
        "Resources": ["01K9Z8"],
        "Time": datetime(2026, 11, 12, 10, 0, 0, 123_000, tzinfo=UTC),
    }


def test_many_events_go_out_in_order_ten_at_a_time() -> None:
    client = FakeEventBridge()
    bus_on(client).publish(events_of_many_models(25))
    assert client.sent == [each["id"] for each in events_of_many_models(25)]
    assert [len(call) for call in client.calls] == [MOST_ENTRIES, MOST_ENTRIES, 5]


def test_no_call_is_larger_than_eventbridge_takes() -> None:
    client = FakeEventBridge()
    wide = [event(1, model=f"model-{number}", after={"text": "ü" * 40_000}) for number in range(6)]
    bus_on(client).publish(wide)
    sizes = [sum(len(entry["Detail"].encode()) for entry in call) for call in client.calls]
    assert len(sizes) > 1
    assert max(sizes) <= MOST_BYTES
    assert client.sent == [each["id"] for each in wide]


def test_an_event_too_large_for_eventbridge_goes_out_without_its_changes_and_says_so() -> None:
    client = FakeEventBridge()
    huge = event(1, after={"text": "x" * MOST_BYTES})
    bus_on(client).publish([huge])
    detail = json.loads(client.calls[0][0]["Detail"])
    assert detail == {**huge, "before": {}, "after": {}, "truncated": True}


def test_a_refused_event_is_named_with_all_that_was_not_tried_after_its_call() -> None:
    events = events_of_many_models(25)
    client = FakeEventBridge([events[12]["id"]])
    with pytest.raises(PublishFailed) as failure:
        bus_on(client).publish(events)
    assert failure.value.ids == tuple(each["id"] for each in (events[12], *events[20:]))
    assert failure.value.__notes__ == ["EventBridge refused: ThrottlingException"]


def test_nothing_is_sent_after_a_call_that_was_partly_refused() -> None:
    client = FakeEventBridge([events_of_many_models(1)[0]["id"]])
    with pytest.raises(PublishFailed):
        bus_on(client).publish(events_of_many_models(25))
    assert len(client.calls) == 1


def test_no_event_overtakes_an_earlier_one_of_its_model() -> None:
    client = FakeEventBridge([event(2)["id"]])
    with pytest.raises(PublishFailed) as failure:
        bus_on(client).publish([event(1), event(1, model="other"), event(2), event(3)])
    assert [[json.loads(entry["Detail"])["sequence"] for entry in call] for call in client.calls] == [[1, 1], [2]]
    assert failure.value.ids == (event(2)["id"], event(3)["id"])


def test_a_call_that_did_not_get_through_names_everything_from_there_on() -> None:
    events = events_of_many_models(25)
    with pytest.raises(PublishFailed) as failure:
        bus_on(FakeEventBridge(broken_at=1)).publish(events)
    assert failure.value.ids == tuple(each["id"] for each in events[10:])
    assert isinstance(failure.value.__cause__, EndpointConnectionError)


def test_no_events_cause_no_call_and_no_client() -> None:
    EventBridgeBus(lambda: pytest.fail("a client was made"), "registry").publish([])


def test_a_subscriber_of_a_real_rule_gets_the_event() -> None:
    with mock_aws():
        events, sqs = boto3.client("events"), boto3.client("sqs")
        events.create_event_bus(Name="registry")
        url = sqs.create_queue(QueueName="heard")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        pattern = {"source": ["modelyard"], "detail-type": ["version.promoted"]}
        events.put_rule(Name="promotions", EventBusName="registry", EventPattern=json.dumps(pattern))
        events.put_targets(Rule="promotions", EventBusName="registry", Targets=[{"Id": "queue", "Arn": arn}])
        EventBridgeBus(lambda: events, "registry").publish([event(3)])
        (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"])["detail"] == event(3)


def announced(subject: str, message: str, attributes: dict[str, str]) -> dict[str, Any]:
    """What an SQS subscriber of the topic receives."""
    with mock_aws():
        sns, sqs = boto3.client("sns"), boto3.client("sqs")
        topic = sns.create_topic(Name="news")["TopicArn"]
        url = sqs.create_queue(QueueName="reader")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        SnsTopic(lambda: sns, topic).announce(subject, message, attributes)
        (received,) = sqs.receive_message(QueueUrl=url)["Messages"]
    body: dict[str, Any] = json.loads(received["Body"])
    return body


def test_subscribers_get_subject_message_and_attributes() -> None:
    body = announced("churn/1 is in production", "by ada", {"type": "version.promoted", "stage": ""})
    assert (body["Subject"], body["Message"]) == ("churn/1 is in production", "by ada")
    assert body["MessageAttributes"] == {"type": {"Type": "String", "Value": "version.promoted"}}


def test_a_message_too_long_for_sns_is_cut_between_characters() -> None:
    body = announced("long", "é" * MOST_MESSAGE, {})
    assert body["Message"] == "é" * (MOST_MESSAGE // 2)


def test_a_topic_that_is_gone_raises() -> None:
    with mock_aws(), pytest.raises(ClientError):
        SnsTopic(lambda: boto3.client("sns"), "arn:aws:sns:us-east-1:123456789012:gone").announce("a", "b", {})


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("churn/1 is in production", "churn/1 is in production"),
        ("two\r\nlines\tand a tab", "two lines and a tab"),
        ("größer als zuvor", "gro?er als zuvor"),
        ("模型/1", "??/1"),
        ("bell\x07 and escape\x1b[31m", "bell and escape[31m"),
        ("", "Modelyard"),
        (" \n ", "Modelyard"),
        ("x" * 300, "x" * 99),
        ("y" * 98 + " z", "y" * 98),
    ],
)
def test_a_subject_becomes_one_short_line_of_ascii(given: str, sent: str) -> None:
    assert clean_subject(given) == sent
