"""What every test stands on: no setting of the developer's machine. pyproject.toml bars the network but loopback."""

import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import settings

from tests import schemas

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


@pytest.fixture(scope="session")
def check_event() -> Callable[[dict[str, Any]], None]:
    """Holds an event against the schema of its type, strictly: `check_event(event)`."""
    return schemas.check_event
