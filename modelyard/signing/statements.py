"""In-toto statements: what a signature says, and which files of a manifest it says it of. Pure functions.

https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md, and model_signing's payload
(https://github.com/sigstore/model-transparency, `Payload`): the subject is one digest over all digests, which are in
`predicate.resources`, of whole files or of shards (`path:start:end`).
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from modelyard.domain.digests import hex_of, is_tree, part_count, part_range
from modelyard.domain.manifests import File
from modelyard.signing.envelopes import IN_TOTO, Envelope, Unreadable, read_json

STATEMENT = "https://in-toto.io/Statement/v1"
OLD_STATEMENT = "https://in-toto.io/Statement/v0.1"
MODEL_SIGNATURE = "https://model_signing/signature/v1.0"
PROVENANCE = ("https://slsa.dev/provenance/v1", "https://slsa.dev/provenance/v0.2")
ALGORITHMS = {"files": re.compile("sha256"), "shards": re.compile(r"sha256(?:-sharded-\d{1,15})?")}
"""How each serialization calls its digests: all are SHA-256, of a file or of a shard."""
_HEX = re.compile(r"[0-9a-f]{64}")
_SHARD = re.compile(r"(.*):(\d{1,16}):(\d{1,16})", re.DOTALL)

Piece = tuple[str, int, int]
"""A piece of a file: path, first byte, end. The whole file has -1 as its end."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a statement says of the files of a manifest. Paths, sorted; every file is in one of the first four.

    `unproven` are signed by digests that the manifest does not have: a large file as a whole, or by shards that are not
    its parts. `missing` is signed and not in the manifest. What a signer wished to be ignored is unsigned.
    """

    signed: tuple[str, ...] = ()
    unsigned: tuple[str, ...] = ()
    differing: tuple[str, ...] = ()
    unproven: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether every file is signed as it is, and nothing else."""
        return bool(self.signed) and not (self.unsigned or self.differing or self.unproven or self.missing)


def read_statement(envelope: Envelope) -> dict[str, Any]:
    """The in-toto statement in an envelope. Unreadable when there is none."""
    if envelope.payload_type != IN_TOTO:
        raise Unreadable(f"the payload is {envelope.payload_type[:100]}, no in-toto statement")
    return as_statement(read_json(envelope.payload))


def as_statement(statement: dict[str, Any]) -> dict[str, Any]:
    """The object itself, when it is an in-toto statement. Unreadable otherwise."""
    if statement.get("_type") not in (STATEMENT, OLD_STATEMENT):
        raise Unreadable(f"no in-toto statement: {str(statement.get('_type'))[:100]}")
    if not isinstance(statement.get("predicateType"), str) or not isinstance(statement.get("subject"), list):
        raise Unreadable("a statement has a subject and a predicateType")
    return statement


def signed_pieces(statement: dict[str, Any]) -> dict[Piece, str]:
    """The pieces that a model's signature names, with their SHA-256. Unreadable when it contradicts itself."""
    if statement["predicateType"] != MODEL_SIGNATURE:
        raise Unreadable(f"no signature of a model: {statement['predicateType'][:100]}")
    match statement:
        case {
            "subject": [{"digest": {"sha256": str(root)}}],
            "predicate": {"serialization": {"method": str(method)}, "resources": list(resources)},
        }:
            pieces = _pieces(method, resources)
        case _:
            raise Unreadable("a model's signature has one subject, a serialization and resources")
    together = hashlib.sha256(b"".join(bytes.fromhex(digest) for digest in pieces.values())).hexdigest()
    if together != root:
        raise Unreadable("the subject's digest is not that of the resources")
    return pieces


def _pieces(method: str, resources: list[Any]) -> dict[Piece, str]:
    if method not in ALGORITHMS:
        raise Unreadable(f"no serialization is called {method[:100]}")
    pieces: dict[Piece, str] = {}
    for each in resources:
        match each:
            case {"name": str(name), "algorithm": str(algorithm), "digest": str(digest)} if ALGORITHMS[
                method
            ].fullmatch(algorithm) and _HEX.fullmatch(digest):
                piece = _piece(method, name)
            case _:
                raise Unreadable("a resource has a name and a SHA-256")
        if piece in pieces:
            raise Unreadable(f"{name[:200]} is signed twice")
        pieces[piece] = digest
    return pieces


def _piece(method: str, name: str) -> Piece:
    if method == "files":
        return name, 0, -1
    found = _SHARD.fullmatch(name)
    if not found:
        raise Unreadable(f"{name[:200]} is no shard")
    return found[1], int(found[2]), int(found[3])


def covered(pieces: dict[Piece, str], files: Sequence[File]) -> Coverage:
    """Which files of a manifest the pieces are."""
    told: dict[str, dict[tuple[int, int], str]] = {}
    for (path, start, end), digest in pieces.items():
        told.setdefault(path, {})[start, end] = digest
    verdicts: dict[str, list[str]] = {"signed": [], "unsigned": [], "differing": [], "unproven": []}
    for file in files:
        verdicts[_verdict(file, told.get(file.path))].append(file.path)
    missing = tuple(sorted(told.keys() - {file.path for file in files}))
    return Coverage(**{name: tuple(sorted(paths)) for name, paths in verdicts.items()}, missing=missing)


def _verdict(file: File, said: dict[tuple[int, int], str] | None) -> str:
    """What is said of a file: as a whole, or in shards that are its parts."""
    if not said:
        return "unsigned"
    if set(said) <= {(0, -1), (0, file.size)}:
        if is_tree(file.digest):
            return "unproven"
        return "signed" if set(said.values()) == {hex_of(file.digest)} else "differing"
    if max(end for _, end in said) != file.size:
        return "differing"
    if not is_tree(file.digest) or set(said) != set(_parts(file)):
        return "unproven"
    return "signed" if [said[part] for part in _parts(file)] == list(file.parts) else "differing"


def _parts(file: File) -> list[tuple[int, int]]:
    """Where each part of a large file begins and ends."""
    ranges = (part_range(file.size, number) for number in range(1, part_count(file.size) + 1))
    return [(start, start + length) for start, length in ranges]


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a statement says that files come from. Text as it stands there; "" when it is not said."""

    predicate_type: str
    coverage: Coverage
    builder: str = ""
    build_type: str = ""
    source: str = ""


def provenance(statement: dict[str, Any], files: Sequence[File]) -> Provenance:
    """What an in-toto statement (SLSA provenance or another) says, and of which files, by its subjects' digests.

    A subject is a file when its name is the path and its SHA-256 the file's. A large file is known by its parts alone:
    a subject that names it is unproven, unless it gives the digest over the parts (`sha256-tree`). Unreadable when a
    name comes twice with two digests.
    """
    said = [each for each in statement["subject"] if isinstance(each, dict)]
    builder, build_type, source = _slsa(statement.get("predicate"))
    return Provenance(statement["predicateType"], _subjects(said, files), builder, build_type, source)


def _subjects(said: list[dict[str, Any]], files: Sequence[File]) -> Coverage:
    digests: dict[str, dict[str, Any]] = {}
    for each in said:
        name, digest = each.get("name"), each.get("digest")
        if isinstance(name, str) and isinstance(digest, dict) and digests.setdefault(name, digest) != digest:
            raise Unreadable(f"{name[:200]} is named twice, with two digests")
    verdicts: dict[str, list[str]] = {"signed": [], "unsigned": [], "differing": [], "unproven": []}
    for file in files:
        verdicts[_named(file, digests.get(file.path))].append(file.path)
    missing = tuple(sorted(digests.keys() - {file.path for file in files}))
    return Coverage(**{name: tuple(sorted(paths)) for name, paths in verdicts.items()}, missing=missing)


def _named(file: File, digest: dict[str, Any] | None) -> str:
    if not digest:
        return "unsigned"
    known = digest.get("sha256-tree" if is_tree(file.digest) else "sha256")
    if known is None:
        return "unproven"
    return "signed" if known == hex_of(file.digest) else "differing"


def _slsa(predicate: Any) -> tuple[str, str, str]:
    """Builder, type of build and source, of SLSA 1 and 0.2."""
    match predicate:
        case {"buildDefinition": dict(build), "runDetails": {"builder": {"id": str(builder)}}}:
            return builder, _text(build.get("buildType")), _first_uri(build.get("resolvedDependencies"))
        case {"builder": {"id": str(builder)}, "buildType": str(kind)}:
            return builder, kind, _first_uri(predicate.get("materials"))
    return "", "", ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _first_uri(listed: Any) -> str:
    found = [each.get("uri") for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    return str(found[0]) if found and isinstance(found[0], str) else ""
