"""Imports that somebody made up: refused by name or taken as they are, never a fault, and nothing half-written."""

import copy
import hashlib
import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelyard.catalogue.entry_items import event_of
from modelyard.domain.canonical import canonical
from modelyard.domain.replaying import replay
from tests.faults import story
from tests.faults.invariants import entries_of, models_of, versions_of
from tests.faults.moving import request, send_blobs, take
from tests.faults.yard import embedded_yard, file_request

pytestmark = pytest.mark.usefixtures("small_parts")
DIGEST = file_request("x", b"abc")["digest"]
BLOB = {"digest": DIGEST, "size": 3}
JOURNALS = "/v1/imports/journals"


@pytest.fixture(scope="module")
def taken(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("modelyard.domain.digests.MIN_PART", story.SMALL)
        with embedded_yard(tmp_path_factory.mktemp("source")) as yard:
            story.tell(yard)
            return take(yard, "churn")


@pytest.mark.parametrize("path", ["/v1/imports/blobs", "/v1/imports/blobs/complete"])
@pytest.mark.parametrize(
    "files",
    [
        [],
        [BLOB] * 2,
        [BLOB] * 501,
        [{**BLOB, "size": -1}],
        [{**BLOB, "size": 2**70}],
        [{**BLOB, "size": 10**12}],
        [{**BLOB, "digest": DIGEST.upper()}],
        [{**BLOB, "digest": "sha256:../../secret"}],
        [{**BLOB, "parts": ["0" * 64]}],
        [{"digest": DIGEST.replace("sha256:", "sha256-tree:"), "size": 80, "parts": ["0" * 64] * 3}],
        [{**BLOB, "path": "a"}],
    ],
    ids=str,
)
def test_blobs_that_can_be_none_are_refused(yard, path, files):
    before = yard.rows()
    answer = yard.call("POST", path, {"files": files})
    assert answer.status in {413, 422}, answer
    assert yard.rows() == before


def test_a_page_of_other_blobs_does_not_go_on(yard):
    other = yard.call("POST", "/v1/imports/blobs", {"files": [BLOB], "cursor": "bm9uZQ"})
    assert (other.status, other.body["field"]) == (422, "cursor")


def test_uploads_of_many_blobs_come_in_pages_that_belong_together(yard, monkeypatch):
    monkeypatch.setattr("modelyard.catalogue.uploads.PAGE_REQUESTS", 2)
    contents = [b"%03d" % number * 30 for number in range(5)]
    files = [{k: v for k, v in file_request("x", c).items() if k != "path"} for c in contents]
    seen, cursor = [], None
    while True:
        page = yard.call("POST", "/v1/imports/blobs", {"files": files, "cursor": cursor}).body
        seen += [(upload["digest"], upload["part"]) for upload in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert sorted(seen) == sorted((file["digest"], part) for file in files for part in (1, 2, 3))


@pytest.mark.parametrize(
    "change",
    [
        {"model": "churn"},
        {"model": "01KAP4Q6Z8T5V3W9XENCHRNGGD"},
        {"events": []},
        {"manifests": {"one": []}},
        {"manifests": {"0": []}},
        {"manifests": {"1": []}},
        {"manifests": {"9" * 30: []}},
        {"withheld": ["1"]},
        {"withheld": None},
        {"more": 1},
    ],
    ids=str,
)
def test_a_journal_request_that_can_be_none_is_refused(yard, taken, change):
    send_blobs(yard, taken)
    before = yard.rows()
    answer = yard.call("POST", JOURNALS, request(taken, taken.events) | change)
    assert answer.status in {413, 422}, answer
    assert yard.rows() == before


def rechained(events):
    """The entries with hashes as they should be, as far as they can have any."""
    previous = "0" * 64
    for event in events:
        if not isinstance(event, dict):
            return events
        event["previous"] = previous
        try:
            body = canonical({name: value for name, value in event.items() if name != "hash"})
        except ValueError:
            return events
        previous = event["hash"] = hashlib.sha256(body).hexdigest()
    return events


def places(value, path=()):
    """The path of every part of a JSON value."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield from places(part, (*path, key))


def put(document, path, value):
    if not path:
        return value
    changed = copy.deepcopy(document)
    at = changed
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return changed


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, -1, 1, 2, 7, 2**53, 2**63, 2**70, -0.5, 1e308]),
    st.sampled_from(
        ["", " ", "a", "ready", "production", "churn", "\x00", "\u202e", "9" * 200, "2026-03-03", "latest"]
    ),
    st.sampled_from(["0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z", "version.registered", "model.created"]),
    st.sampled_from([[], {}, [[]], {"a": {"b": []}}, [None], {"1": 1}, ["a", "a"], {"champion": [1]}]),
)


@settings(
    max_examples=400,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data(), times=st.integers(1, 3), chain=st.booleans())
def test_an_import_with_anything_anywhere_is_refused_or_sound(quick_folder, taken, data, times, chain):
    document = json.loads(json.dumps(request(taken, taken.events)))
    known = list(places(document))
    for _ in range(times):
        path = data.draw(st.sampled_from(known))
        try:
            document = put(document, path, data.draw(JUNK))
        except (KeyError, IndexError, TypeError):
            continue
    if chain and isinstance(document, dict) and isinstance(document.get("events"), list):
        document["events"] = rechained(document["events"])
    with embedded_yard(quick_folder / f"{len(list(quick_folder.iterdir()))}") as yard:
        send_blobs(yard, taken)
        answer = yard.call("POST", JOURNALS, json.dumps(document))
        assert answer.status in {200, 400, 404, 409, 413, 422}, answer
        check_replayed(yard)


def check_replayed(yard):
    """Whatever lies there now is what its journal says."""
    table = yard.ports.table
    for model in models_of(table):
        found = replay(map(event_of, entries_of(table, model)), home=model.home)
        assert found.model == model
        held = {int(row[1].removeprefix("HELD#")) for row in yard.rows() if row[1].startswith("HELD#")}
        shown = [version for number, version in sorted(found.versions.items()) if number not in held]
        stored = versions_of(table, model)
        assert [replace(version, pages=0) for version in stored] == [replace(version, pages=0) for version in shown]
        assert yard.call("GET", f"/v1/models/{model.id}/versions").status == 200
        assert yard.call("GET", f"/v1/models/{model.id}", query={"at": "2026-12-01"}).status in {200, 404}
