"""An alias as the item that a receipt keeps: aliases themselves lie in their model's item, and in their versions'."""

import json

from modelyard.catalogue.keys import model_key
from modelyard.domain.aliases import Alias
from modelyard.domain.model import Model
from modelyard.ports import Item


def alias_item(model: Model, alias: Alias) -> Item:
    """The item of an alias as a command left it."""
    facts = {"name": alias.name, "number": alias.number, "previous": alias.previous}
    return Item(model_key(model.home), rev=model.sequence, data=json.dumps(facts).encode())


def read_alias(item: Item) -> Alias:
    """The alias that `alias_item` wrote."""
    facts = json.loads(item.data)
    return Alias(facts["name"], facts["number"], tuple(facts["previous"]))
