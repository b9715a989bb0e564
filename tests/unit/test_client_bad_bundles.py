"""Bundles that lie: nothing outside of them is read, nothing of them is sent, and what is wrong is told."""

import json
import os
import struct
import tarfile
from io import BytesIO

import pytest

from modelyard.client.bundle_checking import check_bundle
from modelyard.client.bundle_format import BadBundle
from modelyard.client.bundle_reading import open_bundle
from modelyard.domain import digests
from modelyard.domain.canonical import canonical
from tests.faults import story
from tests.faults.yard import embedded_yard
from tests.unit.fakes import sha256
from tests.unit.yard_client import client


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """A bundle that holds, as a folder; and as bytes of a tar."""
    folder = tmp_path_factory.mktemp("good")
    with pytest.MonkeyPatch.context() as patch, embedded_yard(folder) as yard:
        patch.setattr(digests, "MIN_PART", story.SMALL)
        yard.call("POST", "/v1/models", {"name": "churn"})
        yard.ready("churn", {"a.bin": b"abc", "big.bin": b"0123456789" * 8})
        with client(yard) as registry:
            registry.export_bundle(folder / "out")
    return {
        path.relative_to(folder / "out").as_posix(): path.read_bytes() for path in (folder / "out").rglob("*.*")
    } | {
        path.relative_to(folder / "out").as_posix(): path.read_bytes()
        for path in (folder / "out" / "blobs").rglob("*")
        if path.is_file()
    }


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch):
    monkeypatch.setattr(digests, "MIN_PART", story.SMALL)


@pytest.fixture
def bundle(good, tmp_path):
    folder = tmp_path / "bundle"
    for path, content in good.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def check(path):
    with open_bundle(path) as bundle:
        return check_bundle(bundle)


def one(bundle, pattern):
    return next(path for path in bundle.rglob(pattern) if path.is_file())


def test_a_bundle_that_holds_holds(bundle):
    checked = check(bundle)
    assert (checked.blobs, checked.size, checked.models[0].whole) == (2, 83, [1])


def each_of(*changes):
    """A test with each of these changes to something that holds."""
    return pytest.mark.parametrize("change", changes, ids=[f"change-{nth}" for nth in range(len(changes))])


def rewritten(path, change):
    document = json.loads(path.read_text())
    change(document)
    path.write_bytes(canonical(document) + b"\n")


@each_of(
    lambda index: index.update(format=2),
    lambda index: index.update(format="1"),
    lambda index: index.update(more=1),
    lambda index: index.update(models={}),
    lambda index: index["models"][0].update(id="../../etc"),
    lambda index: index["models"][0].update(sequence=0),
    lambda index: index["models"][0].update(sequence=3),
    lambda index: index["models"][0].update(head="0" * 64),
    lambda index: index["models"][0].update(name="fraud"),
    lambda index: index["models"].append(index["models"][0]),
    lambda index: index["models"].append({**index["models"][0], "id": "01KAP4Q6Z8T5V3W9XENCHRNGGD"}),
)
def test_an_index_that_does_not_hold_is_told(bundle, change):
    rewritten(bundle / "bundle.json", change)
    with pytest.raises(BadBundle):
        check(bundle)


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b'{"format":1,"models":[{"id":1}]}'])
def test_an_index_that_is_none_is_told(bundle, content):
    (bundle / "bundle.json").write_bytes(content)
    with pytest.raises(BadBundle):
        check(bundle)


@each_of(
    lambda lines: lines[:-1],
    lambda lines: lines[1:],
    lambda lines: [lines[0], lines[2], lines[1], *lines[3:]],
    lambda lines: [*lines, lines[-1]],
    lambda lines: [line.replace(b"local:ana", b"local:eve") for line in lines],
    lambda lines: [*lines, b"{}"],
    lambda _: [b""],
    lambda _: [b"null"],
    lambda lines: [lines[0][:-10], *lines[1:]],
    lambda lines: [b"[" * 100_000, *lines],
    lambda lines: [b'{"x":NaN}', *lines],
    lambda lines: [b" " * 2_000_000, *lines],
    lambda lines: [lines[0].replace(b'"sequence":1', b'"sequence":1e999'), *lines[1:]],
)
def test_a_journal_that_does_not_hold_is_told(bundle, change):
    path = one(bundle, "journal.jsonl")
    path.write_bytes(b"".join(line + b"\n" for line in change(path.read_bytes().splitlines())))
    with pytest.raises(BadBundle):
        check(bundle)


def test_a_journal_that_ends_within_a_line_is_told(bundle):
    path = one(bundle, "journal.jsonl")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(BadBundle):
        check(bundle)


@each_of(
    lambda manifest: manifest.update(version=2),
    lambda manifest: manifest.update(digest="sha256:" + "0" * 64),
    lambda manifest: manifest["files"].pop(),
    lambda manifest: manifest["files"][0].update(path="../a.bin"),
    lambda manifest: manifest["files"][0].update(path="b.bin"),
    lambda manifest: manifest["files"][0].update(size=4),
    lambda manifest: manifest["files"][0].update(size=-1),
    lambda manifest: manifest["files"][0].update(digest="sha256:../../../etc/passwd"),
    lambda manifest: manifest["files"][1].update(parts=[]),
    lambda manifest: manifest["files"][1].update(parts=["0" * 64] * 3),
)
def test_a_manifest_that_does_not_hold_is_told(bundle, change):
    rewritten(one(bundle, "1.json"), change)
    with pytest.raises(BadBundle):
        check(bundle)


@pytest.mark.parametrize("pattern", ["1.json", "journal.jsonl", "blobs/sha256/*", "blobs/sha256-tree/*", "bundle.json"])
def test_what_is_missing_is_told(bundle, pattern):
    one(bundle, pattern).unlink()
    with pytest.raises(BadBundle):
        check(bundle)


@pytest.mark.parametrize("pattern", ["blobs/sha256/*", "blobs/sha256-tree/*"])
@each_of(lambda b: b[:-1] + b"!", lambda b: b[:-1], lambda b: b + b"!", lambda _: b"")
def test_a_changed_byte_is_told(bundle, pattern, change):
    path = one(bundle, pattern)
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(BadBundle):
        check(bundle)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"abc!", "has 4 bytes, where 'a.bin' has 3"), (b"", "has 0 bytes"), (None, "has no bytes of 'a")],
)
def test_bytes_that_are_missing_and_bytes_that_are_too_many_are_told_apart(bundle, content, said):
    path = one(bundle, "blobs/sha256/*")
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    with pytest.raises(BadBundle, match=said):
        check(bundle)


@pytest.mark.parametrize("pattern", ["1.json", "journal.jsonl", "blobs/sha256/*", "bundle.json"])
def test_links_are_not_followed_wherever_they_lead(bundle, tmp_path, pattern):
    path = one(bundle, pattern)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadBundle, match="plain file"):
        check(bundle)


@pytest.mark.parametrize("folder", ["blobs", "blobs/sha256", "models"])
def test_folders_that_are_links_are_not_entered(bundle, tmp_path, folder):
    (bundle / folder).rename(tmp_path / "elsewhere")
    (bundle / folder).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadBundle, match="plain file"):
        check(bundle)


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_file_is_not_waited_for(bundle, make):
    path = one(bundle, "blobs/sha256/*")
    path.unlink()
    make(path)
    with pytest.raises(BadBundle):
        check(bundle)


def test_files_that_no_bundle_has_are_left_alone(bundle):
    (bundle / ".DS_Store").write_bytes(b"x")
    (bundle / "blobs" / "sha256" / ("0" * 64)).write_bytes(b"of nobody")
    assert check(bundle).blobs == 2


@pytest.mark.parametrize("path", ["nowhere", "empty", "file"])
def test_what_is_no_bundle_is_told(tmp_path, path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_bytes(b"no tar at all" * 100)
    with pytest.raises(BadBundle):
        check(tmp_path / path)


def tar_of(path, members, **how):
    with tarfile.open(path, "w", format=how.get("format", tarfile.GNU_FORMAT)) as tar:
        for member, content in members:
            tar.addfile(member, BytesIO(content) if content is not None else None)
    return path


def plain(name, content, **fields):
    member = tarfile.TarInfo(name)
    member.size = len(content)
    for field, value in fields.items():
        setattr(member, field, value)
    return member, content


def test_a_tar_holds_as_a_folder_does(good, tmp_path):
    checked = check(tar_of(tmp_path / "b.tar", [plain(path, content) for path, content in good.items()]))
    assert (checked.blobs, checked.models[0].whole) == (2, [1])


@pytest.mark.parametrize(
    "member",
    [
        plain("../bundle.json", b"{}"),
        plain("/etc/passwd", b"x"),
        plain("models/../bundle.json", b"{}"),
        plain("notes.txt", b"x"),
        plain("blobs/sha256/" + "A" * 64, b"x"),
        plain("bundle.json", b"{}"),
        (plain("blobs/sha256/" + "0" * 64, b"", type=tarfile.SYMTYPE, linkname="/etc/passwd")[0], None),
        (plain("blobs/sha256/" + "0" * 64, b"", type=tarfile.LNKTYPE, linkname="bundle.json")[0], None),
        (plain("blobs/sha256/" + "0" * 64, b"", type=tarfile.FIFOTYPE)[0], None),
        (plain("blobs/sha256/" + "0" * 64, b"", type=tarfile.CHRTYPE)[0], None),
        (plain("elsewhere", b"", type=tarfile.DIRTYPE)[0], None),
        plain("x" * 300, b"long names need more headers"),
    ],
)
def test_a_tar_with_anything_else_is_refused(good, tmp_path, member):
    members = [plain(path, content) for path, content in good.items()]
    with pytest.raises(BadBundle):
        check(tar_of(tmp_path / "b.tar", [*members, member]))


def test_a_tar_with_extended_headers_or_compression_is_refused(good, tmp_path):
    members = [plain(path, content, pax_headers={"comment": "x" * 1000}) for path, content in good.items()]
    with pytest.raises(BadBundle, match="PaxHeader"):
        check(tar_of(tmp_path / "pax.tar", members, format=tarfile.PAX_FORMAT))
    with tarfile.open(tmp_path / "b.tar", "w:gz") as tar:
        tar.addfile(members[0][0], BytesIO(members[0][1]))
    with pytest.raises(BadBundle):
        check(tmp_path / "b.tar")


@pytest.mark.parametrize("cut", [100, 513, 1025, -10_240])
def test_a_tar_that_ends_early_is_told(good, tmp_path, cut):
    path = tar_of(tmp_path / "b.tar", [plain(name, content) for name, content in good.items()])
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(BadBundle):
        check(path)


@pytest.mark.parametrize("size", [2**62, -1, 10**9])
def test_a_member_that_claims_more_than_there_is_is_told(good, tmp_path, size):
    members = [plain(name, content) for name, content in good.items()]
    path = tar_of(tmp_path / "b.tar", members)
    content = bytearray(path.read_bytes())
    content[124:136] = b"\x80\0\0\0" + struct.pack(">q", size) if size > 0 else b"\xff" * 12
    content[148:156] = b" " * 8
    content[148:156] = b"%06o\0 " % sum(content[:512])
    path.write_bytes(content)
    with pytest.raises(BadBundle):
        check(path)


def test_a_file_that_changes_while_it_is_read_is_noticed(bundle):
    path = one(bundle, "blobs/sha256/*")
    with open_bundle(bundle) as opened:
        source = opened.find(f"blobs/sha256/{path.name}")
        assert sha256(path.read_bytes()) == path.name
        path.unlink()
        path.write_bytes(b"abd")
        assert opened.find(f"blobs/sha256/{path.name}").mark != source.mark
        with pytest.raises(BadBundle):
            check_bundle(opened)


def test_nothing_of_a_bad_bundle_is_sent(bundle, tmp_path):
    path = one(bundle, "blobs/sha256-tree/*")
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with embedded_yard(tmp_path) as yard, client(yard) as registry:
        with pytest.raises(BadBundle):
            registry.import_bundle(bundle)
        assert yard.requests == 0
