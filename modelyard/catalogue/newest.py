"""The newest ready version, which a model knows so that a reference without a number is two calls."""

from dataclasses import replace

from modelyard.catalogue.keys import VERSION_PREFIX, partition, version_key
from modelyard.catalogue.version_items import read_version
from modelyard.domain.model import Model
from modelyard.domain.version import State, Version
from modelyard.ports import Table


def point(table: Table, model: Model, version: Version) -> Model:
    """`model`, knowing its newest ready version once `version` is what it is now."""
    newest = model.newest_ready
    if version.state is State.READY and version.number > (newest or 0):
        return replace(model, newest_ready=version.number)
    if version.state is not State.READY and version.number == newest:
        return replace(model, newest_ready=_newest_below(table, version))
    return model


def _newest_below(table: Table, version: Version) -> int | None:
    key = version_key(version.home, version.number)
    while True:
        page = table.query(partition(version.home), prefix=VERSION_PREFIX, after=key, descending=True)
        for item in page.items:
            if item.fields["state"] == State.READY:
                return read_version(item).number
        if page.after is None:
            return None
        key = page.after
