"""Finding: models, versions, files, history, the feed, and what a reference stands for."""

import pytest

from modelyard.catalogue.entry_items import place, read_entry
from modelyard.catalogue.keys import ENTRY_PREFIX, partition
from modelyard.domain.errors import Invalid, NotFound, VersionNotReady
from modelyard.domain.names import parse_reference
from modelyard.domain.version import State
from modelyard.ports import Key
from modelyard.services import finding
from tests.unit.fakes import digest_of
from tests.unit.registry import open_registry

ULID = "01KAP4Q6Z8T5V3W9XENCHRNGGD"


@pytest.fixture
def registry(tmp_path):
    with open_registry(tmp_path) as opened:
        yield opened


def paged(ask):
    """All pages of a listing, as lists."""
    pages, after = [], None
    while True:
        page = ask(after)
        pages.append(list(page.items))
        if page.after is None:
            return pages
        after = page.after


def models(registry, prefix="", limit=100):
    found = paged(lambda after: finding.list_models(table=registry.table, prefix=prefix, after=after, limit=limit))
    return [[model.name for model in page] for page in found]


def versions(registry, stage=None, limit=100, name="churn"):
    found = paged(
        lambda after: finding.list_versions(table=registry.table, name=name, stage=stage, after=after, limit=limit)
    )
    return [[version.number for version in page] for page in found]


def history(registry, number=None, limit=100, name="churn"):
    found = paged(
        lambda after: finding.read_history(table=registry.table, name=name, number=number, after=after, limit=limit)
    )
    return [[entry.sequence for entry in page] for page in found]


def resolve(registry, text):
    return finding.resolve(table=registry.table, blobs=registry.blobs, reference=parse_reference(text))


def files(registry, number=1, page=0):
    return finding.list_files(table=registry.table, blobs=registry.blobs, name="churn", number=number, page=page)


def test_models_are_listed_by_name_page_by_page(registry):
    for name in ("b", "a", "é", "B", "ab"):
        registry.create(name)
    assert models(registry) == [["B", "a", "ab", "b", "é"]]
    assert models(registry, limit=2) == [["B", "a"], ["ab", "b"], ["é"]]
    assert models(registry, prefix="a") == [["a", "ab"]]
    assert models(registry, prefix="zz") == [[]]


def test_versions_are_listed_newest_first(registry):
    registry.create()
    for _ in range(5):
        registry.register()
    assert versions(registry) == [[5, 4, 3, 2, 1]]
    assert versions(registry, limit=2) == [[5, 4], [3, 2], [1]]


def test_versions_are_listed_by_the_stage_they_stand_in(registry):
    registry.create()
    for number in range(4):
        registry.ready({"a": b"%d" % number})
    for number in (1, 3):
        registry.promote(number, "staging")
    assert versions(registry, "staging", limit=1) == [[3], [1]]
    assert versions(registry, "development") == [[4, 2]]
    assert versions(registry, "archived") == [[]]
    with pytest.raises(Invalid):
        versions(registry, "No Stage")


@pytest.mark.parametrize("stage", [None, "production"])
def test_an_unknown_model_is_not_the_same_as_one_without_versions(registry, stage):
    registry.create()
    assert versions(registry, stage) == [[]]
    for name in ("other", ULID):
        with pytest.raises(NotFound):
            versions(registry, stage, name=name)


def test_history_is_read_oldest_first_of_a_model_or_a_version(registry):
    registry.create()
    registry.ready()
    registry.register({"b": b"b"})
    registry.promote(1)
    assert history(registry) == [[1, 2, 3, 4, 5, 6]]
    assert history(registry, limit=4) == [[1, 2, 3, 4], [5, 6]]
    assert history(registry, number=1, limit=3) == [[2, 3, 4], [6]]
    assert history(registry, number=2) == [[5]]


@pytest.mark.parametrize(("name", "number"), [("other", None), ("other", 1), ("churn", 9)])
def test_history_of_what_is_not_there_is_refused(registry, name, number):
    registry.create()
    with pytest.raises(NotFound):
        history(registry, number, name=name)


def test_a_position_of_another_list_is_refused(registry):
    registry.create()
    for other in ("MODEL#other", "MODELS", ""):
        after = Key(other, "x")
        with pytest.raises(Invalid, match="page token"):
            finding.list_versions(table=registry.table, name="churn", stage=None, after=after, limit=1)
        with pytest.raises(Invalid, match="page token"):
            finding.list_versions(table=registry.table, name="churn", stage="staging", after=after, limit=1)
        with pytest.raises(Invalid, match="page token"):
            finding.read_history(table=registry.table, name="churn", number=None, after=after, limit=1)
        with pytest.raises(Invalid, match="page token"):
            finding.read_history(table=registry.table, name="churn", number=1, after=after, limit=1)
    with pytest.raises(Invalid, match="page token"):
        finding.list_models(table=registry.table, prefix="", after=Key("MODEL#churn", "x"), limit=1)


def test_a_reference_stands_for_a_ready_version_and_its_files(registry):
    registry.create()
    registry.ready({"dir/a.bin": b"one"})
    registry.ready({"b.bin": b"two"})
    registry.promote(1)
    registry.register({"c.bin": b"three"})
    for text, number in (("churn", 2), ("churn/1", 1), ("churn/production", 1)):
        found, links = resolve(registry, text)
        assert found.number == number
        assert links.following is None
    assert resolve(registry, "churn/development")[0].number == 2  # the highest there, 3, is not sent yet
    with pytest.raises(VersionNotReady):
        resolve(registry, "churn/3")
    found, links = resolve(registry, f"{registry.model().id}/production")
    ((file, request),) = links.files
    assert (found.number, file.path, file.digest) == (1, "dir/a.bin", digest_of(b"one"))
    assert request.url.endswith("?as=a.bin")


def test_a_stage_stands_for_the_highest_version_in_it(registry):
    registry.create()
    for number in range(3):
        registry.ready({"a": b"%d" % number})
    for number in (3, 1):
        registry.promote(number)
    assert resolve(registry, "churn/production")[0].number == 3
    registry.promote(2, "archived")
    registry.promote(1, "archived")
    assert resolve(registry, "churn/archived")[0].number == 2


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("other", NotFound),
        ("other/1", NotFound),
        (f"{ULID}/1", NotFound),
        ("churn/9", NotFound),
        ("churn/production", NotFound),
        ("churn/elsewhere", NotFound),
        ("churn@champion", NotFound),
        ("churn", NotFound),
        ("churn/1", VersionNotReady),
        ("churn/development", VersionNotReady),
    ],
)
def test_a_reference_that_stands_for_nothing_usable_is_refused(registry, text, kind):
    registry.create()
    registry.register()
    with pytest.raises(kind):
        resolve(registry, text)


def test_a_rejected_version_is_not_handed_out_even_in_production(registry):
    registry.create()
    registry.ready()
    registry.promote()
    registry.blobs.stored.clear()
    registry.challenge()
    registry.prove()
    with pytest.raises(VersionNotReady) as refusal:
        resolve(registry, "churn/production")
    assert refusal.value.facts == {"state": "rejected", "refusal": ("missing: a.bin",)}


def test_a_reference_costs_at_most_two_calls(registry):
    registry.create()
    registry.ready()
    registry.promote()
    for text, calls in (("churn/1", 1), ("churn/production", 2), ("churn", 2)):
        gets = registry.table.gets
        resolve(registry, text)
        assert registry.table.gets - gets == calls


def test_files_have_links_only_when_the_version_is_ready(registry):
    registry.create()
    registry.register()
    assert [link for _, link in files(registry).files] == [None]
    registry.blobs.store(b"abc")
    registry.complete()
    registry.prove()
    assert all(link for _, link in files(registry).files)
    with pytest.raises(NotFound):
        files(registry, 9)


def test_files_come_in_pages_of_the_manifest(registry):
    registry.create()
    registry.register({f"{number:04d}": b"x" for number in range(1_001)})
    pages = [files(registry, page=page) for page in range(4)]
    assert [len(page.files) for page in pages] == [500, 500, 1, 0]
    assert [page.following for page in pages] == [1, 2, None, None]


def entries(registry):
    return [read_entry(item) for item in registry.table.query(partition("churn"), prefix=ENTRY_PREFIX).items]


def test_the_feed_stops_at_a_gap_because_what_lies_beyond_comes_later(registry):
    registry.create()
    for _ in range(4):
        registry.register()
    written = entries(registry)
    for entry, position in zip(written, (1, 2, 4, 5), strict=False):
        registry.table.write([place(entry, position)])
    assert [entry.position for entry in finding.read_feed(table=registry.table, after=0, limit=10)] == [1, 2]
    registry.table.write([place(written[4], 3)])
    assert [entry.position for entry in finding.read_feed(table=registry.table, after=0, limit=10)] == [1, 2, 3, 4, 5]
    assert [entry.position for entry in finding.read_feed(table=registry.table, after=2, limit=2)] == [3, 4]
    assert finding.read_feed(table=registry.table, after=5, limit=10) == []
    assert finding.read_feed(table=registry.table, after=10**14, limit=10) == []


def test_a_history_is_read_from_its_newest_entry_back(registry):
    registry.create()
    for _ in range(4):
        registry.register()
    for number in (None, 2):
        how = {"table": registry.table, "name": "churn", "number": number, "newest": True}
        told = finding.read_history(**how, after=None, limit=1000).items
        assert list(told) == list(finding.read_history(**how | {"newest": False}, after=None, limit=1000).items)[::-1]
    first = finding.read_history(**how | {"number": None}, after=None, limit=1)
    rest = finding.read_history(**how | {"number": None}, after=first.after, limit=1000)
    assert [each.sequence for each in (*first.items, *rest.items)] == [5, 4, 3, 2, 1]


def test_the_feed_is_read_back_from_its_end_without_what_lies_beyond_a_gap(registry):
    registry.create()
    for _ in range(4):
        registry.register()
    written = entries(registry)
    assert finding.read_feed_back(table=registry.table, before=None, limit=10) == []
    for entry, position in zip(written, (1, 2, 4, 5), strict=False):
        registry.table.write([place(entry, position)])

    def back(before, limit=10):
        return [entry.position for entry in finding.read_feed_back(table=registry.table, before=before, limit=limit)]

    assert back(None) == [2, 1]
    registry.table.write([place(written[4], 3)])
    assert (back(None), back(None, 2), back(4, 2), back(1)) == ([5, 4, 3, 2, 1], [5, 4], [3, 2], [])


@pytest.mark.parametrize("prefix", ["", "a", "team ", ".", "..", ULID, "x" * 255])
def test_whatever_a_name_may_begin_with_is_a_prefix(prefix):
    assert finding.check_prefix(prefix) == prefix


@pytest.mark.parametrize("prefix", ["/", "a:", "a@b", "a\n", " a", "x" * 257])
def test_what_no_name_begins_with_is_no_prefix(prefix):
    with pytest.raises(Invalid):
        finding.check_prefix(prefix)


def test_a_version_is_found_by_the_models_id_as_well(registry):
    model = registry.create()
    registry.register()
    assert registry.version(name=model.id).state is State.UPLOADING
    with pytest.raises(NotFound):
        registry.version(9, name=model.id)
