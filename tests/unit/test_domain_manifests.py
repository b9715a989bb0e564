"""Manifests: which files may stand in one, and the digest that names them all."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.domain import digests
from modelyard.domain.digests import MAX_FILE, Digest
from modelyard.domain.errors import DigestMismatch, Invalid, TooLarge
from modelyard.domain.manifests import (
    MAX_FILES,
    MAX_PATH,
    File,
    check_manifest,
    manifest_digest,
    parse_file,
    parse_path,
)
from tests.unit.fakes import digest_of, sha256

D = digest_of(b"abc")
PART = sha256(b"abc")


def file(path, size=3, digest=D):
    return File(path, size, digest)


@pytest.mark.parametrize(
    "path",
    [
        "model.bin",
        "a/b/c.bin",
        ".hidden",
        "..a/a..",
        "a b",
        "naïve/模型.bin",
        "é" * 126 + ".x",
        "C",
        "x" * 255,
        "/".join(["d" * 15] * 64),
    ],
)
def test_a_relative_normalised_path_is_taken_as_it_is(path):
    assert parse_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "../x",
        "a/../x",
        "a/..",
        ".",
        "..",
        "./a",
        "a/./b",
        "a//b",
        "a/",
        "C:/x",
        "c:x",
        "a\\b",
        "\\\\host\\x",
        "a\0b",
        "a\nb",
        "a\x7fb",
        "a\u2028b",
        "a\ud800b",
        "cafe\u0301",  # é as two characters
        "x" * 256,
        "é" * 128,
        "/".join(["d" * 15] * 65),
        "x" * 5_000,
    ],
)
def test_any_other_path_is_refused(path):
    with pytest.raises(Invalid) as refusal:
        parse_path(path)
    assert refusal.value.field == "path"


@given(st.text(max_size=40))
def test_a_path_that_is_taken_stays_below_its_folder(path):
    try:
        parse_path(path)
    except Invalid:
        return
    assert 1 <= len(path.encode()) <= MAX_PATH
    assert not {"", ".", ".."} & set(path.split("/"))


def test_a_file_has_its_path_size_and_digest():
    assert parse_file("a", 3, D) == File("a", 3, D)
    assert parse_file("a", 0, digest_of(b"")) == File("a", 0, digest_of(b""))


def test_a_file_has_no_less_than_no_bytes():
    with pytest.raises(Invalid, match="not -1") as refusal:
        parse_file("a", -1, D)
    assert refusal.value.field == "files.size"


@pytest.mark.parametrize("size", [MAX_FILE + 1, 10**30])
def test_a_file_is_no_larger_than_storage_takes(size):
    with pytest.raises(TooLarge) as refusal:
        parse_file("a", size, D)
    assert refusal.value.field == "files.size"


def test_the_kind_of_digest_follows_from_the_size():
    with pytest.raises(Invalid, match="known by its sha256-tree"):
        parse_file("a", digests.MIN_PART + 1, D)
    with pytest.raises(Invalid, match="known by its sha256"):
        parse_file("a", 3, f"sha256-tree:{PART}", [PART])


def test_the_parts_of_a_large_file_combine_to_its_digest():
    size = digests.MIN_PART + 1
    tree = digests.combine(size, [PART, PART])
    assert parse_file("a", size, tree, [PART, PART]).parts == (PART, PART)
    with pytest.raises(DigestMismatch, match="do not combine"):
        parse_file("a", size, tree, [PART, sha256(b"other")])
    with pytest.raises(Invalid, match="has 2 parts, not 1"):
        parse_file("a", size, tree, [PART])
    with pytest.raises(Invalid, match="64 lower-case hex"):
        parse_file("a", size, tree, [PART, PART.upper()])
    with pytest.raises(Invalid, match="only a file of several parts"):
        parse_file("a", 3, D, [PART])


def test_files_are_ordered_by_the_bytes_of_their_paths():
    ordered = check_manifest([file("b"), file("é"), file("a/c"), file("a.c"), file("Z")])
    assert [each.path for each in ordered] == ["Z", "a.c", "a/c", "b", "é"]


def test_a_version_has_one_to_ten_thousand_files():
    with pytest.raises(Invalid, match="at least one"):
        check_manifest([])
    many = [file(f"{number}") for number in range(MAX_FILES)]
    assert len(check_manifest(many)) == MAX_FILES
    with pytest.raises(TooLarge, match="at most 10000"):
        check_manifest([*many, file("one-more")])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a.bin", "a.bin"),
        ("a.bin", "A.BIN"),
        ("straße", "STRASSE"),
        ("dir/a", "DIR/a"),
        ("\u01c4", "\u01c6"),  # Ǆ and ǆ
        ("\u1e9e", "ss"),  # capital sharp s
        ("ά", "\u1f71"),
    ],
)
def test_paths_that_are_one_on_some_file_system_are_refused(one, other):
    with pytest.raises(Invalid, match="one path on some systems"):
        check_manifest([file(one), file(other)])


@pytest.mark.parametrize(("one", "other"), [("a", "a/b"), ("a/b", "a/b/c/d"), ("A", "a/b"), ("é", "É/x")])
def test_a_path_is_not_both_a_file_and_a_folder(one, other):
    for files in ([one, other], [other, one]):
        with pytest.raises(Invalid, match="both a file and a folder"):
            check_manifest([file(path) for path in files])


def test_names_that_only_begin_alike_are_different_paths():
    assert len(check_manifest([file("a"), file("a.b"), file("a-b/c"), file("ab/c")])) == 4


def test_one_digest_has_one_size():
    with pytest.raises(DigestMismatch, match="another size for the same digest"):
        check_manifest([file("a", 3), file("b", 4)])


def test_a_versions_digest_is_over_a_line_for_each_file():
    text = f"{D} 3 a\n{digest_of(b'')} 0 é\n".encode()
    files = [File("a", 3, D), File("é", 0, digest_of(b""))]
    assert manifest_digest(files) == f"sha256:{hashlib.sha256(text).hexdigest()}"


@given(
    st.lists(st.sampled_from("abcdef"), unique=True, min_size=1).flatmap(
        lambda p: st.tuples(st.just(p), st.permutations(p))
    )
)
def test_the_order_in_which_files_are_given_does_not_matter(orders):
    given_order, other = orders
    one, two = (check_manifest([file(path) for path in order]) for order in (given_order, other))
    assert manifest_digest(one) == manifest_digest(two)


@pytest.mark.parametrize(
    "changed",
    [File("b", 3, D), File("a", 3, Digest(digest_of(b"abd"))), File("a", 4, D)],
    ids=["path", "bytes", "size"],
)
def test_another_file_gives_another_digest(changed):
    assert manifest_digest([changed]) != manifest_digest([file("a")])
