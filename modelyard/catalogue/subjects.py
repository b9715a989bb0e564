"""What a command is about: the model and the version that were read for it, or what is missing or deleted."""

from dataclasses import replace

from modelyard.catalogue.deletion_items import deleted
from modelyard.catalogue.keys import model_key
from modelyard.catalogue.model_items import read_living, unknown_model
from modelyard.catalogue.version_items import read_version, unknown_version
from modelyard.domain.model import Model
from modelyard.domain.version import Version
from modelyard.ports import Item, Table


def find_model(found: Item | None, name: str) -> Model:
    """The model that was read, deleted or not. NotFound when there is none, or none any more."""
    model = read_living(found)
    if model is None:
        raise unknown_model(name)
    return model


def require_model(found: Item | None, name: str) -> Model:
    """The model that was read. NotFound when there is none, Deleted when it is."""
    model = find_model(found, name)
    if model.deleted:
        raise deleted(f"the model {model.name!r}", model.deleted)
    return model


def load_model(table: Table, home: str, name: str, *, deleted_too: bool = False) -> Model:
    """The model at `home`, in one call. NotFound when there is none, Deleted when it is and that matters."""
    (found,) = table.get([model_key(home)])
    return find_model(found, name) if deleted_too else require_model(found, name)


def find_both(model_found: Item | None, found: Item | None) -> tuple[Model, Version] | None:
    """The model and the version that were read, deleted or not; None when one is not there, or not any more.

    The version has its model's name: a command that writes it whole must not bring back one that was changed since.
    """
    model = read_living(model_found)
    if model is None or found is None:
        return None
    version = read_version(found)
    return model, version if version.name == model.name else replace(version, name=model.name)


def find_version(model_found: Item | None, found: Item | None, name: str, number: int) -> tuple[Model, Version]:
    """The model and the version that were read. NotFound names the one that is not there, Deleted is for the model."""
    require_model(model_found, name)
    both = find_both(model_found, found)
    if both is None:
        raise unknown_version(name, number)
    return both


def look_up_version(model_found: Item | None, found: Item | None, name: str, number: int) -> tuple[Model, Version]:
    """As `find_version`, for who only looks: deleted or not."""
    both = find_both(model_found, found)
    if both is None:
        find_model(model_found, name)
        raise unknown_version(name, number)
    return both


def require_version(model_found: Item | None, found: Item | None, name: str, number: int) -> tuple[Model, Version]:
    """As `find_version`; Deleted is for the version, too."""
    model, version = find_version(model_found, found, name, number)
    if version.deleted:
        raise deleted(version.reference, version.deleted)
    return model, version
