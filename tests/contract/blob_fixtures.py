"""One suite, three stores: fixtures of every test that takes `store` or `blobs`; tests name this module as a plugin."""

from collections.abc import Iterator

import pytest

from modelyard.adapters.s3 import S3Blobs
from modelyard.domain import digests
from modelyard.ports import Blobs
from tests.contract.blob_stores import (
    BUCKET,
    HOUR,
    Bucket,
    Store,
    disk_store,
    make_bucket,
    s3_client,
    s3_store,
    seaweedfs_server,
)
from tests.unit.fakes import StillClock


@pytest.fixture(scope="session")
def seaweedfs(tmp_path_factory) -> Iterator[Store]:
    """A bucket of a SeaweedFS that lives as long as this test run."""
    with seaweedfs_server(tmp_path_factory.mktemp("seaweedfs")) as endpoint, s3_client(endpoint) as client:
        make_bucket(client)
        yield s3_store("seaweedfs", client, endpoint)


@pytest.fixture(scope="session")
def ministack_blobs(ministack) -> Iterator[Store]:
    """A bucket of the emulator that `conftest.py` runs."""
    with s3_client(ministack) as client:
        make_bucket(client)
        yield s3_store("ministack", client, ministack)


@pytest.fixture
def disk(tmp_path) -> Iterator[Store]:
    with disk_store(tmp_path / "data") as store:
        yield store


BUCKETS = [
    pytest.param("seaweedfs", marks=pytest.mark.xdist_group("seaweedfs")),
    pytest.param("ministack_blobs", marks=pytest.mark.xdist_group("ministack")),
]


@pytest.fixture(params=["disk", *BUCKETS])
def store(request) -> Store:
    """One suite, three stores. The buckets keep what other tests left there; random content meets none of it."""
    return request.getfixturevalue(request.param)


@pytest.fixture(params=BUCKETS)
def bucket(request) -> Iterator[Bucket]:
    """For what only S3 has. The client is the test's own, so that it may be tampered with."""
    store = request.getfixturevalue(request.param)
    with s3_client(store.endpoint) as client:
        yield Bucket(store, client, S3Blobs(lambda: client, BUCKET, link=HOUR, clock=StillClock()))


@pytest.fixture
def blobs(store) -> Blobs:
    return store.blobs(HOUR)


@pytest.fixture
def small_parts(monkeypatch) -> int:
    """Parts of 5 MiB, S3's least, where a test needs several; their size in bytes."""
    monkeypatch.setattr(digests, "MIN_PART", 5 * 1024**2)
    return digests.MIN_PART
