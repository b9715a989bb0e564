"""Registries to break: on SQLite and a folder, in memory where durability is not what is tested."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelyard.domain import digests
from tests.faults.story import SMALL
from tests.faults.yard import Yard, embedded_yard

MEMORY = Path("/dev/shm")


@pytest.fixture
def small_parts(monkeypatch) -> None:
    """Files of several parts are a few bytes."""
    monkeypatch.setattr(digests, "MIN_PART", SMALL)


@pytest.fixture
def quick_folder(tmp_path) -> Iterator[Path]:
    """A folder on a file system that need not wait for a disk, where there is one."""
    if not MEMORY.is_dir():
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=MEMORY, prefix="yard-") as folder:
        yield Path(folder)


@pytest.fixture
def yard(quick_folder) -> Iterator[Yard]:
    """An empty registry."""
    with embedded_yard(quick_folder) as registry:
        yield registry
