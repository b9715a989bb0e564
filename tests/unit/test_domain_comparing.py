"""Comparing as values: rows aligned, deltas and who is best, files path by path with little in memory."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.domain.comparing import MOST_BYTES, MOST_FILES, Change, Room, check_count, compare, compare_files
from modelyard.domain.digests import Digest
from modelyard.domain.errors import Invalid
from modelyard.domain.evaluations import Direction
from modelyard.domain.manifests import File
from modelyard.domain.version import (
    Base,
    Dataset,
    Environment,
    Evaluated,
    Measured,
    Relation,
    Run,
    Source,
    State,
    Version,
)
from tests.unit.fakes import NOON, digest_of

HIGHER, LOWER = Direction.HIGHER, Direction.LOWER


def version(number=1, **facts):
    digest = digest_of(b"%d" % number)
    return Version("churn", "churn", number, State.READY, "development", digest, 1, 1, 1, NOON, "ana", 1, **facts)


def compared(*versions, directions=None, files=None):
    known = directions or [{}] * len(versions)
    return compare(versions, known, files or {each.digest: [] for each in versions})


def rows(found):
    return {row.name: row.values for row in found}


def measured(number, value, *, unit="", **on):
    how = {"m": Measured(unit, 0 if on else None)}
    return version(number, metrics={"m": value}, measured=how, evaluated=(Evaluated(**on),) if on else ())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"dataset": "a"}, {"dataset": "b"}),
        ({"dataset": "a", "split": "test"}, {"dataset": "a", "split": "train"}),
        ({"dataset": "a", "digest": "1"}, {"dataset": "a", "digest": "2"}),
        ({"unit": "percent"}, {"unit": "points"}),
    ],
)
def test_what_was_measured_otherwise_is_not_held_against_one_another(one, other):
    (row,) = compared(measured(1, 0.1, **one), measured(2, 0.2, **other)).metrics
    assert (row.deltas, row.best) == ((0.0, None), (False, False))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"dataset": "a"}, {}),
        ({"dataset": "a", "split": "test"}, {"dataset": "a", "unit": "points"}),
        ({"dataset": "a", "digest": "1"}, {"dataset": "renamed", "digest": "1"}),
    ],
)
def test_what_may_have_been_measured_alike_is_compared(one, other):
    (row,) = compared(measured(1, 0.1, **one), measured(2, 0.2, **other)).metrics
    assert (row.deltas, row.best) == ((0.0, pytest.approx(0.1)), (False, True))


def test_parameters_and_tags_are_aligned_and_say_whether_they_are_the_same():
    found = compared(
        version(1, params={"depth": "8", "rate": "0.1"}, tags={"team": "growth"}),
        version(2, params={"depth": "8", "seed": "7"}),
    )
    assert rows(found.params) == {"depth": ("8", "8"), "rate": ("0.1", None), "seed": (None, "7")}
    assert {row.name: row.same for row in found.params} == {"depth": True, "rate": False, "seed": False}
    assert rows(found.tags) == {"team": ("growth", None)}


@pytest.mark.parametrize(
    ("directions", "values", "direction", "assumed", "best"),
    [
        ([{}, {}], (0.1, 0.2), HIGHER, True, (False, True)),
        ([{"m": LOWER}, {}], (0.1, 0.2), LOWER, False, (True, False)),
        ([{"m": LOWER}, {"m": LOWER}], (0.2, 0.1), LOWER, False, (False, True)),
        ([{"m": LOWER}, {"m": HIGHER}], (0.2, 0.1), None, False, (False, False)),
        ([{}, {}], (0.1, 0.1), HIGHER, True, (False, False)),
        ([{}, {}], (0.1, None), HIGHER, True, (False, False)),
        ([{}, {}, {}], (0.2, 0.1, 0.2), HIGHER, True, (True, False, True)),
        ([{}, {}, {}], (None, 0.1, 0.2), HIGHER, True, (False, False, True)),
    ],
)
def test_who_is_best_goes_by_what_was_stated_else_by_what_is_assumed(directions, values, direction, assumed, best):
    versions = [version(n, metrics={} if v is None else {"m": v}) for n, v in enumerate(values, 1)]
    (row,) = compared(*versions, directions=directions).metrics
    assert (row.values, row.direction, row.assumed, row.best) == (values, direction, assumed, best)


def test_deltas_are_against_the_first():
    found = compared(
        version(1, metrics={"a": 1.0, "b": 1e308}), version(2, metrics={"a": 0.5, "b": -1e308, "c": 3}), version(3)
    )
    assert {row.name: row.deltas for row in found.metrics} == {
        "a": (0.0, -0.5, None),
        "b": (0.0, None, None),
        "c": (None, None, None),
    }


def test_what_is_in_the_files_is_compared_fact_by_fact():
    first = version(1, facts={"format": "onnx", "parameters": 10, "dtypes": {"F32": 40}, "formats": ["a", "b"]})
    second = version(2, facts={"format": "onnx", "parameters": 12, "dtypes": {"F16": 24}, "formats": ["a"]})
    assert rows(compared(first, second).facts) == {
        "format": ("onnx", "onnx"),
        "parameters": (10, 12),
        "dtypes.F32": (40, None),
        "dtypes.F16": (None, 24),
        "formats.#1": ("a", "a"),
        "formats.#2": ("b", None),
    }


def test_where_versions_come_from_is_compared_whatever_they_hold_of_it():
    first = version(
        1,
        source=Source(commit="abc", dirty=False),
        datasets=(Dataset("b", "s3://b"), Dataset("a", "s3://a", rows=7)),
        run=Run(url="u"),
        bases=(Base(Relation.ADAPTER, name="bert", version=1), Base(Relation.MERGE, uri="hf://x")),
        environment=Environment("3.11", {"numpy": "2.1", "zope.interface": "7"}),
        card_digest="sha256:0",
    )
    second = version(
        2,
        source=Source(commit="abd"),
        datasets=(Dataset("a", "s3://a2"), Dataset("a", "s3://a3")),
        environment=Environment("3.11", {"numpy": "2.2"}),
    )
    both = compared(first, second)
    found = rows(both.lineage)
    assert rows(both.environment) == {
        "packages.numpy": ("2.1", "2.2"),
        "packages.zope.interface": ("7", None),
        "python": ("3.11", "3.11"),
    }
    assert (found["source.commit"], found["source.dirty"]) == (("abc", "abd"), (False, None))
    assert (found["run.url"], found["datasets.a.rows"]) == (("u", None), (7, None))
    assert (found["bases.bert.relation"], found["bases.bert.version"]) == (("adapter", None), (1, None))
    assert (found["bases.#2.uri"], found["bases.#2.relation"]) == (("hf://x", None), ("merge", None))
    assert found["datasets.b.uri"] == ("s3://b", None)
    assert found["datasets.a.uri"] == ("s3://a", None)
    assert (found["datasets.a#1.uri"], found["datasets.a#2.uri"]) == ((None, "s3://a2"), (None, "s3://a3"))
    assert not any(name.startswith(("home", "revision", "pages", "description", "card")) for name in found)


@pytest.mark.parametrize(("count", "good"), [(0, False), (1, False), (2, True), (20, True), (21, False)])
def test_two_to_twenty_are_compared(count, good):
    if good:
        check_count(count)
        return
    with pytest.raises(Invalid) as refusal:
        check_count(count)
    assert refusal.value.field == "ref"


def file(path, content):
    return File(path, len(content), digest_of(content))


def changes(*manifests):
    listed = [[file(path, content) for path, content in sorted(each.items())] for each in manifests]
    return compare_files(listed, range(len(listed)), Room())


def test_files_are_told_apart_by_what_became_of_them():
    found = changes(
        {"gone": b"1", "grown": b"1", "kept": b"1", "partly": b"1"},
        {"grown": b"123", "kept": b"1", "new": b"1", "partly": b"1"},
        {"grown": b"1", "kept": b"1", "new": b"2"},
    )
    assert {row.path: (row.change, row.sizes) for row in found.rows} == {
        "gone": (Change.REMOVED, (1, None, None)),
        "grown": (Change.CHANGED, (1, 3, 1)),
        "kept": (Change.SAME, (1, 1, 1)),
        "new": (Change.ADDED, (None, 1, 1)),
        "partly": (Change.REMOVED, (1, 1, None)),
    }
    assert found.counts == {Change.SAME: 1, Change.ADDED: 1, Change.REMOVED: 2, Change.CHANGED: 1}
    assert not found.truncated


PATHS = st.sampled_from(["a", "a/b", "ä", "b", "z", "\U0001f600", "\uffee"])
MANIFESTS = st.lists(st.dictionaries(PATHS, st.sampled_from([b"", b"1", b"22"])), min_size=2, max_size=4)


@given(MANIFESTS)
def test_every_path_of_every_version_has_one_row_in_order(manifests):
    listed = [[file(path, content) for path, content in sorted(each.items(), key=by_bytes)] for each in manifests]
    found = compare_files(listed, range(len(listed)), Room())
    paths = [row.path for row in found.rows]
    assert paths == sorted({path for each in manifests for path in each}, key=lambda path: path.encode())
    for row in found.rows:
        held = [each.get(row.path) for each in manifests]
        assert row.sizes == tuple(None if content is None else len(content) for content in held)
        assert (row.change is Change.SAME) == (len(set(held)) == 1)


def by_bytes(item):
    return item[0].encode()


class Walked:
    """A manifest of many files that says how far it was read."""

    def __init__(self, count, differing):
        self._count, self._differing, self.at = count, differing, 0

    def __iter__(self):
        for place in range(self._count):
            self.at = place
            digest = digest_of(b"%d" % (place if place >= self._differing else -id(self)))
            yield File(f"{place:06d}", 7, digest)


def test_ten_thousand_files_of_twenty_versions_are_read_side_by_side_and_few_are_kept():
    manifests = [Walked(10_000, 300) for _ in range(20)]
    apart = []

    def watched(manifest):
        for each in manifest:
            apart.append(max(other.at for other in manifests) - min(other.at for other in manifests))
            yield each

    found = compare_files([watched(each) for each in manifests], range(20), Room())
    assert max(apart) <= 1, "no manifest is read ahead of the others"
    assert found.counts[Change.CHANGED] == 300
    assert found.counts[Change.SAME] == 9_700
    assert len(found.rows) <= MOST_FILES
    assert sum(row.change is Change.CHANGED for row in found.rows) == 300
    assert found.truncated


def test_rows_of_any_kind_stop_where_an_answer_would_become_too_large():
    params = {f"{number}": "x" * 6_000 for number in range(20)}
    versions = [version(number, params=params) for number in range(1, 21)]
    found = compared(*versions)
    told = sum(len(json.dumps(row.values)) for row in found.params)
    assert told <= MOST_BYTES
    assert (found.truncated, len(found.params)) == (False, 20)
    more = [replace(each, params={f"{number}": "x" * 6_000 for number in range(40)}) for each in versions]
    cut = compared(*more)
    assert (cut.truncated, len(cut.params) < 40) == (True, True)
    assert cut.files.counts[Change.SAME] == 0


def test_versions_with_the_same_files_share_one_manifest():
    one, two, three = version(1), version(2), replace(version(3), digest=version(1).digest)
    files = {one.digest: iter([file("a", b"1")]), two.digest: iter([file("a", b"22")])}
    (row,) = compare([one, two, three], [{}] * 3, files).files.rows
    assert (row.sizes, row.change) == ((1, 2, 1), Change.CHANGED)
    assert isinstance(row.digests[0], str)
    assert Digest(row.digests[0]) == digest_of(b"1")
