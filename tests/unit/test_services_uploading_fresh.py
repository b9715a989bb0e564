"""Uploading a version just registered: storage is not asked for what nobody can have sent for it yet."""

import pytest

from modelyard.catalogue import uploads
from modelyard.services import uploading
from tests.unit.registry import files_of, open_registry


@pytest.fixture
def registry(tmp_path, monkeypatch):
    monkeypatch.setattr(uploads, "PAGE_REQUESTS", 3)
    with open_registry(tmp_path) as opened:
        opened.create()
        yield opened


@pytest.fixture
def stats(registry, monkeypatch):
    """The digests that storage was asked about."""
    asked = []
    stat = registry.blobs.stat
    monkeypatch.setattr(registry.blobs, "stat", lambda digest: asked.append(digest) or stat(digest))
    return asked


def listed(registry, start):
    return uploading.list_uploads(
        table=registry.table, blobs=registry.blobs, clock=registry.clock, name="churn", number=1, start=start
    )


def every_page(registry, page):
    requests = list(page.requests)
    while page.following is not None:
        page = listed(registry, page.following)
        requests += page.requests
    return sorted(upload.digest for upload in requests)


def test_the_further_pages_of_a_fresh_registration_go_by_the_tables_proofs_alone(registry, stats):
    files = files_of({f"{number}.bin": b"%d" % number for number in range(8)})
    made = registry.register(files)
    first = uploading.first_uploads(table=registry.table, blobs=registry.blobs, version=made, files=files)
    assert every_page(registry, first) == sorted(file.digest for file in files)
    assert stats == []


def test_a_push_that_goes_on_asks_storage_on_every_page(registry, stats):
    files = files_of({f"{number}.bin": b"%d" % number for number in range(8)})
    registry.register(files)
    registry.blobs.store(b"7")
    absent = sorted(file.digest for file in files if file.path != "7.bin")
    assert every_page(registry, listed(registry, uploading.FROM_THE_START)) == absent
    assert {file.digest for file in files} == set(stats)
