"""Signed downloads of a version's files: asked for anew, a page at a time, when storage no longer takes them."""

import threading
from collections.abc import Callable

from modelyard.client.errors import BadAnswer
from modelyard.contract.responses import FilePageResponse, SignedResponse

Pages = Callable[[str | None], FilePageResponse]


class Links:
    """The present link of each file. Safe to use from several threads."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._links: dict[str, SignedResponse] = {}
        self._cursors: dict[str, str | None] = {}
        self._lock = threading.Lock()

    def keep(self, cursor: str | None, page: FilePageResponse) -> None:
        """Take the links of a page that was asked for with `cursor`."""
        for file in page.items:
            if file.download is None:
                raise BadAnswer(f"the registry gives no download of {file.path!r}")
            self._links[file.path] = file.download
            self._cursors[file.path] = cursor

    def of(self, path: str) -> SignedResponse:
        """The link to use for a file."""
        with self._lock:
            return self._links[path]

    def renew(self, path: str, outdated: SignedResponse | None) -> None:
        """Ask for a new link, unless another thread did already."""
        with self._lock:
            if self._links[path] is outdated:
                cursor = self._cursors[path]
                self.keep(cursor, self._pages(cursor))
