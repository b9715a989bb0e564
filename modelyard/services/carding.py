"""Carding: what a model card is made of. Nothing here changes anything."""

from collections.abc import Sequence
from dataclasses import dataclass

from modelyard.catalogue.card_items import read_card
from modelyard.catalogue.homes import at_home
from modelyard.catalogue.keys import card_key, files_key, version_key
from modelyard.catalogue.manifest_items import read_files
from modelyard.catalogue.version_items import read_version, unknown_version
from modelyard.domain.manifests import File
from modelyard.domain.version import Version
from modelyard.ports import Table


@dataclass(frozen=True, slots=True)
class Carded:
    """A version, its own card, and the first of its files."""

    version: Version
    card: str
    files: Sequence[File]


def read_carded(*, table: Table, name: str, number: int) -> Carded:
    """All of it in one call. NotFound when there is no such version; a version without a card has an empty one."""

    def work(home: str) -> Carded:
        found, card, files = table.get([version_key(home, number), card_key(home, number), files_key(home, number, 0)])
        if found is None:
            raise unknown_version(name, number)
        return Carded(read_version(found), read_card(card), read_files(files) if files else [])

    return at_home(table, name, work)
