"""Carding: what a model card is made of. Nothing here changes anything."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from modelyard.catalogue.card_items import read_card
from modelyard.catalogue.evaluation_items import read_evaluation
from modelyard.catalogue.homes import at_home
from modelyard.catalogue.keys import card_key, evaluation_prefix, files_key, model_key, partition, version_key
from modelyard.catalogue.manifest_items import read_files
from modelyard.catalogue.subjects import look_up_version
from modelyard.domain.evaluations import Directions, Evaluation
from modelyard.domain.manifests import File
from modelyard.domain.version import Version
from modelyard.ports import Table

MOST_REPORTS = 20
"""Reports that a card tells of."""


@dataclass(frozen=True, slots=True)
class Carded:
    """A version, its own card, the first of its files, the newest reports, and which values of metrics are better."""

    version: Version
    card: str
    files: Sequence[File]
    evaluations: Sequence[Evaluation] = ()
    directions: Directions = field(default_factory=dict)


def read_carded(*, table: Table, name: str, number: int) -> Carded:
    """All of it in two calls. NotFound when there is no such version; a version without a card has an empty one."""

    def work(home: str) -> Carded:
        keys = [model_key(home), version_key(home, number), card_key(home, number), files_key(home, number, 0)]
        model_found, found, card, files = table.get(keys)
        model, version = look_up_version(model_found, found, name, number)
        reports = table.query(partition(home), prefix=evaluation_prefix(number), limit=MOST_REPORTS, descending=True)
        listed = read_files(files) if files else []
        return Carded(version, read_card(card), listed, list(map(read_evaluation, reports.items)), model.directions)

    return at_home(table, name, work)
