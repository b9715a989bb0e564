"""What vouches for a version, in short."""

from modelyard.contract.shapes import Response


class SignedByResponse(Response):
    """What a version's signatures come to, by the one that is worth most. `files` counts files by what it says of them.

    `verdict` is `valid`, `partial`, `unproven`, `untrusted`, `pending` or `invalid`; `by` is the trusted signer who
    signed, `identity` whom their certificate is for. `checked_at` is null until it was checked.
    """

    verdict: str
    id: int
    count: int
    by: str
    identity: str
    added_by: str
    checked_at: str | None
    files: dict[str, int]


class ProvenanceResponse(SignedByResponse):
    """Where a version is said to come from: as `signed`, but `matching` where that is `valid`; by whoever said so."""

    builder: str
    build_type: str
    source: str
