"""What a command is about: the model and the version that were read for it, or what is missing."""

from dataclasses import replace

from modelyard.catalogue.keys import model_key
from modelyard.catalogue.model_items import read_model, unknown_model
from modelyard.catalogue.version_items import read_version, unknown_version
from modelyard.domain.model import Model
from modelyard.domain.version import Version
from modelyard.ports import Item, Table


def require_model(found: Item | None, name: str) -> Model:
    """The model that was read. NotFound when there is none."""
    if found is None:
        raise unknown_model(name)
    return read_model(found)


def load_model(table: Table, home: str, name: str) -> Model:
    """The model at `home`, in one call. NotFound when there is none."""
    (found,) = table.get([model_key(home)])
    return require_model(found, name)


def require_version(model_found: Item | None, found: Item | None, name: str, number: int) -> tuple[Model, Version]:
    """The model and the version that were read. NotFound names the one that is not there.

    The version has its model's name: a command that writes it whole must not bring back one that was changed since.
    """
    model = require_model(model_found, name)
    if found is None:
        raise unknown_version(name, number)
    version = read_version(found)
    return model, version if version.name == model.name else replace(version, name=model.name)
