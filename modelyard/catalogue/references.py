"""Which versions a reference without a number may stand for, by what their model knows of them."""

from modelyard.catalogue.keys import stage_partition
from modelyard.catalogue.shape import STAGES
from modelyard.domain.aliases import is_latest
from modelyard.domain.errors import NotFound
from modelyard.domain.model import Model
from modelyard.domain.names import Reference
from modelyard.domain.version import State
from modelyard.ports import Table

STEP = 100
"""Versions in a stage that are looked at for one that is ready, where the model does not count them."""

MOST_CANDIDATES = 10
"""Versions in one stage that are looked at for one that is ready."""


def candidates(table: Table, model: Model, reference: Reference) -> list[int]:
    """The likeliest first; NotFound if there is none. A call only for a stage whose versions no model counts."""
    if reference.stage:
        numbers = _standing(table, model, reference.stage)
    elif reference.alias is not None and not is_latest(reference.alias):
        numbers = list(model.aliases.get(reference.alias, ())[:1])
    else:
        numbers = [model.newest_ready] if model.newest_ready else []
    if not numbers:
        raise NotFound(f"no version stands for {str(reference)!r}", field="ref")
    return numbers


def _standing(table: Table, model: Model, stage: str) -> list[int]:
    """The highest versions in a stage: counted by the model where the stage serves, else found in the index."""
    if stage in model.standing:
        return sorted(model.standing[stage], reverse=True)[:MOST_CANDIDATES]
    page = table.query(stage_partition(model.home, stage), index=STAGES, limit=STEP, descending=True)
    ready = [item for item in page.items if item.fields["state"] == State.READY]
    there = ready or [item for item in page.items if item.fields["state"] != State.DELETED] or page.items
    return [int(item.key.sk.rpartition("#")[2]) for item in there[:1]]
