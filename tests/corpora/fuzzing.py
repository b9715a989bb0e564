"""Inspects mutated samples for some seconds: `python -m tests.corpora.fuzzing SECONDS`.

It must never raise, take longer than ten seconds or hold more than 512 MiB. Hypothesis chooses the mutations and makes
what fails small; the seeds are the corpora.
"""

import io
import pickle
import resource
import sys
import time

import joblib
import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelyard.inspection.looking import FAULT
from tests.corpora import boxes
from tests.corpora.formats import benign_formats, malicious_formats
from tests.corpora.looked_at import looked_at
from tests.corpora.malicious import malicious

SLOWEST = 10.0
MOST_MEMORY = 512 * 1024
"""KiB above what the process held before."""

ROUND = 200
LARGEST = 256 * 1024


def seeds():
    """Small files of every kind."""
    yield from ((name, data) for _, name, data in malicious() if len(data) < LARGEST)
    for kind in (malicious_formats(), benign_formats()):
        yield from ((name, data) for *_, name, data in kind if len(data) < LARGEST)
    for value in ({"a": [1, 2.5, None]}, np.arange(5), np.array([1, None], dtype=object), [np.float32(1)]):
        yield from (("a.pkl", pickle.dumps(value, protocol)) for protocol in range(6))
        for compression in (0, ("zlib", 3), ("xz", 3)):
            data = io.BytesIO()
            joblib.dump(value, data, compress=compression)
            yield "a.joblib", data.getvalue()
    yield "a.pt", boxes.torch_zip(boxes.tensors(["a", "b"]), [("0", bytes(16)), ("1", bytes(16))])


SEEDS = list(seeds())
NAMES = [
    "a.pkl",
    "a.zip",
    "a.tar",
    "a.npy",
    "a.pt",
    "a.joblib",
    "a",
    "a.bin",
    "config.json",
    "a.h5",
    "a.onnx",
    "a.keras",
]
EDITS = st.one_of(
    st.tuples(st.just("set"), st.integers(0, LARGEST), st.binary(min_size=1, max_size=8)),
    st.tuples(st.just("insert"), st.integers(0, LARGEST), st.binary(min_size=1, max_size=8)),
    st.tuples(st.just("delete"), st.integers(0, LARGEST), st.integers(1, 64)),
    st.tuples(st.just("cut"), st.integers(0, LARGEST), st.just(b"")),
    st.tuples(st.just("splice"), st.integers(0, LARGEST), st.sampled_from(SEEDS)),
    st.tuples(st.just("repeat"), st.integers(0, LARGEST), st.integers(1, 2000)),
    st.tuples(
        st.just("number"), st.integers(0, LARGEST), st.sampled_from([0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 2**63, 2**64 - 1])
    ),
    st.tuples(st.just("pack"), st.integers(0, LARGEST), st.sampled_from(sorted(boxes.STREAMS))),
)


APPLY = {
    "set": lambda before, after, what: before + what + after[len(what) :],
    "insert": lambda before, after, what: before + what + after,
    "delete": lambda before, after, what: before + after[what:],
    "cut": lambda before, after, what: before,
    "splice": lambda before, after, what: before + what[1][len(before) % (len(what[1]) + 1) :],
    "repeat": lambda before, after, what: (before + after[:16] * what + after[16:])[:LARGEST],
    "number": lambda before, after, what: before + what.to_bytes(8, "little") + after[8:],
    "pack": lambda before, after, what: boxes.STREAMS[what](before + after),
}
"""The edits: of what lies before and behind a place, and something."""


def edited(data, edits):
    """The bytes after some edits."""
    for kind, at, what in edits:
        place = at % (len(data) + 1)
        data = APPLY[kind](data[:place], data[place:], what)
    return data


def one_round(seed):
    """Some hundred mutations. AssertionError when one takes too long; what else is raised comes through."""

    @settings(max_examples=ROUND, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(
        sample=st.sampled_from(SEEDS),
        edits=st.lists(EDITS, min_size=1, max_size=5),
        name=st.sampled_from([*NAMES, None]),
    )
    def mutated(sample, edits, name):
        data = edited(sample[1], edits)
        started = time.monotonic()
        found = looked_at(data, name or sample[0])
        assert not any(FAULT in why for why in found.unread)
        assert time.monotonic() - started < SLOWEST

    mutated._hypothesis_internal_use_seed = seed  # each round has mutations of its own
    mutated()


def main(seconds):
    """Rounds until the time is over; the most memory that was held is checked at the end."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started, rounds = time.monotonic(), 0
    while time.monotonic() - started < seconds:
        one_round(rounds)
        rounds += 1
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert held < MOST_MEMORY, f"{held} KiB"
    print(f"{rounds * ROUND} mutations, {held // 1024} MiB")


if __name__ == "__main__":
    main(float(sys.argv[1]))
