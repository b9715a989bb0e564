"""The stage of the story: a server of its own, commands that are shown as they run, and a subscriber that listens."""

import json
import os
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

MODELYARD = str(Path(sys.executable).parent / "modelyard")
PATIENCE = 60.0
"""Seconds that anything may take that should be quick."""


class Differs(Exception):
    """Something is not as the story says."""


def say(text: str = "") -> None:
    """A line of the story, at once, in a pipe too."""
    print(text, flush=True)


def title(text: str) -> None:
    """The beginning of a scene."""
    say(f"\n== {text}")


def expect(what: str, *, held: bool) -> None:
    """Say that something held; Differs when it did not."""
    if not held:
        raise Differs(what)
    say(f"   OK: {what}")


class Stage:
    """Runs `modelyard` in one folder against one server."""

    def __init__(self, folder: Path, url: str) -> None:
        self._folder = folder
        self._environment = environment(folder) | {"MODELYARD_URL": url}

    def command(self, *arguments: str, moves: int = 0) -> float:
        """Show and run a command a user would type; seconds. With `moves` bytes, show how fast they went."""
        say(f"$ modelyard {shlex.join(arguments)}")
        start = time.perf_counter()
        self._run(*arguments, capture=False)
        seconds = time.perf_counter() - start
        rate = f", {moves / seconds / 1e6:,.0f} MB/s" if moves else ""
        say(f"   ({seconds:.1f} s{rate})")
        return seconds

    def refused(self, *arguments: str) -> None:
        """Show and run a command that must be refused."""
        say(f"$ modelyard {shlex.join(arguments)}")
        ended = subprocess.run(
            [MODELYARD, *arguments], cwd=self._folder, env=self._environment, stderr=subprocess.STDOUT, check=False
        )
        expect(f"it is refused (exit code {ended.returncode})", held=ended.returncode == 1)

    def ask(self, *arguments: str) -> Any:
        """What a command answers with --json."""
        return json.loads(self._run(*arguments, "--json", capture=True))

    def _run(self, *arguments: str, capture: bool) -> str:
        output = subprocess.PIPE if capture else None
        ended = subprocess.run(
            [MODELYARD, *arguments], cwd=self._folder, env=self._environment, stdout=output, text=True, check=False
        )
        if ended.returncode:
            raise Differs(f"modelyard {shlex.join(arguments)} gave {ended.returncode}")
        return ended.stdout or ""

    @contextmanager
    def subscriber(self) -> Iterator["Subscriber"]:
        """Somebody who follows the events, in a process of their own."""
        say("$ modelyard events --follow --json &")
        command = [MODELYARD, "events", "--follow", "--json"]
        with subprocess.Popen(
            command, cwd=self._folder, env=self._environment, stdout=subprocess.PIPE, text=True
        ) as process:
            try:
                yield Subscriber(process)
            finally:
                process.terminate()


class Subscriber:
    """Keeps the events that came."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.heard: list[dict[str, Any]] = []
        self._came = threading.Condition()
        self._told = 0
        threading.Thread(target=self._listen, args=(process,), daemon=True).start()

    def _listen(self, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            with self._came:
                self.heard.append(json.loads(line))
                self._came.notify()

    def wait_for(self, wanted: Callable[[Mapping[str, Any]], bool]) -> None:
        """Wait until an event that is wanted came; Differs when none does."""
        with self._came:
            if not self._came.wait_for(lambda: any(map(wanted, self.heard)), PATIENCE):
                raise Differs(f"an event did not reach the subscriber within {PATIENCE:.0f} s")

    def tell(self) -> None:
        """Show the events that came since this was last asked for."""
        with self._came:
            fresh, self._told = self.heard[self._told :], len(self.heard)
        for event in fresh:
            version = f"/{event['version']}" if event["version"] else ""
            change = ", ".join(
                f"{name}: {event['before'].get(name, '-')} -> {event['after'][name]}"
                for name in ("state", "stage")
                if name in event["after"]
            )
            say(f"   heard #{event['position']:<3} {event['type']:<19} {event['model']['name']}{version}  {change}")


def environment(folder: Path) -> dict[str, str]:
    """This process's environment without settings of ours, and with a home for what clients remember."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MODELYARD_")}
    return kept | {"XDG_CACHE_HOME": str(folder / "cache")}


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address of a server that keeps everything in a folder, on a free port, until the scene is over."""
    say(f"$ modelyard serve --port 0 --data {folder.name}/data &")
    log = folder / "serve.log"
    command = [MODELYARD, "serve", "--port", "0", "--data", str(folder / "data")]
    with (
        log.open("w") as errors,
        subprocess.Popen(command, env=environment(folder), stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        try:
            first = process.stdout.readline() if process.stdout else ""
            if not first.startswith("Serving "):
                raise Differs(f"the server did not start: {first}{log.read_text()[-2000:]}")
            url = first.split()[1]
            say(f"   it serves {url}")
            yield url
        finally:
            process.terminate()
            process.wait(PATIENCE)
