"""One suite, three tables: every test that takes `table` runs on SQLite, on moto and on ministack."""

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import pytest
from moto import mock_aws

from modelyard.ports import Table
from tests.contract.table_hosts import SetClock, dynamo_client, dynamo_table, sqlite_table
from tests.e2e.aws_stack import ACCOUNT, MINISTACK, emulator

MINISTACK_PARAM = pytest.param("ministack", marks=pytest.mark.xdist_group("ministack"))


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture(scope="session")
def moto_dynamodb() -> Iterator[Any]:
    """A client that moto answers within `mock_aws`."""
    with dynamo_client() as client:
        yield client


@pytest.fixture(scope="session")
def ministack(tmp_path_factory) -> Iterator[str]:
    """The endpoint of an emulator that lives as long as this test run."""
    assert MINISTACK.exists(), f"{MINISTACK} is missing: `make setup` makes it"
    with emulator(tmp_path_factory.mktemp("ministack")) as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def ministack_dynamodb(ministack) -> Iterator[Any]:
    """A client of the emulator."""
    with dynamo_client(endpoint_url=ministack, aws_access_key_id=ACCOUNT, aws_secret_access_key="emulated") as client:
        yield client


@pytest.fixture(params=["sqlite", "moto", MINISTACK_PARAM])
def table(request, tmp_path, clock) -> Iterator[Table]:
    """An empty table of the registry's shape."""
    yield from _tables(request, tmp_path, clock)


@pytest.fixture(params=["sqlite", MINISTACK_PARAM])
def shared_table(request, tmp_path, clock) -> Iterator[Table]:
    """An empty table that several threads may use at once, which moto's transactions are not made for."""
    yield from _tables(request, tmp_path, clock)


def _tables(request, tmp_path, clock) -> Iterator[Table]:
    if request.param == "sqlite":
        with sqlite_table(tmp_path / "table.sqlite3", clock) as table:
            yield table
        return
    client = request.getfixturevalue(f"{request.param}_dynamodb")
    with mock_aws() if request.param == "moto" else nullcontext(), dynamo_table(client, clock) as table:
        yield table
