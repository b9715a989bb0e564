"""Reading by ranges: few requests, each byte paid for, and nothing beyond a budget."""

import threading

import pytest

from modelyard.domain.findings import Verdict
from modelyard.inspection import looking
from modelyard.inspection.budgets import Budget, Limits, OutOfBudget
from modelyard.inspection.sight import Format
from modelyard.inspection.sources import AHEAD, BLOCK, Held, Ranged, Slice, prefetch
from modelyard.inspection.unpacked import HELD, unpacked
from tests.corpora.looked_at import looked_at

DATA = bytes(range(256)) * 40_000


class Fetching:
    """Answers requests, and remembers them."""

    def __init__(self, data=DATA):
        self.data = data
        self.asked = []
        self.threads = set()

    def __call__(self, offset, length):
        self.asked.append((offset, length))
        self.threads.add(threading.get_ident())
        return self.data[offset : offset + length]


def ranged(fetching, *, parallel=1, **limits):
    return Ranged(fetching, len(fetching.data), Budget(Limits(**limits), lambda: 0.0), parallel)


def scatter(source):
    for number in range(0, 40, 2):
        source.read(number * BLOCK, 1)


def test_what_was_read_is_not_fetched_again():
    fetching = Fetching()
    source = ranged(fetching)
    assert source.read(10, 20) == DATA[10:30]
    assert source.read(BLOCK - 5, 4) == DATA[BLOCK - 5 : BLOCK - 1]
    assert fetching.asked == [(0, BLOCK)]


def test_reading_on_fetches_ever_more_and_reading_elsewhere_little():
    fetching = Fetching()
    source = ranged(fetching)
    for offset in range(0, len(DATA), BLOCK):
        assert source.read(offset, BLOCK) == DATA[offset : offset + BLOCK]
    assert len(fetching.asked) < 15
    assert max(length for _, length in fetching.asked) == AHEAD * BLOCK
    fetching.asked.clear()
    ranged(fetching).read(100 * BLOCK, 10)
    assert fetching.asked == [(100 * BLOCK, BLOCK)]


def test_nothing_is_read_beyond_the_ends():
    source = ranged(Fetching())
    assert source.read(len(DATA) - 3, 100) == DATA[-3:]
    assert source.read(len(DATA), 1) == source.read(-1, 5) == b""
    inner = Slice(Held(b"0123456789"), 2, 5)
    assert (inner.size, inner.read(3, 10), inner.read(-1, 2), inner.read(5, 1)) == (5, b"56", b"", b"")


def test_a_request_that_answers_with_too_little_is_a_failure():
    source = Ranged(lambda offset, length: b"", 100, Budget(Limits(), lambda: 0.0))
    with pytest.raises(OSError, match="0 bytes at 0, not 100"):
        source.read(0, 1)


@pytest.mark.parametrize(("limits", "what"), [({"requests": 3}, "requests"), ({"bytes_read": 3 * BLOCK}, "bytes_read")])
def test_running_out_is_told_by_what_ran_out(limits, what):
    source = ranged(Fetching(), **limits)
    with pytest.raises(OutOfBudget) as ended:
        scatter(source)
    assert ended.value.what == what


def test_the_time_is_a_budget():
    moments = iter(range(100))
    source = Ranged(Fetching(), len(DATA), Budget(Limits(seconds=5), lambda: next(moments)))
    with pytest.raises(OutOfBudget, match="seconds"):
        scatter(source)


def test_places_that_are_read_soon_are_fetched_side_by_side():
    fetching = Fetching()
    source = ranged(fetching, parallel=4)
    prefetch(Slice(source, 0, len(DATA)), [number * 20 * BLOCK for number in range(10)])
    assert len(fetching.asked) == 10
    fetching.asked.clear()
    assert source.read(60 * BLOCK, 10) == DATA[60 * BLOCK : 60 * BLOCK + 10]
    assert fetching.asked == []


def test_a_long_read_is_fetched_side_by_side():
    fetching = Fetching()
    assert ranged(fetching, parallel=4).read(0, len(DATA)) == DATA
    assert len(fetching.asked) == 4


def test_what_is_unpacked_can_be_read_in_any_order():
    piece = bytes(range(256)) * 4096
    count = HELD // len(piece) + 8
    source = unpacked(lambda: iter([piece] * count), Budget(Limits(bytes_unpacked=10 * HELD), lambda: 0.0))
    assert source.size == count * len(piece)
    for offset in (0, 30 * len(piece) + 5, 3, source.size - 7):
        assert source.read(offset, 300) == (piece * 2)[offset % len(piece) :][: min(300, source.size - offset)]


def test_what_is_unpacked_is_paid_for():
    with pytest.raises(OutOfBudget, match="bytes_unpacked"):
        unpacked(lambda: iter([bytes(1000)] * 10), Budget(Limits(bytes_unpacked=5_000), lambda: 0.0))


def test_a_fault_in_reading_a_format_hides_nothing_that_was_seen_before_it(monkeypatch):
    """Otherwise a file that breaks the inspection would end as not fully inspected, whatever was found until then."""

    def look(sight):
        sight.note("pickle.dangerous-import", "os.system")
        raise IndexError

    broken = Format("broken", lambda head, sight: True, look)
    monkeypatch.setattr(looking, "FORMATS", (broken,))
    found = looked_at(b"anything")
    assert found.verdict is Verdict.MALICIOUS
    assert found.unread == (f"{looking.FAULT}, as broken: IndexError",)


def test_what_storage_raises_is_no_fault_of_the_file():
    def fetch(offset, length):
        raise OSError("storage is away")

    with pytest.raises(OSError, match="storage is away"):
        looking.inspect(fetch, 100, name="model.pkl")
