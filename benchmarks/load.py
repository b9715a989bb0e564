"""A load generator that is not the bottleneck: one process a client, ready-made requests, hardly any parsing.

Each client keeps one connection with TCP_NODELAY, and TCP_QUICKACK set again after each answer: without it some servers
(MLflow's among them) wait 40 ms for an acknowledgement before the rest of an answer.
"""

import json
import multiprocessing
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from statistics import quantiles

Operation = Sequence[bytes]
"""Requests that make one operation, sent one after the other."""

QUICKACK = getattr(socket, "TCP_QUICKACK", None)
WARM_UP = 0.3
"""Seconds of load before any is counted."""


@dataclass(frozen=True, slots=True)
class Rate:
    """What a load saw: operations a second over all clients, and seconds an operation took."""

    each_second: float
    p50: float
    p99: float


@dataclass(frozen=True, slots=True)
class Target:
    """Where the load goes."""

    host: str
    port: int


def request(method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> bytes:
    """A whole HTTP/1.1 request, ready to send: `path` is encoded already, `body` is JSON unless it is bytes."""
    fields = {"Host": "localhost", "Accept": "application/json", **(headers or {})}
    data = body if isinstance(body, bytes) else b""
    if body is not None and not isinstance(body, bytes):
        data = json.dumps(body).encode()
        fields["Content-Type"] = "application/json"
    if body is not None:
        fields["Content-Length"] = str(len(data))
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + data


def load(target: Target, clients: Sequence[Sequence[Operation]], seconds: float) -> Rate:
    """The rate at which clients, each repeating its operations in turn, are answered. RuntimeError on any refusal."""
    context = multiprocessing.get_context("fork")
    start = time.perf_counter() + 0.1 + WARM_UP
    pipes = []
    for operations in clients:
        mine, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_client, args=(theirs, target, operations, start, start + seconds))
        process.start()
        theirs.close()
        pipes.append((process, mine))
    answers = [_receive(pipe) for _, pipe in pipes]
    for process, _ in pipes:
        process.join()
    latencies = sorted(latency for answer in answers for latency in answer)
    return _rate(latencies, seconds)


def _receive(pipe: Connection) -> list[float]:
    answer = pipe.recv()
    if isinstance(answer, str):
        raise RuntimeError(answer)  # noqa: TRY004  # it is what the client says
    latencies: list[float] = answer
    return latencies


def _rate(latencies: Sequence[float], seconds: float) -> Rate:
    hundredths = quantiles(latencies, n=100, method="inclusive")
    return Rate(len(latencies) / seconds, hundredths[49], hundredths[98])


def _client(pipe: Connection, target: Target, operations: Sequence[Operation], start: float, end: float) -> None:
    try:
        pipe.send(_repeat(target, operations, start, end))
    except Exception as error:  # noqa: BLE001  # it is raised again where the load began
        pipe.send(f"{type(error).__name__}: {error}")


def _repeat(target: Target, operations: Sequence[Operation], start: float, end: float) -> list[float]:
    """Seconds that each operation took which began between `start` and `end`."""
    clock, latencies, turn = time.perf_counter, [], 0
    with connect(target) as connection:
        while (before := clock()) < end:
            for each in operations[turn % len(operations)]:
                exchange(connection, each)
            if before >= start:
                latencies.append(clock() - before)
            turn += 1
    return latencies


def connect(target: Target) -> socket.socket:
    """A connection that sends at once."""
    connection = socket.create_connection((target.host, target.port), timeout=60)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def exchange(connection: socket.socket, data: bytes) -> bytes:
    """The body of the answer to a request. RuntimeError unless its status is 2xx and it has a Content-Length."""
    connection.sendall(data)
    answer = _more(connection)
    while (end := answer.find(b"\r\n\r\n")) < 0:
        answer += _more(connection)
    head = answer[:end].lower()
    at = head.find(b"\ncontent-length:")
    if head[9:10] != b"2" or at < 0:
        raise RuntimeError(answer[:2000].decode(errors="replace"))
    length = int(head[at + 16 :].partition(b"\r")[0])
    body = answer[end + 4 :]
    while len(body) < length:
        body += _more(connection)
    return body


def _more(connection: socket.socket) -> bytes:
    data = connection.recv(262_144)
    if not data:
        raise RuntimeError("the server closed the connection")
    if QUICKACK is not None:
        connection.setsockopt(socket.IPPROTO_TCP, QUICKACK, 1)
    return data


def answer_anything(listener: socket.socket) -> None:
    """The smallest server: the same short answer to whatever comes, one connection. It shows what the load can do."""
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: 600\r\n\r\n" + b"x" * 600
    connection, _ = listener.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while connection.recv(65_536):
        connection.sendall(answer)


def ceiling(seconds: float) -> Rate:
    """What one client sees of the smallest server."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        process = multiprocessing.get_context("fork").Process(target=answer_anything, args=(listener,), daemon=True)
        process.start()
        try:
            return load(Target(*listener.getsockname()), [[[request("GET", "/")]]], seconds)
        finally:
            process.kill()
            process.join()
