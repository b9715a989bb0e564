"""What a journal tells those who only carry it: which versions there are, in which state, and what is attached."""

from collections.abc import Mapping
from typing import Any

GONE = ".purged"
_REGISTERED = "version.registered"


class Story:
    """A journal, read entry by entry. A version that was purged has a digest, and no state any more.

    `reports` are the evaluations that have files attached, by version and sequence; `attached` gives those files' sizes
    by their digests.
    """

    def __init__(self, model_id: str) -> None:
        self.model_id = model_id
        self.name = ""
        self.sequence = 0
        self.head = ""
        self.digests: dict[int, str] = {}
        self.states: dict[int, str] = {}
        self.reports: list[tuple[int, int]] = []
        self.attached: dict[str, int] = {}

    def read(self, event: Mapping[str, Any]) -> None:
        """The next entry."""
        self.name, self.sequence, self.head = event["model"]["name"], event["sequence"], event["hash"]
        number = event["version"]
        if event["type"].endswith(GONE):
            self._forget(number)
        elif number is not None:
            if event["type"] == _REGISTERED:
                self.digests[number] = str(event["digest"])
            if isinstance(state := event["after"].get("state"), str):
                self.states[number] = state
            self._attach(number, event)

    def _attach(self, number: int, event: Mapping[str, Any]) -> None:
        report = event["after"].get("evaluation")
        files = report.get("attachments") if isinstance(report, dict) else None
        if isinstance(files, list) and files:
            self.reports.append((number, event["sequence"]))
            known = [file for file in files if isinstance(file, dict)]
            sizes = {file.get("digest"): file.get("size") for file in known}
            self.attached |= {d: s for d, s in sizes.items() if isinstance(d, str) and isinstance(s, int)}

    def _forget(self, number: int | None) -> None:
        if number is None:
            self.states.clear()
        else:
            self.states.pop(number, None)
