"""Signatures and provenance, whole: hash the files, have them kept, send what storage lacks, wait for the check."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from modelyard.client.api import Api
from modelyard.client.attestation_calls import AttestationCalls
from modelyard.client.errors import BadAnswer, StillVerifying, Unusable
from modelyard.client.hashing import Hashed, hash_sources
from modelyard.client.progress import SILENT
from modelyard.client.sending import Sending
from modelyard.client.version_calls import VersionCalls
from modelyard.client.walking import find_sources
from modelyard.contract.attestations import AttestationResponse, AttestRequest
from modelyard.contract.responses import UploadPageResponse, UploadResponse, VersionResponse
from modelyard.domain.attestations import MAX_ATTESTATION

Path = str | os.PathLike[str]
_FIRST_LOOK, _LONGEST_LOOK, _GROWTH = 0.02, 2.0, 1.5
_MOST_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Voucher:
    """A file that vouches for a version, hashed."""

    kind: Literal["signature", "provenance"]
    hashed: Hashed

    @property
    def request(self) -> AttestRequest:
        """As the registry is told of it."""
        one = self.hashed
        return AttestRequest(kind=self.kind, path=one.source.path, size=one.size, digest=one.digest)


def hash_vouchers(signature: Path | None, provenance: Path | None) -> list[Voucher]:
    """The files that are given, read once; Unusable when one is no file, or too large."""
    given = [("signature", signature), ("provenance", provenance)]
    vouchers: list[Voucher] = []
    for kind, path in given:
        if path is None:
            continue
        if not os.path.isfile(path):  # noqa: PTH113 -- a path of either kind
            raise Unusable(f"there is no file {os.fspath(path)!r}", field=kind)
        (source,) = find_sources([path])
        if not 0 < source.mark.size <= MAX_ATTESTATION:
            raise Unusable(f"{source.path!r} has not 1 to {MAX_ATTESTATION} bytes", field=kind)
        (hashed,) = hash_sources([source])
        vouchers.append(Voucher("signature" if kind == "signature" else "provenance", hashed))
    return vouchers


def attest(api: Api, name: str, number: int, vouchers: Sequence[Voucher], *, connections: int) -> VersionResponse:
    """Have the files kept with a version and checked, which is answered later. Safe to repeat."""
    calls = AttestationCalls(api)
    hashed = [voucher.hashed for voucher in vouchers]
    sending = Sending(api.transport, api.backoff, hashed, connections=connections, progress=SILENT)
    kept = [calls.keep_attestation(name, number, voucher.request) for voucher in vouchers]
    ours = {each.id for each in kept}
    listing = partial(calls.attestations, name, number)
    page = _uploads(kept)
    for _ in range(_MOST_ROUNDS):
        sending.send_missing(lambda _cursor: _uploads([each for each in listing() if each.id in ours]), page)
        page = _uploads([each for each in listing() if each.id in ours])
        if not page.items:
            return calls.check_attestations(name, number)
    raise BadAnswer("storage took the files, and the registry still misses them")


def _uploads(kept: Sequence[AttestationResponse]) -> UploadPageResponse:
    """What is still to be sent, each blob once."""
    due = {each.digest: each for each in kept if each.upload is not None}
    items = [
        UploadResponse(digest=each.digest, part=0, offset=0, length=each.size, request=each.upload)
        for each in due.values()
        if each.upload is not None
    ]
    return UploadPageResponse(items=items, next=None)


def wait_until_checked(api: Api, version: VersionResponse, *, seconds: float) -> VersionResponse:
    """The version once its attestations are checked; StillVerifying after `seconds`."""
    versions = VersionCalls(api)
    pause, deadline = _FIRST_LOOK, time.monotonic() + seconds
    while version.check_pending:
        if time.monotonic() >= deadline:
            raise StillVerifying(version, seconds)
        api.backoff.sleep(min(pause, max(0.0, deadline - time.monotonic())))
        pause = min(pause * _GROWTH, _LONGEST_LOOK)
        version = versions.get_version(version.name, version.version)
    return version
