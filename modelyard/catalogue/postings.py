"""Postings: small items that say under what a version or a model is found, in partitions of their own.

The partition of `SEARCH#version#stage#production` holds every version that stands there, in the order of creation;
`names` holds all in the order of names, `all` in the order of creation. Pure: what the postings of a thing are follows
from its facts alone. Which of them are written is in its record, `POSTINGS` in the model's own partition, so that the
difference can be written without looking for them.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

from modelyard.catalogue.keys import partition, short
from modelyard.catalogue.lineage_postings import postings_of_lineage
from modelyard.domain.journal import instant
from modelyard.domain.model import Model
from modelyard.domain.version import Version
from modelyard.ports import Item, Key

ALL = "all"
NAMES = "names"
PARTING = "\x01"
"""Ends a name in a sort key. It sorts below whatever a name may hold, so that the order is that of names."""

LONGEST_VALUE = 500
"""Bytes of a field or a value in a partition key; a longer one is known by its SHA-256."""

LONGEST_NAME = 900
"""Bytes of a name in a sort key; names that begin alike beyond are in the order of creation."""


class Kind(StrEnum):
    """What is found."""

    VERSION = "version"
    MODEL = "model"


class Subject(NamedTuple):
    """A model by its home, or with a number one of its versions."""

    home: str
    number: int | None


def posting_partition(kind: Kind, field: str, value: str = "") -> str:
    """The partition of all of a kind that have `value` in `field`."""
    return f"SEARCH#{kind}#{_part(field)}#{_part(value)}"


def _part(text: str) -> str:
    """A text as part of a key: itself, or `~` and its SHA-256 where it is long or could be taken for something else."""
    long = len(text) > LONGEST_VALUE or (not text.isascii() and len(text.encode()) > LONGEST_VALUE)
    if long or "#" in text or text[:1] == "~":
        return f"~{hashlib.sha256(text.encode()).hexdigest()}"
    return text


def age_of_version(version: Version) -> str:
    """A version's sort key in the order of creation."""
    return f"{instant(version.created_at)}#{short(version.home)[:16]}/{version.number:010d}"


def age_of_model(model: Model) -> str:
    """A model's sort key in the order of creation."""
    return f"{instant(model.created_at)}#{model.id}"


def name_place(name: str, age: str) -> str:
    """A sort key in the order of names, and of creation within a name."""
    return f"{short_name(name)}{PARTING}{age}"


def short_name(name: str) -> str:
    """As much of a name as a sort key holds."""
    return name if len(name) * 4 <= LONGEST_NAME else name.encode()[:LONGEST_NAME].decode(errors="ignore")


def postings_of_version(version: Version, model: Model) -> frozenset[Key]:
    """The keys under which a version is found: by its model's name, whatever it was when the version was written."""
    age = age_of_version(version)
    pairs = [(ALL, ""), ("state", version.state.value), ("stage", version.stage), ("author", version.created_by)]
    pairs += [("owner", model.owner)] if model.owner else []
    pairs += _tags(version.tags.items())
    pairs += [("alias", alias) for alias in version.aliases]
    pairs += postings_of_lineage(version)
    return _keys(Kind.VERSION, pairs, age) | _keys(Kind.VERSION, [(NAMES, "")], name_place(model.name, age))


def postings_of_model(model: Model) -> frozenset[Key]:
    """The keys under which a model is found: in the order of names, and one in the order of creation."""
    age = age_of_model(model)
    pairs = [(NAMES, ""), ("author", model.created_by), *_tags(model.tags.items())]
    pairs += [("owner", model.owner)] if model.owner else []
    pairs += [("alias", alias) for alias in model.aliases]
    pairs += [("stage", stage) for stage in model.standing]
    return _keys(Kind.MODEL, pairs, name_place(model.name, age)) | _keys(Kind.MODEL, [(ALL, "")], age)


def _tags(tags: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(f"tag.{key}", value) for key, value in tags]


def _keys(kind: Kind, pairs: Iterable[tuple[str, str]], sk: str) -> frozenset[Key]:
    return frozenset(Key(posting_partition(kind, field, value), sk) for field, value in pairs)


def posting_item(key: Key, subject: Subject) -> Item:
    """The posting that leads from `key` to its subject: its number, if it has one, and its home."""
    return Item(key, rev=1, data=f"{subject.number or ''}/{subject.home}".encode())


def read_posting(item: Item) -> Subject:
    """The subject that a posting leads to."""
    number, _, home = item.data.decode().partition("/")
    return Subject(home, int(number) if number else None)


def record_key(subject: Subject) -> Key:
    """Where it is kept which postings of a subject are written."""
    place = "POSTINGS" if subject.number is None else f"POSTINGS#{subject.number:010d}"
    return Key(partition(subject.home), place)


def record_item(subject: Subject, postings: Collection[Key], *, rev: int, expires: int | None = None) -> Item:
    """The record of the postings that are written, as partitions by sort key."""
    partitions: defaultdict[str, list[str]] = defaultdict(list)
    for key in sorted(postings):
        partitions[key.sk].append(key.pk.removeprefix(_prefix_of(subject)))
    data = json.dumps(partitions, ensure_ascii=False, separators=(",", ":")).encode() if partitions else b""
    return Item(record_key(subject), rev=rev, data=data, expires=expires)


def read_record(subject: Subject, item: Item | None) -> frozenset[Key]:
    """The postings of a subject that are written."""
    return frozenset(_recorded(_prefix_of(subject), item)) if item and item.data else frozenset()


def _recorded(prefix: str, item: Item) -> Iterator[Key]:
    for sk, partitions in json.loads(item.data).items():
        for name in partitions:
            yield Key(prefix + name, sk)


def _prefix_of(subject: Subject) -> str:
    return f"SEARCH#{Kind.VERSION if subject.number else Kind.MODEL}#"
