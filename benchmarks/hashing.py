"""One large file hashed on every core, beside programs that use one: `python -m benchmarks.hashing [--quick]`."""

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks.processes import run
from benchmarks.reporting import Goal, Report, ratio
from benchmarks.transfer import MIB, Shape, make_files
from modelyard.client.hashing import hash_sources
from modelyard.client.walking import find_sources

METHOD = """Hashed is {shape} of random bytes that the system has in memory already, on {cores} cores; medians of
{rounds} rounds in which everybody hashes it in turn. Modelyard computes the tree digest, of parts of 64 MiB."""


def report(*, quick: bool, work: Path) -> Report:
    """Everybody hashes the same file."""
    shape, rounds = Shape(1, (256 if quick else 2048) * MIB), 1 if quick else 5
    with tempfile.TemporaryDirectory(prefix="modelyard-bench-", dir=work) as temporary:
        path = make_files(Path(temporary) / "source", shape)
        spent = measure(path, rounds)
    cores = len(os.sched_getaffinity(0))
    rows = [[name, f"{median(each):.2f}", f"{shape.size / median(each) / 1e9:.2f}"] for name, each in spent.items()]
    goals = [
        Goal("against sha256sum, times as fast", ratio(spent["sha256sum"], spent["modelyard"]), cores),
        Goal("against itself on one core, times as fast", ratio(spent["one thread"], spent["modelyard"]), 0.75 * cores),
    ]
    method = METHOD.format(shape=shape, cores=cores, rounds=rounds)
    return Report("Hashing", method, ("", "seconds", "GB/s"), rows, goals)


def measure(path: Path, rounds: int) -> dict[str, list[float]]:
    """Seconds of each, a figure a round, after one that does not count."""
    hashers: dict[str, Callable[[], object]] = {
        "modelyard": lambda: hash_sources(find_sources([path])),
        "one thread": lambda: hash_sources(find_sources([path]), workers=1),
        "sha256sum": lambda: run(["sha256sum", path]),
    }
    if shutil.which("openssl"):
        hashers["openssl dgst"] = lambda: run(["openssl", "dgst", "-sha256", path])
    spent: dict[str, list[float]] = {name: [] for name in hashers}
    for turn in range(rounds + 1):
        for name, hasher in hashers.items():
            start = time.perf_counter()
            hasher()
            if turn:
                spent[name].append(time.perf_counter() - start)
    return spent


def main() -> None:
    """Print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small file, one round: a check, not a result")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()), help="where the file is made")
    options = parser.parse_args()
    print(report(quick=options.quick, work=options.work))


if __name__ == "__main__":
    main()
