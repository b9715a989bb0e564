"""What happened: a model's history, the feed of all models, and what the embedded runtime could not deliver."""

from collections.abc import Iterator
from typing import Any

from modelyard.client.api import segment
from modelyard.client.calls import Calls, each
from modelyard.contract.responses import EventPageResponse, EventResponse, HealthResponse


class EventCalls(Calls):
    """The API of events and of the registry's own state."""

    def history(self, name: str, version: int | None = None, *, newest: bool = False) -> Iterator[EventResponse]:
        """Everything that happened to a model, or to one version of it, oldest first unless `newest` is given."""

        def page(cursor: str | None) -> EventPageResponse:
            query = {"limit": 1000, "cursor": cursor, "version": version, "newest": newest or None}
            return self._api.get(f"/v1/models/{segment(name)}/history", EventPageResponse, query)

        return each(page)

    def events(self, after: str | None = None, *, before: str | None = None, limit: int = 100) -> EventPageResponse:
        """A page of the feed of all models, from its beginning or after a cursor. `next` leads on, now or later.

        With `before`, a cursor or "end", what came before it, newest first: `previous` leads to what is older, and
        `next`, as `after`, to what comes.
        """
        return self._api.get("/v1/events", EventPageResponse, {"after": after, "before": before, "limit": limit})

    def health(self) -> HealthResponse:
        """That the registry answers, and its version."""
        return self._api.get("/v1/health", HealthResponse)

    def dead_letters(self) -> list[dict[str, Any]]:
        """Events that a function failed on too often; only a registry run by `modelyard serve` tells.

        Each has id, function, trigger, event, error, attempts and failed_at.
        """
        letters: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            page = self._api.get_json("/embedded/dead-letters", {"cursor": cursor})
            letters.extend(page["items"])
            cursor = page["next"]
            if cursor is None:
                return letters

    def retry_dead_letter(self, letter: str) -> None:
        """Hand a dead letter to its function again."""
        self._api.post_raw(f"/embedded/dead-letters/{segment(letter, field='id')}/retry")
