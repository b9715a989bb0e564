"""A model that moves to another registry is there what it was here, from its first entry to its last byte."""

import pytest
from moto.s3 import models as moto_s3

from tests.faults import story
from tests.faults.aws_yard import aws_yard
from tests.faults.invariants import check_all, models_of, versions_of
from tests.faults.memory import said
from tests.faults.moving import bring, history, take
from tests.faults.yard import embedded_yard

pytestmark = pytest.mark.usefixtures("small_parts")


@pytest.fixture
def source(quick_folder):
    """A registry to which everything happened."""
    with embedded_yard(quick_folder / "source") as yard:
        story.tell(yard)
        yield yard


@pytest.fixture
def target(quick_folder):
    """An empty one, two days later."""
    with embedded_yard(quick_folder / "target") as yard:
        yard.clock.advance(days=10)
        yield yard


@pytest.mark.parametrize("step", [1, 7, 500])
def test_a_moved_model_is_what_it_was(source, target, step):
    taken = take(source, "churn")
    bring(target, taken, step=step)
    assert models_of(target.sound.table) == models_of(source.sound.table)
    for model in models_of(source.sound.table):
        assert versions_of(target.sound.table, model) == versions_of(source.sound.table, model)
    assert history(target, "churn") == taken.events
    assert said(target, None) == said(source, None)
    check_all(target)
    assert take(target, "churn") == taken


@pytest.mark.parametrize("step", [1, 500])
def test_what_is_deleted_moves_too_and_can_be_restored_there(source, target, step):
    """The fifth version alone, then with its model."""
    source.call("POST", "/v1/models/churn/versions/5/delete", {"force": True})
    source.call("POST", "/v1/models/churn/delete", {"force": True})
    source.pump()
    taken = take(source, "churn")
    assert taken.withheld == [1, 3, 4, 6, 8]
    bring(target, taken, step=step)
    assert models_of(target.sound.table) == models_of(source.sound.table)
    check_all(target)
    assert take(target, "churn") == taken
    for path in ("/v1/models/churn", "/v1/models/churn/versions/5"):
        assert target.call("POST", f"{path}/restore").status == 200
    target.pump()
    assert target.call("GET", "/v1/models/churn/versions/5").body["state"] == "ready"
    check_all(target)


def test_nothing_of_a_moved_model_is_told_again(source, target):
    bring(target, take(source, "churn"))
    assert (target.bus.published, target.topic.announced) == ([], [])
    feed = target.call("GET", "/v1/events").body["items"]
    assert [event["position"] for event in feed] == list(range(1, len(feed) + 1))
    target.call("PATCH", "/v1/models/churn", {"tags": {"moved": "yes"}})
    target.pump()
    assert [event["type"] for event in target.bus.published] == ["model.updated"]


def test_a_moved_model_lives_on(source, target):
    bring(target, take(source, "churn"))
    number = target.ready("churn-eu", {"new.bin": b"new"})
    assert number == 9
    target.call("POST", f"/v1/models/churn/versions/{number}/transitions", {"stage": "production", "replace": True})
    target.pump()
    check_all(target)


def test_moving_a_model_again_changes_nothing(source, target):
    taken = take(source, "churn")
    bring(target, taken)
    before = target.rows()
    bring(target, taken)
    assert target.rows() == before


def test_a_model_moves_to_aws_and_back_as_it_was(source, target, monkeypatch):
    monkeypatch.setattr(moto_s3, "S3_UPLOAD_PART_MIN_SIZE", 1)
    taken = take(source, "churn")
    with aws_yard() as cloud:
        bring(cloud, taken, step=11)
        assert models_of(cloud.ports.table) == models_of(source.sound.table)
        assert said(cloud, None) == said(source, None)
        check_all(cloud)
        back = take(cloud, "churn")
    assert back == taken
    bring(target, back)
    assert history(target, "churn") == taken.events
    check_all(target)
