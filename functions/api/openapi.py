"""The OpenAPI 3.1 document of the API, made of its routes and shapes at build time (`python -m functions.api.openapi`).

It is checked in as `modelyard/contract/openapi.json`, served from there, and a test fails when the two differ.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from functions.api import resolver as _routes  # noqa: F401  # importing it is what fills ROUTES
from functions.api.callers import ANONYMOUS
from functions.api.problems import CONTENT_TYPE
from functions.api.routing import JSON, ROUTES, Route
from modelyard import __version__
from modelyard.contract.responses import ProblemResponse

REF = "#/components/schemas/{model}"
ALWAYS = (401, 403, 422, 429, 500)
NEEDED = frozenset({"ref", "ref[]"})
"""What a query must have."""

NUMBERS = frozenset({"number", "evaluation"})
"""What are whole numbers in a path."""
TITLES = {
    400: "The body is not JSON",
    401: "Nobody is known to ask",
    403: "Who asks may not",
    404: "There is no such thing",
    409: "The facts do not allow it now",
    410: "It is gone",
    412: "It has changed since",
    413: "It is too large",
    422: "A field breaks a rule",
    429: "Too much at once; try again after a while",
    500: "A fault of the registry",
}
DESCRIBED: dict[str, tuple[str, dict[str, Any]]] = {
    "limit": ("How many items a page may hold.", {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}),
    "cursor": ("The `next` of the page before.", {"type": "string"}),
    "after": ("The `next` of an earlier answer; from the beginning when left out.", {"type": "string"}),
    "before": ("The `previous` of an earlier answer, or `end`: what came before, newest first.", {"type": "string"}),
    "newest": ("The newest first.", {"type": "boolean", "default": False}),
    "prefix": ("What the names begin with.", {"type": "string"}),
    "stage": ("Only versions that stand there.", {"type": "string"}),
    "version": ("Only entries that speak of this version.", {"type": "integer", "minimum": 1}),
    "deleted": ("Also what is deleted.", {"type": "boolean", "default": False}),
    "at": ("As of this moment: RFC 3339, or a date. Now when left out.", {"type": "string"}),
    "expect": (
        "Whom the alias must stand for: a version's number, or `none`; whoever it is when left out.",
        {"type": "string"},
    ),
    "ref[]": (
        "NAME, NAME/NUMBER, NAME/STAGE or NAME@ALIAS; given for each version.",
        {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 20},
    ),
    "dataset": ("A dataset's name.", {"type": "string"}),
    "digest": ("A dataset's digest.", {"type": "string"}),
    "commit": ("A commit, whole or its first seven letters or more.", {"type": "string"}),
    "base": ("A version of this registry, as a reference, or a URI outside.", {"type": "string"}),
    "blob": ("A file's digest.", {"type": "string", "pattern": "^sha256(-tree)?:[0-9a-f]{64}$"}),
    "up": ("Trace what it came of; with neither, both ways.", {"type": "boolean"}),
    "down": ("Trace what came of it.", {"type": "boolean"}),
    "depth": ("How many steps.", {"type": "integer", "minimum": 1, "maximum": 10, "default": 3}),
    "format": ("What to give it as.", {"enum": ["markdown", "html", "huggingface", "source"], "default": "markdown"}),
    "filter": ("Which ones: see docs/search.md. All when left out.", {"type": "string"}),
    "order": ("A field, and DESC or ASC, by which to sort.", {"type": "string"}),
    "explain": ("Whether to tell how the search was answered.", {"type": "boolean", "default": False}),
    "ref": ("NAME, NAME/NUMBER, NAME/STAGE or NAME@ALIAS.", {"type": "string"}),
}

TICKET = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"}
FINDABLE = {
    "create_model": {"name": "/name"},
    "register_version": {"name": "/version/name", "number": "/version/version"},
}
"""Where the answer of an operation holds what the paths of others ask for: each of them gets a link."""


def _links(found: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    for route in ROUTES:
        if set(re.findall(r"<(\w+)>", route.path)) == found.keys():
            parameters = {name: f"$response.body#{place}" for name, place in found.items()}
            yield route.answer.__name__, {"operationId": route.answer.__name__, "parameters": parameters}


def document() -> dict[str, Any]:
    """The document, as JSON."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Modelyard",
            "version": __version__,
            "description": "A model registry with no server to run.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}, {"sigv4": []}],
        "paths": _paths(),
        "components": {"schemas": _schemas(), "securitySchemes": _security()},
    }


def _security() -> dict[str, Any]:
    signature = "AWS Signature Version 4 for execute-api"
    return {
        "bearer": {"type": "http", "scheme": "bearer"},
        "sigv4": {"type": "apiKey", "in": "header", "name": "Authorization", "description": signature},
    }


def _shapes() -> list[type[BaseModel]]:
    shapes = {shape for route in ROUTES for shape in (route.takes, route.gives) if shape} | {ProblemResponse}
    return sorted(shapes, key=lambda shape: shape.__name__)


def _schemas() -> dict[str, Any]:
    takes = {route.takes for route in ROUTES}
    modes = [(shape, "validation" if shape in takes else "serialization") for shape in _shapes()]
    _, schemas = models_json_schema(modes, ref_template=REF)  # type: ignore[arg-type]  # literals widened to str
    return dict(schemas["$defs"])


def _paths() -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for route in sorted(ROUTES, key=lambda route: (route.path, route.method)):
        path = re.sub(r"<(\w+)>", r"{\1}", route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route)
    return paths


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.answer.__name__,
        "summary": route.summary,
        "parameters": _parameters(route),
        "responses": _responses(route),
    }
    if route.takes:
        content = {JSON: {"schema": {"$ref": REF.format(model=route.takes.__name__)}}}
        operation["requestBody"] = {"required": not route.may_be_bare, "content": content}
    if route.path in ANONYMOUS:
        operation["security"] = []
    return operation


def _parameters(route: Route) -> list[dict[str, Any]]:
    named = re.findall(r"<(\w+)>", route.path)
    numbers = {"type": "integer", "minimum": 1}
    parameters = [_parameter(name, "path", "", numbers if name in NUMBERS else {"type": "string"}) for name in named]
    parameters += [
        _parameter(name.removesuffix("[]"), "query", *DESCRIBED[name], needed=name in NEEDED) for name in route.query
    ]
    if route.method in {"POST", "PUT", "DELETE"}:
        parameters.append(_parameter("Idempotency-Key", "header", "Makes a repeat safe.", TICKET))
    if 412 in route.refusals:
        parameters.append(_parameter("If-Match", "header", "The ETag that was seen.", {"type": "string"}))
    return parameters


def _parameter(name: str, where: str, text: str, schema: dict[str, Any], *, needed: bool = False) -> dict[str, Any]:
    parameter = {"name": name, "in": where, "required": needed or where == "path", "schema": schema}
    return {**parameter, "description": text} if text else parameter


def _responses(route: Route) -> dict[str, Any]:
    schema = {"$ref": REF.format(model=route.gives.__name__)} if route.gives else {"type": "object"}
    text = {media.partition(";")[0]: {"schema": {"type": "string"}} for media in route.media}
    good: dict[str, Any] = {"description": route.summary, "content": text or {JSON: {"schema": schema}}}
    if found := FINDABLE.get(route.answer.__name__):
        good["links"] = dict(_links(found))
    refusals = {*route.refusals, *ALWAYS, *((400,) if route.takes else ())}
    if route.path in ANONYMOUS:
        refusals -= {401, 403}
    refused = {"$ref": REF.format(model="ProblemResponse")}
    responses = {str(route.status): good}
    for status in sorted(refusals):
        responses[str(status)] = {"description": TITLES[status], "content": {CONTENT_TYPE: {"schema": refused}}}
    return responses


def text() -> str:
    """The document as it is checked in."""
    return json.dumps(document(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
