"""What a version or a model has to say to each field. A field without a value has none here, not an empty one."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from modelyard.domain.model import Model
from modelyard.domain.version import Version
from modelyard.search.fields import METRICS, PARAMS, TAGS
from modelyard.search.terms import Field

Fact = str | float | datetime


class VersionFacts(NamedTuple):
    """A version, its model's owner, when it last changed, and its origins: fields of lineage with their values."""

    version: Version
    owner: str = ""
    updated_at: datetime | None = None
    origins: Mapping[str, Sequence[str]] = MappingProxyType({})


def of_version(asked: Field) -> Callable[[VersionFacts], Sequence[Fact]]:
    """What reads the values that a version has in a field."""
    key = asked.key or ""
    match asked.name:
        case _ if asked.name == TAGS:
            return lambda facts: _one(facts.version.tags.get(key))
        case _ if asked.name == PARAMS:
            return lambda facts: _one(facts.version.params.get(key))
        case _ if asked.name == METRICS:
            return lambda facts: _one(facts.version.metrics.get(key))
        case "dataset" | "data" | "base":
            return lambda facts: facts.origins.get(asked.name, ())
    return _VERSION[asked.name]


_VERSION: Mapping[str, Callable[[VersionFacts], Sequence[Fact]]] = {
    "name": lambda facts: (facts.version.name,),
    "version": lambda facts: (facts.version.number,),
    "state": lambda facts: (facts.version.state.value,),
    "stage": lambda facts: (facts.version.stage,),
    "alias": lambda facts: facts.version.aliases,
    "owner": lambda facts: _text(facts.owner),
    "author": lambda facts: (facts.version.created_by,),
    "description": lambda facts: _text(facts.version.description),
    "digest": lambda facts: (facts.version.digest,),
    "commit": lambda facts: _text(facts.version.source.commit),
    "size": lambda facts: (facts.version.size,),
    "files": lambda facts: (facts.version.file_count,),
    "created_at": lambda facts: (facts.version.created_at,),
    "updated_at": lambda facts: _one(facts.updated_at),
    "verified_at": lambda facts: _one(facts.version.verified_at),
}


def of_model(asked: Field) -> Callable[[Model], Sequence[Fact]]:
    """What reads the values that a model has in a field."""
    if asked.name == TAGS:
        return lambda model: _one(model.tags.get(asked.key or ""))
    return _MODEL[asked.name]


_MODEL: Mapping[str, Callable[[Model], Sequence[Fact]]] = {
    "name": lambda model: (model.name,),
    "stage": lambda model: tuple(model.standing),
    "alias": lambda model: tuple(model.aliases),
    "owner": lambda model: _text(model.owner),
    "author": lambda model: (model.created_by,),
    "description": lambda model: _text(model.description),
    "versions": lambda model: (model.last_number,),
    "created_at": lambda model: (model.created_at,),
    "updated_at": lambda model: (model.updated_at,),
}


def _one(fact: Fact | None) -> Sequence[Fact]:
    return () if fact is None else (fact,)


def _text(text: str) -> Sequence[str]:
    """A text that stands empty where nothing was said."""
    return (text,) if text else ()
