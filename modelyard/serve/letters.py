"""Dead letters over HTTP: `GET /embedded/dead-letters` and `POST /embedded/dead-letters/{id}/retry`."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from modelyard.domain.errors import Invalid, MethodNotAllowed, NotFound
from modelyard.serve.answers import Answer, json_answer
from modelyard.serve.dispatch_store import Queue

PATH = "/embedded/dead-letters"
MOST = 100
"""Dead letters a page."""

_NUMBER = re.compile(r"[1-9][0-9]{0,17}")


def answer_letters(queue: Queue, method: str, path: str, query: str) -> Answer:
    """The answer to a request about dead letters; NotFound, MethodNotAllowed or Invalid when there is none."""
    rest = path.removeprefix(PATH)
    if rest in {"", "/"}:
        _expect(method, "GET", path)
        return _list(queue, parse_qs(query))
    number, slash, verb = rest.removeprefix("/").partition("/")
    if not _NUMBER.fullmatch(number) or (slash and verb) != "retry":
        raise NotFound(f"there is nothing at {path}")
    _expect(method, "POST", path)
    if not queue.revive(int(number)):
        raise NotFound(f"there is no dead letter {number}")
    return json_answer({"id": number}, 202)


def _expect(method: str, allowed: str, path: str) -> None:
    if method != allowed:
        raise MethodNotAllowed(f"{path} answers {allowed}, not {method}")


def _list(queue: Queue, query: Mapping[str, list[str]]) -> Answer:
    after = query.get("cursor", ["0"])[-1]
    if after != "0" and not _NUMBER.fullmatch(after):
        raise Invalid("this is not a page token of this list; begin without one", field="cursor")
    found = queue.letters(int(after), MOST + 1)
    items = [_shown(letter) for letter in found[:MOST]]
    return json_answer({"items": items, "next": items[-1]["id"] if len(found) > MOST else None})


def _shown(letter: Mapping[str, Any]) -> dict[str, Any]:
    return {**letter, "id": str(letter["id"])}
