"""Manifests that must be refused, with a clear problem, before anything is written."""

import pytest

from modelyard.domain.digests import MAX_FILE, MIN_PART, combine
from modelyard.domain.manifests import MAX_FILES
from tests.faults.yard import file_request
from tests.unit.fakes import digest_of, sha256

D = digest_of(b"abc")
V = "/v1/models/churn/versions"


@pytest.fixture
def churn(yard):
    assert yard.call("POST", "/v1/models", {"name": "churn"}).status == 201
    return yard


def file(path="model.bin", size=3, digest=D, **more):
    return {"path": path, "size": size, "digest": digest, **more}


def refused(yard, files, status=422):
    """The problem document of a registration that left no trace."""
    before = yard.rows()
    answer = yard.call("POST", V, {"files": files}, headers={"idempotency-key": "k"})
    assert answer.status == status, answer
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert yard.rows() == before
    return answer.body


PATHS = [
    *("", "../x", "a/../x", "a/..", "..", ".", "./x", "a/./b", "a//b", "a/", "/x", "/etc/passwd", "//x"),
    *("C:/x", "c:x", "a\\b", "..\\x", "\\\\host\\share"),
    *("a\0b", "a\nb", "a\rb", "a\x1b[2Jb", "a\x7fb", "a\x85b", "a\u2028b"),
    *("cafe\u0301", "\u212b", "x" * 256, "x/" * 2_500, "x" * 5_000, "é" * 128, "é/" * 400),
]


@pytest.mark.parametrize("path", PATHS, ids=range(len(PATHS)))
def test_a_path_that_leaves_its_folder_or_means_two_things_is_refused(churn, path):
    problem = refused(churn, [file("good.bin"), file(path)])
    assert (problem["code"], problem["field"]) == ("invalid", "files.1.path")


COLLISIONS = [
    ("a.bin", "a.bin"),
    ("model.bin", "Model.BIN"),
    ("straße", "STRASSE"),
    ("dir/x", "DIR/x"),
    ("\u00e9", "\u00c9"),
    ("\u1f71", "\u03ac"),
    ("weights", "weights/a.bin"),
    ("Weights", "weights/a.bin"),
    ("a/b", "a/b/c/d"),
]


@pytest.mark.parametrize(("one", "other"), COLLISIONS)
def test_paths_that_would_overwrite_one_another_are_refused(churn, one, other):
    for files in ([file(one), file(other)], [file(other), file(one)]):
        problem = refused(churn, files)
        assert problem["code"] == "invalid"
        assert problem["field"].startswith("files")


@pytest.mark.parametrize(
    ("bad", "status", "field"),
    [
        (file(size=-1), 422, "files.0.size"),
        (file(size=MAX_FILE + 1), 413, "files.0.size"),
        (file(size=10**40), 413, "files.0.size"),
        (file(size=MIN_PART + 1), 422, "files.0.digest"),
        (file(digest=""), 422, "files.0.digest"),
        (file(digest=D.upper()), 422, "files.0.digest"),
        (file(digest="md5:" + "0" * 32), 422, "files.0.digest"),
        (file(digest="sha256-tree:" + "0" * 64), 422, "files.0.digest"),
        (file(parts=[sha256(b"abc")]), 422, "files.0.parts"),
        (file(parts=["../../x"]), 422, "files.0.parts"),
    ],
)
def test_a_file_whose_facts_contradict_one_another_is_refused(churn, bad, status, field):
    assert refused(churn, [bad], status)["field"] == field


def test_the_parts_of_a_large_file_must_combine_to_its_digest(churn):
    size, parts = 3 * MIN_PART, [sha256(b"one"), sha256(b"two"), sha256(b"three")]
    tree = combine(size, parts)
    for wrong in (
        [],
        parts[:2],
        [*parts, parts[0]],
        parts[::-1],
        [*parts[:2], "x" * 64],
        [*parts[:2], parts[2].upper()],
    ):
        problem = refused(churn, [file(size=size, digest=tree, parts=wrong)])
        assert problem["field"] == "files.0.parts"
    assert refused(churn, [file(size=size, digest=tree, parts=parts[::-1])])["kind"] == "DigestMismatch"
    assert churn.call("POST", V, {"files": [file(size=size, digest=tree, parts=parts)]}).status == 201


def test_one_digest_cannot_have_two_sizes(churn):
    problem = refused(churn, [file("a"), file("b", size=4)])
    assert (problem["kind"], problem["field"]) == ("DigestMismatch", "files.size")


def test_a_version_has_files(churn):
    assert refused(churn, [])["field"] == "files"


def test_ten_thousand_files_are_taken_and_one_more_is_not(churn):
    files = [file(f"{number % 100}/{number}") for number in range(MAX_FILES)]
    problem = refused(churn, [*files, file("more")], 413)
    assert (problem["code"], problem["field"]) == ("too_large", "files")
    made = churn.call("POST", V, {"files": files})
    assert (made.status, made.body["version"]["file_count"]) == (201, MAX_FILES)
    seen, cursor = [], None
    while True:
        page = churn.call("GET", f"{V}/1/files", query={"cursor": cursor} if cursor else None).body
        seen += [each["path"] for each in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == sorted(each["path"] for each in files)


def test_ten_thousand_different_files_of_the_longest_paths_are_taken(churn):
    names = [f"{number:05d}" + "/".join(["é" * 120] * 4) for number in range(MAX_FILES)]
    files = [{**file_request(name, b"%d" % number)} for number, name in enumerate(names)]
    made = churn.call("POST", V, {"files": files})
    assert made.status == 201, made.body


def test_ninety_six_thousand_parts_are_too_many_for_one_version(churn):
    size = 8_000 * MIN_PART
    files = []
    for number in range(12):
        parts = [sha256(b"%d %d" % (number, part)) for part in range(8_000)]
        files.append(file(f"{number}", size, combine(size, parts), parts=parts))
    assert refused(churn, files, 413)["field"] == "files"
    assert churn.call("POST", V, {"files": files[:11]}).status == 201


def test_a_refused_manifest_leaves_its_key_free(churn):
    refused(churn, [file("../x")])
    body = {"files": [file("x")]}
    made = churn.call("POST", V, body, headers={"idempotency-key": "k"})
    again = churn.call("POST", V, body, headers={"idempotency-key": "k"})
    assert (made.status, again.status) == (201, 201)
    assert made.body["version"] == again.body["version"]
