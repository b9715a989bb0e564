"""Comparing: versions of any models beside one another, read in as few calls as their manifests allow."""

from collections.abc import Iterator, Mapping, Sequence

from modelyard.catalogue.homes import follow_redirects
from modelyard.catalogue.keys import files_key, model_key, version_key
from modelyard.catalogue.manifest_items import read_files
from modelyard.catalogue.model_items import locate, read_model, unknown_model
from modelyard.catalogue.references import candidates
from modelyard.catalogue.version_items import read_version, unknown_version
from modelyard.domain.comparing import Comparison, check_count, compare
from modelyard.domain.digests import Digest
from modelyard.domain.errors import NotFound
from modelyard.domain.manifests import File
from modelyard.domain.model import Model
from modelyard.domain.names import Reference
from modelyard.domain.version import State, Version
from modelyard.ports import MAX_BATCH, Item, Key, Table

MOST_CANDIDATES = 5
"""Versions in one stage that are looked at for one that is ready, so that those of all references fit one call."""


def compare_versions(*, table: Table, references: Sequence[Reference]) -> Comparison:
    """The versions that 2 to 20 references stand for, compared with the first; NotFound names one that is not there.

    A version need not be ready; of several in a stage the highest that is ready is taken.
    """
    check_count(len(references))
    homes = {name: locate(table, name) for name in {reference.name for reference in references}}
    try:
        return _compare(table, homes, references)
    except NotFound:
        elsewhere = follow_redirects(table, homes)
        if elsewhere == homes:
            raise
    return _compare(table, elsewhere, references)


def _compare(table: Table, homes: Mapping[str, str], references: Sequence[Reference]) -> Comparison:
    models, found = _load(table, homes, references)
    numbers = [_numbers(table, models, homes, reference) for reference in references]
    keys = {
        version_key(homes[each.name], n): None for each, some in zip(references, numbers, strict=True) for n in some
    }
    found |= _versions(table, [key for key in keys if key not in found])
    versions = [_choose(found, homes, each, some) for each, some in zip(references, numbers, strict=True)]
    directions = [models[version.home].directions for version in versions]
    return compare(versions, directions, _Manifests(table, versions).all())


Found = dict[Key, Version]


def _load(table: Table, homes: Mapping[str, str], references: Sequence[Reference]) -> tuple[dict[str, Model], Found]:
    """The models by home, and the versions whose numbers are written, in one call."""
    wanted = {version_key(homes[each.name], each.number): None for each in references if each.number}
    items = _get(table, [*map(model_key, dict.fromkeys(homes.values())), *wanted])
    models = {home: read_model(item) for home in homes.values() if (item := items.get(model_key(home)))}
    return models, {key: read_version(items[key]) for key in wanted if key in items}


def _numbers(table: Table, models: Mapping[str, Model], homes: Mapping[str, str], reference: Reference) -> list[int]:
    """The versions that a reference may stand for, the likeliest first."""
    model = models.get(homes[reference.name])
    if model is None:
        raise unknown_model(reference.name)
    return [reference.number] if reference.number else candidates(table, model, reference)[:MOST_CANDIDATES]


def _versions(table: Table, keys: Sequence[Key]) -> Found:
    return {key: read_version(item) for key, item in _get(table, keys).items()}


def _choose(found: Found, homes: Mapping[str, str], reference: Reference, numbers: Sequence[int]) -> Version:
    keys = [version_key(homes[reference.name], number) for number in numbers]
    there = [found[key] for key in keys if key in found]
    if not there:
        raise unknown_version(reference.name, numbers[0])
    return next((each for each in there if each.state is State.READY), there[0])


def _get(table: Table, keys: Sequence[Key]) -> dict[Key, Item]:
    items: dict[Key, Item] = {}
    for start in range(0, len(keys), MAX_BATCH):
        items |= {item.key: item for item in table.get(keys[start : start + MAX_BATCH]) if item is not None}
    return items


class _Manifests:
    """Manifests read side by side: a page of one is asked for together with the same page of all others.

    Versions with the same files are read once. A page is kept as it is stored, compressed, until its turn.
    """

    def __init__(self, table: Table, versions: Sequence[Version]) -> None:
        self._table = table
        self._versions = {version.digest: version for version in versions}
        self._pages: dict[Key, Item] = {}
        self._asked = 0

    def all(self) -> dict[Digest, Iterator[File]]:
        """The files of each content id, in the order of their paths."""
        return {digest: self._files(version) for digest, version in self._versions.items()}

    def _files(self, version: Version) -> Iterator[File]:
        for page in range(version.pages):
            if page == self._asked:
                self._ask(page)
            yield from read_files(self._pages.pop(files_key(version.home, version.number, page)))

    def _ask(self, page: int) -> None:
        wanted = [files_key(each.home, each.number, page) for each in self._versions.values() if page < each.pages]
        found = _get(self._table, wanted)
        if lost := [key for key in wanted if key not in found]:
            raise LookupError(f"{lost[0]} of a manifest is lost")
        self._pages |= found
        self._asked = page + 1
