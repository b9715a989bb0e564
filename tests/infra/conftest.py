"""The stack, synthesized once for each way to deploy it, without bundling code."""

import json
import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

# Read by jsii when aws_cdk is first imported, in conftest's collection.
os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")
os.environ["CDK_VALIDATION"] = "false"

from aws_cdk import App
from aws_cdk.assertions import Template
from cdk_nag import AwsSolutionsChecks

from infra.app import build
from infra.stack import ModelyardStack

ROOT = Path(__file__).resolve().parents[2]
BUILT_PAGE = Path(__file__).with_name("built_page")
"""Some files in the place of the page, which not every run builds."""

ISSUER = {"issuer": "https://issuer.example", "audience": "modelyard, page"}


@dataclass(frozen=True)
class Synthesized:
    """A stack and its template. Logical ids are shown without the hash at their end."""

    app: App
    stack: ModelyardStack

    @cached_property
    def template(self) -> dict[str, Any]:
        return Template.from_stack(self.stack).to_json()

    def of_type(self, kind: str) -> dict[str, Any]:
        """Resources of a CloudFormation type by name."""
        return {plain(name): found for name, found in self.template["Resources"].items() if found["Type"] == kind}

    def properties(self, kind: str) -> dict[str, Any]:
        """Properties of the resources of a type by name, with references written as text."""
        return {name: show(found.get("Properties", {})) for name, found in self.of_type(kind).items()}

    def only(self, kind: str) -> Any:
        """The properties of the one resource of a type."""
        (found,) = self.properties(kind).values()
        return found

    @cached_property
    def violations(self) -> list[str]:
        """What cdk-nag's AwsSolutions rules object to."""
        report = AwsSolutionsChecks(self.app).validate_scope(self.stack)
        return sorted(
            f"{violation.rule_name} {resource.construct_path}"
            for violation in report.violations
            for resource in violation.violating_resources or violation.violating_constructs
        )


def plain(logical_id: str) -> str:
    """A logical id without the hash (8 hex digits, or more when it has several) that CDK ends it with."""
    return re.sub(r"([0-9A-F]{8})+$", "", logical_id)


def show(value: Any) -> Any:
    """JSON of a template with its references written as text: `{Ref: X}` becomes <X>, `{GetAtt: [X, Arn]}` <X.Arn>."""
    match value:
        case {"Ref": name} if len(value) == 1:
            return f"<{plain(name)}>"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{plain(name)}.{attribute}>"
        case {"Fn::Join": [separator, parts]}:
            return separator.join(map(show, parts))
        case dict():
            return {key: show(inner) for key, inner in value.items()}
        case list():
            return [show(inner) for inner in value]
    return value


def synthesize(**context: str) -> Synthesized:
    """The stack under the project's own context and `context`."""
    written = json.loads((ROOT / "cdk.json").read_text())["context"]
    app = App(context={**written, **context, "aws:cdk:bundling-stacks": []})
    return Synthesized(app, build(app, BUILT_PAGE))


@pytest.fixture(scope="session")
def production() -> Synthesized:
    """The stack as it is deployed by default."""
    return synthesize()


@pytest.fixture(scope="session")
def with_people() -> Synthesized:
    """The stack with a door for people."""
    return synthesize(**ISSUER, operator="ops@example.com")


@pytest.fixture(scope="session")
def emulated() -> Synthesized:
    """The stack as the end-to-end run deploys it."""
    return synthesize(emulator="true", ephemeral="true")
