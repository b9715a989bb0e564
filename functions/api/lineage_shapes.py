"""A version's lineage in the shapes of the wire. Nothing is validated again: it was when it was registered."""

from collections.abc import Iterable
from typing import Any

from modelyard.contract.responses import (
    BaseResponse,
    DatasetResponse,
    EnvironmentResponse,
    EvaluatedDataResponse,
    LineageEdgeResponse,
    LineageNodeResponse,
    LineageResponse,
    MeasuredResponse,
    RunResponse,
    SourceResponse,
)
from modelyard.domain.measuring import Origin
from modelyard.domain.version import (
    UNKNOWN_ENVIRONMENT,
    UNKNOWN_RUN,
    UNKNOWN_SOURCE,
    Base,
    Dataset,
    Environment,
    Evaluated,
    Run,
    Source,
)
from modelyard.services.tracing import Graph, Node

NO_SOURCE, NO_RUN, NO_ENVIRONMENT = SourceResponse(), RunResponse(), EnvironmentResponse()
"""What all versions share of which nobody knows these."""


def source(part: Source) -> SourceResponse:
    """The code a version was made from."""
    return NO_SOURCE if part is UNKNOWN_SOURCE else SourceResponse.model_construct(**_facts(part))


def run(part: Run) -> RunResponse:
    """The run that made it."""
    return NO_RUN if part is UNKNOWN_RUN else RunResponse.model_construct(**_facts(part))


def environment(part: Environment) -> EnvironmentResponse:
    """Where it was made."""
    return NO_ENVIRONMENT if part is UNKNOWN_ENVIRONMENT else EnvironmentResponse.model_construct(**_facts(part))


def evaluated(parts: Iterable[Evaluated]) -> list[EvaluatedDataResponse]:
    """The data that a version was evaluated on, as clients see it."""
    return [EvaluatedDataResponse.model_construct(**_facts(part)) for part in parts]


def measured(origin: Origin | None) -> MeasuredResponse | None:
    """How a metric came about, as clients see it."""
    return MeasuredResponse.model_construct(**_facts(origin)) if origin else None


def datasets(parts: Iterable[Dataset]) -> list[DatasetResponse]:
    """The data it was made from."""
    return [DatasetResponse.model_construct(**_facts(part)) for part in parts]


def bases(parts: Iterable[Base]) -> list[BaseResponse]:
    """What it was made out of."""
    return [BaseResponse.model_construct(**_facts(part)) for part in parts]


def graph(found: Graph) -> LineageResponse:
    """What a version came of and what came of it."""
    return LineageResponse.model_construct(
        nodes=[LineageNodeResponse.model_construct(**_facts(node)) for node in found.nodes.values()],
        edges=[LineageEdgeResponse(origin=edge.origin, to=edge.to, relation=edge.relation) for edge in found.edges],
        truncated=found.truncated,
    )


def _facts(part: Dataset | Source | Run | Base | Environment | Node | Evaluated | Origin) -> dict[str, Any]:
    """The fields of a part. `asdict` would copy each of them, which takes longer than all the rest."""
    return {name: getattr(part, name) for name in part.__slots__}
