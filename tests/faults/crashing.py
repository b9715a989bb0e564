"""Crash points: every call of a port is counted, and chosen ones fail before or after their effect."""

from collections.abc import Callable, Collection
from dataclasses import replace
from enum import Enum
from threading import Lock
from typing import Any, NamedTuple

from modelyard.ports import TableConflict
from modelyard.wiring import Ports


class When(Enum):
    """How a call fails: its effect never came, or its answer never did; or two transactions merely met."""

    BEFORE = "before"
    AFTER = "after"
    MET = "met"


class Point(NamedTuple):
    """The `nth` call (from 0) of a story, and how it fails."""

    nth: int
    when: When


class Crash(Exception):
    """A call that failed, as far as its caller can tell."""


class Died(BaseException):
    """The process ended within a call: nothing of ours catches this."""


class Plan:
    """Which calls fail. `calls` names all that were made, `fired` the points that were reached."""

    def __init__(self, points: Collection[Point] = (), *, dying: bool = False) -> None:
        self._points = frozenset(points)
        self._failure = Died if dying else Crash
        self._lock = Lock()
        self.calls: list[str] = []
        self.fired: list[Point] = []

    def around(self, name: str, call: Callable[[], Any]) -> Any:
        """Make a call, unless it is to fail."""
        with self._lock:
            nth = len(self.calls)
            self.calls.append(name)
        if self._reached(Point(nth, When.MET)):
            raise TableConflict
        if self._reached(Point(nth, When.BEFORE)):
            raise self._failure(f"before {name}")
        answer = call()
        if self._reached(Point(nth, When.AFTER)):
            raise self._failure(f"after {name}")
        return answer

    def _reached(self, point: Point) -> bool:
        if point not in self._points:
            return False
        self.fired.append(point)
        return True


class Crashing:
    """A port whose every method goes through a plan."""

    def __init__(self, port: Any, name: str, plan: Plan) -> None:
        self._port, self._name, self._plan = port, name, plan

    def __getattr__(self, method: str) -> Callable[..., Any]:
        found = getattr(self._port, method)
        return lambda *given, **named: self._plan.around(f"{self._name}.{method}", lambda: found(*given, **named))


def crashing(ports: Ports, plan: Plan) -> Ports:
    """The ports, each of whose effects may fail."""
    table, blobs = Crashing(ports.table, "table", plan), Crashing(ports.blobs, "blobs", plan)
    bus, topic = Crashing(ports.bus, "bus", plan), Crashing(ports.topic, "topic", plan)
    return replace(ports, table=table, blobs=blobs, bus=bus, topic=topic)
