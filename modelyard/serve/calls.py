"""Calls of the functions, as Lambda makes them: a handler by name, an event, a context. Used by all that wakes one."""

import importlib
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from functions.triggers import FUNCTIONS
from modelyard.wiring import Ports

Event = Mapping[str, Any]
Handler = Callable[[dict[str, Any], "Context"], Any]


@dataclass(slots=True)
class Context:
    """What Lambda tells a handler about its own call. Time is not enforced here, only told."""

    function_name: str
    memory_limit_in_mb: int
    seconds: int
    aws_request_id: str
    started: float = field(default_factory=time.monotonic)

    @property
    def invoked_function_arn(self) -> str:
        """A name that looks like Lambda's."""
        return f"arn:aws:lambda:local:000000000000:function:{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda would end the call."""
        return max(0, int((self.started + self.seconds - time.monotonic()) * 1000))


def new_context(function: str) -> Context:
    """The context of a new call, with a fresh request id."""
    size = FUNCTIONS[function]
    return Context(function, size.memory, size.seconds, secrets.token_urlsafe(12))


def load_handler(function: str, ports: Ports) -> Handler:
    """The handler of `functions/<function>`, with its ports."""
    handler = importlib.import_module(f"functions.{function}.handler").handler

    def call(event: dict[str, Any], context: Context) -> Any:
        return handler(event, context, ports)

    return call
