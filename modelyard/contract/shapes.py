"""What all shapes of the wire have in common."""

from pydantic import BaseModel, ConfigDict


class Request(BaseModel):
    """A body that a client sends: unknown fields are refused, so that a misspelt one is not lost silently."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Response(BaseModel):
    """A body that the registry answers: clients must accept fields that they do not know."""

    model_config = ConfigDict(extra="ignore", frozen=True)
