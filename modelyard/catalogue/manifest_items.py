"""A manifest as items: pages of at most 500 files, compressed, each well within an item of 400 KB.

That limit, and 4 MB for a transaction, are DynamoDB's
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html).
"""

import base64
import json
import zlib
from collections.abc import Iterator, Sequence

from modelyard.catalogue.keys import files_key
from modelyard.domain.digests import Digest
from modelyard.domain.errors import TooLarge
from modelyard.domain.manifests import File
from modelyard.ports import Expect, Item, Put, Table

PAGE_FILES = 500
PAGE_BYTES = 340_000
MANIFEST_BYTES = 3_000_000
MOST_PAGES = 90
"""A transaction takes 100 items, and writes the model, the version, its entry and a receipt as well."""


def pack_files(files: Sequence[File]) -> list[bytes]:
    """The manifest's pages; TooLarge when they would not fit one transaction."""
    pages = [_pack(page) for page in _paged(files)]
    if len(pages) > MOST_PAGES:
        raise TooLarge(f"the manifest takes {len(pages)} pages; at most {MOST_PAGES} fit", field="files")
    if (size := sum(map(len, pages))) > MANIFEST_BYTES:
        raise TooLarge(f"the manifest packs to {size} bytes; at most {MANIFEST_BYTES} fit", field="files")
    return pages


def first_page(files: Sequence[File]) -> list[File]:
    """The files of the first page."""
    return next(_paged(files))


def _paged(files: Sequence[File]) -> Iterator[list[File]]:
    page: list[File] = []
    room = PAGE_BYTES
    for file in files:
        cost = len(file.path.encode()) + 32 * (len(file.parts) + 2)
        if page and (cost > room or len(page) == PAGE_FILES):
            yield page
            page, room = [], PAGE_BYTES
        page.append(file)
        room -= cost
    yield page


def _pack(files: Sequence[File]) -> bytes:
    rows = [[file.path, file.size, file.digest, _pack_parts(file.parts)] for file in files]
    return zlib.compress(json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode(), 6)


def _pack_parts(parts: Sequence[str]) -> str:
    return base64.b64encode(bytes.fromhex("".join(parts))).decode()


def file_puts(home: str, number: int, pages: Sequence[bytes]) -> list[Put]:
    """The writes that store the pages of version `number`."""
    return [
        Put(Item(files_key(home, number, page), rev=1, data=data), Expect.ABSENT) for page, data in enumerate(pages)
    ]


def read_files(item: Item) -> list[File]:
    """The files on a page, in the order of their paths."""
    rows = json.loads(zlib.decompress(item.data))
    return [File(path, size, Digest(digest), _read_parts(parts)) for path, size, digest, parts in rows]


def load_page(table: Table, home: str, number: int, page: int) -> list[File]:
    """The files on a page (from 0) that version `number` has. LookupError when it is lost, lest it pass for proven."""
    (item,) = table.get([files_key(home, number, page)])
    if item is None:
        raise LookupError(f"page {page} of the manifest of {home}/{number} is lost")
    return read_files(item)


def _read_parts(text: str) -> tuple[str, ...]:
    digits = base64.b64decode(text).hex()
    return tuple(digits[start : start + 64] for start in range(0, len(digits), 64))
