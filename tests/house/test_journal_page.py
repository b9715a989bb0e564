"""The check that `docs/journal.md` gives to anyone: it agrees with the domain, and finds what was tampered with."""

import json
import re

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from modelyard.domain.canonical import canonical
from modelyard.domain.journal import find_break

ENTRIES = 41
"""In the example journal."""

WHOLE = st.integers(-(2**53) + 1, 2**53 - 1)
SCALARS = st.none() | st.booleans() | WHOLE | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
)


@pytest.fixture(scope="module")
def check(root):
    page = (root / "docs/journal.md").read_text()
    ours = {}
    exec(re.search(r"```python\n(.*?)```", page, re.DOTALL).group(1), ours)
    return ours["check"]


@pytest.fixture
def journal(root):
    return json.loads((root / "events/journal.example.json").read_text())


def test_the_lines_of_the_page_find_the_example_journal_whole(check, journal):
    assert len(journal) == ENTRIES
    assert check(journal) == f"{len(journal)} entries hold, up to {journal[-1]['hash']}"


@pytest.mark.parametrize("at", range(1, ENTRIES))
def test_dropping_swapping_or_changing_an_entry_is_found_by_the_page_and_by_the_domain(check, journal, at):
    changed = [entry | {"actor": "mallory"} if entry["sequence"] == at else entry for entry in journal]
    swapped = [*journal[: at - 1], journal[at], journal[at - 1], *journal[at + 1 :]]
    dropped = [entry for entry in journal if entry["sequence"] != at]
    for tampered in (changed, swapped, dropped):
        assert check(tampered) == f"broken at {at}"
        assert find_break(tampered).sequence == at


@given(VALUES)
def test_our_canonical_json_is_what_another_implementation_writes(value):
    assert canonical(value) == rfc8785.dumps(value)
