"""Routes as data: what a request to each path takes and gives. Read by the handler and by the OpenAPI document."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from pydantic import BaseModel

from modelyard.contract.shapes import Request
from modelyard.domain.aliases import Expected, Whoever
from modelyard.domain.errors import Invalid
from modelyard.domain.journal import Caller
from modelyard.domain.moments import parse_moment
from modelyard.domain.tickets import Ticket, make_ticket
from modelyard.wiring import Ports

JSON = "application/json"
NOBODY = "none"
"""What `expect` says of an alias that is not to be there yet."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back: a shape or ready JSON text, with its status and headers."""

    body: BaseModel | str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = JSON


@dataclass(frozen=True, slots=True)
class Call:
    """A request, read: who asks, the path's and the query's values, the body in its shape, and the world."""

    ports: Ports
    caller: Caller
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any
    request: bytes
    raw_query: str = ""

    @property
    def ticket(self) -> Ticket | None:
        """The ticket of the Idempotency-Key, when one came."""
        key = self.headers.get("idempotency-key")
        if key is None:
            return None
        if not 1 <= len(key) <= 255 or not key.isascii() or not key.isprintable():
            raise Invalid("a key is 1 to 255 printable ASCII characters", field="Idempotency-Key")
        return make_ticket(actor=self.caller.actor, key=key, request=self.request)

    def values(self, name: str) -> list[str]:
        """Every value of a name in the query, in order; `query` holds them joined by commas, which a value may have."""
        return [value for each, value in parse_qsl(self.raw_query, keep_blank_values=True) if each == name]

    @property
    def text(self) -> str:
        """The body as it came."""
        return self.request.partition(b"\n")[2].decode()

    @property
    def number(self) -> int:
        """The version's number in the path."""
        return whole(self.path["number"], field="version", least=1, most=10**10 - 1)

    @property
    def evaluation(self) -> int:
        """The evaluation's id in the path."""
        return whole(self.path["evaluation"], field="evaluation", least=1, most=10**12 - 1)

    def number_in_query(self, name: str) -> int | None:
        """A version's number in the query, when it is given."""
        text = self.query.get(name)
        return None if text is None else whole(text, field=name, least=1, most=10**10 - 1)

    @property
    def expected_alias(self) -> Expected:
        """Whom the query expects an alias to stand for: a version's number, `none`, or whoever it is."""
        text = self.query.get("expect")
        if text is None:
            return Whoever.WHOEVER
        return None if text == NOBODY else whole(text, field="expect", least=1, most=10**10 - 1)

    def limit(self, *, most: int = 1000, usual: int = 100) -> int:
        """How many items the page may hold."""
        return whole(self.query.get("limit", str(usual)), field="limit", least=1, most=most)

    def flag(self, name: str) -> bool:
        """A truth value in the query; false when it is left out."""
        text = self.query.get(name, "false")
        if text not in {"true", "false"}:
            raise Invalid(f"{name} is true or false", field=name)
        return text == "true"

    @property
    def at(self) -> datetime | None:
        """The moment as of which is asked; None for now."""
        text = self.query.get("at")
        return None if text is None else parse_moment(text)

    @property
    def expected(self) -> int | None:
        """The revision that If-Match names; None for any."""
        tag = self.headers.get("if-match")
        if tag is None or tag.strip() == "*":
            return None
        text = tag.strip().removeprefix('"').removesuffix('"')
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else -1


def whole(text: str, *, field: str, least: int, most: int) -> int:
    """A whole number in a path or query."""
    if not (text.isascii() and text.isdecimal() and len(text) < 16 and least <= int(text) <= most):
        raise Invalid(f"{field} is a whole number from {least} to {most}", field=field)
    return int(text)


NOTHING = "{}"
"""The body of a request that says nothing of what it may say."""


@dataclass(frozen=True, slots=True)
class Route:
    """One operation: its path, what it takes and gives, and the function that answers it.

    `media` are the types of an answer that is text and not JSON.
    """

    method: str
    path: str
    summary: str
    answer: Callable[[Call], Reply]
    gives: type[BaseModel] | None
    takes: type[Request] | None
    status: int
    query: Sequence[str]
    refusals: Sequence[int]
    media: Sequence[str] = ()

    @property
    def may_be_bare(self) -> bool:
        """Whether a command's body may be left out: it says nothing that has to be said."""
        fields = self.takes.model_fields.values() if self.takes else ()
        return self.method == "POST" and self.takes is not None and not any(field.is_required() for field in fields)

    def check(self, headers: Mapping[str, str], query: Mapping[str, str]) -> None:
        """Invalid for what a request asks and would not get: another query parameter, an If-Match that nobody heeds.

        Parameters by which AWS is told who asks (`X-Amz-…`) are not for us.
        """
        known = {name.removesuffix("[]") for name in self.query} if query else ()
        for name in query:
            if name not in known and not name.lower().startswith("x-amz-"):
                raise Invalid(f"there is no parameter {name!r} here; {self._offer()}", field=name)
        if self.method != "GET" and "if-match" in headers and HTTPStatus.PRECONDITION_FAILED not in self.refusals:
            raise Invalid("this request heeds no If-Match; send it without", field="If-Match")

    def _offer(self) -> str:
        known = ", ".join(name.removesuffix("[]") for name in self.query)
        return f"there are {known}" if known else "it takes none"

    def matches(self, path: str) -> bool:
        """Whether the path is this route's, whatever the method."""
        return re.fullmatch(re.sub(r"<\w+>", "[^/]+", self.path), path) is not None


ROUTES: list[Route] = []


def route(
    method: str,
    path: str,
    *,
    gives: type[BaseModel] | None,
    takes: type[Request] | None = None,
    status: int = 200,
    query: Sequence[str] = (),
    refusals: Sequence[int] = (),
    media: Sequence[str] = (),
) -> Callable[[Callable[[Call], Reply]], Callable[[Call], Reply]]:
    """Register a function as the answer to `method path`; the first line of its docstring is the summary."""

    def register(answer: Callable[[Call], Reply]) -> Callable[[Call], Reply]:
        summary = (answer.__doc__ or "").partition("\n")[0].rstrip(".")
        ROUTES.append(Route(method, path, summary, answer, gives, takes, status, query, refusals, media))
        return answer

    return register
