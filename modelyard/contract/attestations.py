"""Bodies about attestations: signatures and provenance that are kept with a version."""

from typing import Annotated, Literal

from modelyard.contract.requests import Digest, Path, told
from modelyard.contract.responses import SignedResponse
from modelyard.contract.shapes import Request, Response

AttestationSize = Annotated[int, told(minimum=1, maximum=16 * 1024**2)]


class AttestRequest(Request):
    """A file that vouches for a version, of at most 16 MiB, by its SHA-256.

    A signature is an OpenSSF model-signing bundle; provenance an in-toto statement, by itself or signed.
    """

    kind: Literal["signature", "provenance"]
    path: Path
    size: AttestationSize
    digest: Digest


class AttestationResponse(Response):
    """A file that vouches for a version: what it is worth, and the request that fetches it, or by which it is sent.

    `by` is the trusted signer who signed, `identity` whom their certificate is for. `files` counts the version's files
    by what is said of them; `paths` has the first of those that are not signed. `signers` is the SHA-256 of the
    settings that say whom to trust. `id` is the sequence of the journal entry that added it. `withheld` is true of a
    stored file without a download, because it is a file of a version, too, and an inspection found it not clean.
    """

    id: int
    kind: str
    path: str
    size: int
    digest: str
    added_at: str
    added_by: str
    verdict: str
    checked_at: str | None
    by: str
    identity: str
    why: list[str]
    files: dict[str, int]
    paths: dict[str, list[str]]
    signers: str
    predicate_type: str
    builder: str
    build_type: str
    source: str
    download: SignedResponse | None
    upload: SignedResponse | None
    withheld: bool = False


class AttestationPageResponse(Response):
    """What vouches for a version, oldest first. There are at most 10, so that one page holds them all."""

    items: list[AttestationResponse]
    next: str | None
