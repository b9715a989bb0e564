"""Where each kind of item lives. A model's items share the partition of its home, the name it was created under.

A read by name therefore costs one call. Names hold no `/`, `:` or `@` and model ids no `#`, so keys cannot collide.
"""

import hashlib

from modelyard.domain.digests import Digest
from modelyard.ports import Key

NAMES_PARTITION = "MODELS"
PURGED_PARTITION = "PURGED"
FEED_PARTITION = "FEED"
FEED_HEAD = Key("FEED", "HEAD")
UNPLACED_PARTITION = "UNPLACED"
VERSION_PREFIX = "VERSION#"
HELD_PREFIX = "HELD#"
ENTRY_PREFIX = "ENTRY#"
USE_PREFIX = "USE#"
INSPECTION_PREFIX = "INSPECTION#"


def partition(home: str) -> str:
    """The partition of a model's items."""
    return f"MODEL#{home}"


def home_of(pk: str) -> str:
    """The home whose partition `pk` is."""
    return pk.removeprefix("MODEL#")


def model_key(home: str) -> Key:
    """The model's own facts, whose revision guards every command on it."""
    return Key(partition(home), "MODEL")


def version_key(home: str, number: int) -> Key:
    """A version's facts."""
    return Key(partition(home), f"{VERSION_PREFIX}{number:010d}")


def held_key(home: str, number: int) -> Key:
    """A version that was imported as far as its journal goes, and whose bytes are not here: nobody finds it."""
    return Key(partition(home), f"{HELD_PREFIX}{number:010d}")


def files_key(home: str, number: int, page: int) -> Key:
    """One page (from 0) of a version's manifest."""
    return Key(partition(home), f"FILES#{number:010d}#{page:04d}")


def entry_key(home: str, sequence: int) -> Key:
    """A journal entry."""
    return Key(partition(home), f"{ENTRY_PREFIX}{sequence:012d}")


def evaluation_prefix(number: int) -> str:
    """What the evaluations of a version begin with."""
    return f"EVAL#{number:010d}#"


def evaluation_key(home: str, number: int, sequence: int) -> Key:
    """An evaluation of a version, by the sequence of its journal entry."""
    return Key(partition(home), f"{evaluation_prefix(number)}{sequence:012d}")


def id_key(model_id: str) -> Key:
    """Where a model's id leads to its home."""
    return Key(f"ID#{model_id}", "MODEL")


def redirect_key(name: str) -> Key:
    """Where a name leads that a model has or had besides the one it was created under."""
    return Key(partition(name), "REDIRECT")


def blob_key(digest: Digest) -> Key:
    """The proof that a blob is stored."""
    return Key(f"BLOB#{digest}", "BLOB")


def use_key(digest: Digest, home: str, number: int) -> Key:
    """That a version uses a blob, beside the blob's proof."""
    return Key(blob_key(digest).pk, f"{USE_PREFIX}{short(home)}/{number:010d}")


def inspection_key(digest: Digest, rules: int, name: str) -> Key:
    """What an inspection by a version of the rules saw in a blob under a file's name, beside the blob's proof."""
    return Key(blob_key(digest).pk, f"{INSPECTION_PREFIX}{rules:06d}#{name}")


def short(home: str) -> str:
    """A home for a sort key, where a name of 256 characters may not fit."""
    return hashlib.sha256(home.encode()).hexdigest()[:32]


def receipt_key(ticket: str) -> Key:
    """What a request with an Idempotency-Key was answered."""
    return Key(f"RECEIPT#{ticket}", "RECEIPT")


def stage_partition(home: str, stage: str) -> str:
    """In the index of stages: the versions of one model in one stage."""
    return f"{home}/{stage}"


def subject_partition(home: str, number: int | None) -> str:
    """In the index of subjects: the entries that speak of one version, or of none but the model itself."""
    return f"{home}/{number or 0:010d}"


def feed_key(position: int) -> Key:
    """In the feed: a place."""
    return Key(FEED_PARTITION, f"{position:015d}")


def card_key(home: str, number: int) -> Key:
    """A version's card."""
    return Key(partition(home), f"CARD#{number:010d}")
