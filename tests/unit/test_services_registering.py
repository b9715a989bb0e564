"""Registering models and versions."""

from datetime import timedelta

import pytest

from modelyard.catalogue.commits import ATTEMPTS
from modelyard.domain import digests
from modelyard.domain.digests import combine
from modelyard.domain.errors import AlreadyExists, Contended, Invalid, KeyReused, NotFound, TooLarge
from modelyard.domain.lineage import MOST_DATASETS
from modelyard.domain.manifests import File, manifest_digest
from modelyard.domain.names import MAX_FACTS
from modelyard.domain.tickets import Ticket
from modelyard.domain.version import Dataset, State
from tests.unit.fakes import NOON, digest_of, sha256
from tests.unit.registry import WEEK, files_of, open_registry

TICKET = Ticket("t" * 64, "f" * 64)


@pytest.fixture
def registry(tmp_path):
    with open_registry(tmp_path) as opened:
        yield opened


def test_a_model_has_an_id_and_begins_a_journal(registry):
    made = registry.create(description="who leaves", owner="growth", tags={"b": "2", "a": "1"})
    assert registry.model() == made
    assert registry.model(made.id) == made
    assert (made.sequence, made.revision, made.last_number, made.created_by) == (1, 1, 0, "ana")
    (event,) = registry.journal()
    assert event["type"] == "model.created"
    assert event["after"] == {
        "name": "churn",
        "description": "who leaves",
        "owner": "growth",
        "tags": {"a": "1", "b": "2"},
    }
    assert event["hash"] == made.head


def test_a_name_is_taken_once(registry):
    made = registry.create()
    with pytest.raises(AlreadyExists) as refusal:
        registry.create()
    assert refusal.value.facts == {"id": made.id}
    assert registry.types() == ["model.created"]


def test_a_name_is_one_name_however_its_accents_are_spelled(registry):
    registry.create("caf\u00e9")
    with pytest.raises(AlreadyExists):
        registry.create("cafe\u0301")
    assert registry.model("cafe\u0301").name == "caf\u00e9"


def test_two_who_create_one_model_at_once_get_one_model(registry):
    registry.table.before_write = registry.create
    with pytest.raises(AlreadyExists):
        registry.create()
    assert registry.types() == ["model.created"]


@pytest.mark.parametrize(
    "facts",
    [
        {"name": "a/b"},
        {"description": "x" * 20_001},
        {"owner": "x" * 2_001},
        {"tags": {"": "x"}},
        {"tags": {str(n): "x" * 5000 for n in range(100)}},
    ],
)
def test_a_model_that_breaks_a_limit_is_refused_and_nothing_is_written(registry, facts):
    with pytest.raises((Invalid, TooLarge)):
        registry.create(**facts)
    assert registry.table.writes == []


def test_a_repeated_request_gets_the_first_answer_whatever_happened_since(registry):
    made = registry.create(ticket=TICKET)
    registry.update(description="changed since")
    again = registry.create(ticket=TICKET)
    assert (again.id, again.revision, again.description) == (made.id, 1, "")
    first = registry.register(ticket=Ticket("u" * 64, "f" * 64))
    registry.blobs.store(b"abc")
    registry.complete()
    assert registry.register(ticket=Ticket("u" * 64, "f" * 64)) == first
    assert registry.model().last_number == 1


def test_a_key_that_comes_back_with_another_request_is_refused(registry):
    registry.create(ticket=TICKET)
    with pytest.raises(KeyReused):
        registry.create("other", ticket=Ticket(TICKET.id, "g" * 64))
    with pytest.raises(NotFound):
        registry.model("other")


def test_a_receipt_is_good_for_a_day(registry):
    registry.create(ticket=TICKET)
    registry.clock.advance(hours=23, minutes=59)
    assert registry.create(ticket=TICKET).sequence == 1
    registry.clock.advance(minutes=2)
    with pytest.raises(AlreadyExists):
        registry.create(ticket=TICKET)


def test_a_request_that_was_refused_may_be_tried_again_under_its_key(registry):
    with pytest.raises(NotFound):
        registry.register(ticket=TICKET)
    registry.create()
    assert registry.register(ticket=TICKET).number == 1


def test_two_with_one_key_at_once_make_one_version(registry):
    registry.create()
    registry.table.before_write = lambda: registry.register(ticket=TICKET)
    assert registry.register(ticket=TICKET).number == 1
    assert registry.model().last_number == 1
    assert registry.types() == ["model.created", "version.registered"]


def test_a_version_is_registered_with_all_that_is_known_of_it(registry):
    registry.create()
    about = {
        "description": "deeper",
        "tags": {"team": "growth"},
        "params": {"depth": "8"},
        "metrics": {"auc": 0.91},
        "source_commit": "4f2c9d1",
        "datasets": [Dataset("customers", "s3://lake/customers", "sha256:1")],
        "run_url": "https://ci.example.com/1",
    }
    made = registry.register({"b.bin": b"abcd", "a.bin": b"abc"}, **about)
    assert registry.version() == made
    assert (made.number, made.state, made.stage, made.revision) == (1, State.UPLOADING, "development", 2)
    assert (made.size, made.file_count, made.pages) == (7, 2, 1)
    assert made.digest == manifest_digest(files_of({"a.bin": b"abc", "b.bin": b"abcd"}))
    assert (made.created_at, made.deadline) == (NOON, NOON + WEEK)
    assert {name: getattr(made, name) for name in about} == about | {"datasets": tuple(about["datasets"])}
    event = registry.journal()[-1]
    assert (event["version"], event["digest"], event["before"]) == (1, made.digest, {})
    assert event["after"]["datasets"] == [{"name": "customers", "uri": "s3://lake/customers", "digest": "sha256:1"}]
    assert event["after"]["metrics"] == {"auc": 0.91}


def test_versions_are_numbered_from_one_without_a_gap(registry):
    registry.create()
    registry.table.before_write = registry.register
    assert registry.register().number == 2
    assert registry.register().number == 3
    assert registry.model().last_number == 3


def test_a_version_needs_a_model(registry):
    with pytest.raises(NotFound):
        registry.register()
    with pytest.raises(NotFound):
        registry.register(name="01KAP4Q6Z8T5V3W9XENCHRNGGD")
    assert registry.table.writes == []


@pytest.mark.parametrize(
    "about",
    [
        {"description": "x" * 20_001},
        {"tags": {str(n): "" for n in range(101)}},
        {"params": {"k": "x" * 6_001}},
        {"params": {str(n): "" for n in range(1_001)}},
        {"metrics": {"auc": float("nan")}},
        {"source_commit": "x" * 2_001},
        {"run_url": "a\0"},
        {"datasets": [Dataset("d")] * (MOST_DATASETS + 1)},
        {"datasets": [Dataset("d", "x" * 2_001)]},
        {"datasets": [Dataset("d", "", "\x07")]},
        {"params": {str(n): "x" * 6_000 for n in range(30)}},
        {"params": {str(n): "x" * 6_000 for n in range(20)}, "description": "x" * 20_000},
    ],
)
def test_a_version_that_breaks_a_limit_is_refused_and_nothing_is_written(registry, about):
    registry.create()
    before = len(registry.table.writes)
    with pytest.raises((Invalid, TooLarge)):
        registry.register(**about)
    assert len(registry.table.writes) == before


def test_facts_up_to_the_limit_fit_whatever_their_letters(registry):
    """What is two bytes in UTF-8 takes six where JSON escapes it, and an item holds 400 KB."""
    registry.create()
    facts = {"tags": {str(n): "é" * 2_500 for n in range(24)}, "description": "\U0001f600" * 2_000}
    made = registry.register(**facts, ticket=TICKET)
    assert registry.register(**facts, ticket=TICKET) == made
    with pytest.raises(TooLarge, match=str(MAX_FACTS)):
        registry.register(tags={str(n): "é" * 2_500 for n in range(27)})


def test_a_large_manifest_is_kept_in_pages(registry):
    registry.create()
    files = files_of({f"{number:05d}.bin": b"abc" for number in range(1_201)})
    assert registry.register(files).pages == 3


def large_files(count, parts):
    """Files of many parts, all different."""
    size = parts * digests.MIN_PART
    hashes = ([sha256(b"%d %d" % (number, part)) for part in range(parts)] for number in range(count))
    return [File(f"{number}", size, combine(size, some), tuple(some)) for number, some in enumerate(hashes)]


def test_ninety_thousand_parts_fit_and_ninety_six_thousand_do_not(registry):
    registry.create()
    assert registry.register(large_files(9, 10_000)).pages == 9
    writes = len(registry.table.writes)
    with pytest.raises(TooLarge, match="manifest packs to"):
        registry.register(large_files(12, 8_000))
    assert len(registry.table.writes) == writes


def test_more_pages_than_a_transaction_takes_are_refused(registry):
    """Alike parts pack to nearly nothing, so that bytes alone would not tell."""
    registry.create()
    parts = (sha256(b"same"),) * 6_000
    size = len(parts) * digests.MIN_PART
    files = [File(f"{number}", size, combine(size, parts), parts) for number in range(90)]
    assert registry.register(files, ticket=TICKET).pages == 90
    with pytest.raises(TooLarge, match="pages"):
        registry.register([*files, File("more", size, files[0].digest, parts)])


@pytest.mark.parametrize("name", ["\U0001f600" * 256, "e" * 256, "e\u0301" * 256])
def test_the_longest_names_work_all_the_way(registry, name):
    registry.create(name)
    assert registry.ready(name=name).state is State.READY
    registry.register(name=name)
    registry.clock.advance(days=8)
    assert registry.sweep().expired == 1
    assert registry.promote(1, "staging", name=name).stage == "staging"


def test_a_command_that_others_keep_overtaking_gives_up_and_says_when_to_come_back(registry):
    registry.create()
    registry.table.met = ATTEMPTS
    with pytest.raises(Contended) as refusal:
        registry.register()
    assert refusal.value.facts == {"retry_after": 1}
    assert len(registry.clock.slept) == ATTEMPTS
    assert all(0 <= wait <= 0.25 for wait in registry.clock.slept)
    registry.table.met = ATTEMPTS - 1
    assert registry.register().number == 1


def test_an_upload_is_waited_for_as_long_as_it_was_promised(registry):
    registry.create()
    assert registry.register().deadline - registry.clock.now() == timedelta(days=7)
    assert registry.register([File("a.bin", 3, digest_of(b"abc"))]).file_count == 1
