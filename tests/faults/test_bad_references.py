"""Names, references, page tokens and preconditions that must be refused, and ones that only look as if."""

import pytest

from functions.api.tokens import write_token
from tests.faults.vouched import attested
from tests.faults.yard import file_request

ULID = "01KAP4Q6Z8T5V3W9XENCHRNGGD"
V = "/v1/models/churn/versions"
BAD_NAMES = [
    *("", " ", ".", "..", " a", "a ", "a/b", "a:b", "a@b", "/", "../x", "models:/x", "http://x"),
    *("a\nb", "a\tb", "a\0b", "a\x7fb", "a\x9fb", "a\u2028b", "a\u2029b"),
    *("x" * 257, "x" * 100_000, "e\u0301" * 257, ULID, "0" * 26),
]


@pytest.fixture
def churn(yard):
    assert yard.call("POST", "/v1/models", {"name": "churn"}).status == 201
    for number in range(3):
        yard.ready("churn", {"a": b"%d" % number})
    return yard


def refused(yard, method, path, body=None, *, status, **how):
    before = yard.rows()
    answer = yard.call(method, path, body, **how)
    assert answer.status == status, answer
    assert answer.body["status"] == status
    assert yard.rows() == before
    return answer.body


@pytest.mark.parametrize("name", BAD_NAMES, ids=range(len(BAD_NAMES)))
def test_a_name_with_anything_forbidden_is_refused(yard, name):
    problem = refused(yard, "POST", "/v1/models", {"name": name}, status=422)
    assert (problem["code"], problem["field"]) == ("invalid", "name")


@pytest.mark.parametrize("name", ["a:b", "a@b", "..", " a", "x" * 257, "a\u2028"])
def test_a_forbidden_name_in_a_path_is_refused_as_well(yard, name):
    for method, path, body in (
        ("GET", f"/v1/models/{name}", None),
        ("PATCH", f"/v1/models/{name}", {}),
        ("GET", f"/v1/models/{name}/versions", None),
        ("POST", f"/v1/models/{name}/versions", {"files": [file_request("a", b"a")]}),
        ("GET", f"/v1/models/{name}/history", None),
        ("POST", f"/v1/models/{name}/versions/1/complete", None),
    ):
        refused(yard, method, path, body, status=422)


def test_the_same_name_in_other_letters_is_another_model_but_not_in_other_accents(yard):
    for name, status in (("caf\u00e9", 201), ("Caf\u00e9", 201), ("cafe\u0301", 409), ("cafe", 201)):
        assert yard.call("POST", "/v1/models", {"name": name}).status == status


EVERYWHERE = [
    ("GET", "/v1/models/{name}", None),
    ("PATCH", "/v1/models/{name}", {"description": "x"}),
    ("GET", "/v1/models/{name}/history", None),
    ("GET", "/v1/models/{name}/versions", None),
    ("POST", "/v1/models/{name}/versions", {"files": [{"path": "a", "size": 1, "digest": "sha256:" + "0" * 64}]}),
    ("GET", "/v1/models/{name}/versions/{number}", None),
    ("PATCH", "/v1/models/{name}/versions/{number}", {"description": "x"}),
    ("GET", "/v1/models/{name}/versions/{number}/uploads", None),
    ("GET", "/v1/models/{name}/versions/{number}/files", None),
    ("POST", "/v1/models/{name}/versions/{number}/complete", None),
    ("POST", "/v1/models/{name}/versions/{number}/verify", None),
    ("POST", "/v1/models/{name}/versions/{number}/transitions", {"stage": "staging"}),
    ("POST", "/v1/models/{name}/versions/{number}/attestations", attested(b"signed")),
    ("GET", "/v1/models/{name}/versions/{number}/attestations", None),
    ("POST", "/v1/models/{name}/versions/{number}/attestations/check", None),
    ("GET", "/v1/models/{name}/aliases", None),
    ("POST", "/v1/models/{name}/versions/{number}/evaluations", {"metrics": {"auc": 1}}),
    ("GET", "/v1/models/{name}/versions/{number}/evaluations", None),
    ("GET", "/v1/models/{name}/versions/{number}/evaluations/1/attachments", None),
]


@pytest.mark.parametrize(("method", "path", "body"), EVERYWHERE)
def test_what_is_unknown_is_not_found_everywhere(churn, method, path, body):
    names = ["other", ULID] + (["churn"] if "{number}" in path else [])
    for name in names:
        for number in ("4", "9999999999"):
            problem = refused(churn, method, path.format(name=name, number=number), body, status=404)
            assert problem["code"] == "not_found"


@pytest.mark.parametrize(("method", "path", "body"), [each for each in EVERYWHERE if "{number}" in each[1]])
@pytest.mark.parametrize("number", ["0", "-1", "x", "1.0", "1e0", "10000000000", "9" * 400, "\u0661", " 1", "latest"])
def test_what_is_no_number_is_refused_everywhere(churn, method, path, body, number):
    assert refused(churn, method, path.format(name="churn", number=number), body, status=422)["field"] == "version"


@pytest.mark.parametrize(
    ("ref", "status"),
    [
        ("churn", 200),
        ("churn/3", 200),
        ("models:/churn/3", 200),
        ("churn/production", 404),
        ("churn/nowhere", 404),
        ("churn/4", 404),
        ("churn@champion", 404),
        ("other", 404),
        ("other/1", 404),
        (f"{ULID}/1", 404),
        *((ref, 422) for ref in ("", "/", "/1", "churn/", "churn/0", "churn/1/2", "churn/-1", "churn/ 1", "churn@")),
        *((ref, 422) for ref in ("@champion", "churn@a/1", "a:b", "models:/", "churn/" + "x" * 65, "x" * 300, "a\nb")),
        *((ref, 422) for ref in ("churn/\u0663", "churn/1\n", "churn/no stage", "churn@no alias")),
    ],
)
def test_a_reference_leads_to_a_version_or_to_a_clear_refusal(churn, ref, status):
    answer = churn.call("GET", "/v1/resolve", query={"ref": ref})
    assert answer.status == status, answer
    assert status == 200 or answer.body["code"] in {"not_found", "invalid"}


def test_a_resolve_without_a_reference_is_told_what_to_send(churn):
    assert refused(churn, "GET", "/v1/resolve", status=422)["field"] == "ref"


PAGED = [
    ("/v1/models", "cursor"),
    (V, "cursor"),
    (f"{V}/1/uploads", "cursor"),
    (f"{V}/1/files", "cursor"),
    (f"{V}/1/evaluations", "cursor"),
    ("/v1/models/churn/history", "cursor"),
    ("/v1/events", "after"),
    ("/v1/events", "before"),
]


@pytest.mark.parametrize(("path", "name"), PAGED)
@pytest.mark.parametrize("token", ["x", "AAAAAAAAAAAAAAAA", "1", "[]", "é", "A" * 10_000, "../..", "null", "-1"])
def test_a_made_up_page_token_is_refused(churn, path, name, token):
    assert refused(churn, "GET", path, query={name: token}, status=422)["field"] == name


def test_an_altered_page_token_and_one_of_another_list_are_refused(churn):
    for name in ("a", "b", "c"):
        churn.call("POST", "/v1/models", {"name": name})
    lists = {
        "/v1/models": {},
        V: {},
        "/v1/models/churn/history": {},
        f"{V}?stage=development": {"stage": "development"},
        "/v1/models/churn/history?version=1": {"version": "1"},
    }
    tokens = {}
    for path, query in lists.items():
        page = churn.call("GET", path.partition("?")[0], query={**query, "limit": "1"})
        tokens[path] = page.body["next"]
        assert tokens[path]
    for path, query in lists.items():
        for origin, token in tokens.items():
            given = {**query, "limit": "1", "cursor": token}
            assert churn.call("GET", path.partition("?")[0], query=given).status == (200 if origin == path else 422)
        for place in range(len(tokens[path]) - 1):
            letter = "A" if tokens[path][place] != "A" else "B"
            altered = tokens[path][:place] + letter + tokens[path][place + 1 :]
            refused(churn, "GET", path.partition("?")[0], query={**query, "cursor": altered}, status=422)
    assert churn.call("GET", "/v1/models", query={"prefix": "a", "cursor": tokens["/v1/models"]}).status == 422


def test_a_forged_token_reads_no_other_partition(churn):
    churn.call("POST", "/v1/models", {"name": "secret"})
    churn.pump()
    forged = write_token("versions churn None", ["MODEL#secret", "VERSION#0000000009"])
    refused(churn, "GET", V, query={"cursor": forged}, status=422)
    forged = write_token("models ", ["FEED", "0"])
    refused(churn, "GET", "/v1/models", query={"cursor": forged}, status=422)
    for place in ([10**9], [-1], ["x"], [1, 2]):
        answer = churn.call("GET", f"{V}/1/files", query={"cursor": write_token("files churn 1", place)})
        assert answer.status == (200 if place == [10**9] else 422)
    far = churn.call("GET", "/v1/events", query={"after": write_token("feed", [10**14])})
    assert (far.status, far.body["items"]) == (200, [])
    before = churn.call("GET", "/v1/events", query={"before": write_token("feed", [-5])})
    assert before.status in {200, 422}
    both = {"before": "end", "after": write_token("feed", [1])}
    assert refused(churn, "GET", "/v1/events", query=both, status=422)["field"] == "before"


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "x", "", "1.5", "1,2", "9" * 5000, "\u0661"])
def test_a_page_has_one_to_a_thousand_items(churn, limit):
    for path in ("/v1/models", V, "/v1/models/churn/history", "/v1/events"):
        assert refused(churn, "GET", path, query={"limit": limit}, status=422)["field"] == "limit"


@pytest.mark.parametrize("prefix", ["/", "a:", "a\n", " a", "x" * 257])
def test_a_prefix_that_no_name_can_have_is_refused(churn, prefix):
    assert refused(churn, "GET", "/v1/models", query={"prefix": prefix}, status=422)["field"] == "prefix"


@pytest.mark.parametrize("path", ["/v1/models/churn", f"{V}/1"])
@pytest.mark.parametrize(
    "tag", ['"0"', '"x"', 'W/"{0}"', '"{0}x"', '"{0}", "0"', "", '""', '"-1"', '"' + "9" * 400 + '"']
)
def test_a_precondition_that_names_another_revision_changes_nothing(churn, path, tag):
    etag = churn.call("GET", path).headers["ETag"].strip('"')
    headers = {"if-match": tag.format(etag)}
    problem = refused(churn, "PATCH", path, {"description": "new"}, headers=headers, status=412)
    assert (problem["code"], problem["field"]) == ("precondition_failed", "If-Match")


@pytest.mark.parametrize("path", ["/v1/models/churn", f"{V}/1"])
@pytest.mark.parametrize("tag", ['"{0}"', "{0}", "*", ' "{0}" '])
def test_a_precondition_that_holds_lets_the_change_pass_once(churn, path, tag):
    headers = {"if-match": tag.format(churn.call("GET", path).headers["ETag"].strip('"'))}
    changed = churn.call("PATCH", path, {"description": "new"}, headers=headers)
    assert (changed.status, changed.body["description"]) == (200, "new")
    assert changed.headers["ETag"] == churn.call("GET", path).headers["ETag"]
    again = churn.call("PATCH", path, {"description": "newer"}, headers=headers)
    assert again.status == (200 if tag == "*" else 412)


def test_a_transition_moves_only_the_revision_that_was_seen(churn):
    path, body = f"{V}/1/transitions", {"stage": "staging"}
    tag = churn.call("GET", f"{V}/1").headers["ETag"]
    churn.call("PATCH", f"{V}/1", {"description": "new"})
    for stale in (tag, f"W/{tag}", '"x"'):
        refused(churn, "POST", path, body, headers={"if-match": stale}, status=412)
    tag = churn.call("GET", f"{V}/1").headers["ETag"]
    assert churn.call("POST", path, body, headers={"if-match": tag}).status == 200


@pytest.mark.parametrize("key", ["", "x" * 256, "é", "a\nb", "\x7f", "\t"])
def test_an_idempotency_key_that_is_none_is_refused_on_every_post(churn, key):
    for path, body in (
        ("/v1/models", {"name": "new"}),
        (V, {"files": [file_request("a", b"a")]}),
        (f"{V}/1/complete", None),
        (f"{V}/1/verify", None),
        (f"{V}/1/transitions", {"stage": "staging"}),
        (f"{V}/1/evaluations", {"metrics": {"auc": 1}}),
    ):
        problem = refused(churn, "POST", path, body, headers={"idempotency-key": key}, status=422)
        assert problem["field"] == "Idempotency-Key"


def test_one_key_is_good_for_one_request_of_one_caller(churn):
    headers = {"idempotency-key": "k"}
    body = {"stage": "staging"}
    moved = churn.call("POST", f"{V}/1/transitions", body, headers=headers)
    assert churn.call("POST", f"{V}/1/transitions", body, headers=headers).body == moved.body
    for path, other in (
        (f"{V}/1/transitions", {"stage": "production"}),
        (f"{V}/2/transitions", body),
        (f"{V}/1/verify", None),
        (f"{V}/1/complete", None),
        ("/v1/models", {"name": "new"}),
    ):
        problem = refused(churn, "POST", path, other, headers=headers, status=422)
        assert problem["kind"] == "KeyReused"
    assert (
        churn.call("POST", f"{V}/1/transitions", {"stage": "production"}, headers=headers, actor="local:ben").status
        == 200
    )
