"""Moving files, beside MLflow, the AWS CLI and s5cmd: `python -m benchmarks.transfer [--quick] [--work FOLDER]`."""

import argparse
import filecmp
import os
import random
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks import movers
from benchmarks.movers import Mover
from benchmarks.processes import Run, forget_peak, peak
from benchmarks.reporting import Goal, Report, ratio

MIB = 1024**2
MEMORY = 200
"""MB that client and server may take."""

METHOD = """Moved are {big} and {many} of random bytes, on one disk. In each of {rounds} rounds every server
starts on an empty folder, the files get new content, and everybody pushes them and pulls them back in turn; dirty pages
are written out before each. Seconds are medians of whole commands (MLflow's without its import). Modelyard hashes
before it sends, ends a push when every byte is proven, flushes what it stores, and proves what it pulls."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What is moved: so many files of so many bytes."""

    files: int
    size: int

    def __str__(self) -> str:
        size = f"{self.size // MIB:,} MiB" if self.size >= MIB else f"{self.size // 1024} KiB"
        return f"one file of {size}" if self.files == 1 else f"{self.files:,} files of {size}"

    @property
    def mebibytes(self) -> float:
        """MiB in all files."""
        return self.files * self.size / MIB


@dataclass(slots=True)
class Moves:
    """What one mover did with one shape in one direction, round by round."""

    runs: list[Run] = field(default_factory=list)
    servers: list[int] = field(default_factory=list)

    @property
    def seconds(self) -> list[float]:
        """How long each took."""
        return [run.seconds for run in self.runs]

    @property
    def memory(self) -> int:
        """The largest peak of the client."""
        return max(run.memory for run in self.runs)


Results = dict[tuple[str, Shape], dict[str, Moves]]
"""By direction and shape, and then by the mover's name."""


def report(*, quick: bool, work: Path) -> tuple[Report, Report]:
    """Everybody moves everything; seconds, and memory."""
    shapes = (Shape(1, 256 * MIB), Shape(100, 256 * 1024)) if quick else (Shape(1, 2048 * MIB), Shape(1000, 256 * 1024))
    rounds = 1 if quick else 3
    results: Results = {(direction, shape): {} for shape in shapes for direction in ("push", "pull")}
    with tempfile.TemporaryDirectory(prefix="modelyard-bench-", dir=work) as temporary:
        sources = {shape: make_files(Path(temporary) / f"source-{shape.files}", shape) for shape in shapes}
        for turn in range(rounds):
            measure(Path(temporary) / f"round-{turn}", sources, results, turn)
    method = METHOD.format(big=shapes[0], many=shapes[1], rounds=rounds)
    return speeds(results, method), memories(results)


def make_files(folder: Path, shape: Shape) -> Path:
    """The files of a shape: the one file's path, or the folder of many."""
    folder.mkdir()
    block = random.Random(shape.files).randbytes(min(shape.size, 64 * MIB))
    for number in range(shape.files):
        path = folder / ("model.bin" if shape.files == 1 else f"shard-{number:04d}.bin")
        with path.open("wb") as file:
            for _ in range(shape.size // len(block)):
                file.write(block)
    return folder / "model.bin" if shape.files == 1 else folder


def renew(source: Path) -> None:
    """Give every file other content, of which nobody has a part yet."""
    for path in [source] if source.is_file() else sorted(source.iterdir()):
        with path.open("r+b") as file:
            for offset in range(0, path.stat().st_size, MIB):
                file.seek(offset)
                file.write(os.urandom(16))


def measure(folder: Path, sources: dict[Shape, Path], results: Results, turn: int) -> None:
    """One round: all servers start, everybody pushes and pulls, nothing stays."""
    folder.mkdir()
    with ExitStack() as running:
        everybody = start(folder, running)
        for shape, source in sources.items():
            renew(source)
            for mover in everybody[turn % 2 :] + everybody[: turn % 2]:
                move(mover, shape, source, folder, results)
    shutil.rmtree(folder)


def start(folder: Path, running: ExitStack) -> list[Mover]:
    """All movers, with their servers."""
    endpoint = running.enter_context(movers.seaweedfs(folder))
    return [
        running.enter_context(movers.embedded(folder)),
        running.enter_context(movers.mlflow(folder)),
        running.enter_context(movers.on_seaweedfs(folder, endpoint)),
        movers.AwsCli(endpoint),
        movers.S5cmd(endpoint),
    ]


def move(mover: Mover, shape: Shape, source: Path, folder: Path, results: Results) -> None:
    """One mover pushes one shape and pulls it; what came back must be what was sent."""
    name, destination = f"model-{shape.files}", folder / "pulled"
    destination.mkdir()
    for direction in ("push", "pull"):
        os.sync()
        if mover.server:
            forget_peak(mover.server)
        pushing = direction == "push"
        run = mover.push(name, source) if pushing else mover.pull(name, destination, folder=source.is_dir())
        moves = results[direction, shape].setdefault(mover.name, Moves())
        moves.runs.append(run)
        if mover.server:
            moves.servers.append(peak(mover.server))
        print(f"  {mover.name}: {direction} {shape}: {run.seconds:.2f} s", flush=True)
    check(source, destination)
    shutil.rmtree(destination)


def check(source: Path, pulled: Path) -> None:
    """RuntimeError unless every file of `source` came back as it was."""
    sent = [source] if source.is_file() else sorted(source.iterdir())
    back = {path.name: path for path in pulled.rglob("*") if path.is_file()}
    for path in sent:
        if path.name not in back or not filecmp.cmp(path, back[path.name], shallow=False):
            raise RuntimeError(f"{path.name} did not come back as it was")


def speeds(results: Results, method: str) -> Report:
    """Seconds, and how many times as long the peers take."""
    names = list(next(iter(results.values())))
    rows = []
    for (direction, shape), moves in results.items():
        cells = [f"{median(moves[name].seconds):.2f} s ({_rate(moves[name], shape)})" for name in names]
        rows.append([f"{direction} {shape}", *cells])
    return Report("Transfer", method, ("", *names), rows, list(_speed_goals(results)))


def _rate(moves: Moves, shape: Shape) -> str:
    return f"{shape.mebibytes / median(moves.seconds):,.0f} MiB/s"


def _speed_goals(results: Results) -> Iterator[Goal]:
    ours, on_s3 = "modelyard", "modelyard, SeaweedFS"
    for (direction, shape), moves in results.items():
        for mine, theirs in ((ours, "MLflow"), (on_s3, "aws s3 cp"), (on_s3, "s5cmd")):
            times = ratio(moves[theirs].seconds, moves[mine].seconds)
            yield Goal(f"{direction} {shape}: {mine} against {theirs}, times as fast", times, 1)


def memories(results: Results) -> Report:
    """Peaks of memory of clients and servers, of any one process."""
    names = list(next(iter(results.values())))
    rows = []
    for (direction, shape), moves in results.items():
        rows.append([f"{direction} {shape}", *(_peaks(moves[name]) for name in names)])
    method = "MB (10⁶ bytes) at the peak, of the client and of the largest process of the server."
    return Report("Memory", method, ("", *names), rows, list(_memory_goals(results)))


def _peaks(moves: Moves) -> str:
    client = f"{moves.memory / 1e6:.0f}"
    return f"{client}, {max(moves.servers) / 1e6:.0f}" if moves.servers else client


def _memory_goals(results: Results) -> Iterator[Goal]:
    for (direction, shape), moves in results.items():
        for name in ("modelyard", "modelyard, SeaweedFS"):
            largest = max(moves[name].memory, *moves[name].servers) / 1e6
            yield Goal(
                f"{direction} {shape}: {name}, MB of the larger of client and server", largest, MEMORY, at_most=True
            )


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the reports."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small files, one round: a check, not a result")
    parser.add_argument("--work", type=Path, help="a folder on the disk to measure, with 30 GB free")
    options = parser.parse_args(arguments)
    for each in report(quick=options.quick, work=options.work or Path(tempfile.gettempdir())):
        print(each)


if __name__ == "__main__":
    main()
