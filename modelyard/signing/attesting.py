"""What a file that is kept with a version is worth for its manifest: a signature, or provenance."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from modelyard.domain.attestations import Checked, Kind, Worth
from modelyard.domain.inspected import clean
from modelyard.domain.manifests import File
from modelyard.signing.envelopes import Unreadable, read_bundle, read_envelope, read_json
from modelyard.signing.signers import Signers
from modelyard.signing.statements import Coverage, Provenance, as_statement, provenance, read_statement
from modelyard.signing.verifying import NOT_SIGNED, Verified, find_signer, verify

WORDS = ("signed", "unsigned", "differing", "unproven", "missing")
MOST_PATHS = 5
"""Paths that are told of each word: the rest is counted."""

MOST_WHY = 5
LONGEST = 200
"""Characters of whatever is told of a bundle, which anybody may have made."""


def check(kind: Kind, raw: bytes, files: Sequence[File], signers: Signers, *, at: datetime) -> Checked:
    """What the bytes are worth, by those who are trusted."""
    if kind is Kind.SIGNATURE:
        return _signature(verify(raw, files, signers.trusted), signers, at)
    try:
        statement, held = _statement(raw, signers)
        said = provenance(statement, files)
    except Unreadable as wrong:
        return Checked(Worth.INVALID, at, signers.digest, why=_why([str(wrong)]))
    return _provenance(said, held, signers, at)


def _signature(held: Verified, signers: Signers, at: datetime) -> Checked:
    told = Checked(Worth.INVALID, at, signers.digest, held.signer, clean(held.identity, LONGEST))
    if not held.signer:
        verdict = Worth.INVALID if held.broken else Worth.UNTRUSTED
        return replace(told, verdict=verdict, why=_why(held.refusals))
    judged, why = _judged(held.coverage, missing=bool(held.coverage.missing))
    return _covering(replace(told, verdict=judged or Worth.VALID, why=why), held.coverage)


def _provenance(said: Provenance, held: Verified, signers: Signers, at: datetime) -> Checked:
    """A build makes more than a version may hold, so that a subject which is not there speaks against nothing."""
    verdict, why = _judged(said.coverage, missing=False)
    if held.broken:
        verdict, why = Worth.INVALID, _why(held.refusals)
    told = Checked(
        verdict or Worth.MATCHING,
        at,
        signers.digest,
        held.signer,
        clean(held.identity, LONGEST),
        why,
        predicate_type=clean(said.predicate_type, LONGEST),
        builder=clean(said.builder, LONGEST),
        build_type=clean(said.build_type, LONGEST),
        source=clean(said.source, LONGEST),
    )
    return _covering(told, said.coverage)


def _judged(coverage: Coverage, *, missing: bool) -> tuple[Worth | None, tuple[str, ...]]:
    """What a statement is worth by the files that it names; None where nothing speaks against it."""
    if coverage.differing or missing:
        return Worth.INVALID, ("it is of other files than these",)
    if not coverage.signed and not coverage.unproven:
        return Worth.INVALID, ("it names none of the files",)
    if coverage.unproven:
        return Worth.UNPROVEN, ("it knows files by digests that the manifest does not have",)
    return (Worth.PARTIAL, ("it does not name every file",)) if coverage.unsigned else (None, ())


def _covering(told: Checked, coverage: Coverage) -> Checked:
    """What came of a check, with the files that it is about."""
    named = {word: getattr(coverage, word) for word in WORDS}
    files = {word: len(paths) for word, paths in named.items() if paths}
    shown = {word: paths for word, paths in named.items() if paths and word != "signed"}
    paths = {word: tuple(clean(path, LONGEST) for path in paths[:MOST_PATHS]) for word, paths in shown.items()}
    return replace(told, files=files, paths=paths)


def _why(refusals: Sequence[str]) -> tuple[str, ...]:
    return tuple(clean(refusal, LONGEST) for refusal in refusals[:MOST_WHY])


def _statement(raw: bytes, signers: Signers) -> tuple[dict[str, Any], Verified]:
    """The statement in a sigstore bundle, in a DSSE envelope or by itself, and who signed it, if that can be told."""
    known = read_json(raw)
    if "mediaType" in known:
        bundle = read_bundle(raw)
        return read_statement(bundle.envelope), find_signer(bundle, signers.trusted)
    if "payloadType" in known:
        return read_statement(read_envelope(known)), NOT_SIGNED
    return as_statement(known), NOT_SIGNED
