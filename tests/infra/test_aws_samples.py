"""`events/aws` holds what each AWS source sends. The stack lets each through, and its function understands it."""

import base64
import json
from pathlib import Path

import pytest

from functions.api.handler import handler as api
from functions.index.handler import handler as index
from functions.notify.handler import handler as notify
from functions.relay.handler import handler as relay
from functions.sweep.handler import handler as sweep
from functions.triggers import EVENT_SOURCE, TRIGGERS, BusEvents, StorageEvents
from functions.verify.handler import handler as verify
from modelyard.catalogue.entry_items import event_of, read_entry
from modelyard.catalogue.shape import SHAPE
from modelyard.domain.journal import find_break
from modelyard.ports import Item, Key
from modelyard.settings import read_settings
from modelyard.wiring import embedded

SAMPLES = Path(__file__).resolve().parents[2] / "events" / "aws"


def sample(name):
    return json.loads((SAMPLES / f"{name}.json").read_text())


@pytest.fixture
def ports(tmp_path):
    """An empty registry on this machine."""
    return embedded(read_settings({"MODELYARD_DATA": str(tmp_path)}))


@pytest.mark.parametrize("name", ["s3-object-created", "s3-object-created-multipart"])
def test_storages_event_passes_the_rule_and_names_a_blob(ports, name):
    event = sample(name)
    (prefix,) = [each.source.prefix for each in TRIGGERS if isinstance(each.source, StorageEvents)]
    assert (event["source"], event["detail-type"]) == ("aws.s3", "Object Created")
    assert event["detail"]["object"]["key"].startswith(prefix)
    found = verify(event, None, ports)
    assert found["digest"] == event["detail"]["object"]["key"].removeprefix(prefix).replace("/", ":")
    assert found["proven"] is False


def test_a_bus_event_passes_the_rule_and_is_announced(ports, check_event):
    event = sample("bus-event")
    types = [kind for each in TRIGGERS if each.function == "notify" for kind in each.source.types]
    assert event["source"] == EVENT_SOURCE
    assert event["detail-type"] == event["detail"]["type"] in types
    assert all(isinstance(each.source, BusEvents) for each in TRIGGERS if each.function == "notify")
    check_event(event["detail"])
    assert "churn" in notify(event, None, ports)["announced"]


def test_a_stream_record_passes_the_filter_and_carries_a_whole_entry(ports):
    (record,) = sample("dynamodb-stream-insert")["Records"]
    image = record["dynamodb"]["NewImage"]
    assert record["eventName"] == "INSERT"
    assert record["dynamodb"]["Keys"]["sk"]["S"].startswith(SHAPE.streamed)
    names = {"type": str, "hash": str, "version": int}
    fields = {name: kind(next(iter(image[name].values()))) for name, kind in names.items()}
    key = Key(image["pk"]["S"], image["sk"]["S"])
    event = event_of(read_entry(Item(key, 1, fields, data=base64.b64decode(image["data"]["B"]))))
    assert find_break([event], previous=event["previous"], first=event["sequence"]) is None


def test_the_sweep_takes_a_scheduled_event(ports):
    assert set(sweep(sample("scheduled-event"), None, ports).values()) == {0}


@pytest.mark.parametrize("name", ["http-api-iam", "http-api-jwt"])
def test_a_request_is_answered_for_its_caller(ports, name):
    answer = api(sample(name), None, ports)
    problem = json.loads(answer["body"])
    assert answer["statusCode"] == 404, problem
    assert "churn rate" in problem["detail"]


def test_a_request_that_no_authorizer_knows_is_refused(ports):
    event = sample("http-api-iam")
    del event["requestContext"]["authorizer"]
    assert api(event, None, ports)["statusCode"] == 401


def test_the_index_takes_a_stream_record_and_removes_what_is_gone(ports):
    assert index(sample("dynamodb-stream-insert"), None, ports) == {"indexed": 0}


def test_the_relay_takes_a_stream_record_and_says_when_its_entry_is_gone(ports):
    with pytest.raises(LookupError):
        relay(sample("dynamodb-stream-insert"), None, ports)
