"""The two searches: what was asked for is read, planned and run."""

from functools import lru_cache
from typing import TypeVar

from modelyard.catalogue.postings import Kind
from modelyard.catalogue.searched import Models, Source, Versions
from modelyard.domain.errors import SearchTooWide
from modelyard.domain.model import Model
from modelyard.domain.version import State, Version
from modelyard.ports import Clock, Table
from modelyard.search.fields import MODEL_FIELDS, VERSION_FIELDS
from modelyard.search.parsing import parse_filter, parse_order
from modelyard.search.planning import CREATED, NAME, asks_for, make_plan, spine
from modelyard.search.terms import Filter
from modelyard.services.searching.bases import with_ids
from modelyard.services.searching.budget import Budget
from modelyard.services.searching.running import Position, Run, Searched

Facts = TypeVar("Facts")

FIELDS = {Kind.VERSION: VERSION_FIELDS, Kind.MODEL: MODEL_FIELDS}

REMEMBERED = 256
"""Filters kept parsed, since pages follow on pages and programs ask the same again."""

LONGEST_REMEMBERED = 1_000
"""Characters of a filter that is kept."""


def search_versions(
    *, table: Table, clock: Clock, wanted: str, order: str, after: tuple[str, str] | None, limit: int
) -> Searched[Version]:
    """Versions that match a filter, newest first unless ordered otherwise. Invalid points at a fault in either text."""
    found = _search(Versions(table), table, clock, wanted, order, after=after, limit=limit)
    return Searched([facts.version for facts in found.items], found.after, found.explained)


def search_models(
    *, table: Table, clock: Clock, wanted: str, order: str, after: tuple[str, str] | None, limit: int
) -> Searched[Model]:
    """Models that match a filter, in the order of names unless ordered otherwise. Faults are told as for versions."""
    return _search(Models(table), table, clock, wanted, order, after=after, limit=limit)


def _search(
    source: Source[Facts],
    table: Table,
    clock: Clock,
    wanted: str,
    order: str,
    *,
    after: tuple[str, str] | None,
    limit: int,
) -> Searched[Facts]:
    """A page by the best index; where that would have to sort too much, by looking at everything in order."""
    parse = _parsed if len(wanted) <= LONGEST_REMEMBERED else _parse
    asked = with_ids(table, parse(source.kind, wanted))
    ordered = parse_order(order, source.fields) or source.usual
    deleted = asks_for(asked, "state", State.DELETED.value)
    begun = Position(*after) if after else None
    plan = make_plan(asked, ordered, native=source.native)
    run = Run(source, table, plan, Budget(clock), deleted=deleted, limit=limit)
    if plan.streams:
        return run.stream(begun)
    try:
        return run.sort(begun)
    except SearchTooWide:
        if ordered.field.name not in {CREATED, NAME}:
            raise
    whole = spine(asked, ordered)
    return Run(source, table, whole, Budget(clock), deleted=deleted, limit=limit).stream(begun)


def _parse(kind: Kind, wanted: str) -> Filter | None:
    return parse_filter(wanted, FIELDS[kind])


_parsed = lru_cache(REMEMBERED)(_parse)
