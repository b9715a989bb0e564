"""Events held against their schemas, as the producer must keep them."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

EVENTS = Path(__file__).parents[1] / "events"


def strict(schema: Any) -> Any:
    """The schema as the producer must keep it: no field beyond those it names. Consumers must accept more."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {"additionalProperties": False} if "properties" in schema else {}
    return closed | {name: strict(part) for name, part in schema.items()}


@cache
def validator(event_type: str) -> Draft202012Validator:
    """The strict schema of one type of event."""
    return Draft202012Validator(strict(json.loads((EVENTS / event_type / "v1.schema.json").read_text())))


def check_event(event: dict[str, Any]) -> None:
    """Hold an event against the schema of its type; ValidationError when the producer breaks it."""
    validator(event["type"]).validate(event)
