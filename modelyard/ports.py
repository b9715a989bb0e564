"""What the registry needs from the world, as Protocols: Table, Blobs, Bus, Topic, Clock, Ids.

Each has an adapter for one machine and one for AWS, and one contract suite (`tests/contract`) that both pass.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple, Protocol

from modelyard.domain.digests import Digest
from modelyard.domain.manifests import File

MAX_BATCH = 100
"""Keys in one `Table.get` and writes in one `Table.write`: DynamoDB's limit of both."""

Scalar = str | int


class Key(NamedTuple):
    """An item's address: its partition and its place within it."""

    pk: str
    sk: str


@dataclass(frozen=True, slots=True)
class Item:
    """A table row. `fields` are flat and can be updated one by one; `data` is opaque bytes.

    `rev` is what conditions compare, and every write of the item sets it. `indexes` puts the item into secondary
    indexes by name. `expires` (epoch seconds) is when the table may drop it.
    """

    key: Key
    rev: int
    fields: Mapping[str, Scalar] = field(default_factory=dict)
    data: bytes = b""
    indexes: Mapping[str, Key] = field(default_factory=dict)
    expires: int | None = None


class Expect(Enum):
    """What a write may find in its place, where it is not one revision."""

    ABSENT = "absent"
    ANYTHING = "anything"


@dataclass(frozen=True, slots=True)
class Put:
    """Write a whole item, if what stands there is as expected (an int is a revision)."""

    item: Item
    expect: int | Expect


@dataclass(frozen=True, slots=True)
class Update:
    """Change some fields, indexes and the revision of an item that exists, and leave the rest.

    An index given as None is left. `expect` is a revision, or ANYTHING for any item that exists.
    """

    key: Key
    expect: int | Expect
    rev: int
    fields: Mapping[str, Scalar] = field(default_factory=dict)
    indexes: Mapping[str, Key | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove an item, if what stands there is as expected; removing nothing is no error under ANYTHING."""

    key: Key
    expect: int | Expect


@dataclass(frozen=True, slots=True)
class Check:
    """Write nothing, but let the transaction fail unless what stands there is as expected."""

    key: Key
    expect: int | Expect


Write = Put | Update | Delete | Check


class TableConflict(Exception):
    """A transaction was refused and changed nothing. `failed` holds the positions of the writes that were not expected.

    It is empty when two transactions merely met, and trying again is enough.
    """

    def __init__(self, failed: Sequence[int] = ()) -> None:
        super().__init__(f"expectations broken at {list(failed)}")
        self.failed = tuple(failed)


@dataclass(frozen=True, slots=True)
class Page:
    """Items in order, and the key to give as `after` for what follows; None at the end."""

    items: Sequence[Item]
    after: Key | None


class Table(Protocol):
    """Items under conditions, in one transaction, with ordered queries."""

    def get(self, keys: Sequence[Key]) -> list[Item | None]:
        """The items at up to 100 distinct keys, in the keys' order, as of every write that was answered."""

    def query(
        self,
        pk: str,
        *,
        prefix: str = "",
        index: str | None = None,
        after: Key | None = None,
        through: str | None = None,
        limit: int = 100,
        descending: bool = False,
    ) -> Page:
        """At most `limit` items of a partition (of an index, if named) whose sort key has `prefix`, in sort order.

        `after` is a position: the (partition, sort) key within the table or the index after which to go on, which need
        not exist. For an index it must be a `Page.after` or a key of that index. `through` drops what sorts beyond it.
        An index may lag behind a write by about a second; the table itself never does. Sort keys order by UTF-8 bytes.
        """

    def write(self, writes: Sequence[Write]) -> None:
        """Up to 100 writes to distinct keys, all or none. TableConflict when an expectation broke."""


@dataclass(frozen=True, slots=True)
class Stat:
    """What storage vouches for: the blob's size in bytes and the digest of the bytes it holds."""

    size: int
    digest: Digest


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request that anybody may send until it expires, exactly as written: no other length, bytes or key."""

    method: str
    url: str
    headers: Mapping[str, str]
    expires_at: datetime


class Blobs(Protocol):
    """Bytes under their digest: written once, by whoever holds a signed request, and proven by storage itself."""

    def stat(self, digest: Digest) -> Stat | None:
        """Size and digest of the stored blob as storage recorded them when it checked the bytes; None when absent."""

    def reread(self, file: File) -> Stat | None:
        """Like `stat`, after reading every byte again; None when absent. The digest is of what was read."""

    def sign_put(self, file: File) -> SignedRequest:
        """A PUT of a whole single-part blob; storage refuses other bytes (400) and a second write (412)."""

    def begin(self, file: File) -> str:
        """The id of the multipart upload under way for a blob of several parts; started if there is none."""

    def parts(self, file: File, upload: str) -> frozenset[int]:
        """Numbers of the parts that storage has received and checked; empty when the upload is gone."""

    def sign_part(self, file: File, upload: str, number: int) -> SignedRequest:
        """A PUT of part `number`; storage refuses other bytes (400)."""

    def finish(self, file: File, upload: str) -> bool:
        """Make the parts one blob. False when a part is missing or the upload is gone; a blob already there is True."""

    def sign_get(self, digest: Digest, *, filename: str) -> SignedRequest:
        """A GET of the blob, ranges allowed, answered as an attachment called `filename`."""

    def read(self, digest: Digest, offset: int, length: int) -> bytes:
        """Bytes of a stored blob; fewer at its end. Raises FileNotFoundError when absent."""

    def discard(self, digest: Digest) -> None:
        """Take a blob out of use, keeping its bytes aside for a person to look at; absent is no error."""

    def remove(self, digest: Digest) -> None:
        """Delete a blob that nobody needs, as far as storage deletes anything at once; absent is no error."""


class PublishFailed(Exception):
    """Some events did not reach the bus: `ids` names them. The caller raises on, so that they are sent again."""

    def __init__(self, ids: Sequence[str]) -> None:
        super().__init__(f"{len(ids)} events were not published")
        self.ids = tuple(ids)


class Bus(Protocol):
    """Where events go out, at least once."""

    def publish(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Send events (journal entries as JSON objects) in order; PublishFailed when any was not taken."""


class Topic(Protocol):
    """Where people are told."""

    def announce(self, subject: str, message: str, attributes: Mapping[str, str]) -> None:
        """Tell the subscribers; raises when it was not taken."""


class Clock(Protocol):
    """Time, and waiting."""

    def now(self) -> datetime:
        """The present moment, in UTC."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class Ids(Protocol):
    """Fresh ids and chance."""

    def new(self) -> str:
        """A new ULID."""

    def jitter(self) -> float:
        """A random number in [0, 1)."""
