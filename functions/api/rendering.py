"""The domain's facts in the shapes of the wire."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from functions.api import lineage_shapes
from modelyard.contract.responses import (
    DeletionResponse,
    EventResponse,
    FilePageResponse,
    FileResponse,
    InspectedResponse,
    ModelResponse,
    ReviewResponse,
    SearchPlanResponse,
    SignedResponse,
    UploadPageResponse,
    UploadResponse,
    VersionResponse,
)
from modelyard.contract.vouched import ProvenanceResponse, SignedByResponse
from modelyard.domain.deletion import Deletion
from modelyard.domain.inspected import inspected_facts, review_facts
from modelyard.domain.journal import Entry, instant
from modelyard.domain.manifests import File
from modelyard.domain.measuring import origin_of
from modelyard.domain.model import Model
from modelyard.domain.version import Inspected, Review, Version
from modelyard.ports import SignedRequest
from modelyard.services.uploading import Uploads

if TYPE_CHECKING:  # a cold start does without what only searches need
    from modelyard.services.searching import Explained

REMEMBERED = 4096
"""Versions whose JSON is kept in a process."""

MOST_REMEMBERED = 8192
"""Characters of a version's JSON beyond which it is made each time."""

_texts: dict[int, tuple[Version, str]] = {}


def model(found: Model) -> ModelResponse:
    """A model as clients see it."""
    return ModelResponse.model_construct(
        id=found.id,
        name=found.name,
        description=found.description,
        owner=found.owner,
        tags=dict(found.tags),
        created_at=instant(found.created_at),
        created_by=found.created_by,
        updated_at=instant(found.updated_at),
        sequence=found.sequence,
        revision=found.revision,
        versions=found.last_number,
        newest_ready=found.newest_ready,
        stages={stage: sorted(there) for stage, there in found.standing.items()},
        aliases={name: numbers[0] for name, numbers in sorted(found.aliases.items())},
        deleted=deletion(found.deleted),
    )


def deletion(found: Deletion | None) -> DeletionResponse | None:
    """A deletion as clients see it."""
    if found is None:
        return None
    return DeletionResponse.model_construct(
        at=instant(found.at), purge_at=instant(found.purge_at), by=found.by, state=found.state
    )


def version(found: Version) -> VersionResponse:
    """A version as clients see it, without its files. Made by its validator: for this many fields that is quicker."""
    return VersionResponse(
        name=found.name,
        version=found.number,
        state=found.state.value,
        stage=found.stage,
        digest=found.digest,
        size=found.size,
        file_count=found.file_count,
        description=found.description,
        tags=found.tags,
        params=found.params,
        metrics=found.metrics,
        source_commit=found.source_commit,
        datasets=lineage_shapes.datasets(found.datasets),
        run_url=found.run_url,
        created_at=instant(found.created_at),
        created_by=found.created_by,
        verified_at=instant(found.verified_at) if found.verified_at else None,
        proof=found.proof,
        proof_pending=found.challenged is not None,
        refusal=list(found.refusal),
        revision=found.revision,
        aliases=list(found.aliases),
        source=lineage_shapes.source(found.source),
        run=lineage_shapes.run(found.run),
        bases=lineage_shapes.bases(found.bases),
        environment=lineage_shapes.environment(found.environment),
        card_digest=found.card_digest,
        deleted=deletion(found.deleted),
        inspected=inspected(found.inspected),
        facts=dict(found.facts),
        review=review(found.review),
        evaluated=lineage_shapes.evaluated(found.evaluated),
        signed=SignedByResponse(**found.signed) if found.signed else None,
        provenance=ProvenanceResponse(**found.provenance) if found.provenance else None,
        check_pending=found.unchecked is not None,
        measured={name: how for name in found.measured if (how := lineage_shapes.measured(origin_of(found, name)))},
    )


def inspected(found: Inspected | None) -> InspectedResponse | None:
    """What was seen in a version, as clients see it."""
    return InspectedResponse(**inspected_facts(found)) if found else None


def review(found: Review | None) -> ReviewResponse | None:
    """A reviewer's decision as clients see it."""
    return ReviewResponse(**review_facts(found)) if found else None


def version_text(found: Version) -> str:
    """`version` as JSON. Versions stay the same object while nothing changes them, and so does their text."""
    kept = _texts.get(id(found))
    if kept is not None and kept[0] is found:
        return kept[1]
    text = version(found).model_dump_json()
    if len(text) <= MOST_REMEMBERED:
        if len(_texts) >= REMEMBERED:
            _texts.clear()
        _texts[id(found)] = (found, text)
    return text


def version_page(found: Iterable[Version], following: str | None) -> str:
    """A `VersionPageResponse` as JSON."""
    return f'{{"items":[{",".join(map(version_text, found))}],"next":{json.dumps(following)}}}'


def signed(request: SignedRequest) -> SignedResponse:
    """A signed request as clients see it."""
    return SignedResponse.model_construct(
        method=request.method,
        url=request.url,
        headers=dict(request.headers),
        expires_at=instant(request.expires_at),
    )


def uploads(found: Uploads, following: str | None) -> UploadPageResponse:
    """A page of what is still to be sent."""
    items = [
        UploadResponse.model_construct(
            digest=upload.digest,
            part=upload.part,
            offset=upload.offset,
            length=upload.length,
            request=signed(upload.request),
        )
        for upload in found.requests
    ]
    return UploadPageResponse.model_construct(items=items, next=following)


Linked = Iterable[tuple[File, SignedRequest | None]]
"""Files, each with the request that fetches it, if it can be fetched."""


def files(found: Linked, following: str | None) -> FilePageResponse:
    """A page of a version's files."""
    items = [
        FileResponse.model_construct(
            path=file.path,
            size=file.size,
            digest=file.digest,
            parts=list(file.parts),
            download=signed(link) if link else None,
        )
        for file, link in found
    ]
    return FilePageResponse.model_construct(items=items, next=following)


def events(entries: Iterable[Entry]) -> list[EventResponse]:
    """Journal entries as the world sees them."""
    return [EventResponse(**json.loads(entry.body), hash=entry.hash, position=entry.position) for entry in entries]


def plan(found: "Explained") -> SearchPlanResponse:
    """How a search was answered."""
    return SearchPlanResponse.model_construct(
        index=found.index,
        order=found.order,
        sorted=found.sorted,
        filtered=list(found.filtered),
        examined=found.examined,
        matched=found.matched,
    )


def version_search(found: Iterable[Version], following: str | None, plan: SearchPlanResponse | None) -> str:
    """A `VersionSearchResponse` as JSON."""
    shown = plan.model_dump_json() if plan else "null"
    return f'{version_page(found, following)[:-1]},"plan":{shown}}}'
