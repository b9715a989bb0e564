"""`events/aws` holds what each AWS source sends. The stack lets each through, and its function understands it."""

import json
from pathlib import Path

import pytest

from functions.api.handler import handler as api
from functions.notify.handler import handler as notify
from functions.relay.handler import handler as relay
from functions.sweep.handler import handler as sweep
from functions.triggers import EVENT_SOURCE, TRIGGERS, BusEvents, StorageEvents
from functions.verify.handler import handler as verify
from modelyard.catalogue.shape import SHAPE
from modelyard.domain.journal import Caller
from modelyard.services.describing import update_model
from modelyard.services.registering import create_model
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


def test_a_stream_record_passes_the_filter_and_names_an_entry_that_is_relayed(ports):
    event = sample("dynamodb-stream-insert")
    (record,) = event["Records"]
    keys = {name: value["S"] for name, value in record["dynamodb"]["Keys"].items()}
    assert record["eventName"] == "INSERT"
    assert keys["sk"].startswith(SHAPE.streamed)
    with pytest.raises(LookupError, match=keys["sk"]):
        relay(event, None, ports)
    make_entries(ports, keys)
    assert relay(event, None, ports) == {"published": 1}


def make_entries(ports, keys):
    """Let the model have journal entries up to the one at `keys`."""
    how = {"table": ports.table, "clock": ports.clock, "ids": ports.ids, "caller": Caller("ana", "1")}
    name = keys["pk"].removeprefix("MODEL#")
    create_model(**how, ticket=None, name=name)
    for number in range(2, int(keys["sk"].removeprefix("ENTRY#")) + 1):
        update_model(**how, name=name, expected=None, description=str(number), owner=None, tags={})


def test_the_sweep_takes_a_scheduled_event(ports):
    done = sweep(sample("scheduled-event"), None, ports)
    assert {*done.pop("purged").values(), *done.values()} == {0}


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


def test_the_relay_takes_a_stream_record_and_says_when_its_entry_is_gone(ports):
    with pytest.raises(LookupError):
        relay(sample("dynamodb-stream-insert"), None, ports)
