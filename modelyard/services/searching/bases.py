"""Bases as people write them, NAME/NUMBER, made what is kept of them: the model's id instead of its name."""

from collections.abc import Sequence
from dataclasses import replace

from modelyard.catalogue.gathering import gather
from modelyard.catalogue.homes import follow_redirects
from modelyard.catalogue.keys import model_key
from modelyard.catalogue.lineage_postings import base_name
from modelyard.domain.errors import Invalid
from modelyard.domain.names import is_model_id, parse_reference
from modelyard.ports import Table
from modelyard.search.terms import Comparison, Filter, Op, comparisons, rewritten

NAMING = frozenset({Op.EQUAL, Op.OTHER, Op.IN, Op.NOT_IN})


def with_ids(table: Table, asked: Filter | None) -> Filter | None:
    """The filter with bases by their models' ids, where there are such models. Two calls for each 100 names."""
    naming = [each for each in comparisons(asked) if _names_bases(each)]
    if asked is None or not naming:
        return asked
    kept = _kept(table, [value for each in naming for value in each.values if isinstance(value, str)])

    def change(each: Comparison) -> Comparison:
        values = tuple(kept.get(value, value) if isinstance(value, str) else value for value in each.values)
        return replace(each, values=values) if _names_bases(each) else each

    return rewritten(asked, change)


def _names_bases(each: Comparison) -> bool:
    return each.field.name == "base" and each.op in NAMING


def _kept(table: Table, bases: Sequence[str]) -> dict[str, str]:
    named = {base: parsed for base in bases if (parsed := _parse(base))}
    homes = follow_redirects(table, {name: name for name, _ in named.values()})
    models = gather(table, map(model_key, homes.values()))
    found = {name: models[model_key(home)] for name, home in homes.items() if model_key(home) in models}
    return {
        base: base_name(str(found[name].fields["id"]), number)
        for base, (name, number) in named.items()
        if name in found
    }


def _parse(base: str) -> tuple[str, int] | None:
    """The name and number in a base; None when it is a URI, or has an id already."""
    try:
        reference = parse_reference(base)
    except Invalid:
        return None
    return None if reference.number is None or is_model_id(reference.name) else (reference.name, reference.number)
