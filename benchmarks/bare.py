"""The least that a durable write through Powertools costs: `python -m benchmarks.bare PORT FILE` serves it.

uvicorn, Powertools' resolver with validation, and one row in SQLite that is flushed: no journal, no manifest, no event.
What a registry with the same parts can reach at most.
"""

import asyncio
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from benchmarks.load import Operation, Target, request
from benchmarks.processes import free_port, server

READY = "/ready"


class Move(BaseModel):
    """What is written."""

    stage: str


def operations() -> list[Operation]:
    """The writes that are asked for."""
    return [[request("POST", "/write", {"stage": stage})] for stage in ("staging", "production")]


@contextmanager
def serve_bare(folder: Path) -> Iterator[Target]:
    """The server in a process of its own."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.bare", str(port), str(folder / "bare.sqlite3")]
    with server(command, ready=f"http://127.0.0.1:{port}{READY}", log=folder / "bare.log"):
        yield Target("127.0.0.1", port)


def _resolver(path: Path) -> APIGatewayHttpResolver:
    app = APIGatewayHttpResolver(enable_validation=True)
    table = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    table.execute("PRAGMA journal_mode = WAL")
    table.execute("PRAGMA synchronous = FULL")
    table.execute("CREATE TABLE items (sk INTEGER PRIMARY KEY, stage TEXT)")

    @app.post("/write")
    def write(move: Move) -> dict[str, Any]:
        row = table.execute("INSERT INTO items (stage) VALUES (?)", (move.stage,)).lastrowid
        return {"row": row, "stage": move.stage}

    @app.get(READY)
    def ready() -> dict[str, Any]:
        return {}

    return app


def _event(scope: dict[str, Any], body: bytes) -> dict[str, Any]:
    http = {"method": scope["method"], "path": scope["path"], "sourceIp": "127.0.0.1", "userAgent": "", "protocol": ""}
    context = {"http": http, "requestId": "1", "stage": "$default"}
    known = {"version": "2.0", "rawPath": scope["path"], "rawQueryString": "", "requestContext": context}
    return {**known, "headers": {"content-type": "application/json"}, "body": body.decode(), "isBase64Encoded": False}


def _asgi(app: APIGatewayHttpResolver) -> Any:
    async def serve(scope: dict[str, Any], receive: Any, send: Any) -> None:
        message = await receive()
        answer = await asyncio.to_thread(app.resolve, _event(scope, message.get("body", b"")), LambdaContext())
        body = answer["body"].encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": answer["statusCode"], "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return serve


if __name__ == "__main__":
    application = _asgi(_resolver(Path(sys.argv[2])))
    uvicorn.run(application, port=int(sys.argv[1]), log_level="warning", access_log=False, lifespan="off")
