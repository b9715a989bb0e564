"""Bodies about inspections: what was found in files, and what a reviewer decides."""

from typing import Annotated, Any

from modelyard.contract.requests import told
from modelyard.contract.shapes import Request, Response


class ReviewRequest(Request):
    """Why a quarantined version is released or rejected; it stays in the history."""

    reason: Annotated[str, told(minLength=1, maxLength=2_000)]


class FindingResponse(Response):
    """Something seen: by which rule, how bad it is, in which member of the file (`a.zip!b.pkl`), at which byte."""

    rule: str
    severity: str
    evidence: str
    member: str = ""
    offset: int | None = None


class FileFindingsResponse(Response):
    """What is in a file: its verdict, empty where nobody looked; and what was left `unread`, and why."""

    path: str
    digest: str
    format: str
    verdict: str
    facts: dict[str, Any]
    findings: list[FindingResponse]
    unread: list[str]


class FindingPageResponse(Response):
    """Files in the order of their paths."""

    items: list[FileFindingsResponse]
    next: str | None
