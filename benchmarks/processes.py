"""Processes that a benchmark starts, times, weighs and stops again."""

import os
import select
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 180.0
"""Seconds that a server may take to answer, and to end."""

FOREIGN = ("AWS_", "MLFLOW_", "MODELYARD_", "PYTHON")
GLANCE = 0.01
"""Seconds between two looks at a command's memory."""


@dataclass(frozen=True, slots=True)
class Run:
    """A command that ended well: seconds it took, bytes of memory at its peak, and what it said."""

    seconds: float
    memory: int
    said: str


def run(command: Sequence[str | os.PathLike[str]], environment: Mapping[str, str] | None = None) -> Run:
    """Run a command to its end; RuntimeError with what it said when it fails."""
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, env=merged(environment), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        memory = _watch(process)
        seconds = time.perf_counter() - start
        output.seek(0)
        said = output.read().decode(errors="replace")
    if process.wait():
        raise RuntimeError(f"{' '.join(map(str, command))} gave {process.returncode}:\n{said[-4000:]}")
    return Run(seconds, memory, said)


def _watch(process: subprocess.Popen[bytes]) -> int:
    """Wait for the end; bytes of memory at the peak, as of a moment before.

    What the system tells after the end is no less than the peak of whoever started the process.
    """
    ending = os.pidfd_open(process.pid)
    memory = 0
    try:
        while not select.select([ending], [], [], GLANCE)[0]:
            memory = max(memory, _high_water(process.pid))
    finally:
        os.close(ending)
    return memory


def merged(environment: Mapping[str, str] | None) -> dict[str, str]:
    """This process's environment without what would change a measurement, and with `environment`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    return kept | dict(environment or {})


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def server(
    command: Sequence[str | os.PathLike[str]],
    *,
    ready: str,
    log: Path,
    environment: Mapping[str, str] | None = None,
    patient: bool = True,
) -> Iterator[int]:
    """The id of a server's process while it runs; it is ready once the URL `ready` answers anything but a failure.

    It is asked to end, or, without patience, killed.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            env=merged(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _await(ready, process, log)
            yield process.pid
        finally:
            _stop(process, patient=patient)


def _await(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not _answers(url):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{process.args!r} does not answer at {url}:\n{log.read_text()[-4000:]}")
        time.sleep(0.1)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):  # noqa: S310  # the benchmark's own
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False


def _stop(process: subprocess.Popen[bytes], *, patient: bool) -> None:
    """End the server and what it started: they are a process group of their own."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, 15 if patient else 9)
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        process.wait()
    with suppress(ProcessLookupError):
        os.killpg(process.pid, 9)


def family(pid: int) -> list[int]:
    """The ids of a process and all that came from it and still run."""
    parents: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = status.read_text().rpartition(")")[2].split()
            parents.setdefault(int(fields[1]), []).append(int(status.parent.name))
    found = [pid]
    for known in found:
        found += parents.get(known, [])
    return found


def forget_peak(pid: int) -> None:
    """Let the peaks of memory of a process and its children begin anew."""
    for known in family(pid):
        with suppress(OSError):
            Path(f"/proc/{known}/clear_refs").write_text("5")


def peak(pid: int) -> int:
    """Bytes of the largest peak of memory among a process and its children."""
    return max(_high_water(known) for known in family(pid))


def _high_water(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0
