"""A model as an item, and back."""

import json
from collections.abc import Mapping
from typing import Any

from modelyard.catalogue.keys import NAMES_PARTITION, home_of, id_key, model_key
from modelyard.catalogue.shape import NAMES
from modelyard.domain.digests import Digest
from modelyard.domain.errors import NotFound
from modelyard.domain.evaluations import Direction
from modelyard.domain.journal import instant, parse_instant
from modelyard.domain.model import Model, Standing
from modelyard.domain.names import is_model_id, parse_name
from modelyard.ports import Expect, Item, Key, Put, Table


def model_item(model: Model) -> Item:
    """The item of `model`; its revision is the journal's sequence."""
    return Item(
        model_key(model.home),
        rev=model.sequence,
        fields={"id": model.id, "name": model.name, "head": model.head, "last_number": model.last_number},
        data=json.dumps(_facts(model), ensure_ascii=False).encode(),
        indexes={NAMES: Key(NAMES_PARTITION, model.name)},
    )


def _facts(model: Model) -> dict[str, Any]:
    return {
        "created_at": instant(model.created_at),
        "created_by": model.created_by,
        "updated_at": instant(model.updated_at),
        "description": model.description,
        "owner": model.owner,
        "tags": model.tags,
        "revision": model.revision,
        "newest_ready": model.newest_ready,
        "standing": model.standing,
        **_if_any(aliases=model.aliases, directions=model.directions),
    }


def _if_any(**facts: Mapping[str, Any]) -> dict[str, Any]:
    """Those that hold anything: every command writes a model's item, and what is missing reads as empty."""
    return {name: fact for name, fact in facts.items() if fact}


def read_model(item: Item) -> Model:
    """The model that `model_item` wrote."""
    facts = json.loads(item.data)
    return Model(
        id=str(item.fields["id"]),
        home=home_of(item.key.pk),
        name=str(item.fields["name"]),
        created_at=parse_instant(facts.pop("created_at")),
        updated_at=parse_instant(facts.pop("updated_at")),
        standing=_read_standing(facts.pop("standing")),
        directions={name: Direction(way) for name, way in facts.pop("directions", {}).items()},
        aliases={name: tuple(numbers) for name, numbers in facts.pop("aliases", {}).items()},
        sequence=item.rev,
        head=str(item.fields["head"]),
        last_number=int(item.fields["last_number"]),
        **facts,
    )


def _read_standing(stages: Mapping[str, Mapping[str, str]]) -> Standing:
    return {stage: {int(n): Digest(digest) for n, digest in there.items()} for stage, there in stages.items()}


def id_put(model: Model) -> Put:
    """The item through which a model's id leads to its home."""
    return Put(Item(id_key(model.id), rev=1, fields={"home": model.home}), Expect.ABSENT)


def locate(table: Table, name: str) -> str:
    """The home of the model that `name` (or a model id) stands for. Only an id costs a call; NotFound if unknown."""
    if not is_model_id(name):
        return parse_name(name)
    (item,) = table.get([id_key(name)])
    if item is None:
        raise unknown_model(name)
    return str(item.fields["home"])


def unknown_model(name: str) -> NotFound:
    """The refusal for a model that is not there."""
    return NotFound(f"there is no model {name!r}", field="name")
