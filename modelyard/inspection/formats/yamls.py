"""YAML as text alone: no tags, no aliases (which grow without bound), nothing made of what is read."""

from collections.abc import Iterator
from typing import Any

import yaml

from modelyard.inspection.budgets import OutOfBudget
from modelyard.inspection.formats.reading import shown
from modelyard.inspection.sight import Malformed, Sight

RULE = "yaml.malformed"
MAX_YAML = 1024**2
MAX_EVENTS = 50_000
"""Values, lists and mappings of a YAML text that is parsed: the parser takes about two seconds for them."""
MAX_DEPTH = 32
"""Levels: the parser's time grows with their square."""


def parse_yaml(sight: Sight) -> Any:
    """The source as lists, mappings and text. Malformed for aliases and what is no YAML; tags that make are noted."""
    if sight.source.size > MAX_YAML:
        raise OutOfBudget("bytes of YAML", MAX_YAML)
    raw = sight.source.read(0, MAX_YAML)
    try:
        text = raw.decode()
        _check_events(sight, text)
        return yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - makes text, lists and mappings alone
    except (yaml.YAMLError, ValueError, RecursionError, TypeError, AttributeError) as wrong:
        raise Malformed(RULE, shown(f"YAML: {wrong}".replace("\n", " "))) from None


def _check_events(sight: Sight, text: str) -> None:
    for event in events_of(text):
        sight.budget.spend("opcodes")
        if isinstance(event, yaml.AliasEvent):
            raise yaml.YAMLError("an alias")
        tag = getattr(event, "tag", None)
        if isinstance(tag, str) and "python/" in tag:
            sight.note("yaml.python-tag", shown(tag))


def events_of(text: str) -> Iterator[yaml.Event]:
    """What the parser sees, one after another. YAMLError for too many levels, OutOfBudget for too many events."""
    depth = 0
    for number, event in enumerate(yaml.parse(text, Loader=yaml.BaseLoader)):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise yaml.YAMLError(f"more than {MAX_DEPTH} levels")
        if number > MAX_EVENTS:
            raise OutOfBudget("values in YAML", MAX_EVENTS)
        yield event
