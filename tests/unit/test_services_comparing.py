"""Comparing over a real table: what references stand for, in how few calls, over manifests of many pages."""

import pytest

from modelyard.catalogue.keys import files_key
from modelyard.domain.comparing import Change
from modelyard.domain.errors import Invalid, NotFound
from modelyard.domain.evaluations import Direction
from modelyard.domain.manifests import File
from modelyard.domain.names import parse_reference
from modelyard.ports import Delete, Expect
from modelyard.services.comparing import compare_versions
from tests.unit.fakes import digest_of
from tests.unit.registry import open_registry


@pytest.fixture
def registry(tmp_path):
    with open_registry(tmp_path) as opened:
        opened.create()
        yield opened


def compare(registry, *texts):
    return compare_versions(table=registry.table, references=[parse_reference(text) for text in texts])


def numbers(found):
    return [each.number for each in found.versions]


def test_versions_are_compared_whatever_they_are_called(registry):
    for number in range(3):
        registry.ready({"a": b"%d" % number})
    registry.promote(2)
    registry.alias("champion", 1)
    registry.register()
    found = compare(
        registry, "churn/4", "churn/production", "churn@champion", "churn@latest", "churn", "churn/development"
    )
    assert numbers(found) == [4, 2, 1, 3, 3, 3]


def test_versions_of_different_models_are_compared_by_their_own_directions(registry):
    registry.create("other")
    registry.register(metrics={"loss": 1.0}, directions={"loss": Direction.LOWER})
    registry.register(name="other", metrics={"loss": 0.5})
    (row,) = compare(registry, "churn/1", f"{registry.model('other').id}/1").metrics
    assert (row.direction, row.assumed, row.best) == (Direction.LOWER, False, (False, True))


@pytest.mark.parametrize("text", ["churn/9", "other/1", "churn/staging", "churn@champion", "other"])
def test_one_that_is_not_there_is_named(registry, text):
    registry.register()
    with pytest.raises(NotFound):
        compare(registry, "churn/1", text)


def test_one_version_alone_is_no_comparison(registry):
    registry.register()
    with pytest.raises(Invalid):
        compare(registry, "churn/1")
    assert compare(registry, "churn/1", "churn/1").files.counts[Change.SAME] == 1


def many(count, changed=()):
    contents = {n: b"%s%d" % (b"x" if n in changed else b"", n) for n in range(count)}
    return [File(f"{n:06d}", len(content), digest_of(content)) for n, content in contents.items()]


def test_manifests_of_many_pages_are_read_page_by_page_together(registry):
    registry.register(many(2_100))
    registry.register(many(2_100, changed={7, 1_999}))
    registry.register(many(600))
    registry.register(many(2_100))
    gets = registry.table.gets
    found = compare(registry, "churn/1", "churn/2", "churn/3", "churn/4")
    assert registry.table.gets == gets + 1 + 5, "the facts, and five pages of all manifests together"
    assert found.files.counts == {Change.SAME: 599, Change.ADDED: 0, Change.REMOVED: 1_499, Change.CHANGED: 2}
    assert found.truncated
    changed = [row for row in found.files.rows if row.change is Change.CHANGED]
    assert [row.path for row in changed] == ["000007"], "the other comes after a thousand that differ"
    assert changed[0].digests[0] == changed[0].digests[3]


def test_the_largest_manifests_are_compared(registry):
    registry.register(many(10_000))
    registry.register(many(10_000, changed=range(3_000)))
    found = compare(registry, "churn/1", "churn/2")
    assert (found.files.counts[Change.CHANGED], found.files.counts[Change.SAME]) == (3_000, 7_000)
    assert (len(found.files.rows), found.truncated) == (1_000, True)


def test_a_page_that_is_lost_does_not_pass_for_no_files(registry):
    registry.register()
    registry.register({"b": b"other"})
    registry.table.write([Delete(files_key("churn", 2, 0), Expect.ANYTHING)])
    with pytest.raises(LookupError):
        compare(registry, "churn/1", "churn/2")
