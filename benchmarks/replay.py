"""A journal replayed from its bytes: `python -m benchmarks.replay [--quick]`."""

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median

from benchmarks.reporting import Goal, Report
from modelyard.domain.digests import Digest
from modelyard.domain.journal import GENESIS, Caller, Draft, Entry, EntryType, instant, write_entry
from modelyard.domain.replaying import replay

METHOD = """A model's journal of {entries:,} entries ({size:.1f} MB: {versions:,} versions registered, sent, verified,
promoted and replaced) is parsed and replayed to the model and every version as they are at its end, in one thread;
medians of {rounds} rounds."""
LIFE = 5
"""Entries in a version's life."""

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
GOAL = 10_000
"""Entries that a replay takes less than a second for."""


def report(*, quick: bool) -> Report:
    """Journals of several lengths."""
    rounds = 1 if quick else 9
    rows, goals = [], []
    longest: Sequence[bytes] = ()
    for entries in (1_000, GOAL) if quick else (1_000, GOAL, 100_000):
        journal = [entry.body for entry in write_journal(entries)]
        seconds = median(measure(journal) for _ in range(rounds))
        rows.append([f"{entries:,} entries", f"{seconds:.3f}", f"{seconds / entries * 1e6:.1f}"])
        if entries == GOAL:
            longest = journal
            goals.append(Goal(f"{GOAL:,} entries replayed, seconds", seconds, 1, at_most=True))
    size = sum(map(len, longest)) / 1e6
    method = METHOD.format(entries=GOAL, size=size, versions=GOAL // LIFE, rounds=rounds)
    return Report("Replaying a journal", method, ("", "seconds", "µs an entry"), rows, goals)


def measure(journal: Sequence[bytes]) -> float:
    """Seconds from the entries' bytes to the state that they come to."""
    start = time.perf_counter()
    replayed = replay(map(json.loads, journal), home="churn")
    spent = time.perf_counter() - start
    if replayed is None or replayed.model.sequence != len(journal):
        raise AssertionError("the journal was not replayed to its end")
    return spent


def write_journal(entries: int) -> Iterator[Entry]:
    """A model's journal, chained."""
    previous = GENESIS
    for sequence, draft in enumerate(drafts(entries), start=1):
        entry = write_entry(
            draft,
            model_id="01KAP4Q6Z8T5V3W9XENCHRNGGD",
            name="churn",
            home="churn",
            sequence=sequence,
            previous=previous,
            caller=Caller("iam:arn:aws:sts::123456789012:assumed-role/training/run-812", "3f6c1a52"),
            time=BEGAN + timedelta(seconds=sequence),
        )
        previous = entry.hash
        yield entry


def drafts(entries: int) -> Iterator[Draft]:
    """What happened, entry by entry."""
    yield Draft(EntryType.MODEL_CREATED, after={"name": "churn", "description": "", "owner": "ana", "tags": {}})
    for nth in range(entries - 1):
        yield life(1 + nth // LIFE, nth % LIFE)


def life(number: int, step: int) -> Draft:
    """A step in the life of a version."""
    digest = Digest(f"sha256:{number:064x}")
    due = instant(BEGAN + timedelta(days=7))
    match step:
        case 0:
            return Draft(EntryType.VERSION_REGISTERED, number, digest, after=registered(number) | {"deadline": due})
        case 1:
            states = {"state": "uploading"}, {"state": "verifying", "deadline": due}
            return Draft(EntryType.VERSION_UPLOADED, number, digest, *states)
        case 2:
            states = {"state": "verifying"}, {"state": "ready", "proof": "storage"}
            return Draft(EntryType.VERSION_VERIFIED, number, digest, *states)
        case 3:
            stages = {"stage": "development"}, {"stage": "production"}
            return Draft(EntryType.VERSION_PROMOTED, number, digest, *stages, "beats the one before")
    stages = {"stage": "production"}, {"stage": "archived"}
    return Draft(EntryType.VERSION_REPLACED, number, digest, *stages, f"replaced by churn/{number + 1}")


def registered(number: int) -> dict[str, object]:
    """What a pipeline says of a version."""
    return {
        "state": "uploading",
        "stage": "development",
        "size": 184_320,
        "file_count": 3,
        "pages": 1,
        "description": "",
        "tags": {"team": "growth", "trigger": "nightly"},
        "params": {"depth": "8", "learning_rate": "0.05", "rounds": "400"},
        "metrics": {"auc": 0.9 + number % 100 / 1000, "loss": 0.21},
        "source_commit": f"{number:040x}",
        "datasets": [{"name": "customers", "uri": "s3://lake/customers/2026-11", "digest": ""}],
        "run_url": f"https://ci.example.com/runs/{number}",
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.replay", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a check of the script, not a result")
    print(report(quick=parser.parse_args().quick))
