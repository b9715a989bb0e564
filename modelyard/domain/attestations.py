"""Attestations: signatures and provenance that are kept with a version, what they are worth, and what they add up to.

A signature is somebody's word for the files; provenance says where they come from. Both are files of their own, which
are checked against the manifest, all of a version together.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from modelyard.domain.canonical import canonical
from modelyard.domain.digests import Digest, is_tree, parse_digest
from modelyard.domain.errors import Invalid, TooLarge
from modelyard.domain.journal import instant, parse_instant
from modelyard.domain.manifests import File, parse_path

MOST_ATTESTATIONS = 10
"""Of a version: all of them are checked together, and lie in its item with what came of it."""

MAX_ATTESTATION = 16 * 1024**2
"""Bytes: a signature of as many files as a version has at most, with the longest paths, fits. A check holds it all."""

MAX_CHECKED = 16 * 1024
"""Bytes of what came of one check, in canonical JSON."""


class Kind(StrEnum):
    """What a file vouches for: that files are somebody's, or where they come from."""

    SIGNATURE = "signature"
    PROVENANCE = "provenance"


class Worth(StrEnum):
    """What an attestation is worth. `valid` is said of signatures only, and `matching` of provenance."""

    VALID = "valid"
    MATCHING = "matching"
    PARTIAL = "partial"
    UNPROVEN = "unproven"
    UNTRUSTED = "untrusted"
    PENDING = "pending"
    INVALID = "invalid"


_BEST_FIRST = tuple(Worth)


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a check. `by` is the trusted signer who signed, `identity` whom their certificate is for.

    `signers` is the digest of the settings that say whom to trust. `why` says what speaks against it. `files` counts
    the files by what is said of them, `paths` names the first of those that are not signed. Provenance says the rest.
    """

    verdict: Worth
    at: datetime
    signers: str
    by: str = ""
    identity: str = ""
    why: tuple[str, ...] = ()
    files: Mapping[str, int] = field(default_factory=dict)
    paths: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    predicate_type: str = ""
    builder: str = ""
    build_type: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Attestation:
    """A file that vouches for a version, as entry `id` of the journal added it; `checked` once it was."""

    id: int
    kind: Kind
    path: str
    digest: Digest
    size: int
    added_at: datetime
    added_by: str
    checked: Checked | None = None

    @property
    def file(self) -> File:
        """The file itself."""
        return File(self.path, self.size, self.digest)

    @property
    def verdict(self) -> Worth:
        """What it is worth, as far as is known."""
        return self.checked.verdict if self.checked else Worth.PENDING


Attestations = tuple[Attestation, ...]


def check_attached(path: str, size: int, digest: str) -> File:
    """A file that may be attached; Invalid or TooLarge names the field."""
    if size > MAX_ATTESTATION:
        raise TooLarge(f"an attestation has at most {MAX_ATTESTATION} bytes, not {size}", field="size")
    if size < 1:
        raise Invalid("an empty file vouches for nothing", field="size")
    known = parse_digest(digest, field="digest")
    if is_tree(known):
        raise Invalid("an attestation is known by its sha256", field="digest")
    return File(parse_path(path, field="path"), size, known)


def find_same(attestations: Attestations, kind: Kind, digest: Digest) -> Attestation | None:
    """The one of that kind with those bytes, if it is there already."""
    return next((each for each in attestations if (each.kind, each.digest) == (kind, digest)), None)


def answered(attestations: Attestations, results: Mapping[int, Checked]) -> Attestations:
    """The attestations with what came of a check."""
    return tuple(replace(each, checked=results.get(each.id, each.checked)) for each in attestations)


def all_checked(attestations: Attestations) -> bool:
    """Whether something is known of each."""
    return all(each.checked for each in attestations)


def checked_by(attestations: Attestations) -> str:
    """By which settings they were checked: all are checked together."""
    return next((each.checked.signers for each in reversed(attestations) if each.checked), "")


def best(attestations: Iterable[Attestation], kind: Kind) -> Attestation | None:
    """The one of a kind that is worth most, the newest of those: one that is added takes nothing from the others."""
    some = [each for each in attestations if each.kind is kind]
    return min(some, key=lambda each: (_BEST_FIRST.index(each.verdict), -each.id), default=None)


def summary(attestations: Attestations, kind: Kind) -> dict[str, Any] | None:
    """What attestations of a kind come to, by the names that answers and searches have; None where there is none."""
    chosen = best(attestations, kind)
    if chosen is None:
        return None
    told: dict[str, Any] = {"verdict": chosen.verdict.value, "id": chosen.id, "added_by": chosen.added_by}
    told["count"] = sum(each.kind is kind for each in attestations)
    known = chosen.checked
    names = ("by", "identity") + (("builder", "build_type", "source") if kind is Kind.PROVENANCE else ())
    told |= {name: getattr(known, name) if known else "" for name in names}
    told["files"] = dict(known.files) if known else {}
    told["checked_at"] = instant(known.at) if known else None
    return told


_TEXTS = ("signers", "by", "identity", "predicate_type", "builder", "build_type", "source")


def checked_facts(checked: Checked) -> dict[str, Any]:
    """What came of a check, as JSON; what is empty is left out."""
    facts: dict[str, Any] = {name: text for name in _TEXTS if (text := getattr(checked, name))}
    if checked.why:
        facts["why"] = list(checked.why)
    if checked.files:
        facts["files"] = dict(checked.files)
    if checked.paths:
        facts["paths"] = {word: list(paths) for word, paths in checked.paths.items()}
    return {"verdict": checked.verdict.value, "at": instant(checked.at), **facts}


def read_checked(facts: Mapping[str, Any]) -> Checked:
    """What `checked_facts` wrote."""
    return Checked(
        verdict=Worth(facts["verdict"]),
        at=parse_instant(facts["at"]),
        why=tuple(facts.get("why", ())),
        files=dict(facts.get("files", {})),
        paths={word: tuple(paths) for word, paths in facts.get("paths", {}).items()},
        **{"signers": "", **{name: facts[name] for name in _TEXTS if name in facts}},
    )


def attached_facts(kind: Kind, file: File) -> dict[str, Any]:
    """What is attached, as an entry tells it."""
    return {"kind": kind.value, "path": file.path, "size": file.size, "digest": file.digest}


def attestation_facts(found: Attestation) -> dict[str, Any]:
    """An attestation as JSON."""
    facts = {"id": found.id, **attached_facts(found.kind, found.file)}
    facts |= {"added_at": instant(found.added_at), "added_by": found.added_by}
    return facts | ({"checked": checked_facts(found.checked)} if found.checked else {})


def read_attestation(facts: Mapping[str, Any]) -> Attestation:
    """What `attestation_facts` wrote."""
    checked = facts.get("checked")
    return Attestation(
        id=facts["id"],
        kind=Kind(facts["kind"]),
        path=facts["path"],
        digest=Digest(facts["digest"]),
        size=facts["size"],
        added_at=parse_instant(facts["added_at"]),
        added_by=facts["added_by"],
        checked=read_checked(checked) if checked else None,
    )


def read_attestations(facts: Sequence[Mapping[str, Any]]) -> Attestations:
    """Several of them."""
    return tuple(map(read_attestation, facts))


def check_attestations(attestations: Attestations, *, field: str) -> None:
    """Hold what a journal from elsewhere says of attestations to what one here could say."""
    if len(attestations) > MOST_ATTESTATIONS:
        raise TooLarge(f"a version has at most {MOST_ATTESTATIONS} attestations", field=field)
    for each in attestations:
        check_attached(each.path, each.size, each.digest)
        if each.checked and len(canonical(checked_facts(each.checked))) > MAX_CHECKED:
            raise TooLarge(f"what came of a check has at most {MAX_CHECKED} bytes", field=field)
