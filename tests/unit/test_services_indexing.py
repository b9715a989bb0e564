"""The index function: what is true of models and versions reaches their postings."""

import json
from types import SimpleNamespace

import pytest

from functions.index.handler import handler
from modelyard.catalogue.keys import model_key, version_key
from modelyard.catalogue.postings import Kind, Subject, posting_item, posting_partition, read_posting, record_key
from modelyard.domain.aliases import Whoever
from modelyard.domain.errors import Contended, NotFound
from modelyard.ports import Delete, Expect, Key
from modelyard.services import aliasing, indexing, renaming, searching
from modelyard.services.indexing import Change
from tests.unit.posted import check_postings, index, journal, posted
from tests.unit.registry import open_registry


@pytest.fixture
def registry(tmp_path):
    with open_registry(tmp_path) as opened:
        yield opened


def ports(registry):
    return SimpleNamespace(table=registry.table, clock=registry.clock, ids=registry.ids)


def index_all(registry):
    return index(ports(registry), journal(registry.table._table))


def found(registry, field, value, kind=Kind.VERSION):
    """The subjects under a field and value, in their order."""
    return [read_posting(item) for item in registry.table.query(posting_partition(kind, field, value)).items]


def test_a_new_version_is_found_under_what_it_was_registered_with(registry):
    registry.create(owner="growth", tags={"tier": "1"})
    registry.ready()
    registry.update(1, tags={"team": "growth"})
    assert index_all(registry) == 2
    check_postings(registry.table._table)
    for field, value in {"all": "", "state": "ready", "stage": "development", "owner": "growth"}.items():
        assert found(registry, field, value) == [("churn", 1)]
    assert found(registry, "tag.team", "growth") == [("churn", 1)]
    assert found(registry, "tag.tier", "1", Kind.MODEL) == [("churn", None)]


def test_what_changes_is_found_under_the_new_and_no_more_under_the_old(registry):
    registry.create()
    registry.ready()
    registry.ready()
    registry.promote(1)
    index_all(registry)
    registry.promote(2, replaces=True)
    registry.update(tags={"tier": "1"})
    index_all(registry)
    registry.update(tags={"tier": None})
    assert index_all(registry) == 1
    assert found(registry, "stage", "production") == [("churn", 2)]
    assert found(registry, "stage", "archived") == [("churn", 1)]
    assert found(registry, "tag.tier", "1", Kind.MODEL) == []
    check_postings(registry.table._table)


def test_a_model_is_found_under_the_stages_in_which_its_versions_serve(registry):
    registry.create()
    registry.ready()
    registry.ready()
    index_all(registry)
    assert found(registry, "stage", "production", Kind.MODEL) == []
    registry.promote(1)
    registry.promote(2, "staging")
    index_all(registry)
    for stage in ("production", "staging"):
        assert found(registry, "stage", stage, Kind.MODEL) == [("churn", None)]
    registry.promote(2, replaces=True)
    registry.promote(2, "archived")
    index_all(registry)
    assert found(registry, "stage", "production", Kind.MODEL) == found(registry, "stage", "staging", Kind.MODEL) == []
    check_postings(registry.table._table)


def test_what_is_indexed_already_is_not_written_again(registry):
    registry.create()
    registry.ready()
    index_all(registry)
    registry.table.writes.clear()
    registry.update(1, description="nothing that is searched by an index")
    before = posted(registry.table._table)
    assert index_all(registry) == 0
    assert len(registry.table.writes) == 1, "but for the update itself"
    assert posted(registry.table._table) == before


def test_a_batch_takes_two_reads_for_fifty_subjects_and_a_write_for_what_fits_one(registry):
    registry.create()
    for _ in range(20):
        registry.register()
    registry.table.gets = 0
    registry.table.writes.clear()
    assert index_all(registry) == 21
    assert registry.table.gets == 2
    assert [len(writes) for writes in registry.table.writes] == [100, 24]


def test_a_new_owner_reaches_the_postings_of_every_version(registry):
    registry.create(owner="growth")
    for _ in range(120):
        registry.register()
    index_all(registry)
    registry.update(owner="risk")
    index(ports(registry), journal(registry.table._table)[-1:])
    assert len(found(registry, "owner", "risk")) == 100, "a page"
    assert found(registry, "owner", "growth") == []
    check_postings(registry.table._table)


def test_a_description_of_the_model_leaves_its_versions_alone(registry):
    registry.create(owner="growth")
    registry.register()
    index_all(registry)
    registry.update(description="who leaves", tags={"tier": "1"})
    registry.table.gets = 0
    index(ports(registry), journal(registry.table._table)[-1:])
    assert registry.table.gets == 2
    check_postings(registry.table._table)


def test_a_version_with_more_postings_than_a_transaction_takes_is_indexed_in_steps(registry):
    registry.create()
    registry.register()
    registry.update(1, tags={f"key-{n}": "x" for n in range(100)})
    index_all(registry)
    check_postings(registry.table._table)
    registry.update(1, tags={f"key-{n}": f"y{n}" for n in range(100)})
    registry.table.writes.clear()
    index_all(registry)
    assert [len(writes) for writes in registry.table.writes] == [100, 100, 3]
    check_postings(registry.table._table)


def test_the_record_says_what_is_written_after_every_step(registry):
    registry.create()
    registry.register()
    registry.update(1, tags={f"key-{n}": "x" for n in range(100)})
    index_all(registry)
    registry.update(1, tags={f"key-{n}": "y" for n in range(100)})
    steps = []
    registry.table.before_write = lambda: steps.append(consistent(registry))
    index_all(registry)
    assert consistent(registry)
    assert steps == [True]


def consistent(registry):
    """Whether the record holds just the postings that are there."""
    table = registry.table._table
    record = table.get([record_key(Subject("churn", 1))])[0]
    listed = sum(map(len, json.loads(record.data).values()))
    return listed == sum(subject.number == 1 for subject in posted(table).values())


def test_transactions_of_large_records_stay_within_what_a_table_takes(registry):
    registry.create()
    for n in range(40):
        registry.register({"a.bin": b"%d" % n}, tags={f"{k:02d}": "x" * 490 for k in range(90)})
    index_all(registry)
    for number in range(1, 41):
        registry.update(number, tags={"new": "x"})
    assert index_all(registry) == 40
    check_postings(registry.table._table)


def test_what_is_gone_loses_its_postings_and_the_record_stays_a_day_against_late_runs(registry):
    registry.create()
    registry.register()
    index_all(registry)
    table = registry.table._table
    subject = Subject("churn", 1)
    table.write([Delete(version_key("churn", 1), Expect.ANYTHING)])
    assert index_all(registry) == 1
    assert set(posted(table).values()) == {Subject("churn", None)}
    (record,) = table.get([record_key(subject)])
    assert record.expires == int(registry.clock.now().timestamp()) + 24 * 3600
    assert record.data == b""
    assert index_all(registry) == 0


def test_a_model_that_is_gone_loses_its_postings(registry):
    registry.create()
    index_all(registry)
    registry.table._table.write([Delete(model_key("churn"), Expect.ANYTHING)])
    index_all(registry)
    assert posted(registry.table._table) == {}


def test_an_entry_of_a_version_that_never_was_is_no_failure(registry):
    unknown = Change("MODEL#nobody", "version.updated", 7, b"{}")
    assert indexing.index(table=registry.table, clock=registry.clock, ids=registry.ids, changes=[unknown]) == 0


def test_an_alias_is_found_under_its_model_and_under_the_version_it_stands_for(registry):
    registry.create()
    registry.ready()
    registry.ready()
    for number in (1, 2):
        alias(registry, number)
        index_all(registry)
        assert found(registry, "alias", "champion") == [("churn", number)]
        assert found(registry, "alias", "champion", Kind.MODEL) == [("churn", None)]
        check_postings(registry.table._table)
    aliasing.remove_alias(**registry._effects, ticket=None, name="churn", alias="champion", expected=Whoever.WHOEVER)
    index_all(registry)
    assert found(registry, "alias", "champion") == [] == found(registry, "alias", "champion", Kind.MODEL)
    check_postings(registry.table._table)


def alias(registry, number):
    aliasing.set_alias(
        **registry._effects,
        ticket=None,
        name="churn",
        alias="champion",
        number=number,
        expected=Whoever.WHOEVER,
    )


@pytest.mark.parametrize("told_first", [True, False])
def test_a_renamed_models_versions_are_found_under_its_new_name(registry, told_first):
    """Whether they were told their model's name before the index came, or after."""
    registry.create()
    registry.ready()
    index_all(registry)
    known = {name: effect for name, effect in registry._effects.items() if name != "caller"}
    renaming.rename(**registry._effects, ticket=None, name="churn", to="loyalty")
    if told_first:
        renaming.rewrite_names(**known, model_id=registry.model("loyalty").id, after=None)
    index_all(registry)
    check_postings(registry.table._table)
    names = registry.table.query(posting_partition(Kind.VERSION, "names")).items
    assert [item.key.sk.partition("\x01")[0] for item in names] == ["loyalty"]
    renaming.rewrite_names(**known, model_id=registry.model("loyalty").id, after=None)
    wanted = {"wanted": "name = 'loyalty'", "order": "", "after": None, "limit": 10}
    page = searching.search_versions(table=registry.table, clock=registry.clock, **wanted)
    assert [version.reference for version in page.items] == ["loyalty/1"]
    assert index_all(registry) == 0


def test_a_kind_of_entry_that_is_unknown_here_may_concern_every_version(registry):
    registry.create()
    registry.register()
    renamed = Change("MODEL#churn", "model.renamed", None, b"{}")
    assert indexing.index(table=registry.table, clock=registry.clock, ids=registry.ids, changes=[renamed]) == 2
    check_postings(registry.table._table)


def test_an_operator_may_have_a_model_indexed_anew(registry):
    made = registry.create()
    registry.register()
    assert handler({"model": made.id}, None, ports(registry)) == {"indexed": 2}
    assert handler({"model": "churn"}, None, ports(registry)) == {"indexed": 0}
    check_postings(registry.table._table)
    with pytest.raises(NotFound):
        handler({"model": "01KAP4Q6Z80000000000000009"}, None, ports(registry))


def test_a_run_that_saw_older_facts_gives_way(registry):
    registry.create()
    registry.ready()
    index_all(registry)
    registry.update(1, tags={"team": "growth"})
    registry.table.before_write = lambda: change_and_index(registry)
    index_all(registry)
    check_postings(registry.table._table)
    assert found(registry, "tag.team", "risk") == [("churn", 1)]


def change_and_index(registry):
    """The version changes again and is indexed, before an earlier run writes what it saw."""
    registry.update(1, tags={"team": "risk"})
    index_all(registry)


def test_facts_that_change_between_reading_the_record_and_the_facts_are_seen(registry):
    registry.create()
    registry.ready()
    registry.table.between_keys = lambda: registry.promote(1)
    index_all(registry)
    index_all(registry)
    check_postings(registry.table._table)


def test_an_index_that_others_keep_overtaking_raises_so_that_it_is_tried_again(registry):
    registry.create()
    registry.table.met = 100
    with pytest.raises(Contended):
        index_all(registry)


def test_nothing_new_is_nothing_to_do(registry):
    assert handler({"Records": []}, None, ports(registry)) == {"indexed": 0}
    assert registry.table.gets == 0


def test_a_posting_of_another_place_is_never_touched(registry):
    """The record is what says which postings are a subject's."""
    stranger = posting_item(Key(posting_partition(Kind.VERSION, "all"), "0"), Subject("x", 1))
    registry.create()
    registry.register()
    registry.table._table.write([indexing.Put(stranger, Expect.ABSENT)])
    index_all(registry)
    assert stranger.key in posted(registry.table._table)
