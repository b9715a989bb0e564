"""Comparison of versions."""

from collections.abc import Sequence

from functions.api import lineage_shapes
from functions.api.routing import Call, Reply, route
from modelyard.contract.comparisons import (
    ComparedFactResponse,
    ComparedFileResponse,
    ComparedMetricResponse,
    ComparedResponse,
    ComparisonResponse,
    FileCountsResponse,
)
from modelyard.domain.comparing import Comparison, Row, check_count
from modelyard.domain.journal import instant
from modelyard.domain.names import parse_reference
from modelyard.domain.version import Version
from modelyard.services import comparing


@route("GET", "/v1/compare", gives=ComparisonResponse, query=("ref[]",), refusals=(404,))
def compare_versions(call: Call) -> Reply:
    """Compare 2 to 20 versions of any models with the first of them."""
    texts = call.values("ref")
    check_count(len(texts))
    references = [parse_reference(text, field="ref") for text in texts]
    found = comparing.compare_versions(table=call.ports.table, references=references)
    return Reply(_rendered(found, [str(reference) for reference in references]))


def _rendered(found: Comparison, references: Sequence[str]) -> ComparisonResponse:
    return ComparisonResponse.model_construct(
        versions=[_version(each, text) for each, text in zip(found.versions, references, strict=True)],
        metrics=[
            ComparedMetricResponse.model_construct(
                name=row.name,
                direction=row.direction,
                assumed=row.assumed,
                values=list(row.values),
                deltas=list(row.deltas),
                best=list(row.best),
                measured=[lineage_shapes.measured(origin) for origin in row.measured],
            )
            for row in found.metrics
        ],
        params=_facts(found.params),
        tags=_facts(found.tags),
        facts=_facts(found.facts),
        lineage=_facts(found.lineage),
        environment=_facts(found.environment),
        files=[
            ComparedFileResponse.model_construct(
                path=row.path, digests=list(row.digests), sizes=list(row.sizes), change=row.change.value
            )
            for row in found.files.rows
        ],
        file_counts=FileCountsResponse(**{change.value: count for change, count in found.files.counts.items()}),
        truncated=found.truncated,
    )


def _version(found: Version, reference: str) -> ComparedResponse:
    return ComparedResponse.model_construct(
        reference=reference,
        name=found.name,
        version=found.number,
        state=found.state.value,
        stage=found.stage,
        aliases=list(found.aliases),
        digest=found.digest,
        size=found.size,
        file_count=found.file_count,
        created_at=instant(found.created_at),
        created_by=found.created_by,
    )


def _facts(rows: Sequence[Row]) -> list[ComparedFactResponse]:
    return [ComparedFactResponse.model_construct(name=row.name, values=list(row.values), same=row.same) for row in rows]
