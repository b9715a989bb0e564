"""Replaying: facts from entries alone. That they are the stored ones, whatever happened, is for tests/faults to say."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from modelyard.domain.journal import EntryType
from modelyard.domain.replaying import CASES, replay, replay_version
from modelyard.domain.version import Dataset, State

WHOLE = json.loads((Path(__file__).parents[2] / "events" / "journal.example.json").read_text())
JOURNAL = WHOLE[:32]
"""What happened before anything was deleted."""


def test_every_type_of_entry_can_be_replayed():
    assert CASES.keys() == set(EntryType)


def test_the_example_journal_gives_the_model_as_its_last_entry_left_it():
    model = replay(JOURNAL, home="churn").model
    assert (model.id, model.home, model.name, model.owner) == (JOURNAL[0]["model"]["id"], "churn", "churn-eu", "growth")
    assert (model.sequence, model.head, model.last_number) == (len(JOURNAL), JOURNAL[-1]["hash"], 4)
    assert model.created_at == datetime(2026, 11, 23, 9, 0, 0, 120_000, tzinfo=UTC)
    assert model.newest_ready == 3
    assert model.standing == {"production": {3: JOURNAL[10]["digest"]}}


def test_the_example_journal_gives_each_version_with_what_it_was_registered_with():
    versions = replay(JOURNAL, home="churn").versions
    assert [(number, version.state, version.stage) for number, version in versions.items()] == [
        (1, State.READY, "archived"),
        (2, State.REJECTED, "development"),
        (3, State.READY, "production"),
        (4, State.REJECTED, "development"),
    ]
    third = versions[3]
    assert (third.pages, third.size, third.metrics, third.proof) == (1, 5, {"auc": 0.94, "latency": 12.5}, "bytes")
    assert third.datasets == (Dataset("customers", "s3://lake/customers/2026-11", "", "train", 48_000),)
    assert (third.deadline, third.challenged, third.description) == (None, None, "trained on November")


@pytest.mark.parametrize(
    ("length", "state", "stage", "standing"),
    [
        (1, None, None, []),
        (2, State.UPLOADING, "development", []),
        (3, State.VERIFYING, "development", []),
        (5, State.READY, "development", []),
        (7, State.READY, "production", [1]),
        (16, State.READY, "archived", [3]),
    ],
)
def test_a_part_of_the_journal_gives_the_past(length, state, stage, standing):
    past = replay(JOURNAL[:length], home="churn")
    first = past.versions.get(1)
    assert (first and first.state, first and first.stage) == (state, stage)
    assert list(past.model.standing.get("production", {})) == standing


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_version_needs_only_the_entries_about_it(number):
    own = [event for event in JOURNAL if event["version"] in {None, number}]
    assert replay_version(own, home="churn", number=number) == replay(JOURNAL, home="churn").versions[number]


def test_without_the_models_own_entries_a_version_has_the_name_of_the_last_about_it():
    own = [event for event in JOURNAL if event["version"] == 3]
    assert replay_version(own, home="churn", number=3).name == "churn"


def test_nothing_was_before_the_first_entry():
    assert replay([], home="churn") is None
    assert replay_version([], home="churn", number=1) is None
    assert replay_version(JOURNAL[:1], home="churn", number=1) is None


def test_a_version_that_waits_has_its_deadline_and_a_challenged_one_knows_since_when():
    waiting = replay(JOURNAL[:4], home="churn").versions[1]
    assert waiting.deadline == datetime(2026, 11, 23, 9, 16, 0, 120_000, tzinfo=UTC)
    assert replay(JOURNAL[:17], home="churn").versions[3].challenged == 17


def test_entries_that_an_older_registry_wrote_are_read_as_well():
    """They know neither the pages of a manifest nor deadlines."""
    old = json.loads(json.dumps(JOURNAL[:3]))
    for event in old:
        event["after"].pop("pages", None)
        event["after"].pop("deadline", None)
    version = replay(old, home="churn").versions[1]
    assert (version.pages, version.deadline, version.state) == (0, None, State.VERIFYING)
