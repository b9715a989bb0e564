"""Answers HTTP requests.

Woken by: every request to the HTTP API
Reads: what the request asks for
Writes: one transaction a command, with its journal entry
When it fails: the client gets a problem document; a repeat with the same Idempotency-Key is safe
"""

from typing import Any

from functions.api.resolver import resolver
from modelyard.wiring import Ports
from modelyard.wiring import ports as wired


def handler(event: dict[str, Any], context: Any, ports: Ports | None = None) -> dict[str, Any]:
    """The answer to an API Gateway event (HTTP API, payload 2.0)."""
    app = resolver()
    app.context["ports"] = ports or wired()
    return app.resolve(event, context)
