"""Lineage: who used what, and what came of what; and model cards."""

from collections.abc import Iterator
from typing import Literal

from modelyard.client.api import segment
from modelyard.client.calls import Calls, each
from modelyard.contract.responses import LineageResponse, VersionPageResponse, VersionResponse

Used = Literal["dataset", "digest", "commit", "base", "blob"]
"""A dataset by its name or by its digest, a commit, a base (a reference or a URI), a file by its digest."""


CardFormat = Literal["markdown", "html", "huggingface", "source"]
"""`source` is the version's own card and nothing else; the others have generated facts around it."""


class LineageCalls(Calls):
    """The API of lineage."""

    def uses(self, kind: Used, value: str) -> Iterator[VersionResponse]:
        """The versions that used it, newest first; of a file, in the order of models. A fresh one may miss a second."""

        def page(cursor: str | None) -> VersionPageResponse:
            return self._api.get("/v1/uses", VersionPageResponse, {kind: value, "limit": 1000, "cursor": cursor})

        return each(page)

    def lineage(
        self, name: str, number: int, *, up: bool = True, down: bool = True, depth: int | None = None,
        limit: int | None = None,
    ) -> LineageResponse:  # fmt: skip
        """What a version came of (`up`) and what came of it (`down`), to a depth and a number of nodes.

        Edges lead from what was used to what was made. `truncated` when there may be more.
        """
        query = {"up": str(up).lower(), "down": str(down).lower(), "depth": depth, "limit": limit}
        return self._api.get(f"/v1/models/{segment(name)}/versions/{number}/lineage", LineageResponse, query)

    def card(self, name: str, number: int, format: CardFormat = "markdown") -> str:  # noqa: A002 -- the API's word
        """A version's model card. `update_version` changes the version's own part of it."""
        return self._api.get_text(f"/v1/models/{segment(name)}/versions/{number}/card", {"format": format})
