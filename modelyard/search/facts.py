"""What a version or a model has to say to each field. A field without a value has none here, not an empty one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from modelyard.domain.model import Model
from modelyard.domain.version import Version
from modelyard.search.fields import FACTS, INSPECTED, METRICS, PARAMS, PROVENANCE, SIGNED, TAGS
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
        case _ if asked.name in {FACTS, INSPECTED, SIGNED, PROVENANCE}:
            return lambda facts: _within(_content(facts.version, asked.name), key)
        case "dataset" | "data" | "base":
            return lambda facts: facts.origins.get(asked.name, ())
    return _VERSION[asked.name]


def _content(version: Version, name: str) -> Mapping[str, Any]:
    """What is known of what is in the files, or of what vouches for them, by the names of the answers."""
    if name == FACTS:
        return version.facts
    if name in {SIGNED, PROVENANCE}:
        return (version.signed if name == SIGNED else version.provenance) or {}
    return asdict(version.inspected) if version.inspected else {}


def _within(known: Any, path: str) -> Sequence[Fact]:
    """What lies at a path of names joined by dots; of a list, each of its members."""
    if not path:
        return tuple(fact for each in known for fact in _plain(each)) if _is_list(known) else _plain(known)
    if not isinstance(known, Mapping):
        return ()
    if path in known:
        return _within(known[path], "")
    name, _, rest = path.partition(".")
    return _within(known.get(name), rest) if rest else ()


def _is_list(known: Any) -> bool:
    return isinstance(known, list | tuple)


def _plain(fact: Any) -> Sequence[Fact]:
    """One fact as text, which is compared with numbers as well."""
    if isinstance(fact, bool):
        return ("true" if fact else "false",)
    return (str(fact),) if isinstance(fact, str | int | float) else ()


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
