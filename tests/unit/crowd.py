"""Many versions at once, with their postings, as the registry's own functions make them; and a table that counts."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from modelyard.catalogue.model_items import model_item
from modelyard.catalogue.postings import Subject, posting_item, postings_of_model, postings_of_version, record_item
from modelyard.catalogue.version_items import version_item
from modelyard.domain.digests import Digest
from modelyard.domain.model import Model
from modelyard.domain.version import State, Version
from modelyard.ports import MAX_BATCH, Expect, Item, Key, Page, Put, Table
from tests.unit.fakes import NOON


def crowd(models: int, each: int, **facts: Any) -> Iterator[tuple[Model, list[Version]]]:
    """Models `m00000`, `m00001` … of so many versions each, a second apart."""
    for nth in range(models):
        name = f"m{nth:05d}"
        made = NOON + timedelta(seconds=nth)
        model = Model(f"01KAP4Q6Z8000000000{nth:07d}", name, name, made, "ana", made, sequence=1, last_number=each)
        yield model, [_version(model, number, nth + number * models, **facts) for number in range(1, each + 1)]


def _version(model: Model, number: int, second: int, **facts: Any) -> Version:
    about = {"tags": {"team": "growth", "n": str(second % 100)}, "metrics": {"auc": second % 1000 / 1000}, **facts}
    return Version(
        home=model.home,
        name=model.name,
        number=number,
        state=State.READY,
        stage="development",
        digest=Digest("sha256:" + "0" * 64),
        size=1,
        file_count=1,
        pages=1,
        created_at=NOON + timedelta(seconds=second),
        created_by="ana",
        revision=1,
        **about,
    )


def fill(table: Table, things: Iterable[tuple[Model, Sequence[Version]]]) -> list[Version]:
    """Put models and versions into a table, with what the index would write. The versions."""
    items: list[Item] = []
    versions: list[Version] = []
    for model, some in things:
        items += [model_item(model), *posted(Subject(model.home, None), postings_of_model(model))]
        for version in some:
            keys = postings_of_version(version, model)
            items += [version_item(version), *posted(Subject(version.home, version.number), keys)]
        versions += some
    for start in range(0, len(items), MAX_BATCH):
        table.write([Put(item, Expect.ANYTHING) for item in items[start : start + MAX_BATCH]])
    return versions


def posted(subject: Subject, keys: Iterable[Key]) -> list[Item]:
    known = list(keys)
    return [*(posting_item(key, subject) for key in known), record_item(subject, known, rev=1)]


@dataclass
class Counting:
    """A table that counts its calls and the items they read."""

    table: Table
    calls: list[str] = field(default_factory=list)
    read: int = 0

    def get(self, keys: Sequence[Key]) -> list[Item | None]:
        self.calls.append("get")
        self.read += len(keys)
        return self.table.get(keys)

    def query(self, pk: str, **how: Any) -> Page:
        self.calls.append("query")
        page = self.table.query(pk, **how)
        self.read += len(page.items)
        return page
