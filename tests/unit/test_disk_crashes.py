"""Death at any call that changes the disk: what was acknowledged stays, what was not is done again, nothing lies."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from modelyard.adapters.disk import DiskBlobs
from modelyard.domain import digests
from modelyard.ports import Stat
from tests.unit.disk_folder import CONTENT, PART, file_of, leftovers, place, put, store
from tests.unit.fakes import StillClock

CHANGES = (
    "open", "mkdir", "truncate", "fsync", "pwrite", "link", "rename", "unlink", "rmdir", "fchmod", "utime",
)  # fmt: skip


class Died(BaseException):
    """No handler of ours catches it, and whatever cleans up meets it again: as if the process were gone."""


@contextmanager
def dying_at(monkeypatch, call: int) -> Iterator[list[str]]:
    """Every change of the disk from the given one on kills; the list names those before."""
    done: list[str] = []

    def mortal(name: str, real: Callable[..., object]) -> Callable[..., object]:
        def change(*args, **kwargs):
            if name == "open" and not args[1] & os.O_CREAT:
                return real(*args, **kwargs)
            if len(done) >= call:
                raise Died(name)
            done.append(name)
            return real(*args, **kwargs)

        return change

    with monkeypatch.context() as patched:
        for name in CHANGES:
            patched.setattr(os, name, mortal(name, getattr(os, name)))
        yield done


def restart(folder) -> DiskBlobs:
    return DiskBlobs(folder, base_url="http://127.0.0.1", secret=b"secret", link=timedelta(hours=1), clock=StillClock())


@pytest.fixture(autouse=True)
def small_parts(monkeypatch) -> None:
    monkeypatch.setattr(digests, "MIN_PART", PART)


def lives(monkeypatch, folder, work: Callable[[DiskBlobs], object], call: int) -> bool:
    """Whether `work` comes to its end before the given change."""
    with dying_at(monkeypatch, call):
        try:
            work(restart(folder))
        except Died:
            return False
    return True


@pytest.mark.parametrize("content", [b"small", CONTENT], ids=["small", "parts"])
def test_an_upload_that_dies_anywhere_is_done_again(tmp_path, monkeypatch, content):
    file = file_of(content)
    right = Stat(len(content), file.digest)
    for call in range(200):
        folder = tmp_path / str(call)
        if lives(monkeypatch, folder, lambda blobs: store(blobs, content), call):
            assert call > 10
            break
        blobs = restart(folder)
        assert blobs.stat(file.digest) in {None, right}, call
        _parts_tell_the_truth(folder, blobs, file, content)
        if blobs.stat(file.digest) is None:
            store(blobs, content)
        assert blobs.stat(file.digest) == blobs.reread(file) == right, call
        assert blobs.finish(file, blobs.begin(file)) if file.parts else True
        assert place(folder, file.digest).read_bytes() == content
    else:
        pytest.fail("the upload never came to its end")


def _parts_tell_the_truth(folder, blobs: DiskBlobs, file, content: bytes) -> None:
    if not file.parts:
        return
    upload = blobs.begin(file)
    for number in blobs.parts(file, upload):
        offset, length = digests.part_range(file.size, number)
        data = (folder / "uploads" / upload / "data").read_bytes()
        assert data[offset : offset + length] == content[offset : offset + length]


def test_a_part_acknowledged_before_a_death_is_not_sent_again(tmp_path, monkeypatch):
    file = file_of(CONTENT)
    for call in range(100):
        folder = tmp_path / str(call)
        blobs = restart(folder)
        upload = blobs.begin(file)
        put(blobs, blobs.sign_part(file, upload, 1), CONTENT[:PART])

        def second(blobs: DiskBlobs, upload: str = upload) -> None:
            put(blobs, blobs.sign_part(file, upload, 2), b"end")
            blobs.finish(file, upload)

        if lives(monkeypatch, folder, second, call):
            break
        blobs = restart(folder)
        if blobs.stat(file.digest) is None:
            assert 1 in blobs.parts(file, blobs.begin(file)), call
        store(blobs, CONTENT)
        assert blobs.reread(file) == Stat(len(CONTENT), file.digest)
    else:
        pytest.fail("the upload never came to its end")


@pytest.mark.parametrize("content", [b"small", CONTENT], ids=["small", "parts"])
def test_a_discard_that_dies_anywhere_loses_no_bytes(tmp_path, monkeypatch, content):
    for call in range(100):
        folder = tmp_path / str(call)
        file = store(restart(folder), content)
        finished = lives(monkeypatch, folder, lambda blobs: blobs.discard(file.digest), call)  # noqa: B023
        blobs = restart(folder)
        kept = [path.read_bytes() for path in (folder / "aside").iterdir()]
        assert kept in ([], [content])
        assert (blobs.stat(file.digest) is None) is bool(kept)
        if finished:
            assert kept
            return
    pytest.fail("the discard never came to its end")


def test_a_sweep_that_dies_anywhere_is_done_by_the_next(tmp_path, monkeypatch):
    later = datetime(2200, 1, 1, tzinfo=UTC)
    file = file_of(CONTENT)
    for call in range(100):
        folder = tmp_path / str(call)
        blobs = restart(folder)
        put(blobs, blobs.sign_part(file, blobs.begin(file), 1), CONTENT[:PART])
        finished = lives(monkeypatch, folder, lambda blobs: blobs.sweep_uploads(later), call)
        blobs = restart(folder)
        blobs.sweep_uploads(later)
        assert leftovers(folder) == []
        assert store(blobs, CONTENT) == file
        if finished:
            return
    pytest.fail("the sweep never came to its end")


def test_bytes_are_flushed_before_they_have_a_name(tmp_path, monkeypatch):
    """What a power cut may not undo in another order. The second flush is of the folder's names, and its parent's."""
    blobs = restart(tmp_path)
    with dying_at(monkeypatch, 1000) as done:
        put(blobs, blobs.sign_put(file_of(b"small")), b"small")

    assert done == ["open", "pwrite", "fchmod", "utime", "fsync", "mkdir", "link", "fsync", "fsync", "unlink"]


def test_a_part_is_flushed_before_its_record(tmp_path, monkeypatch):
    blobs = restart(tmp_path)
    file = file_of(CONTENT)
    upload = blobs.begin(file)
    with dying_at(monkeypatch, 1000) as done:
        put(blobs, blobs.sign_part(file, upload, 2), b"end")

    assert done == ["open", "pwrite", "fsync", "pwrite", "fsync", "unlink"]
