"""Requests to the registry itself, beside MLflow doing the same: `python -m benchmarks.api [--quick]`."""

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.bare import operations, serve_bare
from benchmarks.load import Rate, ceiling, load
from benchmarks.registries import CLIENTS, READS, WRITES, Registry, serve_mlflow, serve_modelyard
from benchmarks.reporting import Goal, Report, ratio

METHOD = """One machine, both servers running, each with 1,000 versions of one model; the load goes to one after the
other, {rounds} rounds of {seconds:g} s each. Each client keeps a connection and, for writes, has a model of its own.
Writes are durable on both sides (SQLite, flushed). MLflow resolves by alias and download URI, its quickest way.
Modelyard's answer to a resolve holds the files and their signed links too. One client of the load generator by itself
does {ceiling:,.0f} requests a second. A bare server of the same parts (uvicorn, Powertools with validation, one row in
SQLite, flushed) does {bare[0]:,.0f} writes a second for one client (p50 {bare[1]:.2f} ms) and {bare[2]:,.0f} for
{clients} (p50 {bare[3]:.2f} ms)."""


@dataclass(frozen=True, slots=True)
class Pair:
    """What both registries did under one load, a rate a round."""

    kind: str
    clients: int
    ours: list[Rate] = field(default_factory=list)
    theirs: list[Rate] = field(default_factory=list)

    @property
    def wanted(self) -> float:
        """How many times faster this is to be."""
        return 15 if self.kind in READS else 8

    @property
    def faster(self) -> float:
        """How many times as many operations a second."""
        return ratio([rate.each_second for rate in self.ours], [rate.each_second for rate in self.theirs])

    @property
    def sooner(self) -> float:
        """How many times as soon the median answer comes."""
        return ratio([rate.p50 for rate in self.theirs], [rate.p50 for rate in self.ours])

    def goals(self) -> Iterator[Goal]:
        """What this pair is to show."""
        label = f"{self.kind}, {self.clients} clients" if self.clients > 1 else f"{self.kind}, 1 client"
        yield Goal(f"{label}, operations a second", self.faster, self.wanted)
        yield Goal(f"{label}, p50", self.sooner, self.wanted)

    def row(self) -> list[str]:
        """The pair as a row of the table."""
        cells = [self.kind, str(self.clients)]
        for rates in (self.ours, self.theirs):
            cells.append(f"{median(rate.each_second for rate in rates):,.0f}")
            cells += [f"{median(values) * 1000:.2f}" for values in zip(*((r.p50, r.p99) for r in rates), strict=True)]
        return [*cells, f"{self.faster:.1f}", f"{self.sooner:.1f}"]


HEADER = (
    "operation",
    "clients",
    "modelyard /s",
    "p50 ms",
    "p99 ms",
    "MLflow /s",
    "p50 ms",
    "p99 ms",
    "times /s",
    "times p50",
)


def report(*, quick: bool) -> Report:
    """Start both, load both, and compare."""
    rounds, seconds = (1, 0.7) if quick else (5, 3.0)
    with tempfile.TemporaryDirectory(prefix="modelyard-bench-") as temporary:
        folder = Path(temporary)
        with serve_modelyard(folder) as ours, serve_mlflow(folder) as theirs:
            ours.fill()
            theirs.fill()
            pairs = measure(ours, theirs, rounds=rounds, seconds=seconds)
        bare = _bare(folder, rounds=rounds, seconds=seconds)
    goals = [goal for pair in pairs for goal in pair.goals()]
    method = METHOD.format(rounds=rounds, seconds=seconds, ceiling=ceiling(1.0).each_second, bare=bare, clients=CLIENTS)
    return Report("Requests", method, HEADER, [pair.row() for pair in pairs], goals)


def _bare(folder: Path, *, rounds: int, seconds: float) -> list[float]:
    """Writes a second and the p50 in milliseconds of a bare server, for one client and for several."""
    found: list[float] = []
    with serve_bare(folder) as target:
        for clients in (1, CLIENTS):
            rates = [load(target, [operations()] * clients, seconds) for _ in range(rounds)]
            found += [median(rate.each_second for rate in rates), median(rate.p50 for rate in rates) * 1000]
    return found


def measure(ours: Registry, theirs: Registry, *, rounds: int, seconds: float) -> Sequence[Pair]:
    """Every load on both, in turns that change with each round."""
    pairs = [Pair(kind, clients) for kind in (*READS, *WRITES) for clients in (1, CLIENTS)]
    for turn in range(rounds):
        for pair in pairs:
            sides = [(ours, pair.ours), (theirs, pair.theirs)]
            for registry, rates in sides[:: 1 if turn % 2 else -1]:
                asked = [registry.operations(pair.kind, client) for client in range(pair.clients)]
                rates.append(load(registry.target, asked, seconds))
    return pairs


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round: a check of the script, not a result")
    print(report(quick=parser.parse_args().quick))
