"""What a journal tells those who only carry it: which versions there are, in which state, and what is attached."""

from collections.abc import Mapping, Sequence
from typing import Any

GONE = ".purged"
_REGISTERED = "version.registered"
_READY, _DELETED = "ready", "deleted"


class Story:
    """A journal, read entry by entry. A version that was purged has a digest, and no state any more.

    `reports` are the evaluations that have files attached, by version and sequence; `attested` are the versions that
    something vouches for; `attached` gives those files' sizes by their digests. `deleted` says until when a model that
    is deleted can be restored, `names` are all that it had.
    """

    def __init__(self, model_id: str) -> None:
        self.model_id = model_id
        self.name = ""
        self.names: list[str] = []
        self.deleted = ""
        self.sequence = 0
        self.head = ""
        self.digests: dict[int, str] = {}
        self.states: dict[int, str] = {}
        self._before: dict[int, str] = {}
        self.reports: list[tuple[int, int]] = []
        self.attached: dict[str, int] = {}
        self.attested: dict[int, None] = {}

    def read(self, event: Mapping[str, Any]) -> None:
        """The next entry."""
        self.name, self.sequence, self.head = event["model"]["name"], event["sequence"], event["hash"]
        number = event["version"]
        if number is None:
            self._hear_of_model(event)
        if event["type"].endswith(GONE):
            self._forget(number)
        elif number is not None:
            if event["type"] == _REGISTERED:
                self.digests[number] = str(event["digest"])
            if isinstance(state := event["after"].get("state"), str):
                self._before[number] = str(event["before"].get("state", ""))
                self.states[number] = state
            self._attach(number, event)

    def restorable(self, number: int) -> bool:
        """Whether a version is deleted, and was ready until then."""
        return self.states.get(number) == _DELETED and self._before[number] == _READY

    def _hear_of_model(self, event: Mapping[str, Any]) -> None:
        if isinstance(name := event["after"].get("name"), str) and name not in self.names:
            self.names.append(name)
        if event["type"] == "model.deleted":
            self.deleted = str(event["after"].get("purge_at", ""))
        elif event["type"] in {"model.restored", "model.purged"}:
            self.deleted = ""

    def _attach(self, number: int, event: Mapping[str, Any]) -> None:
        if isinstance(kept := event["after"].get("attestation"), dict):
            self.attested |= {number: None}
            self._know([kept])
        report = event["after"].get("evaluation")
        files = report.get("attachments") if isinstance(report, dict) else None
        if isinstance(files, list) and files:
            self.reports.append((number, event["sequence"]))
            self._know([file for file in files if isinstance(file, dict)])

    def _know(self, files: Sequence[Mapping[str, Any]]) -> None:
        sizes = {file.get("digest"): file.get("size") for file in files}
        self.attached |= {d: s for d, s in sizes.items() if isinstance(d, str) and isinstance(s, int)}

    def _forget(self, number: int | None) -> None:
        if number is None:
            self.states.clear()
        else:
            self.states.pop(number, None)
