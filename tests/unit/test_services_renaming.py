"""Renaming: a model has another name, and everything that knew the old one finds it."""

import pytest

from modelyard.domain.errors import AlreadyExists, Invalid, KeyReused, NotFound, PreconditionFailed
from modelyard.domain.tickets import Ticket
from modelyard.services import renaming
from modelyard.services.finding import list_versions, read_history
from tests.unit.registry import open_registry

TICKET = Ticket("t" * 64, "f" * 64)


@pytest.fixture
def registry(tmp_path):
    with open_registry(tmp_path) as opened:
        opened.create()
        yield opened


def test_a_renamed_model_keeps_its_id_its_home_and_its_journal(registry):
    before = registry.model()
    renamed = registry.rename("churn-eu")
    assert (renamed.id, renamed.home, renamed.name) == (before.id, "churn", "churn-eu")
    assert renamed == registry.model("churn-eu") == registry.model("churn") == registry.model(before.id)
    event = registry.journal("churn-eu")[-1]
    assert (event["type"], event["before"], event["after"]) == (
        "model.renamed",
        {"name": "churn"},
        {"name": "churn-eu"},
    )
    assert event["model"] == {"id": before.id, "name": "churn-eu"}
    assert renamed.revision == renamed.sequence == 2


def test_every_name_that_it_had_goes_on_leading_to_it_and_is_nobody_elses(registry):
    model = registry.model()
    for to in ("a", "b", "c"):
        registry.rename(to, name=registry.model(model.id).name)
    assert {registry.model(name).id for name in ("churn", "a", "b", "c")} == {model.id}
    other = registry.create("other")
    for name in ("churn", "a", "b", "c"):
        with pytest.raises(AlreadyExists) as refusal:
            registry.create(name)
        assert refusal.value.facts == {"id": model.id}
        if name != "c":
            with pytest.raises(AlreadyExists):
                registry.rename(name, name="other")
    assert registry.model("other") == other


def test_it_may_take_a_former_name_back(registry):
    registry.rename("a")
    registry.rename("b", name="a")
    assert registry.rename("a", name="churn").name == "a"
    assert registry.rename("churn", name="b").name == "churn"
    assert {registry.model(name).name for name in ("churn", "a", "b")} == {"churn"}


def test_to_the_name_that_it_has_is_no_entry(registry):
    assert registry.rename("churn") == registry.model()
    assert registry.types() == ["model.created"]


def test_a_name_is_one_however_its_accents_are_spelled(registry):
    assert registry.rename("cafe\u0301").name == "caf\u00e9"
    assert registry.rename("caf\u00e9", name="cafe\u0301").sequence == 2


def test_what_is_no_name_is_refused(registry):
    for to in ("", "a/b", "a@b", "..", "01KAP4Q6Z8T5V3W9XENCHRNGGD"):
        with pytest.raises(Invalid):
            registry.rename(to)
    with pytest.raises(NotFound):
        registry.rename("a", name="nobody")


def test_a_change_in_between_is_noticed(registry):
    with pytest.raises(PreconditionFailed):
        registry.rename("a", expected=2)
    assert registry.rename("a", expected=1).name == "a"


def test_a_repeat_gets_the_same_answer_and_another_request_none(registry):
    renamed = registry.rename("a", ticket=TICKET)
    registry.rename("b", name="a")
    again = registry.rename("a", ticket=TICKET)
    assert (again.name, again.sequence) == (renamed.name, renamed.sequence) == ("a", 2)
    with pytest.raises(KeyReused):
        registry.rename("c", ticket=Ticket("t" * 64, "other"))
    registry.rename("b", ticket=Ticket("u" * 64, "f"))
    assert registry.rename("b", ticket=Ticket("u" * 64, "f")).name == "b"


def test_of_a_creation_and_a_renaming_to_one_name_one_wins(registry):
    registry.table.before_write = lambda: registry.create("a")
    with pytest.raises(AlreadyExists):
        registry.rename("a")
    assert registry.model().name == "churn"
    registry.table.before_write = lambda: registry.rename("b")
    with pytest.raises(AlreadyExists) as refusal:
        registry.create("b")
    assert refusal.value.facts == {"id": registry.model().id}


def test_of_two_renamings_to_one_name_one_wins(registry):
    other = registry.create("other")
    registry.table.before_write = lambda: registry.rename("a", name="other")
    with pytest.raises(AlreadyExists):
        registry.rename("a")
    assert (registry.model("a").id, registry.model("churn").name) == (other.id, "churn")


def test_versions_are_told_page_by_page_and_numbers_and_revisions_stay(registry, monkeypatch):
    monkeypatch.setattr(renaming, "TOGETHER", 2)
    versions = [registry.register() for _ in range(5)]
    model = registry.rename("a")
    assert registry.version(1).name == "churn"
    pages, after = 1, registry.rewrite(model)
    while after is not None:
        pages, after = pages + 1, registry.rewrite(model, after)
    assert pages == 3
    told = [registry.version(number, name="a") for number in range(1, 6)]
    assert [version.name for version in told] == ["a"] * 5
    assert [version.revision for version in told] == [version.revision for version in versions]
    registry.table.writes.clear()
    registry.rewrite(model)
    assert not any(registry.table.writes), "nothing is written twice"


def test_a_command_writes_the_name_that_the_model_has(registry):
    """Or it would bring the old one back, after the versions were told."""
    registry.register()
    registry.rename("a")
    assert registry.update(1, description="good").name == "a"
    assert registry.version().name == "a"


def test_who_tells_late_does_not_tell_the_name_before_the_last(registry):
    registry.register()
    model = registry.rename("a")

    def overtake():
        registry.rename("b")
        registry.rewrite(model)

    registry.table.before_write = overtake
    registry.rewrite(model)
    assert registry.version().name == "b"


def test_a_version_that_changes_while_it_is_told_keeps_the_change(registry):
    registry.register()
    model = registry.rename("a")
    registry.table.before_write = lambda: registry.update(1, description="meanwhile")
    registry.rewrite(model)
    version = registry.version()
    assert (version.name, version.description) == ("a", "meanwhile")


def test_the_pages_of_a_list_go_on_under_either_name(registry):
    for _ in range(3):
        registry.register()
    registry.rename("a")
    for name in ("churn", "a"):
        first = list_versions(table=registry.table, name=name, stage=None, after=None, limit=2)
        rest = list_versions(table=registry.table, name=name, stage=None, after=first.after, limit=2)
        assert [version.number for version in (*first.items, *rest.items)] == [3, 2, 1]
        staged = list_versions(table=registry.table, name=name, stage="development", after=None, limit=2)
        rest = list_versions(table=registry.table, name=name, stage="development", after=staged.after, limit=2)
        assert [version.number for version in (*staged.items, *rest.items)] == [3, 2, 1]
        page = read_history(table=registry.table, name=name, number=None, after=None, limit=3)
        rest = read_history(table=registry.table, name=name, number=None, after=page.after, limit=3)
        assert [entry.sequence for entry in (*page.items, *rest.items)] == [1, 2, 3, 4, 5]
