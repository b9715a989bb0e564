"""The disk adapter without its door: the folder's layout, locks, seals, leftovers, a full disk."""

import errno
import os
import secrets
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from modelyard.adapters.disk import DiskBlobs
from modelyard.domain import digests
from modelyard.domain.digests import Digest
from modelyard.domain.errors import Contended, DigestMismatch, Forbidden, Invalid, NotFound, PreconditionFailed
from modelyard.domain.manifests import File
from modelyard.ports import Stat
from tests.unit.disk_folder import CONTENT, PART, file_of, leftovers, open_put, place, put, store
from tests.unit.fakes import StillClock


@pytest.fixture(autouse=True)
def small_parts(monkeypatch) -> None:
    monkeypatch.setattr(digests, "MIN_PART", PART)


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def stored() -> list[tuple[str, int]]:
    return []


@pytest.fixture
def blobs(tmp_path, clock, stored) -> DiskBlobs:
    return make(tmp_path, clock, stored)


def make(folder: Path, clock: StillClock, stored: list[tuple[str, int]]) -> DiskBlobs:
    return DiskBlobs(
        folder,
        base_url="http://127.0.0.1:8080/",
        secret=b"secret",
        link=timedelta(hours=1),
        clock=clock,
        on_stored=lambda key, size: stored.append((key, size)),
    )


@pytest.mark.parametrize("content", [b"small", b"", CONTENT], ids=["small", "empty", "parts"])
def test_a_blob_lies_under_its_digest_and_nobody_may_write_to_it(blobs, tmp_path, content):
    file = store(blobs, content)
    path = place(tmp_path, file.digest)

    assert path.read_bytes() == content
    assert path.stat().st_mode & 0o222 == 0
    assert path.stat().st_mode & 0o111 == 0
    assert path.stat().st_nlink == 1
    assert leftovers(tmp_path) == []


def test_a_blob_of_parts_is_announced_once(blobs, stored):
    file = store(blobs, CONTENT)
    blobs.finish(file, blobs.begin(file))

    assert stored == [(f"blobs/{file.digest.replace(':', '/')}", len(CONTENT))]


@pytest.mark.parametrize("digest", ["sha256:../../etc/passwd", "sha256:" + "A" * 64, "../sha256:" + "a" * 64, ""])
def test_only_a_digest_makes_a_path(blobs, digest):
    for ask in (blobs.stat, blobs.discard, lambda each: blobs.read(each, 0, 1)):
        with pytest.raises(Invalid):
            ask(Digest(digest))


def test_links_of_another_secret_open_nothing(tmp_path, clock, blobs):
    other = DiskBlobs(tmp_path, base_url="http://127.0.0.1", secret=b"other", link=timedelta(hours=1), clock=clock)
    url = urlsplit(other.sign_put(file_of(b"1")).url)

    with pytest.raises(Forbidden):
        blobs.accept(url.path, url.query)


@pytest.mark.parametrize(
    "query", ["", "signature=", "signature=é", "signature=%ff", "a=1&a=1", "&".join(f"a{n}=1" for n in range(99)), "="]
)
def test_a_query_that_nobody_here_wrote_opens_nothing(blobs, query):
    path = urlsplit(blobs.sign_put(file_of(b"1")).url).path

    for ask in (blobs.accept, blobs.hand_out):
        with pytest.raises(Forbidden):
            ask(path, query)


def test_a_field_given_twice_opens_nothing(blobs):
    url = urlsplit(blobs.sign_put(file_of(b"1")).url)

    with pytest.raises(Forbidden):
        blobs.accept(url.path, url.query + "&length=1")


def test_a_link_holds_to_its_last_second_and_no_longer(blobs, clock):
    request = blobs.sign_put(file_of(b"1"))
    url = urlsplit(request.url)
    clock.moment = request.expires_at - timedelta(seconds=1)
    blobs.accept(url.path, url.query)

    clock.moment = request.expires_at
    with pytest.raises(Forbidden, match="expired"):
        blobs.accept(url.path, url.query)


def test_links_lead_below_the_base_url(blobs):
    assert blobs.sign_put(file_of(b"1")).url.startswith("http://127.0.0.1:8080/blobs/sha256/")


def test_a_refused_body_leaves_no_file(blobs, tmp_path):
    for body, error in ((b"smalL", DigestMismatch), (b"smal", Invalid), (b"smalls", Invalid)):
        with pytest.raises(error):
            put(blobs, blobs.sign_put(file_of(b"small")), body)
        assert leftovers(tmp_path) == []
    assert blobs.stat(file_of(b"small").digest) is None


def test_the_loser_of_a_race_is_told_and_leaves_no_file(blobs, tmp_path):
    """Both had opened before either was done."""
    request = blobs.sign_put(file_of(b"small"))
    first, second = open_put(blobs, request), open_put(blobs, request)
    for writer in (first, second):
        writer.write(b"small")
    first.commit()
    with pytest.raises(PreconditionFailed):
        second.commit()
    first.close()
    second.close()

    assert blobs.reread(file_of(b"small")) == Stat(5, file_of(b"small").digest)
    assert leftovers(tmp_path) == []


def test_a_closed_writer_takes_nothing(blobs):
    writer = open_put(blobs, blobs.sign_put(file_of(b"small")))
    writer.close()
    writer.close()

    for use in (lambda: writer.write(b"small"), writer.commit):
        with pytest.raises(ValueError, match="closed"):
            use()


def test_a_part_has_one_writer_at_a_time(blobs):
    file = file_of(CONTENT)
    request = blobs.sign_part(file, blobs.begin(file), 2)
    first = open_put(blobs, request)
    with pytest.raises(Contended):
        open_put(blobs, request)
    first.close()

    put(blobs, request, b"end")
    assert blobs.parts(file, blobs.begin(file)) == {2}
    assert open_put(blobs, request) is None


def test_a_part_has_one_writer_in_all_processes(blobs, tmp_path):
    file = file_of(CONTENT)
    request = blobs.sign_part(file, blobs.begin(file), 2)
    lock = tmp_path / "uploads" / blobs.begin(file) / "2.lock"
    holding = f"""
import fcntl, sys
with open({os.fspath(lock)!r}, "w") as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    print(flush=True)
    sys.stdin.read()
"""
    with subprocess.Popen([sys.executable, "-c", holding], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        with pytest.raises(Contended):
            open_put(blobs, request)
        other.communicate()

    put(blobs, request, b"end")
    assert blobs.parts(file, blobs.begin(file)) == {2}


def test_wrong_bytes_of_a_part_do_not_hide_right_ones(blobs):
    file = file_of(CONTENT)
    upload = blobs.begin(file)
    request = blobs.sign_part(file, upload, 2)
    for wrong in (b"enD", b"en", b"ends"):
        with pytest.raises(Invalid):
            put(blobs, request, wrong)
    assert blobs.parts(file, upload) == frozenset()

    put(blobs, request, b"end")
    put(blobs, blobs.sign_part(file, upload, 1), CONTENT[:PART])
    assert blobs.finish(file, upload)
    assert blobs.read(file.digest, 0, 2000) == CONTENT


def test_a_lie_about_the_size_puts_no_right_bytes_in_wrong_places(blobs, monkeypatch):
    """As long as both have three parts, the last of which is the same, but begin in other places."""
    monkeypatch.setattr(digests, "MAX_PARTS", 4)
    content = CONTENT[:PART] + CONTENT
    file = file_of(content)
    lie = File(file.path, 4 * PART + 3, file.digest, file.parts)
    put(blobs, blobs.sign_part(lie, blobs.begin(lie), 3), b"end")

    assert blobs.parts(file, blobs.begin(file)) == frozenset()
    store(blobs, content)
    assert blobs.reread(file) == Stat(len(content), file.digest)


def test_an_upload_takes_no_space_until_bytes_come(blobs, tmp_path):
    """Nobody fills the disk by declaring a large file."""
    file = File("a", 900_000, Digest("sha256-tree:" + "0" * 64), ("0" * 64,) * 900)
    blobs.begin(file)

    assert (tmp_path / "uploads" / blobs.begin(file) / "data").stat().st_blocks * 512 < 100_000


@pytest.mark.parametrize("content", [b"small", CONTENT], ids=["small", "parts"])
def test_a_full_disk_keeps_nothing_and_is_got_over(blobs, tmp_path, monkeypatch, content):
    """The disk takes some bytes first, as disks do."""
    whole, calls = os.pwrite, []

    def full(file, chunk, offset):
        calls.append(offset)
        if len(calls) == 1:
            return whole(file, chunk[: len(chunk) // 2], offset)
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", full)
        with pytest.raises(OSError, match="No space"):
            store(blobs, content)
    file = file_of(content)

    assert blobs.stat(file.digest) is None
    assert file.parts or leftovers(tmp_path) == []
    assert store(blobs, content) == file
    assert blobs.reread(file) == Stat(len(content), file.digest)


@pytest.mark.parametrize("content", [b"small", CONTENT], ids=["small", "parts"])
def test_a_blob_changed_in_place_is_not_vouched_for(blobs, tmp_path, content):
    file = store(blobs, content)
    path = place(tmp_path, file.digest)
    path.chmod(0o644)
    with path.open("r+b") as handle:
        handle.write(b"X")

    changed = Stat(len(content), file_of(b"X" + content[1:]).digest)
    assert blobs.stat(file.digest) == blobs.reread(file) == changed


def test_a_blob_swapped_for_another_is_not_vouched_for(blobs, tmp_path):
    first, second = store(blobs, b"first"), store(blobs, b"other")
    place(tmp_path, second.digest).replace(place(tmp_path, first.digest))

    assert blobs.stat(first.digest) == Stat(5, second.digest)
    assert blobs.stat(second.digest) is None


def test_a_blob_without_its_seal_is_read_once(blobs, tmp_path):
    """A backup that lost the times, say."""
    file = store(blobs, b"small")
    path = place(tmp_path, file.digest)
    sealed = path.stat().st_mtime_ns
    os.utime(path)

    assert blobs.stat(file.digest) == Stat(5, file.digest)
    assert path.stat().st_mtime_ns == sealed


def test_a_spoiled_blob_is_set_aside_when_it_is_sent_again(blobs, tmp_path):
    file = store(blobs, b"small")
    place(tmp_path, file.digest).unlink()
    place(tmp_path, file.digest).write_bytes(b"smal")

    store(blobs, b"small")

    assert blobs.reread(file) == Stat(5, file.digest)
    assert [path.read_bytes() for path in (tmp_path / "aside").iterdir()] == [b"smal"]


def test_what_is_discarded_twice_is_kept_twice(blobs, tmp_path):
    for _ in range(2):
        blobs.discard(store(blobs, b"small").digest)

    names = [path.name for path in (tmp_path / "aside").iterdir()]
    assert len(names) == 2
    assert all(name.startswith(file_of(b"small").digest.replace(":", "-")) for name in names)


def pause() -> datetime:
    """A moment that files changed before and files changed after can be told from."""
    time.sleep(0.05)
    moment = datetime.now(UTC)
    time.sleep(0.05)
    return moment


def test_the_sweep_takes_what_nobody_writes_to(blobs, tmp_path):
    old, new = file_of(CONTENT), file_of(CONTENT[::-1])
    put(blobs, blobs.sign_part(old, blobs.begin(old), 1), CONTENT[:PART])
    upload = blobs.begin(old)
    (tmp_path / "uploads" / "put-orphan").write_bytes(b"half")
    moment = pause()
    put(blobs, blobs.sign_part(new, blobs.begin(new), 1), CONTENT[::-1][:PART])

    assert blobs.sweep_uploads(moment) == 2
    assert leftovers(tmp_path) == [blobs.begin(new)]
    assert blobs.parts(old, upload) == frozenset()
    assert blobs.parts(new, blobs.begin(new)) == {1}
    assert blobs.sweep_uploads(moment) == 0


def test_an_upload_that_is_written_to_is_not_swept(blobs):
    file = file_of(CONTENT)
    upload = blobs.begin(file)
    writer = open_put(blobs, blobs.sign_part(file, upload, 2))
    moment = pause()
    writer.write(b"end")

    assert blobs.sweep_uploads(moment) == 0
    writer.commit()
    writer.close()
    assert blobs.parts(file, upload) == {2}


def test_a_file_that_is_about_to_be_named_is_not_swept(blobs, monkeypatch):
    """Its seal is a time of writing long ago."""
    link = os.link

    def sweep_and_link(*paths) -> None:
        assert blobs.sweep_uploads(datetime(2000, 1, 1, tzinfo=UTC)) == 0
        link(*paths)

    monkeypatch.setattr(os, "link", sweep_and_link)

    assert blobs.stat(store(blobs, b"small").digest) is not None


def test_bytes_that_come_after_the_sweep_count_for_nothing(blobs, tmp_path):
    """The upload began anew meanwhile: a late writer must neither spoil it nor claim a part of it."""
    file = file_of(CONTENT)
    late = open_put(blobs, blobs.sign_part(file, blobs.begin(file), 2))
    late.write(b"en")
    blobs.sweep_uploads(datetime(2200, 1, 1, tzinfo=UTC))
    upload = blobs.begin(file)
    late.write(b"d")
    with pytest.raises(NotFound):
        late.commit()
    late.close()

    assert blobs.parts(file, upload) == frozenset()
    store(blobs, CONTENT)
    assert blobs.reread(file) == Stat(len(CONTENT), file.digest)


def test_a_blob_that_came_too_slowly_is_refused(blobs, tmp_path):
    writer = open_put(blobs, blobs.sign_put(file_of(b"small")))
    writer.write(b"small")
    blobs.sweep_uploads(datetime(2200, 1, 1, tzinfo=UTC))
    with pytest.raises(Contended):
        writer.commit()
    writer.close()

    assert blobs.stat(file_of(b"small").digest) is None


def test_an_upload_cut_short_behind_our_back_is_not_finished(blobs, tmp_path):
    file = file_of(CONTENT)
    upload = blobs.begin(file)
    put(blobs, blobs.sign_part(file, upload, 1), CONTENT[:PART])
    put(blobs, blobs.sign_part(file, upload, 2), b"end")
    os.truncate(tmp_path / "uploads" / upload / "data", PART)

    assert blobs.parts(file, upload) == frozenset()
    assert not blobs.finish(file, upload)


def test_random_content_survives_in_random_pieces(blobs):
    content = secrets.token_bytes(10 * PART + 7)

    assert blobs.read(store(blobs, content).digest, 3 * PART - 1, PART) == content[3 * PART - 1 : 4 * PART - 1]
