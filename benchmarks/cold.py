"""Cold starts: the processor time to import and make ready each function, above a bare interpreter, with .pyc.

`python -m benchmarks.cold [--quick] [--python PATH]`; Python 3.13, Lambda's, when it can be found.
"""

import argparse
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median

from benchmarks.peers import ROOT, environment
from benchmarks.processes import run
from benchmarks.reporting import Goal, Report
from functions.triggers import FUNCTIONS
from modelyard import settings

DEPENDENCIES = ("aws-lambda-powertools", "boto3", "pydantic")
WIRED = {
    settings.TABLE: "table",
    settings.BUCKET: "bucket",
    settings.BUS: "bus",
    settings.TOPIC: "arn:aws:sns:us-east-1:000000000000:topic",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_EC2_METADATA_DISABLED": "true",
}

BARE = ""
SPENT = "\nimport time\nprint(time.process_time())"
YARDSTICK = """
import boto3
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from pydantic import BaseModel
APIGatewayHttpResolver()
boto3.session.Session().client("dynamodb")
"""
SHAPE = """
class Shape(BaseModel):
    name: str
"""
READY = """
from functions.{name}.handler import handler
from modelyard.wiring import ports
ports()
"""
READY_API = """
from functions.api.resolver import resolver
resolver()
"""

METHOD = """Python {python}, boto3 {boto3}, Powertools {powertools}, pydantic {pydantic}; medians of {runs} fresh
processes each, taken in turns, above the {bare:.0f} ms of a bare interpreter. Ready means: the handler is imported, the
ports are wired for AWS with the table's client made (the others are made on first use), and the API's routes stand.
The yardstick is Powertools' HTTP resolver, pydantic with one shape of one field (it loads half of itself for the first)
and one boto3 client, and nothing of ours."""


def report(*, quick: bool, python: str | None = None) -> Report:
    """Measure every function and the yardstick."""
    interpreter = prepare(python or best_python())
    yardsticks = {"yardstick": YARDSTICK + SHAPE, "yardstick without the shape": YARDSTICK}
    snippets = {"bare": BARE} | yardsticks | {name: ready(name) for name in FUNCTIONS}
    spent = measure(interpreter, snippets, runs=5 if quick else 25)
    bare = spent.pop("bare")
    above = {name: milliseconds - bare for name, milliseconds in spent.items()}
    rows = [[name, f"{took:.0f}", f"{took / above['yardstick']:.2f}"] for name, took in above.items()]
    goal = Goal("api above the yardstick", above["api"] / above["yardstick"], 1.15, at_most=True)
    method = METHOD.format(
        python=_version(interpreter),
        boto3=version("boto3"),
        powertools=version("aws-lambda-powertools"),
        pydantic=version("pydantic"),
        runs=5 if quick else 25,
        bare=bare,
    )
    return Report("Cold starts", method, ("function", "CPU ms", "of the yardstick"), rows, [goal])


def ready(name: str) -> str:
    """What makes a function ready to answer."""
    return READY.format(name=name) + (READY_API if name == "api" else "")


def best_python() -> str:
    """Python 3.13 when there is one that runs, else this one."""
    found = shutil.which("python3.13")
    runs = found and subprocess.run([found, "-c", ""], check=False, capture_output=True).returncode == 0
    return found if found and runs else sys.executable


def prepare(python: str) -> Path:
    """The interpreter of an environment with what Lambda has, everything of it and of ours compiled."""
    pins = tuple(f"{name}=={version(name)}" for name in DEPENDENCIES)
    interpreter = environment(f"cold-{_version(Path(python))}", pins, python) / "python"
    subprocess.run([interpreter, "-m", "compileall", "-q", ROOT / "modelyard", ROOT / "functions"], check=True)
    return interpreter


def _version(python: Path) -> str:
    said = subprocess.run(
        [python, "-c", "import platform; print(platform.python_version())"], check=True, capture_output=True
    )
    return said.stdout.decode().strip()


def measure(interpreter: Path, snippets: Mapping[str, str], *, runs: int) -> dict[str, float]:
    """Milliseconds that each snippet takes, in the median."""
    spent: dict[str, list[float]] = {name: [] for name in snippets}
    for turn in range(runs + 1):
        for name, snippet in snippets.items():
            took = spend(interpreter, snippet)
            if turn:
                spent[name].append(took)
    return {name: median(each) for name, each in spent.items()}


def spend(interpreter: Path, snippet: str) -> float:
    """Milliseconds of processor time from a process's start to the end of the snippet."""
    ended = run([interpreter, "-c", snippet + SPENT], WIRED | {"PYTHONPATH": str(ROOT)})
    return float(ended.said.split()[-1]) * 1000


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few runs: a check of the script, not a result")
    parser.add_argument("--python", help="the interpreter to measure")
    options = parser.parse_args(arguments)
    print(report(quick=options.quick, python=options.python))


if __name__ == "__main__":
    main()
