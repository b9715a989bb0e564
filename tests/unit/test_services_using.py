"""Reverse lineage and the lineage graph, over postings as the index writes them."""

from dataclasses import replace

import pytest

from modelyard.catalogue.keys import id_key, model_key, version_key
from modelyard.catalogue.lineage_postings import postings_of_lineage
from modelyard.catalogue.postings import Subject, posting_item, postings_of_version
from modelyard.catalogue.version_items import version_item
from modelyard.domain.errors import Invalid, NotFound, TooLarge
from modelyard.domain.evaluations import Measure, Report
from modelyard.domain.lineage import parse_bases
from modelyard.domain.version import Dataset, Measured, Run, Source
from modelyard.ports import Delete, Expect, Put
from modelyard.services import tracing, using
from tests.unit.fakes import digest_of
from tests.unit.registry import ABC, open_registry

COMMIT = "4f2c9d1e6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d"


@pytest.fixture
def registry(tmp_path):
    with open_registry(tmp_path) as opened:
        opened.create()
        yield opened


def register(registry, *, name="churn", **about):
    """A version, and its postings as the index would write them a moment later."""
    registry.clock.advance(seconds=1)
    about["bases"] = parse_bases([("fine-tune", ref, "") if ":" not in ref else ("fine-tune", "", ref)
                                  for ref in about.get("bases", ())])  # fmt: skip
    made = registry.register(name=name, **about)
    post(registry, made)
    return made


def post(registry, version):
    keys = postings_of_version(version, registry.model(version.name))
    subject = Subject(version.home, version.number)
    registry.table.write([Put(posting_item(key, subject), Expect.ANYTHING) for key in keys])


def uses(registry, kind, value, *, limit=100, after=None):
    sought = using.seek(registry.table, kind, value)
    page = using.find_uses(table=registry.table, sought=sought, after=after, limit=limit)
    return [version.reference for version in page.versions], page.after


def test_versions_are_found_by_what_they_were_evaluated_on(registry):
    register(registry)
    for report in (
        Report({"auc": Measure(0.9)}, "holdout", "sha256:7", "test"),
        Report({"auc": Measure(0.8)}, "other"),
    ):
        registry.evaluate(report)
    made = registry.version()
    post(registry, made)
    assert uses(registry, "dataset", "holdout")[0] == uses(registry, "digest", "sha256:7")[0] == ["churn/1"]
    assert uses(registry, "dataset", "other")[0] == ["churn/1"]
    assert made.measured == {"auc": Measured("", 1)}
    graph = tracing.trace(
        table=registry.table, name="churn", number=1, up=True, down=False, depth=1, most=10,
    )  # fmt: skip
    assert [(node.name, node.kind) for node in graph.nodes.values()][1:] == [
        ("holdout", "dataset"),
        ("other", "dataset"),
    ]


def test_versions_are_found_by_what_they_were_made_from_newest_first(registry):
    registry.create("other")
    data = Dataset("census", "s3://data", "sha256:1")
    register(registry, datasets=[data], source=Source(commit=COMMIT))
    register(registry, name="other", datasets=[replace(data, digest="")], bases=["churn/1"])
    register(registry, datasets=[replace(data, name="renamed")], bases=["https://example.com/base"])
    register(registry)
    assert uses(registry, "dataset", "census") == (["other/1", "churn/1"], None)
    assert uses(registry, "digest", "sha256:1") == (["churn/2", "churn/1"], None)
    assert uses(registry, "commit", COMMIT) == (["churn/1"], None)
    assert uses(registry, "base", "churn/1") == (["other/1"], None)
    assert uses(registry, "base", f"models:/{registry.model().id}/1") == (["other/1"], None)
    assert uses(registry, "base", "https://example.com/base") == (["churn/2"], None)
    assert uses(registry, "dataset", "nothing") == ([], None)


@pytest.mark.parametrize(
    ("recorded", "asked", "found"),
    [
        (COMMIT, COMMIT, True),
        (COMMIT, COMMIT[:7], True),
        (COMMIT, COMMIT[:12], True),
        (COMMIT, COMMIT[:6], False),
        (COMMIT, COMMIT[:7] + "0", False),
        (COMMIT[:7], COMMIT[:7], True),
        (COMMIT[:9], COMMIT[:8], True),
        (COMMIT[:9], COMMIT[:10], False),
        ("v1.2.3-beta", "v1.2.3-beta", True),
        ("v1.2.3-beta", "v1.2.3-", False),
        ("abcdefg-not-hex", "abcdefg", False),
        ("a" * 64, "a" * 7, True),
    ],
)
def test_a_commit_may_be_abbreviated_as_git_does(registry, recorded, asked, found):
    register(registry, source=Source(commit=recorded))
    assert uses(registry, "commit", asked)[0] == (["churn/1"] if found else [])


@pytest.mark.parametrize("value", ["a#b", "~a", "ä" * 500, "x" * 2_000, "\U0001f600", " ", "models:/x", "a/b"])
def test_any_name_of_a_dataset_is_found_again(registry, value):
    register(registry, datasets=[Dataset(value, digest=value)])
    assert uses(registry, "dataset", value)[0] == uses(registry, "digest", value)[0] == ["churn/1"]


def test_a_base_may_be_asked_for_as_whatever_stands_for_it_now(registry):
    registry.ready()
    registry.promote()
    register(registry, bases=["churn/1"])
    assert uses(registry, "base", "churn/production")[0] == uses(registry, "base", "churn")[0] == ["churn/2"]


def test_pages_follow_one_another_without_gap_or_repeat(registry):
    for _ in range(7):
        register(registry, datasets=[Dataset("census")])
    told, after = uses(registry, "dataset", "census", limit=3)
    assert (told, after is None) == (["churn/7", "churn/6", "churn/5"], False)
    told, after = uses(registry, "dataset", "census", limit=3, after=after)
    assert told == ["churn/4", "churn/3", "churn/2"]
    assert uses(registry, "dataset", "census", limit=3, after=after) == (["churn/1"], None)
    with pytest.raises(Invalid):
        uses(registry, "dataset", "other", after=after)


def test_a_posting_that_is_no_longer_true_is_not_believed(registry):
    made = register(registry, datasets=[Dataset("census")])
    gone = register(registry, datasets=[Dataset("census")])
    registry.table.write([Delete(version_key("churn", gone.number), Expect.ANYTHING)])
    changed = replace(made, datasets=(Dataset("other"),))
    registry.table.write([Put(version_item(changed), Expect.ANYTHING)])
    assert uses(registry, "dataset", "census") == ([], None)


def test_an_answer_examines_so_many_candidates_and_leads_on(registry, monkeypatch):
    monkeypatch.setattr(using, "STEP", 2)
    monkeypatch.setattr(using, "MOST_EXAMINED", 4)
    register(registry, datasets=[Dataset("census")])
    for _ in range(5):
        stale = register(registry, datasets=[Dataset("census")])
        registry.table.write([Put(version_item(replace(stale, datasets=())), Expect.ANYTHING)])
    told, after = uses(registry, "dataset", "census")
    assert (told, after is None) == ([], False)
    assert uses(registry, "dataset", "census", after=after) == (["churn/1"], None)


def test_an_answer_stays_within_what_can_be_answered(registry, monkeypatch):
    monkeypatch.setattr(using, "MOST_BYTES", 2_500)
    for _ in range(3):
        register(registry, datasets=[Dataset("census")])
    told, after = uses(registry, "dataset", "census")
    assert told == ["churn/3", "churn/2"]
    assert uses(registry, "dataset", "census", after=after) == (["churn/1"], None)


def test_the_versions_that_have_a_blob_are_found_once_it_was_proven(registry):
    registry.create("other")
    registry.ready()
    registry.ready(name="other")
    registry.ready({"b.bin": b"bcd"})
    told, after = uses(registry, "blob", digest_of(ABC))
    assert (sorted(told), after) == (["churn/1", "other/1"], None)
    first, after = uses(registry, "blob", digest_of(ABC), limit=1)
    assert first + uses(registry, "blob", digest_of(ABC), limit=1, after=after)[0] == told
    assert uses(registry, "blob", digest_of(b"nobody's")) == ([], None)


@pytest.mark.parametrize(
    ("kind", "value", "refusal"),
    [
        ("blob", "abc", Invalid),
        ("base", "nobody/1", NotFound),
        ("base", "churn", NotFound),
        ("base", "a/b/c", Invalid),
        ("base", "", Invalid),
        ("dataset", "\x00", Invalid),
        ("commit", "x" * 2_001, TooLarge),
    ],
)
def test_what_cannot_be_asked_for_is_refused_and_named(registry, kind, value, refusal):
    with pytest.raises(refusal) as refused:
        uses(registry, kind, value)
    assert refused.value.field == kind


def test_no_fact_is_posted_twice():
    version = open_version(
        datasets=(Dataset("a", digest="d"), Dataset("a", digest="d")), source=Source(commit=COMMIT[:7])
    )
    assert postings_of_lineage(version) == [("dataset", "a"), ("data", "d"), ("commit", COMMIT[:7])]


def open_version(**facts):
    from tests.unit.test_domain_lineage import VERSION  # noqa: PLC0415 -- a version with nothing known

    return replace(VERSION, **facts)


def trace(registry, number=1, *, name="churn", up=True, down=True, depth=3, most=100):
    graph = tracing.trace(table=registry.table, name=name, number=number, up=up, down=down, depth=depth, most=most)
    return graph, {(edge.origin, edge.to): edge.relation for edge in graph.edges}


def test_up_are_bases_data_code_and_runs_and_down_is_what_was_made_of_it(registry):
    registry.create("other")
    register(registry, datasets=[Dataset("census", digest="sha256:1", role="train"), Dataset("plain")],
             source=Source("https://git.example.com/x", COMMIT), run=Run("airflow", "7", "https://a/7"),
             bases=["https://example.com/base"])  # fmt: skip
    register(registry, name="other", bases=["churn/1"])
    register(registry, bases=["other/1", "churn/1"])
    graph, edges = trace(registry, name="other")
    assert next(iter(graph.nodes)) == "version:other/1"
    assert edges == {
        ("version:churn/1", "version:other/1"): "fine-tune",
        ("version:other/1", "version:churn/2"): "fine-tune",
        ("base:https://example.com/base", "version:churn/1"): "fine-tune",
        ("dataset:census@sha256:1", "version:churn/1"): "train",
        ("dataset:plain", "version:churn/1"): "data",
        (f"commit:https://git.example.com/x@{COMMIT}", "version:churn/1"): "made from",
        ("run:airflow/7", "version:churn/1"): "by",
    }
    assert {node.kind for node in graph.nodes.values()} == {"version", "base", "dataset", "commit", "run"}
    assert not graph.truncated
    assert set(trace(registry, name="other", down=False)[1]) == set(edges) - {("version:other/1", "version:churn/2")}
    assert set(trace(registry, name="other", up=False)[1]) == {("version:other/1", "version:churn/2")}
    assert trace(registry, up=False, down=False)[1] == {}


def chain(registry, length):
    register(registry)
    for number in range(1, length):
        register(registry, bases=[f"churn/{number}"])


@pytest.mark.parametrize(
    ("depth", "reached", "truncated"), [(1, 2, True), (3, 4, True), (4, 5, True), (5, 6, False), (10, 6, False)]
)
def test_a_depth_limits_both_ways_and_is_told(registry, depth, reached, truncated):
    chain(registry, 6)
    up, _ = trace(registry, 6, down=False, depth=depth)
    assert len(up.nodes) == reached
    assert up.truncated is (reached < 6)
    down, _ = trace(registry, 1, up=False, depth=depth)
    assert len(down.nodes) == reached
    assert down.truncated is (truncated or depth == 5)


@pytest.mark.parametrize("most", [1, 2, 5, 6, 7])
def test_a_number_of_nodes_limits_and_is_told(registry, most):
    register(registry, datasets=[Dataset(str(n)) for n in range(3)])
    for _ in range(2):
        register(registry, bases=["churn/1"])
    graph, edges = trace(registry, most=most)
    assert len(graph.nodes) == min(most, 6)
    assert graph.truncated is (most < 6)
    assert {end for edge in edges for end in edge} <= graph.nodes.keys()


def test_a_diamond_has_each_node_once_and_every_edge(registry):
    register(registry)
    register(registry, bases=["churn/1"])
    register(registry, bases=["churn/1"])
    register(registry, bases=["churn/2", "churn/3"])
    expected = {("version:churn/1", "version:churn/2"), ("version:churn/1", "version:churn/3"),
                ("version:churn/2", "version:churn/4"), ("version:churn/3", "version:churn/4")}  # fmt: skip
    assert trace(registry, 4)[1].keys() == trace(registry, 1)[1].keys() == expected


def test_a_cycle_that_cannot_be_registered_ends_nevertheless(registry):
    """As somebody might write it into the table by hand."""
    first = register(registry)
    second = register(registry, bases=["churn/1"])
    circular = replace(first, bases=(replace(second.bases[0], version=2), replace(second.bases[0], version=1)))
    registry.table.write([Put(version_item(circular), Expect.ANYTHING)])
    post(registry, circular)
    graph, edges = trace(registry, 2, depth=10)
    assert graph.nodes.keys() == {"version:churn/1", "version:churn/2"}
    assert len(edges) == 3
    assert not graph.truncated


def test_a_base_that_is_gone_is_what_was_remembered_of_it(registry):
    registry.create("other")
    register(registry, name="other")
    register(registry, bases=["other/1"])
    other = registry.model("other").id
    for gone in (version_key("other", 1), id_key(other)):
        registry.table.write([Delete(gone, Expect.ANYTHING)])
        graph, _ = trace(registry)
        lost = graph.nodes[f"version:{other}/1"]
        assert (lost.name, lost.version, lost.state) == ("other", 1, "purged")


def test_a_version_whose_model_is_gone_is_not_led_to(registry):
    registry.create("other")
    register(registry)
    register(registry, name="other", bases=["churn/1"])
    registry.table.write([Delete(model_key("other"), Expect.ANYTHING)])
    assert trace(registry)[1] == {}


def test_a_level_is_read_together_however_wide_it_is(registry):
    for _ in range(40):
        register(registry)
    register(registry, bases=[f"churn/{number}" for number in range(1, 41)])
    registry.table.gets = 0
    assert len(trace(registry, 41, down=False)[0].nodes) == 41
    assert registry.table.gets == 3


def test_an_unknown_version_is_not_found(registry):
    for name, number in (("churn", 1), ("nobody", 1)):
        with pytest.raises(NotFound):
            trace(registry, number, name=name)


def test_a_circle_of_bases_which_only_an_import_can_bring_is_walked_once(registry):
    register(registry)
    second = register(registry, bases=["churn/1"])
    model = registry.model()
    back = replace(second.bases[0], model_id=model.id, version=2, digest=second.digest)
    first = replace(registry.version(1), bases=(back,))
    registry.table.write([Put(version_item(first), Expect.ANYTHING)])
    post(registry, first)
    graph = tracing.trace(table=registry.table, name="churn", number=1, up=True, down=True, depth=10, most=100)
    assert sorted(node.id for node in graph.nodes.values()) == ["version:churn/1", "version:churn/2"]
    assert len({(edge.origin, edge.to) for edge in graph.edges}) == 2
