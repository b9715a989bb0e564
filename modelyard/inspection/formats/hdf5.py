"""HDF5, and the Keras models in it: layers, weights, and links that lead out of the file."""

from collections.abc import Iterator
from math import prod
from typing import Any

from modelyard.inspection.formats.hdf5_objects import EXTERNAL, HARD, NUMBERS, SIGNATURE, Hdf5, Link, Thing
from modelyard.inspection.formats.keras import check_text
from modelyard.inspection.formats.matching import begins
from modelyard.inspection.formats.reading import shown, spelled, tell
from modelyard.inspection.sight import Format, Sight

PREFIXES = (512, 1024, 2048)
KNOWN_FILTERS = {1, 2, 3, 4, 5, 6, 32000}
"""HDF5's own, and h5py's LZF."""


def look(sight: Sight) -> None:
    """Walk the groups, tell what is in them, and judge a Keras configuration."""
    _look(sight, 0)


def look_behind(sight: Sight) -> None:
    """The same behind a block of the user's, which other programs take for the file."""
    head = sight.source.read(0, 4096)
    base = next(place for place in PREFIXES if head.startswith(SIGNATURE, place))
    sight.note("hdf5.prefix", f"{base} bytes before the file begins")
    _look(sight, base)


def _look(sight: Sight, base: int) -> None:
    counted: dict[str, Any] = {"format": "hdf5", "tensors": 0, "parameters": 0, "dtypes": {}}
    for path, thing in _things(Hdf5(sight, base)):
        _note(sight, path, thing)
        _keras(sight, thing)
        if thing.stored and thing.shape is not None and not path.startswith(("/optimizer", "/_optimizer")):
            _count(counted, thing)
    tell(sight, {**counted, "dtypes": dict(sorted(counted["dtypes"].items()))})


def _things(file: Hdf5) -> Iterator[tuple[str, Thing]]:
    """Every group and dataset once, with its path."""
    waiting, seen = [("", file.root)], {file.root}
    while waiting:
        path, address = waiting.pop()
        file.sight.budget.spend("members")
        thing = file.thing(address)
        yield path or "/", thing
        for link in thing.links:
            if link.kind == HARD and link.address >= 0 and link.address not in seen:
                seen.add(link.address)
                waiting.append((shown(f"{path}/{link.name}"), link.address))


def _note(sight: Sight, path: str, thing: Thing) -> None:
    for link in thing.links:
        _note_link(sight, path, link)
    if thing.external:
        sight.note("hdf5.external", f"{path}: its data is in other files")
    if thing.virtual:
        sight.note("hdf5.external", f"{path}: a view of data in other files")
    for number in thing.filters:
        if number not in KNOWN_FILTERS:
            sight.note("hdf5.filter", f"filter {number}")


def _note_link(sight: Sight, path: str, link: Link) -> None:
    if link.kind == EXTERNAL:
        sight.note("hdf5.external", shown(f"{path}/{link.name} → {link.target}"))
    elif link.kind > EXTERNAL:
        sight.note("hdf5.external", shown(f"{path}/{link.name}: a link of kind {link.kind}, followed by a plugin"))


def _keras(sight: Sight, thing: Thing) -> None:
    if version := thing.attributes.get("keras_version"):
        tell(sight, {"format": "hdf5", "framework": "keras", "framework_version": spelled(version)})
    for name in ("model_config", "training_config"):
        raw = thing.attributes.get(name, b"")
        if raw:
            check_text(sight, raw, {"format": "hdf5"})


def _count(counted: dict[str, Any], thing: Thing) -> None:
    elements = prod(thing.shape or ())
    if thing.dtype.startswith(NUMBERS):
        counted["tensors"] += 1
        counted["parameters"] += elements
    counted["dtypes"][thing.dtype] = counted["dtypes"].get(thing.dtype, 0) + elements * thing.width


def _behind(head: bytes, _sight: Sight) -> bool:
    return any(head.startswith(SIGNATURE, place) for place in PREFIXES)


FORMATS = (Format("hdf5", begins(SIGNATURE), look),)
BEHIND = (Format("hdf5", _behind, look_behind),)
