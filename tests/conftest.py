"""What every test stands on: no setting of the developer's machine. pyproject.toml bars the network but loopback."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from jsonschema import Draft202012Validator

NOWHERE = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


def forget_the_machine() -> None:
    """Take away the developer's settings, unless a runner says that the environment is of its making."""
    if "MODELYARD_E2E_URL" in os.environ:
        return
    for name in list(os.environ):
        if name.startswith(("AWS_", "MODELYARD_")) and name != "AWS_CA_BUNDLE":
            del os.environ[name]
    os.environ.update(NOWHERE)


forget_the_machine()

settings.register_profile("yard", deadline=None, print_blob=True)
settings.load_profile("yard")

EVENTS = Path(__file__).parents[1] / "events"


def strict(schema: Any) -> Any:
    """The schema as the producer must keep it: no field beyond those it names. Consumers must accept more."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {"additionalProperties": False} if "properties" in schema else {}
    return closed | {name: strict(part) for name, part in schema.items()}


@pytest.fixture(scope="session")
def check_event() -> Callable[[dict[str, Any]], None]:
    """Holds an event against the schema of its type, strictly: `check_event(event)`."""
    schemas = {path.parent.name: strict(json.loads(path.read_text())) for path in EVENTS.glob("*/v1.schema.json")}

    def check(event: dict[str, Any]) -> None:
        Draft202012Validator(schemas[event["type"]]).validate(event)

    return check
