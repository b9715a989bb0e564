"""Pages end before an answer would be too large, and lead on."""

import pytest

from modelyard.services import finding
from tests.unit.registry import open_registry

LARGE = {f"key-{number}": "x" * 5_000 for number in range(20)}


@pytest.fixture
def registry(tmp_path):
    with open_registry(tmp_path) as opened:
        opened.create()
        for number in range(45):
            opened.register({"a.bin": b"%d" % number}, params=LARGE)
        yield opened


def pages(read):
    found, after = [], None
    while True:
        page = read(after)
        found.append(page.items)
        after = page.after
        if after is None:
            return found


def test_versions_with_much_to_say_come_in_more_pages_and_none_is_left_out(registry):
    found = pages(
        lambda after: finding.list_versions(table=registry.table, name="churn", stage=None, after=after, limit=1000)
    )
    assert [version.number for page in found for version in page] == list(range(45, 0, -1))
    assert len(found) == 2


def test_history_with_much_to_say_comes_in_more_pages_and_nothing_is_left_out(registry):
    found = pages(
        lambda after: finding.read_history(table=registry.table, name="churn", number=None, after=after, limit=1000)
    )
    assert [entry.sequence for page in found for entry in page] == list(range(1, 47))
    assert len(found) == 2
