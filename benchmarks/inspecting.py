"""Inspection beside picklescan and fickling: seconds, and what each says of the same files.

`python -m benchmarks.inspecting [--quick]`.
"""

import argparse
import json
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from statistics import median

import joblib
import numpy as np
from sklearn.ensemble import RandomForestClassifier

from benchmarks.peers import ROOT, scanners
from benchmarks.reporting import Goal, Report
from modelyard.cli.inspecting import inspect_file
from modelyard.client.walking import find_sources
from modelyard.domain.findings import Verdict, worst

METHOD = """Each file is inspected by each scanner, {rounds} times in turn; medians, in one process each, without its
start. `-` is what took more than {patience} seconds or failed."""
VERDICTS = """The malicious samples of `tests/corpora`, {count} files, and what each scanner lets pass as clean; and of
files that scikit-learn, numpy, scipy, pandas, xgboost and lightgbm wrote, how many it stops. A scanner that fails has
stopped the file."""
PATIENCE = 30
PEERS = ("picklescan", "fickling")

SCAN = """
import json, sys, time
out, sys.stdout = sys.stdout, sys.stderr
def picklescan(path):
    from picklescan.scanner import scan_file_path
    found = scan_file_path(path)
    return not (found.issues_count or found.infected_files or found.scan_err)
def fickling(path):
    import fickling
    return fickling.is_likely_safe(path)
scanner = globals()[sys.argv[1]]
try:
    scanner(sys.executable)
except BaseException:
    pass
for line in sys.stdin:
    start = time.perf_counter()
    try:
        clean = bool(scanner(line.strip()))
    except BaseException:
        clean = None
    print(json.dumps([time.perf_counter() - start, clean]), file=out, flush=True)
"""


def report(*, quick: bool, work: Path) -> list[Report]:
    """How long each takes, and what each says."""
    with tempfile.TemporaryDirectory(prefix="modelyard-bench-", dir=work) as temporary:
        return [speed(Path(temporary), 1 if quick else 3, quick=quick), verdicts(Path(temporary), quick=quick)]


def speed(folder: Path, rounds: int, *, quick: bool) -> Report:
    """Seconds for each file by each scanner."""
    rows, ours = [], {}
    for name, write in samples(quick=quick).items():
        path = folder / name
        write(path)
        spent: dict[str, list[float]] = {"modelyard": [], **{peer: [] for peer in PEERS}}
        for _ in range(rounds):
            spent["modelyard"].append(timed(path)[0])
            for peer in PEERS:
                spent[peer] += [seconds for seconds, clean in scan(peer, [path]) if clean is not None]
        ours[name] = median(spent["modelyard"])
        cells = [f"{median(each):.3f}" if len(each) == rounds else "-" for each in spent.values()]
        rows.append([name, f"{path.stat().st_size / 1e6:,.1f}", *cells])
        path.unlink()
    return Report(
        "Inspection",
        METHOD.format(rounds=rounds, patience=PATIENCE),
        ("file", "MB", "modelyard", *PEERS),
        rows,
        goals(ours),
    )


def goals(ours: dict[str, float]) -> list[Goal]:
    """What inspection promises, in seconds."""
    wanted = {"random-forest.pkl": 0.2, "million-keys.pkl": 3.0, "folder of 350": 10.0}
    return [
        Goal(f"seconds for {name}", ours[name], most, at_most=True) for name, most in wanted.items() if name in ours
    ]


def samples(*, quick: bool) -> dict[str, Callable[[Path], object]]:
    """The files that are inspected."""
    size = 10 if quick else 1
    generator = np.random.RandomState(0)
    data = generator.rand(20_000, 10)
    forest = RandomForestClassifier(64 // size, random_state=0, n_jobs=2).fit(data, generator.rand(20_000) > data[:, 0])
    keys = dict.fromkeys(map(str, range(1_000_000 // size)), 1)
    return {
        "random-forest.pkl": lambda path: path.write_bytes(pickle.dumps(forest)),
        "random-forest.joblib": lambda path: joblib.dump(forest, path),
        "random-forest.joblib.gz": lambda path: joblib.dump(forest, path, compress=("gzip", 3)),
        "million-keys.pkl": lambda path: path.write_bytes(pickle.dumps(keys)),
        "arrays.pkl": lambda path: path.write_bytes(pickle.dumps([np.zeros(4_000_000 // size) for _ in range(8)])),
        "arrays.npz": lambda path: np.savez(path, *[np.zeros(4_000_000 // size) for _ in range(8)]),
    }


def timed(path: Path) -> tuple[float, bool]:
    """Our seconds for a file or a folder, and whether it is clean."""
    start = time.perf_counter()
    verdict = worst(inspect_file(source).verdict for source in find_sources([path]))
    return time.perf_counter() - start, verdict is Verdict.CLEAN


def scan(peer: str, paths: list[Path]) -> Iterator[tuple[float, bool | None]]:
    """A peer's seconds for each file, and whether it says that it is clean; None when it failed.

    When it does not end, the files from there on are left out.
    """
    python = scanners() / "python"
    with subprocess.Popen(
        [python, "-c", SCAN, peer], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            said, _ = process.communicate("\n".join(map(str, paths)) + "\n", timeout=PATIENCE + len(paths))
        except subprocess.TimeoutExpired:
            process.kill()
            said, _ = process.communicate()
    for line in said.splitlines():
        seconds, clean = json.loads(line)
        yield seconds, clean


def verdicts(folder: Path, *, quick: bool) -> Report:
    """How many malicious and benign samples each lets pass."""
    sys.path.insert(0, str(ROOT))
    benign, bad_ones = (import_module(f"tests.corpora.{name}") for name in ("benign", "malicious"))
    bad = [_write(folder / f"bad-{number}", name, data) for number, (_, name, data) in enumerate(bad_ones.malicious())]
    chosen = list(benign.objects())[:: 20 if quick else 2]
    good = [
        _write(folder / f"good-{number}-{place}", name, data)
        for number, (_, value) in enumerate(chosen)
        for place, (_, name, data) in enumerate(benign.pickled(value, (4,)))
    ]
    ours: tuple[dict[str, list[bool | None]], ...] = {}, {}
    for said, paths in zip(ours, (bad, good), strict=True):
        said["modelyard"] = [timed(path)[1] for path in paths]
        said |= {peer: [clean for _, clean in scan(peer, paths)] for peer in PEERS}
    rows = [[name, _of(ours[0][name], passed=True), _of(ours[1][name], passed=False)] for name in ours[0]]
    header = ("", "malicious let pass", "benign stopped")
    return Report("Inspection: verdicts", VERDICTS.format(count=len(bad)), header, rows)


def _of(said: list[bool | None], *, passed: bool) -> str:
    return f"{sum(bool(each) is passed for each in said)} of {len(said)}"


def _write(folder: Path, name: str, data: bytes) -> Path:
    folder.mkdir()
    (folder / name).write_bytes(data)
    return folder / name


def main() -> None:
    """Print the reports."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small files, one round: a check, not a result")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()), help="where the files are made")
    options = parser.parse_args()
    for each in report(quick=options.quick, work=options.work):
        print(f"{each}\n")


if __name__ == "__main__":
    main()
