"""A report, whole: hash what is attached, report, send what storage lacks, see that it came."""

import os
from collections.abc import Callable, Sequence
from functools import partial

from modelyard.client.api import Api
from modelyard.client.errors import BadAnswer, Unusable
from modelyard.client.evaluation_calls import EvaluationCalls
from modelyard.client.hashing import Hashed, hash_sources
from modelyard.client.progress import SILENT
from modelyard.client.remembering import remember
from modelyard.client.sending import Sending
from modelyard.client.walking import find_sources
from modelyard.contract.evaluations import (
    AttachmentRequest,
    AttachmentResponse,
    EvaluateRequest,
    EvaluationResponse,
)
from modelyard.contract.responses import UploadPageResponse, UploadResponse
from modelyard.domain.evaluations import MAX_ATTACHMENT, MAX_ATTACHMENTS

_MOST_ROUNDS = 5
"""How often something may be missing after everything that was asked for was sent."""


def hash_attachments(paths: Sequence[str | os.PathLike[str]]) -> list[Hashed]:
    """The files to attach, read once; Unusable when they are too many or one is too large.

    One folder alone gives its contents; of several paths each keeps its last name.
    """
    sources = find_sources(paths) if paths else []
    if len(sources) > MAX_ATTACHMENTS:
        raise Unusable(f"a report has at most {MAX_ATTACHMENTS} attachments, not {len(sources)}", field="attach")
    for source in sources:
        if source.mark.size > MAX_ATTACHMENT:
            raise Unusable(f"{source.path!r} is larger than an attachment's {MAX_ATTACHMENT} bytes", field="attach")
    return hash_sources(sources)


def described(hashed: Sequence[Hashed]) -> list[AttachmentRequest]:
    """The files as a report names them."""
    return [AttachmentRequest(path=one.source.path, size=one.size, digest=one.digest) for one in hashed]


def evaluate(
    api: Api, name: str, number: int, body: EvaluateRequest, hashed: Sequence[Hashed], *, connections: int
) -> EvaluationResponse:
    """As Registry.evaluate says."""
    calls = EvaluationCalls(api)
    with remember(api.url, f"{name}/{number}", body.model_dump_json().encode()) as memory:
        taken = calls.report_evaluation(name, number, body, key=memory.key)
        if hashed:
            sending = Sending(api.transport, api.backoff, hashed, connections=connections, progress=SILENT)
            listing = partial(calls.attachments, name, number, taken.evaluation.id)
            _send(sending, listing, taken.uploads)
        memory.forget()
    return taken.evaluation


def _send(sending: Sending, listing: Callable[[], Sequence[AttachmentResponse]], first: UploadPageResponse) -> None:
    def missing(_cursor: str | None) -> UploadPageResponse:
        return UploadPageResponse(items=_uploads(listing()), next=None)

    page = first
    for _ in range(_MOST_ROUNDS):
        sending.send_missing(missing, page)
        page = missing(None)
        if not page.items:
            return
    raise BadAnswer("storage took the attachments, and the registry still misses them")


def _uploads(attachments: Sequence[AttachmentResponse]) -> list[UploadResponse]:
    """What is still to be sent, each blob once."""
    due = {each.digest: each for each in attachments if each.upload is not None}
    return [
        UploadResponse(digest=each.digest, part=0, offset=0, length=each.size, request=each.upload)
        for each in due.values()
        if each.upload is not None
    ]
