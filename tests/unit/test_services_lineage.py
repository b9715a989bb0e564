"""Lineage that is fixed when a version is registered, and the card, which may change."""

import pytest

from modelyard.catalogue.card_items import read_card
from modelyard.catalogue.keys import card_key
from modelyard.domain.cards import MAX_CARD, card_digest
from modelyard.domain.errors import Invalid, NotFound, TooLarge
from modelyard.domain.lineage import parse_bases, read_lineage
from modelyard.domain.tickets import Ticket
from modelyard.domain.version import Base, Dataset, Environment, Relation, Run, Source
from tests.schemas import check_event
from tests.unit.registry import open_registry

TICKET = Ticket("t" * 64, "f" * 64)
LINEAGE = {
    "source": Source(
        "https://git.example.com/churn", "4f2c9d1", "train/", dirty=True, diff_digest="sha256:" + "a" * 64
    ),
    "run": Run("airflow", "run-7", "https://airflow.example.com/7"),
    "environment": Environment("3.11.7", {"numpy": "2.3", "scikit-learn": "1.7"}, "sha256:1", "8 cores"),
    "datasets": [Dataset("customers", "s3://lake/customers", "md5:1", "train", 10), Dataset("holdout", role="test")],
}


@pytest.fixture
def registry(tmp_path):
    with open_registry(tmp_path) as opened:
        opened.create()
        yield opened


def card_of(registry, number=1):
    return read_card(registry.table.get([card_key("churn", number)])[0])


def fine_tuned(*references, relation="fine-tune"):
    return parse_bases([(relation, reference, "") for reference in references])


def test_a_version_keeps_its_lineage_and_the_journal_tells_all_of_it(registry):
    made = registry.register(**LINEAGE, card="# Churn")
    assert registry.version() == made
    assert (made.source, made.run, made.environment) == (LINEAGE["source"], LINEAGE["run"], LINEAGE["environment"])
    assert made.datasets == tuple(LINEAGE["datasets"])
    assert (made.source_commit, made.run_url) == ("4f2c9d1", "https://airflow.example.com/7")
    event = registry.journal()[-1]
    check_event(event)
    assert read_lineage(event["after"]) == {name: getattr(made, name) for name in read_lineage(event["after"])}
    assert event["after"]["card"] == card_of(registry) == "# Churn"
    assert made.card_digest == card_digest("# Churn")


def test_a_base_is_resolved_to_the_version_it_stands_for_then(registry):
    base = registry.ready()
    registry.promote()
    registry.create("other")
    model = registry.model()
    wanted = fine_tuned("churn/production") + parse_bases([("merge", "", "https://example.com/base")])
    made = registry.register(name="other", bases=wanted)
    expected = Base(Relation.FINE_TUNE, model_id=model.id, name="churn", version=1, digest=base.digest)
    assert made.bases == (expected, Base(Relation.MERGE, uri="https://example.com/base"))
    registry.promote(stage="archived")
    assert registry.version(name="other").bases == made.bases
    check_event(registry.journal("other")[-1])


@pytest.mark.parametrize("reference", ["churn/1", "models:/churn/1", "churn", "{id}", "{id}/1"])
def test_a_base_may_be_named_in_every_way_a_version_can(registry, reference):
    registry.ready()
    (base,) = registry.register(bases=fine_tuned(reference.format(id=registry.model().id))).bases
    assert (base.name, base.version, base.model_id) == ("churn", 1, registry.model().id)


def test_a_version_may_be_made_of_an_earlier_one_of_its_own_model_but_never_of_itself(registry):
    registry.register()
    assert registry.register(bases=fine_tuned("churn/1")).bases[0].version == 1
    with pytest.raises(NotFound) as refusal:
        registry.register(bases=fine_tuned("churn/3"))
    assert refusal.value.field == "bases.0.reference"


@pytest.mark.parametrize(
    "reference", ["churn/9", "nobody/1", "churn", "churn/production", "churn/archived", "churn@champion",
                  "01KAP4Q6Z8T5V3W9XENCHRNGGD/1"]
)  # fmt: skip
def test_a_base_that_stands_for_nothing_is_named_and_nothing_is_written(registry, reference):
    registry.register()
    written = len(registry.table.writes)
    with pytest.raises(NotFound) as refusal:
        registry.register(bases=fine_tuned("churn/1", reference))
    assert refusal.value.field == "bases.1.reference"
    assert len(registry.table.writes) == written


def test_a_base_is_given_once_however_it_is_named(registry):
    registry.ready()
    for twice in (
        fine_tuned("churn/1", "churn"),
        parse_bases([("merge", "", "https://a"), ("adapter", "", "https://a")]),
    ):
        with pytest.raises(Invalid) as refusal:
            registry.register(bases=twice)
        assert refusal.value.field == "bases.1"


def test_a_repeat_has_the_bases_of_the_first_time(registry):
    registry.ready()
    made = registry.register(bases=fine_tuned("churn"), ticket=TICKET)
    registry.ready({"b.bin": b"bcd"})
    assert registry.register(bases=fine_tuned("churn"), ticket=TICKET) == made
    assert registry.version(2).bases[0].version == 1


def test_bases_cost_two_calls_more_however_many_they_are(registry):
    for _ in range(40):
        registry.register()
    registry.table.gets = 0
    registry.register(bases=fine_tuned(*(f"churn/{number}" for number in range(1, 41))))
    assert registry.table.gets == 3


def test_lineage_counts_among_the_facts_that_are_bounded_together(registry):
    with pytest.raises(TooLarge):
        registry.register(environment=Environment(packages={f"package-{n}": "1" * 200 for n in range(1_000)}))
    assert registry.types() == ["model.created"]


def test_a_card_changes_like_a_description_and_the_journal_has_both_texts(registry):
    registry.register(card="# First")
    changed = registry.update(1, card="# Second")
    assert (changed.card_digest, card_of(registry)) == (card_digest("# Second"), "# Second")
    event = registry.journal()[-1]
    assert (event["type"], event["before"], event["after"]) == (
        "version.updated", {"card": "# First"}, {"card": "# Second"}
    )  # fmt: skip
    check_event(event)
    assert registry.update(1, card="# Second") == changed
    assert len(registry.journal()) == 3
    removed = registry.update(1, card="", tags={"a": "b"})
    assert (removed.card_digest, removed.tags, card_of(registry)) == ("", {"a": "b"}, "")
    assert registry.table.get([card_key("churn", 1)]) == [None]
    check_event(registry.journal()[-1])


def test_the_largest_card_replaces_another_one(registry):
    registry.register(card="a" * MAX_CARD, ticket=TICKET)
    registry.update(1, card='"' * (MAX_CARD // 2))
    assert card_of(registry) == '"' * (MAX_CARD // 2)
    with pytest.raises(TooLarge):
        registry.update(1, card="a" * (MAX_CARD + 1))


def test_a_large_card_and_large_tags_are_changed_one_after_the_other(registry):
    tags, others = ({str(n): letter * 5_000 for n in range(20)} for letter in "ab")
    registry.register(card="a" * MAX_CARD, tags=tags)
    with pytest.raises(TooLarge) as refusal:
        registry.update(1, card="b" * MAX_CARD, tags=others)
    assert (refusal.value.field, registry.version().tags) == ("card", tags)
    registry.update(1, card="b" * MAX_CARD)
    registry.update(1, tags=others)
    check_event(registry.journal()[-1])


def test_two_who_change_a_card_at_once_are_put_in_order(registry):
    registry.register(card="# First")
    registry.table.before_write = lambda: registry.update(1, card="# Second")
    registry.update(1, card="# Third")
    assert [event["before"] for event in registry.journal()[2:]] == [{"card": "# First"}, {"card": "# Second"}]
    assert card_of(registry) == "# Third"
