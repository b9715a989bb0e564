"""Items as DynamoDB's attributes and back: texts, whole numbers and bytes are all there is."""

from collections.abc import Mapping
from typing import Any

from modelyard.catalogue.shape import RESERVED_FIELDS, TableShape
from modelyard.ports import Item, Key, Scalar

Attribute = dict[str, Any]
"""One value under its type, such as {"S": "text"}."""


def attribute(value: Scalar | bytes) -> Attribute:
    """A value under its type."""
    if isinstance(value, str):
        return {"S": value}
    return {"B": value} if isinstance(value, bytes) else {"N": f"{value:d}"}


def key_attributes(key: Key) -> dict[str, Attribute]:
    """What names an item in a request."""
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}


def place_attributes(index: str, key: Key) -> dict[str, Attribute]:
    """What puts an item into an index."""
    return {f"{index}_pk": {"S": key.pk}, f"{index}_sk": {"S": key.sk}}


def item_attributes(item: Item) -> dict[str, Attribute]:
    """A whole item."""
    attributes = key_attributes(item.key) | {"rev": attribute(item.rev)}
    attributes |= {name: attribute(value) for name, value in item.fields.items()}
    for index, key in item.indexes.items():
        attributes |= place_attributes(index, key)
    if item.expires is not None:
        attributes["expires"] = attribute(item.expires)
    if item.data:
        attributes["data"] = attribute(item.data)
    return attributes


def read_item(attributes: Mapping[str, Any], shape: TableShape) -> Item:
    """The item that `item_attributes` wrote."""
    values = {name: _value(typed) for name, typed in attributes.items()}
    indexes = {
        index: Key(values.pop(f"{index}_pk"), values.pop(f"{index}_sk"))
        for index in shape.indexes
        if f"{index}_pk" in values
    }
    fields = {name: value for name, value in values.items() if name not in RESERVED_FIELDS}
    key = Key(values["pk"], values["sk"])
    return Item(key, values["rev"], fields, values.get("data", b""), indexes, values.get("expires"))


def _value(typed: Mapping[str, Any]) -> Any:
    ((kind, value),) = typed.items()
    return int(value) if kind == "N" else value
