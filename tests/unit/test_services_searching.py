"""Searches over many versions: pages, bounds, and what they read."""

import pytest

from modelyard.adapters.sqlite import SqliteTable
from modelyard.catalogue.postings import Subject, posting_item
from modelyard.catalogue.shape import SHAPE
from modelyard.domain.errors import Invalid, SearchTooWide
from modelyard.ports import Expect, Put
from modelyard.services import searching
from modelyard.services.searching import Position, budget, running
from tests.unit.crowd import Counting, crowd, fill
from tests.unit.fakes import StillClock

MODELS, EACH = 105, 100


@pytest.fixture(scope="module")
def crowded(tmp_path_factory):
    """A table with 10,500 versions, and the versions, newest first."""
    table = SqliteTable(tmp_path_factory.mktemp("crowd") / "table.sqlite3", SHAPE, StillClock())
    versions = fill(table, crowd(MODELS, EACH))
    yield table, sorted(versions, key=lambda version: version.created_at, reverse=True)
    table.close()


@pytest.fixture
def table(tmp_path):
    table = SqliteTable(tmp_path / "table.sqlite3", SHAPE, StillClock())
    yield table
    table.close()


def search(table, wanted="", order="", limit=100, after=None, clock=None):
    known = {"table": table, "clock": clock or StillClock()}
    return searching.search_versions(**known, wanted=wanted, order=order, after=after, limit=limit)


def everything(table, wanted="", order="", limit=100):
    """All pages of a search."""
    pages = [search(table, wanted, order, limit)]
    while pages[-1].after is not None:
        pages.append(search(table, wanted, order, limit, pages[-1].after))
    return pages


@pytest.mark.parametrize("wanted", ["", "tags.team = 'growth'", "name = 'm00007'", "state = 'ready'", "author = 'ana'"])
def test_a_page_of_a_hundred_by_an_index_takes_two_calls_however_many_there_are(crowded, wanted):
    table = Counting(crowded[0])
    page = search(table, wanted)
    assert len(page.items) == 100
    assert table.calls == ["query", "get"]
    assert table.read == 200
    assert (page.explained.examined, page.explained.matched) == (100, 100)


def test_fewer_are_read_where_fewer_are_wanted(crowded):
    table = Counting(crowded[0])
    assert len(search(table, "tags.team = 'growth'", limit=3).items) == 3
    assert table.read == 6


def test_the_whole_of_an_index_is_read_page_by_page_without_a_gap(crowded):
    table, versions = crowded
    pages = everything(table, "tags.n = '7'", limit=50)
    expected = [version.reference for version in versions if version.tags["n"] == "7"]
    assert [version.reference for page in pages for version in page.items] == expected
    assert [len(page.items) for page in pages] == [50, 50, 5]


def test_a_page_that_ends_with_the_last_match_of_the_index_says_so(crowded):
    table, versions = crowded
    many = sum(version.tags["n"] == "7" for version in versions)
    assert search(table, "tags.n = '7'", limit=many).after is None
    assert search(table, "tags.n = '7'", limit=many - 1).after is not None


def test_a_call_that_finds_nothing_stops_after_two_thousand_and_says_where_to_go_on(crowded):
    table, versions = crowded
    counting = Counting(table)
    page = search(counting, "metrics.auc > 5")
    assert (list(page.items), page.explained.examined) == ([], 2000)
    assert page.after == Position("-", running.Position(*page.after).age)
    assert (len(counting.calls), counting.read) == (40, 4000)
    pages = everything(table, "metrics.auc > 5")
    assert (len(pages), sum(each.explained.examined for each in pages)) == (6, len(versions))


def test_matches_between_many_others_are_all_found(crowded):
    table, versions = crowded
    pages = everything(table, "metrics.auc = 0.5 AND NOT tags.n = '7'")
    expected = [version.reference for version in versions if version.metrics["auc"] == 0.5]
    assert [version.reference for page in pages for version in page.items] == expected


def test_a_time_of_creation_bounds_what_is_looked_at(crowded):
    table, versions = crowded
    moment = versions[5000].created_at.isoformat()
    for way, order in (("<=", ""), (">=", "created_at ASC")):
        page = search(table, f"created_at {way} '{moment}'", order, limit=10)
        assert page.items[0] == versions[5000]
        assert page.explained.examined <= 100
    until, since = versions[100].created_at.isoformat(), versions[103].created_at.isoformat()
    both = f"created_at < '{until}' AND created_at > '{since}'"
    for order in ("", "created_at ASC"):
        (page,) = everything(table, both, order)
        assert {version.reference for version in page.items} == {version.reference for version in versions[101:103]}
        assert page.explained.examined <= 4
    (within,) = everything(table, f"name = 'm00007' AND {both}")
    assert (list(within.items), within.explained.examined <= 1) == ([], True)


def test_an_order_without_an_index_takes_gathering_and_is_refused_when_that_is_too_much(crowded):
    table, versions = crowded
    with pytest.raises(SearchTooWide) as caught:
        search(table, order="metrics.auc DESC")
    assert (caught.value.field, caught.value.facts["most"]) == ("order", 10_000)
    assert "narrow the search" in caught.value.detail
    narrow = [version for version in versions if version.tags["n"] == "7"]
    expected = sorted(narrow, key=lambda version: (version.metrics["auc"], version.created_at), reverse=True)
    pages = everything(table, "tags.n = '7'", "metrics.auc DESC", limit=40)
    assert [version.reference for page in pages for version in page.items] == [each.reference for each in expected]
    assert all(page.explained.sorted for page in pages)


def test_what_would_have_to_be_sorted_is_read_once_and_no_further_than_allowed(crowded):
    table = Counting(crowded[0])
    with pytest.raises(SearchTooWide):
        search(table, order="metrics.auc DESC")
    assert table.calls == ["query"] * 10
    assert table.read == 10_000


def test_just_as_much_as_may_be_sorted_is_sorted(table, monkeypatch):
    monkeypatch.setattr(running, "MOST_GATHERED", 30)
    fill(table, crowd(3, 10))
    assert len(everything(table, order="metrics.auc", limit=7)) == 5
    fill(table, crowd(3, 11))
    with pytest.raises(SearchTooWide):
        search(table, order="metrics.auc")


@pytest.mark.parametrize("order", ["", "created_at ASC", "name", "name DESC"])
def test_too_many_to_sort_by_name_or_creation_are_looked_at_in_that_order_instead(crowded, order):
    table, versions = crowded
    wanted = "name LIKE 'm%'" if "name" not in order else "tags.team = 'growth'"
    page = search(table, wanted, order, limit=500)
    by_name = sorted(versions, key=lambda version: (version.name, version.created_at), reverse="DESC" in order)
    expected = by_name if "name" in order else versions[:: -1 if order else 1]
    assert [version.reference for version in page.items] == [each.reference for each in expected[:500]]
    assert (page.explained.index, page.explained.sorted) == ("everything", False)
    following = search(table, wanted, order, limit=3, after=page.after)
    assert [version.reference for version in following.items] == [each.reference for each in expected[500:503]]


def test_a_page_of_large_versions_ends_before_it_is_too_large_for_an_answer(table):
    fill(table, crowd(1, 60, description="x" * 100_000))
    pages = everything(table, limit=1000)
    assert len(pages) == 2
    assert sum(len(page.items) for page in pages) == 60


def test_large_versions_that_do_not_match_are_not_read_without_end(table, monkeypatch):
    monkeypatch.setattr(budget, "MOST_READ", 3_000_000)
    fill(table, crowd(1, 300, description="x" * 20_000))
    page = search(table, "metrics.auc > 5")
    assert (list(page.items), page.explained.examined) == ([], 200)
    with pytest.raises(SearchTooWide):
        search(table, order="metrics.auc")


def test_one_version_larger_than_a_page_is_still_answered(table, monkeypatch):
    monkeypatch.setattr(running, "MOST_BYTES", 10)
    fill(table, crowd(1, 3))
    assert [len(page.items) for page in everything(table)] == [1, 1, 1]


def test_what_is_gone_is_no_answer_and_no_failure(table):
    versions = fill(table, crowd(1, 3))
    posting = table.query("SEARCH#version#all#").items[0]
    stray = posting_item(posting.key._replace(sk=posting.key.sk + "9"), Subject("gone", 1))
    table.write([Put(stray, Expect.ABSENT)])
    (page,) = everything(table)
    assert len(page.items) == len(versions)
    assert page.explained.examined == 4
    (owned,) = everything(table, "NOT owner = 'x'")
    assert len(owned.items) == 3


@pytest.mark.parametrize(
    ("order", "position"),
    [
        ("metrics.auc", Position("[0]", "2026")),
        ("metrics.auc", Position('{"a": 1}', "2026")),
        ("metrics.auc", Position('[0, "text"]', "2026")),
        ("metrics.auc", Position("[0, true]", "2026")),
        ("metrics.auc", Position("[[], 1]", "2026")),
        ("metrics.auc", Position("[7, 1]", "2026")),
        ("metrics.auc", Position("nonsense", "2026")),
        ("metrics.auc", Position("[" * 1000, "2026")),
        ("name", Position("x" * 1024, "2026")),
    ],
)
def test_a_position_that_nobody_was_given_is_refused(table, order, position):
    fill(table, crowd(1, 3))
    with pytest.raises(Invalid) as caught:
        search(table, order=order, after=position)
    assert caught.value.field == "cursor"


@pytest.mark.parametrize("order", ["", "name", "metrics.auc", "metrics.auc DESC", "tags.team"])
def test_any_other_position_answers_some_page(table, order):
    fill(table, crowd(1, 3))
    for place in ("[0, 1e999]", "[0, NaN]", '[1, ""]', "[-1, 0]", "[2, 0]"):
        page = search(table, order=order, after=Position(place, "~"))
        assert len(page.items) in {0, 3}


class Hasty(StillClock):
    """A clock that goes on by a second whenever somebody looks."""

    def now(self):
        self.advance(seconds=1)
        return self.moment


def test_a_call_that_takes_long_ends_early_and_says_where_to_go_on(crowded):
    table, versions = crowded
    page = search(table, "metrics.auc = 0.5", clock=Hasty())
    assert page.explained.examined == 500
    assert page.after is not None
    following = search(table, "metrics.auc = 0.5", after=page.after)
    found = [version.reference for each in (page, following) for version in each.items]
    expected = [version.reference for version in versions if version.metrics["auc"] == 0.5]
    assert expected[: len(found)] == found


def test_sorting_that_takes_long_is_refused(crowded):
    table, _ = crowded
    with pytest.raises(SearchTooWide):
        search(table, "name LIKE 'm0000%'", "metrics.auc", clock=Hasty())
