"""Describing: changes to what users may change, against the revision they saw."""

import pytest

from modelyard.domain.errors import Invalid, NotFound, PreconditionFailed, TooLarge
from tests.unit.registry import open_registry

TOO_MANY = {str(number): "x" * 5_000 for number in range(27)}


@pytest.fixture
def registry(tmp_path):
    with open_registry(tmp_path) as opened:
        opened.create(description="old", owner="ana", tags={"keep": "1", "drop": "2", "change": "3"})
        opened.register(description="old", tags={"keep": "1", "drop": "2", "change": "3"}, params={"depth": "8"})
        yield opened


CHANGES = {"description": "new", "tags": {"drop": None, "change": "4", "add": "5", "absent": None}}
TAGS = {"add": "5", "change": "4", "keep": "1"}


def test_a_model_is_described_and_the_journal_says_what_changed(registry):
    changed = registry.update(**CHANGES, owner="ben")
    assert changed == registry.model()
    assert (changed.description, changed.owner, changed.tags) == ("new", "ben", TAGS)
    assert (changed.sequence, changed.revision) == (3, 3)
    event = registry.journal()[-1]
    old = {"description": "old", "owner": "ana", "tags": {"keep": "1", "drop": "2", "change": "3"}}
    assert (event["type"], event["version"], event["before"]) == ("model.updated", None, old)
    assert event["after"] == {"description": "new", "owner": "ben", "tags": TAGS}


def test_a_version_is_described_and_what_was_registered_stays(registry):
    before = registry.version()
    changed = registry.update(1, **CHANGES)
    assert changed == registry.version()
    assert (changed.description, changed.tags, changed.revision) == ("new", TAGS, 3)
    assert (changed.params, changed.digest, changed.state) == (before.params, before.digest, before.state)
    event = registry.journal()[-1]
    assert (event["type"], event["version"], event["digest"]) == ("version.updated", 1, before.digest)
    assert event["after"] == {"description": "new", "tags": TAGS}


@pytest.mark.parametrize("number", [None, 1])
@pytest.mark.parametrize("same", [{}, {"description": "old"}, {"tags": {"keep": "1", "absent": None}}])
def test_what_changes_nothing_is_no_entry(registry, number, same):
    registry.update(number, **same)
    assert registry.types() == ["model.created", "version.registered"]


@pytest.mark.parametrize("number", [None, 1])
def test_only_the_revision_that_was_seen_is_changed(registry, number):
    seen = (registry.model() if number is None else registry.version()).revision
    assert registry.update(number, expected=seen, description="one").revision == 3
    with pytest.raises(PreconditionFailed) as refusal:
        registry.update(number, expected=seen, description="two")
    assert refusal.value.facts == {"revision": 3}
    registry.update(number, expected=3, description="three")


@pytest.mark.parametrize("number", [None, 1])
def test_a_change_that_loses_the_race_sees_what_the_winner_did(registry, number):
    registry.table.before_write = lambda: registry.update(number, tags={"won": "yes"})
    changed = registry.update(number, description="new")
    assert (changed.description, changed.tags["won"]) == ("new", "yes")
    seen = changed.revision
    registry.table.before_write = lambda: registry.update(number, tags={"won": "again"})
    with pytest.raises(PreconditionFailed):
        registry.update(number, expected=seen, description="newer")


def test_a_models_revision_is_not_moved_by_its_versions(registry):
    registry.register()
    assert (registry.model().revision, registry.model().sequence) == (1, 3)
    assert registry.update(expected=1, description="new").revision == 4


@pytest.mark.parametrize("number", [None, 1])
@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"description": "x" * 20_001}, TooLarge),
        ({"description": "\0"}, Invalid),
        ({"tags": {"": "x"}}, Invalid),
        ({"tags": {"k": "x" * 5_001}}, TooLarge),
        ({"tags": {str(number): "" for number in range(98)}}, TooLarge),
        ({"tags": TOO_MANY}, TooLarge),
    ],
)
def test_a_change_beyond_a_limit_is_refused_and_nothing_is_written(registry, number, change, kind):
    writes = len(registry.table.writes)
    with pytest.raises(kind):
        registry.update(number, **change)
    assert len(registry.table.writes) == writes


def test_parameters_and_tags_share_one_limit(registry):
    registry.register(params={str(number): "x" * 6_000 for number in range(20)})
    with pytest.raises(TooLarge):
        registry.update(2, tags={str(number): "x" * 5_000 for number in range(3)})


def test_the_largest_change_fits_an_entry(registry):
    largest = {str(number): "é" * 2_500 for number in range(25)}
    registry.update(1, tags=largest | {"keep": None, "drop": None, "change": None})
    changed = registry.update(1, tags={str(number): "è" * 2_500 for number in range(25)})
    assert changed.tags["0"].startswith("è")
    registry.update(tags=largest)
    assert registry.update(tags=dict.fromkeys(largest)).tags.keys() == {"keep", "drop", "change"}


def test_the_owner_is_a_text_as_well(registry):
    with pytest.raises(TooLarge):
        registry.update(owner="x" * 2_001)


@pytest.mark.parametrize(("name", "number"), [("other", None), ("churn", 9), ("other", 1)])
def test_what_is_not_there_cannot_be_described(registry, name, number):
    with pytest.raises(NotFound):
        registry.update(number, name=name, description="x")


def test_a_model_is_described_by_its_id_as_well(registry):
    assert registry.update(name=registry.model().id, description="by id").name == "churn"
    assert registry.update(1, name=registry.model().id, description="by id").name == "churn"
