"""Questions about the past: what was asked well, and what nobody can answer."""

import pytest

from modelyard.catalogue import past
from modelyard.services import recalling

V = "/v1/models/churn/versions"
ASKED = [
    ("/v1/models", {}),
    ("/v1/models/churn", {}),
    (V, {}),
    (f"{V}/1", {}),
    ("/v1/resolve", {"ref": "churn/production"}),
]
PATHS = [path for path, _ in ASKED]
BAD = [
    "",
    "now",
    "1969-12-31T23:59:59Z",
    "10000-01-01",
    "2026-02-30",
    "9999-12-31T23:59:59-01:00",
    "x" * 5_000,
    "\ud800",
]


@pytest.fixture
def churn(yard):
    """Three versions, an hour between any two things that happen: 1 in production, then 2, which is then described."""
    for path, body in (
        ("/v1/models", {"name": "churn", "owner": "ana"}),
        (None, 1),
        (f"{V}/1/transitions", {"stage": "production"}),
        (None, 2),
        (f"{V}/2/transitions", {"stage": "production", "replace": True}),
        (f"{V}/2", {"description": "good"}),
        ("/v1/models/churn", {"owner": "growth"}),
        (None, 3),
    ):
        if path is None:
            yard.ready("churn", {"a": b"%d" % body})
        else:
            method = "PATCH" if path.endswith(("/2", "/churn")) else "POST"
            assert yard.call(method, path, body).status < 300
        yard.clock.advance(hours=1)
    return yard


def hour(number):
    """Half an hour into the hour in which something happened."""
    return f"2026-11-23T{12 + number}:30"


def ask(yard, path, at, **query):
    return yard.call("GET", path, query={"at": at, **query})


@pytest.mark.parametrize("at", BAD, ids=range(len(BAD)))
@pytest.mark.parametrize(("path", "query"), ASKED, ids=PATHS)
def test_a_moment_that_is_none_is_refused_wherever_it_is_asked_for(churn, path, query, at):
    before = churn.rows()
    answer = ask(churn, path, at, **query)
    assert (answer.status, answer.body["field"]) == (422, "at")
    assert churn.rows() == before


def test_what_was_in_production_is_told_of_each_hour(churn):
    told = [ask(churn, "/v1/resolve", hour(n), ref="churn/production") for n in range(8)]
    numbers = [answer.body["version"]["version"] if answer.status == 200 else answer.status for answer in told]
    assert numbers == [404, 404, 1, 1, 2, 2, 2, 2]
    assert told[3].body["at"] == "2026-11-23T15:30:00.000Z"
    assert told[3].body["version"]["stage"] == "production"
    assert told[3].body["state_now"] == "ready"
    assert told[3].body["files"]["items"][0]["download"]["method"] == "GET"


def test_a_date_is_its_first_moment_and_an_offset_counts(churn):
    assert ask(churn, "/v1/models/churn", "2026-11-23").status == 404
    assert ask(churn, "/v1/models/churn", "2026-11-24").body["owner"] == "growth"
    assert ask(churn, "/v1/models/churn", "2026-11-23T14:30:00+02:00").body["sequence"] == 1


def test_the_model_and_its_versions_are_as_they_were(churn):
    assert [ask(churn, "/v1/models/churn", hour(n)).body["owner"] for n in (0, 5, 6)] == ["ana", "ana", "growth"]
    model = ask(churn, "/v1/models/churn", hour(3)).body
    assert (model["versions"], model["newest_ready"], model["stages"]) == (2, 2, {"production": [1]})
    assert [ask(churn, f"{V}/2", hour(n)).status for n in (2, 3)] == [404, 200]
    assert [ask(churn, f"{V}/2", hour(n)).body["description"] for n in (4, 5)] == ["", "good"]
    assert [each["version"] for each in ask(churn, V, hour(4)).body["items"]] == [2, 1]
    assert [each["version"] for each in ask(churn, V, hour(4), stage="production").body["items"]] == [2]


def test_before_the_model_there_was_nothing(churn):
    early = "2026-11-23T11:59:59.999Z"
    assert [ask(churn, path, early, **query).status for path, query in ASKED[1:]] == [404, 404, 404, 404]
    assert ask(churn, "/v1/models", early).body == {"items": [], "next": None}
    problem = ask(churn, V, early).body
    assert problem["detail"] == "there was no model 'churn' at 2026-11-23T11:59:59.999Z"


def test_what_is_to_come_is_answered_with_what_is(churn):
    now = churn.call("GET", "/v1/models/churn").body
    assert ask(churn, "/v1/models/churn", "9999-12-31").body == now
    assert ask(churn, "/v1/models", "9999-12-31").body["items"] == [now]


def test_pages_of_the_past_go_on_where_they_ended_and_belong_to_their_moment(churn):
    first = ask(churn, V, hour(7), limit="2").body
    assert [each["version"] for each in first["items"]] == [3, 2]
    rest = ask(churn, V, hour(7), limit="2", cursor=first["next"]).body
    assert ([each["version"] for each in rest["items"]], rest["next"]) == ([1], None)
    for query in ({"at": hour(6)}, {}, {"at": hour(7), "stage": "production"}):
        answer = churn.call("GET", V, query={"limit": "2", "cursor": first["next"], **query})
        assert (answer.status, answer.body["field"]) == (422, "cursor")


def test_models_are_listed_as_they_were_under_the_names_that_they_had(churn):
    assert churn.call("POST", "/v1/models", {"name": "ages"}).status == 201
    churn.clock.advance(hours=1)
    assert [each["name"] for each in ask(churn, "/v1/models", hour(7)).body["items"]] == ["churn"]
    (later,) = ask(churn, "/v1/models", hour(0), prefix="ch").body["items"]
    assert (later["owner"], later["versions"]) == ("ana", 0)
    page = ask(churn, "/v1/models", "2026-11-24", limit="1").body
    assert [each["name"] for each in page["items"]] == ["ages"]
    rest = ask(churn, "/v1/models", "2026-11-24", limit="1", cursor=page["next"]).body
    assert [each["name"] for each in rest["items"]] == ["churn"]


def test_a_page_of_models_ends_early_rather_than_replay_without_end(churn, monkeypatch):
    monkeypatch.setattr(recalling, "MOST_TOGETHER", 3)
    churn.call("POST", "/v1/models", {"name": "dogs"})
    page = ask(churn, "/v1/models", hour(6)).body
    assert [each["name"] for each in page["items"]] == ["churn"]
    assert ask(churn, "/v1/models", hour(6), cursor=page["next"]).body == {"items": [], "next": None}


def test_a_journal_that_is_too_long_for_one_answer_is_refused_and_says_so(churn, monkeypatch):
    monkeypatch.setattr(past, "MOST_ENTRIES", 5)
    for path, query in ASKED:
        answer = ask(churn, path, hour(6), **query)
        if path == f"{V}/1":
            assert answer.status == 200, "one version has few entries"
        else:
            assert (answer.status, answer.body["kind"], answer.body["field"]) == (413, "TooLarge", "at")
    assert ask(churn, "/v1/models/churn", hour(0)).status == 200


def test_a_version_that_was_rejected_then_is_no_answer_though_it_is_ready_now(churn):
    number = churn.ready("churn", {"b": b"rot"})
    churn.rot(b"rot")
    churn.call("POST", f"{V}/{number}/verify")
    churn.pump()
    churn.clock.advance(hours=2)
    answer = ask(churn, "/v1/resolve", "2026-11-23T21:00", ref=f"churn/{number}")
    assert (answer.status, answer.body["kind"], answer.body["facts"]["state"]) == (409, "VersionNotReady", "rejected")


def test_files_of_the_past_can_only_be_fetched_while_they_are_there(churn):
    number = churn.ready("churn", {"b": b"rot"})
    churn.clock.advance(hours=1)
    churn.rot(b"rot")
    churn.call("POST", f"{V}/{number}/verify")
    churn.pump()
    answer = ask(churn, "/v1/resolve", "2026-11-23T20:30", ref=f"churn/{number}").body
    assert (answer["version"]["state"], answer["state_now"]) == ("ready", "rejected")
    assert [file["download"] for file in answer["files"]["items"]] == [None]
