"""Searches over versions and models, page by page or as far as one likes."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import TypeVar

from modelyard.client.calls import Calls, Page, each
from modelyard.contract.responses import (
    ModelResponse,
    ModelSearchResponse,
    VersionResponse,
    VersionSearchResponse,
)

T = TypeVar("T")
LARGEST = 1000
"""Items that one page may hold."""


class SearchCalls(Calls):
    """The API of searches. What a filter and an order may say is in docs/search.md; both may be left empty."""

    def search(self, where: str = "", *, order: str = "", limit: int | None = None) -> Iterator[VersionResponse]:
        """Versions of all models that match, newest first unless ordered otherwise; at most `limit` if it is given.

        Invalid points at a fault in the filter by `facts["line"]` and `facts["column"]`, from 1.
        """
        return _first(partial(self.search_page, where, order=order), limit)

    def search_models(self, where: str = "", *, order: str = "", limit: int | None = None) -> Iterator[ModelResponse]:
        """Models that match, by name unless ordered otherwise; at most `limit` if it is given."""
        return _first(partial(self.search_models_page, where, order=order), limit)

    def search_page(
        self, where: str = "", *, order: str = "", limit: int = 100, cursor: str | None = None, explain: bool = False
    ) -> VersionSearchResponse:
        """One page of at most `limit` versions. It may hold few or none and still have a `next` to go on from."""
        query = _query(where, order=order, limit=limit, cursor=cursor, explain=explain)
        return self._api.get("/v1/search/versions", VersionSearchResponse, query)

    def search_models_page(
        self, where: str = "", *, order: str = "", limit: int = 100, cursor: str | None = None, explain: bool = False
    ) -> ModelSearchResponse:
        """One page of at most `limit` models. It may hold few or none and still have a `next` to go on from."""
        query = _query(where, order=order, limit=limit, cursor=cursor, explain=explain)
        return self._api.get("/v1/search/models", ModelSearchResponse, query)


def _query(where: str, *, order: str, limit: int, cursor: str | None, explain: bool) -> dict[str, str | int | None]:
    told = "true" if explain else None
    return {"filter": where or None, "order": order or None, "limit": limit, "cursor": cursor, "explain": told}


def _first(page: Callable[..., Page[T]], limit: int | None) -> Iterator[T]:
    """The items of all pages, or the first of them."""
    size = LARGEST if limit is None else max(1, min(limit, LARGEST))
    return islice(each(lambda cursor: page(limit=size, cursor=cursor)), limit)
