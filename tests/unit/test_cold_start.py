"""What a function's cold start leaves undone. `python -m benchmarks.cold` measures it."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from functions.triggers import FUNCTIONS
from modelyard.contract.shapes import Response

ROOT = Path(__file__).parents[2]
HEAVY = frozenset(
    {
        "aws_lambda_powertools.event_handler.middlewares.openapi_validation",
        "boto3",
        "click",
        "jsonschema",
        "modelyard.adapters.disk",
        "modelyard.adapters.s3.heads",
        "modelyard.adapters.s3.signing",
        "modelyard.adapters.sqlite",
        "modelyard.client",
        "modelyard.inspection.looking",
        "modelyard.serve",
        "modelyard.services.inspecting",
        "multiprocessing",
        "rich",
        "s3transfer",
        "sqlite3",
        "uvicorn",
    }
)
"""None of it is needed to answer a request on AWS, and each costs milliseconds of every cold start."""

READY = """
import sys
from functions.{name}.handler import handler
from modelyard.wiring import ports
ports()
if {name!r} == "api":
    from functions.api.resolver import resolver
    resolver()
print(*sys.modules)
"""
AWS = {
    "MODELYARD_TABLE": "table",
    "MODELYARD_BUCKET": "bucket",
    "MODELYARD_BUS": "bus",
    "MODELYARD_TOPIC": "arn:aws:sns:us-east-1:000000000000:topic",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "PYTHONPATH": str(ROOT),
}


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_function_gets_ready_without_what_is_heavy_and_not_needed(name):
    """Cryptography is for the one function that checks signatures, and in no other one's bundle."""
    environment = {"PATH": os.environ["PATH"]} | AWS
    command = [sys.executable, "-c", READY.format(name=name)]
    said = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.split()
    assert {"botocore.session", "modelyard.wiring"} <= set(said)
    assert HEAVY & set(said) == set()
    assert ("cryptography" in said) == (name == "attest")


def test_a_shape_is_built_when_it_is_first_used_and_by_one_of_many_threads():
    together = 8
    for _ in range(20):

        class Inner(Response):
            text: str

        class Outer(Response):
            inner: Inner

        assert not Outer.__pydantic_complete__
        barrier = Barrier(together)

        def use(outer=Outer, barrier=barrier):
            barrier.wait()
            return outer.model_validate_json('{"inner": {"text": "a"}}').model_dump_json()

        with ThreadPoolExecutor(together) as pool:
            said = list(pool.map(lambda _: use(), range(together)))
        assert said == ['{"inner":{"text":"a"}}'] * together
        assert Outer.__pydantic_complete__
