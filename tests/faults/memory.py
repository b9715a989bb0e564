"""What the API said at a moment, kept to be compared with what it says later of that moment."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.faults.yard import Yard

SELECTORS = ("", "@latest", "@champion", "/1", "/staging", "/production", "/development")


@dataclass
class Memory:
    """For each moment the last thing that was said in it: models and versions by model id, and resolved references."""

    seen: dict[datetime, dict[str, Any]] = field(default_factory=dict)

    def note(self, yard: Yard) -> None:
        """Keep what the API says now."""
        self.seen[yard.clock.now()] = said(yard, None)

    def check(self, yard: Yard) -> None:
        """What the API says now of every moment is what it said then."""
        for moment, then in self.seen.items():
            now = said(yard, moment)
            for name, fact in then.items():
                assert now[name] == fact, (moment, name)
            assert now.keys() == then.keys(), moment


def said(yard: Yard, at: datetime | None) -> dict[str, Any]:
    """Everything that can be asked as of a moment, but for the lists of models: those are in the order of now.

    A version's name is left out: it follows its model's a moment later.
    """
    query = {"at": at.isoformat()} if at else {}
    listed = yard.call("GET", "/v1/models", query=query).body["items"]
    models = {model["id"]: model for model in listed}
    told: dict[str, Any] = {"models": models}
    for model in models:
        versions = yard.call("GET", f"/v1/models/{model}/versions", query=query).body["items"]
        told[model] = yard.call("GET", f"/v1/models/{model}", query=query).body, list(map(nameless, versions))
        for version in versions[:2]:
            path = f"/v1/models/{model}/versions/{version['version']}"
            assert nameless(yard.call("GET", path, query=query).body) == nameless(version)
        for selector in SELECTORS:
            answer = yard.call("GET", "/v1/resolve", query={"ref": f"{model}{selector}", **query})
            status = 409 if answer.status == 410 else answer.status  # deleted then, which is no more than not ready now
            told[f"{model}{selector} resolved"] = status, nameless(answer.body.get("version", {}))
    return told


def nameless(version: dict[str, Any]) -> dict[str, Any]:
    return {fact: value for fact, value in version.items() if fact != "name"}
