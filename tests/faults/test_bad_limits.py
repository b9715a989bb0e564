"""Limits at the API: what is at a bound is taken, what is beyond it is refused, and then nothing is written."""

import json

import pytest

from modelyard.domain.names import MAX_FACTS
from tests.faults.invariants import check_all
from tests.faults.yard import file_request

V = "/v1/models/churn/versions"
FILES = [file_request("a", b"a")]
WIDE = "\U0001f600"
"""Four bytes in UTF-8, twelve where JSON escapes it."""


@pytest.fixture
def churn(yard):
    assert yard.call("POST", "/v1/models", {"name": "churn"}).status == 201
    return yard


def many(count, value="", key=""):
    return {f"{key}{number}": value for number in range(count)}


TEXTS = {"tags": (100, 250, 5_000), "params": (1_000, 250, 6_000)}
TAKEN = [
    ("description", "x" * 20_000),
    ("description", "\n\t" * 10_000),
    ("description", WIDE * 20_000),
    ("source_commit", "x" * 2_000),
    ("run_url", WIDE * 2_000),
    ("datasets", [{"name": "d", "uri": "x" * 2_000, "digest": "x" * 2_000}] * 30),
    ("datasets", [{"name": "d"}] * 100),
    ("metrics", many(1_000, 0.5)),
    ("metrics", {"x" * 250: -1e308, "least": 5e-324, "zero": -0.0, "large": 1e17, "whole": 2**53}),
    ("tags", many(100)),
    ("tags", {"x" * 250: WIDE * 5_000}),
    ("tags", many(26, "x" * 5_000)),
    ("params", many(1_000)),
    ("params", {WIDE * 250: "x" * 6_000}),
    ("params", many(5, WIDE * 5_999)),
]
REFUSED = [
    ("description", "x" * 20_001, 413),
    ("description", "a\0", 422),
    ("source_commit", "x" * 2_001, 413),
    ("source_commit", "\x1b[31m", 422),
    ("run_url", "x" * 2_001, 413),
    ("datasets", [{"name": "d"}] * 101, 413),
    ("datasets", [{"name": ""}], 422),
    ("datasets", [{"name": "x" * 2_001}], 413),
    ("datasets", [{"name": "a\u2028"}], 422),
    ("datasets", [{"name": "d", "uri": "x" * 2_000}] * 66, 413),
    ("metrics", many(1_001, 0.5), 413),
    ("metrics", {"": 0.5}, 422),
    ("metrics", {"x" * 251: 0.5}, 422),
    *((field, many(most + 1), 413) for field, (most, _, _) in TEXTS.items()),
    *((field, {"x" * (longest + 1): ""}, 422) for field, (_, longest, _) in TEXTS.items()),
    *((field, {"x": "x" * (longest + 1)}, 413) for field, (_, _, longest) in TEXTS.items()),
    *((field, {"": "x"}, 422) for field in TEXTS),
    *((field, {"a\nb": "x"}, 422) for field in TEXTS),
    *((field, {"a": "\x00"}, 422) for field in TEXTS),
    ("tags", many(27, "x" * 5_000), 413),
    ("params", many(6, WIDE * 5_999), 413),
]


@pytest.mark.parametrize(("field", "value"), TAKEN, ids=range(len(TAKEN)))
def test_what_is_at_a_bound_is_taken_and_comes_back_as_it_was(churn, field, value):
    made = churn.call("POST", V, {"files": FILES, field: value}, headers={"idempotency-key": "k"})
    assert made.status == 201, made.body
    found = made.body["version"][field]
    expected = (
        [{"uri": "", "digest": "", "role": "", "rows": None, **each} for each in value]
        if field == "datasets"
        else value
    )
    assert found == expected
    again = churn.call("POST", V, {"files": FILES, field: value}, headers={"idempotency-key": "k"})
    assert again.body["version"] == made.body["version"]
    assert churn.call("GET", f"{V}/1").body[field] == expected
    churn.pump()
    check_all(churn)


@pytest.mark.parametrize(("field", "value", "status"), REFUSED, ids=range(len(REFUSED)))
def test_what_is_beyond_a_bound_is_refused_and_nothing_is_written(churn, field, value, status):
    before = churn.rows()
    refused = churn.call("POST", V, {"files": FILES, field: value}, headers={"idempotency-key": "k"})
    assert (refused.status, refused.body["status"]) == (status, status), refused
    assert churn.rows() == before
    assert len(json.dumps(refused.body)) < 10_000


FIELDS_OF_MODEL = {"description", "tags"}


@pytest.mark.parametrize(
    ("field", "value", "status"),
    [each for each in REFUSED if each[0] in FIELDS_OF_MODEL] + [("owner", "x" * 2_001, 413), ("owner", "\x07", 422)],
)
def test_the_same_bounds_hold_for_a_model_when_it_is_made_and_when_it_is_changed(churn, field, value, status):
    before = churn.rows()
    assert churn.call("POST", "/v1/models", {"name": "new", field: value}).status == status
    assert churn.call("PATCH", "/v1/models/churn", {field: value}).status == status
    assert churn.rows() == before


@pytest.mark.parametrize(("field", "value", "status"), [each for each in REFUSED if each[0] in FIELDS_OF_MODEL])
def test_and_for_a_version_when_it_is_changed(churn, field, value, status):
    churn.call("POST", V, {"files": FILES})
    before = churn.rows()
    assert churn.call("PATCH", f"{V}/1", {field: value}).status == status
    assert churn.rows() == before


def test_everything_at_its_bound_at_once_still_fits_an_item_an_entry_and_a_receipt(churn):
    """128 KiB together, in letters that grow most where somebody escapes them, in the longest name, many times over."""
    name = WIDE * 256
    about = {"description": "é" * 20_000, "tags": many(7, "é" * 5_000), "params": {"p": "\\" * 5_000}}
    assert churn.call("POST", "/v1/models", {"name": name, "tags": many(12, "é" * 5_000)}).status == 201
    path = f"/v1/models/{name}"
    for number in (1, 2):
        headers = {"idempotency-key": f"{number}"}
        made = churn.call("POST", f"{path}/versions", {"files": FILES, **about}, headers=headers)
        assert made.status == 201, made.body
        churn.push(name, number, made.body["uploads"], {FILES[0]["digest"]: b"a"})
        assert (
            churn.call("POST", f"{path}/versions/{number}/complete", headers={"idempotency-key": f"c{number}"}).status
            == 202
        )
        changed = churn.call("PATCH", f"{path}/versions/{number}", {"tags": many(7, "è" * 5_000)})
        assert changed.status == 200, changed.body
        churn.pump()
        body = {"stage": "production", "replace": True, "comment": "é" * 2_000}
        moved = churn.call(
            "POST", f"{path}/versions/{number}/transitions", body, headers={"idempotency-key": f"t{number}"}
        )
        assert moved.status == 200, moved.body
    assert churn.call("PATCH", path, {"tags": many(12, "è" * 5_000)}).status == 200
    churn.pump()
    check_all(churn)


def test_the_bound_of_all_facts_together_is_exact(churn):
    facts = {"tags": {"a": "x" * 5_000}, "params": many(22, "x" * 5_500) | {"last": ""}}
    others = {"description": "", "metrics": {}, "source_commit": "", "datasets": [], "run_url": ""}
    room = MAX_FACTS - len(json.dumps({**facts, **others}, separators=(",", ":")))
    assert 0 < room < 6_000
    before = churn.rows()
    facts["params"]["last"] = "x" * (room + 1)
    assert churn.call("POST", V, {"files": FILES, **facts}).status == 413
    assert churn.rows() == before
    facts["params"]["last"] = "x" * room
    assert churn.call("POST", V, {"files": FILES, **facts}).status == 201
