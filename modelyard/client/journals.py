"""What a journal tells those who only carry it: which versions there are, in which state, and what is attached."""

from collections.abc import Mapping
from typing import Any

GONE = ".purged"
_REGISTERED = "version.registered"


class Story:
    """A journal, read entry by entry. A version that was purged has a digest, and no state any more."""

    def __init__(self, model_id: str) -> None:
        self.model_id = model_id
        self.name = ""
        self.sequence = 0
        self.head = ""
        self.digests: dict[int, str] = {}
        self.states: dict[int, str] = {}

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

    def _forget(self, number: int | None) -> None:
        if number is None:
            self.states.clear()
        else:
            self.states.pop(number, None)
