"""A real `modelyard serve` in a process of its own, for tests that start, stop and kill it."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Self

COMMAND = [sys.executable, "-c", "from modelyard.cli.main import main; main()"]
LONG = 60.0
"""Seconds after which a start or a stop has failed."""


def environment(**more: str) -> dict[str, str]:
    """The environment without what a developer set for Modelyard."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MODELYARD_")}
    return {**kept, "PYTHONUNBUFFERED": "1", **more}


class EmbeddedServer:
    """Serves `folder / "data"`. `log` is all that it wrote to stderr, over all its starts."""

    def __init__(self, folder: Path, *options: str, **variables: str) -> None:
        self.data = folder / "data"
        self.options, self.variables = options, variables
        self.port = 0
        self.url = ""
        self._log = folder / "serve.log"
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> Self:
        """Start it on a free port, the same one every time, and wait until it says that it serves."""
        arguments = ["serve", "--data", str(self.data), "--port", str(self.port), *self.options]
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=log, text=True, env=environment(**self.variables)
            )
        said = self._process.stdout.readline() if self._process.stdout else ""
        words = said.split()
        if not said.startswith("Serving "):
            code = self.wait()
            raise AssertionError(f"it ended with {code}, saying {said!r} and:\n{self.log}")
        self.url = words[1]
        self.port = int(self.url.rpartition(":")[2])
        return self

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end; its exit code once it has."""
        return self._end(sign)

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self._end(signal.SIGKILL)

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        """What it wrote to stderr."""
        return self._log.read_text()

    def wait(self) -> int:
        """Wait for its end; its exit code."""
        assert self._process is not None
        code = self._process.wait(LONG)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None
        return code

    def _end(self, sign: signal.Signals) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(sign)
        return self.wait()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self.kill()
