"""Processes that a benchmark starts, times, weighs and stops again."""

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 60.0
"""Seconds that a server may take to answer, and to end."""


@dataclass(frozen=True, slots=True)
class Run:
    """A command that ended well: seconds on the clock and on the processor, and its peak of memory in bytes."""

    seconds: float
    processor: float
    memory: int


def run(command: Sequence[str | os.PathLike[str]], environment: Mapping[str, str] | None = None) -> Run:
    """Run a command to its end; RuntimeError with what it said when it fails."""
    with subprocess.Popen(
        command, env=merged(environment), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        start = time.perf_counter()
        said = process.stdout.read() if process.stdout else b""
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))} gave {process.returncode}:\n{said.decode()[-4000:]}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def merged(environment: Mapping[str, str] | None) -> dict[str, str]:
    """This process's environment without what would change a measurement, and with `environment`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MLFLOW_", "MODELYARD_"))}
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
) -> Iterator[int]:
    """The id of a server's process while it runs; it is ready once the URL `ready` answers anything but a failure."""
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
            _stop(process)


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


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the server and what it started: they are a process group of their own."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, 15)
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
