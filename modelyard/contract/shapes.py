"""What all shapes of the wire have in common."""

from threading import RLock
from typing import Any

from pydantic import BaseModel, ConfigDict

_building = RLock()


class Shape(BaseModel):
    """A body, whose validator and serializer are built when they are first used: few of them are in any one process."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    @classmethod
    def model_rebuild(cls, **options: Any) -> bool | None:
        """See pydantic, which calls it on first use; before 2.14 without a lock, so that two threads could collide."""
        with _building:
            return super().model_rebuild(**options)


class Request(Shape):
    """A body that a client sends: unknown fields are refused, so that a misspelt one is not lost silently."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Response(Shape):
    """A body that the registry answers: clients must accept fields that they do not know."""

    model_config = ConfigDict(extra="ignore")
