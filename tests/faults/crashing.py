"""Crash points: every call of a port is counted, and chosen ones fail before or after their effect."""

from collections.abc import Callable, Collection, Mapping
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
        self.failure = Died if dying else Crash
        self._lock = Lock()
        self.calls: list[str] = []
        self.fired: list[Point] = []

    def attempt(self, nth: int) -> None:
        """A request begins, after so many attempts at it that failed."""

    def around(self, name: str, call: Callable[[], Any]) -> Any:
        """Make a call, unless it is to fail."""
        nth = self.enter(name)
        answer = call()
        self.leave(nth)
        return answer

    def enter(self, name: str) -> int:
        """A call begins, as number so many; raises when it is to fail before its effect."""
        with self._lock:
            nth = len(self.calls)
            self.calls.append(name)
        if self._reached(Point(nth, When.MET)):
            raise TableConflict
        if self._reached(Point(nth, When.BEFORE)):
            raise self.failure(f"before {name}")
        return nth

    def leave(self, nth: int) -> None:
        """A call ends; raises when its answer is to be lost."""
        if self._reached(Point(nth, When.AFTER)):
            raise self.failure(f"after {self.calls[nth]}")

    def _reached(self, point: Point) -> bool:
        if point not in self._points:
            return False
        self.fired.append(point)
        return True


class Unheard(Plan):
    """Loses the answer of one call of each kind: `chosen` says of which, counted from 0 among its kind."""

    def __init__(self, chosen: Mapping[str, int]) -> None:
        super().__init__()
        self._chosen = chosen
        self.unheard: list[str] = []

    def leave(self, nth: int) -> None:
        name = self.calls[nth]
        if name not in self.unheard and self.calls[:nth].count(name) == self._chosen.get(name):
            self.unheard.append(name)
            raise self.failure(f"after {name}")


class Relentless(Plan):
    """Fails the first call of a request's first attempt, the second call of its second, and so on until it succeeds.

    Calls are counted when they begin, or, to fail after their effect, when they end.
    """

    def __init__(self, when: When, *, dying: bool = False) -> None:
        super().__init__(dying=dying)
        self._when = when
        self._attempt, self._made = 0, 0

    def attempt(self, nth: int) -> None:
        self._attempt, self._made = nth, 0

    def enter(self, name: str) -> int:
        with self._lock:
            self.calls.append(name)
            nth = len(self.calls) - 1
        self._count(When.BEFORE, nth)
        return nth

    def leave(self, nth: int) -> None:
        self._count(When.AFTER, nth)

    def _count(self, when: When, nth: int) -> None:
        if when is not self._when:
            return
        with self._lock:
            self._made += 1
            due = self._made == self._attempt + 1
        if due:
            self.fired.append(Point(nth, when))
            raise self.failure(f"{when.value} {self.calls[nth]}")


class Crashing:
    """A port whose every method goes through a plan."""

    def __init__(self, port: Any, name: str, plan: Plan) -> None:
        self._port, self._name, self._plan = port, name, plan

    def __getattr__(self, method: str) -> Callable[..., Any]:
        found = getattr(self._port, method)
        return lambda *given, **named: self._plan.around(f"{self._name}.{method}", lambda: found(*given, **named))


def sound_port(port: Any) -> Any:
    """The port behind one that may crash."""
    return port._port if isinstance(port, Crashing) else port


def crashing(ports: Ports, plan: Plan) -> Ports:
    """The ports, each of whose effects may fail."""
    table, blobs = Crashing(ports.table, "table", plan), Crashing(ports.blobs, "blobs", plan)
    bus, topic = Crashing(ports.bus, "bus", plan), Crashing(ports.topic, "topic", plan)
    return replace(ports, table=table, blobs=blobs, bus=bus, topic=topic)
