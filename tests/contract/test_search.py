"""Searches on each table answer as plain Python does that looks at everything, page by page and within bounds."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelyard.catalogue.keys import partition, short
from modelyard.catalogue.lineage_postings import postings_of_lineage
from modelyard.catalogue.model_items import model_item
from modelyard.catalogue.version_items import version_item
from modelyard.domain.digests import Digest
from modelyard.domain.journal import instant
from modelyard.domain.model import Model
from modelyard.domain.version import Base, Dataset, Relation, Source, State, Version
from modelyard.ports import Expect, Put
from modelyard.search.evaluating import matching
from modelyard.search.facts import VersionFacts, of_model
from modelyard.search.fields import MODEL_FIELDS, VERSION_FIELDS
from modelyard.search.parsing import parse_filter
from modelyard.search.terms import Field, show
from modelyard.services import searching
from modelyard.services.indexing import Change, index
from modelyard.services.searching import budget, running
from tests.unit.fakes import CountedIds, StillClock
from tests.unit.filters import LIKELY_FILTER, NOON, plain_values, plainly

NAMES = ("a", "ab", "abc", "b", "a#b")
WORDS = ("a", "ab", "A", "b", "1", "2.5", "1e1", "", "a_b", "a%b", "x y", "~a", "a#b")
COMMITS = ("", "a", "abcdef1", "abcdef1" + "0" * 33, "abcdef2" + "0" * 33, "abcdef1-dirty", "ABCDEF1")
EACH = 8
"""Versions of each model."""

ORDERS = (
    "",
    "created_at ASC",
    "name",
    "name DESC",
    "metrics.k DESC",
    "tags.k",
    "params.l DESC",
    "version",
    "stage DESC",
    "verified_at",
    "owner",
    "dataset DESC",
)


class World:
    """Models and versions by chance, in a table and in memory."""

    def __init__(self, table, clock) -> None:
        self.table, chance = table, random.Random(7)
        self.models = [self._model(name, chance) for name in NAMES]
        self.versions = [self._version(model, n, chance) for n in range(1, EACH + 1) for model in self.models]
        for things in (map(model_item, self.models), map(version_item, self.versions)):
            for item in things:
                table.write([Put(item, Expect.ABSENT)])
        changes = [Change(partition(model.home), "asked", None, b"") for model in self.models]
        index(table=table, clock=clock, ids=CountedIds(), changes=changes)

    def _model(self, name: str, chance: random.Random) -> Model:
        made = NOON + timedelta(seconds=chance.randrange(100))
        standing = {"production": {1: Digest("sha256:1")}} if NAMES.index(name) % 2 else {}
        facts = {"owner": chance.choice(WORDS), "tags": pairs(chance), "description": chance.choice(WORDS)}
        identity = f"01KAP4Q6Z8000000000000000{NAMES.index(name)}"
        return Model(identity, name, name, made, "ana", made, sequence=1, last_number=EACH, standing=standing, **facts)

    def _version(self, model: Model, number: int, chance: random.Random) -> Version:
        named = [Dataset(chance.choice(WORDS), digest=chance.choice(WORDS)) for _ in range(chance.randrange(3))]
        return Version(
            home=model.home,
            name=model.name,
            number=number,
            state=chance.choice([State.UPLOADING, State.READY]),
            stage=chance.choice(["development", "production"]),
            digest=Digest(chance.choice(WORDS)),
            size=chance.randrange(4),
            file_count=chance.randrange(1, 4),
            pages=1,
            created_at=NOON + timedelta(days=chance.randrange(-2, 3), hours=chance.randrange(3), milliseconds=number),
            created_by=chance.choice(WORDS),
            revision=1,
            description=chance.choice(WORDS),
            tags=pairs(chance),
            params=pairs(chance),
            metrics={key: chance.choice([0.0, 1.0, 2.5, 10.0, -1.0]) for key in "kl" if chance.random() < 0.7},
            source=Source(commit=chance.choice(COMMITS)),
            bases=tuple(Base(Relation.MERGE, uri=uri) for uri in ("x:a", "x:b") if chance.random() < 0.3),
            datasets=tuple(named),
            aliases=tuple(alias for alias in "ab" if chance.random() < 0.2),
            verified_at=NOON + timedelta(days=chance.randrange(3)) if chance.random() < 0.5 else None,
        )

    def facts(self, version: Version) -> VersionFacts:
        (owner,) = (model.owner for model in self.models if model.home == version.home)
        origins = {name: [] for name in ("dataset", "data", "base", "commit")}
        for name, value in postings_of_lineage(version):
            origins[name].append(value)
        return VersionFacts(version, owner, None, origins)

    def expected(self, wanted, order: str) -> list[str]:
        """What plain Python finds, in order."""
        matched = [version for version in self.versions if wanted is None or plainly(wanted, self.facts(version))]
        name, _, way = order.partition(" ")
        descending = way == "DESC" or not order
        name, _, key = (name or "created_at").partition(".")

        def place(version: Version):
            values = plain_values(Field(name, key or None), self.facts(version))
            return min(map(comparable, values)) if values else ((-1 if descending else 2), 0)

        def age(version: Version):
            return instant(version.created_at), short(version.home)[:16], version.number

        ordered = sorted(matched, key=lambda version: (place(version), age(version)), reverse=descending)
        return [version.reference for version in ordered]


def pairs(chance: random.Random) -> dict[str, str]:
    return {key: chance.choice(WORDS) for key in "kl" if chance.random() < 0.7}


def comparable(value):
    """A value that sorts among others: numbers first, as numbers."""
    if isinstance(value, str):
        try:
            return 0, float(value)
        except ValueError:
            return 1, value
    return (0, value) if isinstance(value, int | float) else (1, instant(value))


@pytest.fixture
def world(table, clock) -> World:
    return World(table, clock)


def pages(world, wanted, order, limit, search=searching.search_versions):
    """All pages of a search."""
    after, found = None, []
    while True:
        page = search(table=world.table, clock=StillClock(), wanted=wanted, order=order, after=after, limit=limit)
        assert len(page.items) <= limit
        found.append(page)
        after = page.after
        if after is None:
            return found
        assert len(found) < 200


def found(world, wanted, order="", limit=100):
    return [version.reference for page in pages(world, wanted, order, limit) for version in page.items]


def tries(request, many: int) -> int:
    """Fewer where each try is slow."""
    return many if "sqlite" in request.node.name else many // 15


def test_a_search_finds_what_plain_python_finds_by_looking_at_everything(world, request, monkeypatch):
    monkeypatch.setattr(budget, "MOST_EXAMINED", 12)
    monkeypatch.setattr(running, "MAX_BATCH", 5)

    @settings(max_examples=tries(request, 300), deadline=None, suppress_health_check=list(HealthCheck))
    @given(wanted=st.none() | LIKELY_FILTER, order=st.sampled_from(ORDERS), limit=st.sampled_from([1, 3, 100]))
    def check(wanted, order, limit):
        limit = limit if "sqlite" in request.node.name else 100
        assert found(world, "" if wanted is None else show(wanted), order, limit) == world.expected(wanted, order)

    check()


CHOSEN = [
    ("name = 'ab' AND tags.k = 'a'", "", "name = 'ab'"),
    ("name LIKE 'ab' AND stage = 'production'", "created_at ASC", "name LIKE 'ab'"),
    ("tags.k = 'a' AND stage = 'production' AND state = 'ready'", "", "tags.k = 'a'"),
    ("tags.k IN ('a') AND metrics.k > 0", "", "tags.k IN ('a')"),
    ("tags.k = 'a' AND dataset = 'b'", "", "dataset = 'b'"),
    ("data = 'b' AND tags.k = 'a'", "", "data = 'b'"),
    ("commit = 'a' AND tags.k = 'a'", "", "commit = 'a'"),
    ("commit LIKE 'abcdef1%' AND tags.k = 'a'", "", "commit LIKE 'abcdef1%'"),
    ("commit LIKE 'abcdef10%'", "", "commit LIKE 'abcdef10%'"),
    ("commit LIKE 'abcdef1'", "", "commit LIKE 'abcdef1'"),
    ("commit LIKE 'abcdef%'", "", "everything"),
    ("commit LIKE 'ABCDEF1%'", "", "everything"),
    ("commit != 'abcdef1'", "", "everything"),
    ("base = 'x:a' AND owner = 'a'", "", "base = 'x:a'"),
    ("owner = '' OR tags.k = 'a'", "", "everything"),
    ("owner = 'x y' AND author = 'a'", "", "owner = 'x y'"),
    ("alias = 'a' AND owner = 'a'", "", "alias = 'a'"),
    ("author = 'a' AND stage = 'production'", "", "author = 'a'"),
    ("state = 'ready' AND stage = 'production'", "", "stage = 'production'"),
    ("name LIKE 'a%' AND state = 'ready'", "", "state = 'ready'"),
    ("name LIKE 'a%'", "name", "name LIKE 'a%'"),
    ("name LIKE '%a'", "", "everything"),
    ("NOT tags.k = 'a'", "", "everything"),
    ("tags.k != 'a' AND tags.k > 'a' AND tags.k = 1", "", "everything"),
    ("tags.`k` = '~a' AND metrics.l < 2", "", "tags.k = '~a'"),
    ("tags.k = 'a#b'", "", "tags.k = 'a#b'"),
    ("name = 'a#b'", "", "name = 'a#b'"),
]
"""Filters and orders, and the index that answers them."""


def test_the_best_index_is_taken_and_gives_what_everything_would(world):
    for wanted, order, chosen in CHOSEN:
        plans = [page.explained for page in pages(world, wanted, order, 100)]
        assert plans[0].index == chosen
        parsed = parse_filter(wanted, VERSION_FIELDS)
        assert found(world, wanted, order) == world.expected(parsed, order), wanted
        if chosen != "everything":
            assert sum(plan.examined for plan in plans) < len(world.versions)


def test_models_are_found_in_the_order_of_names_or_as_asked(world):
    def names(wanted, order="", limit=2):
        searched = pages(world, wanted, order, limit, searching.search_models)
        return [model.name for page in searched for model in page.items]

    assert names("") == sorted(NAMES)
    assert names("", "name DESC") == sorted(NAMES, reverse=True)
    by_age = sorted(world.models, key=lambda model: (model.created_at, model.id))
    assert names("", "created_at") == [model.name for model in by_age]
    assert names("name LIKE 'a%'", "created_at DESC") == [m.name for m in by_age[::-1] if m.name.startswith("a")]
    assert names("name = 'ab'") == ["ab"]
    assert names("versions = 8 AND author = 'ana'", "owner") == names("", "owner")
    for word in WORDS:
        for wanted in (f"tags.k = '{word}'", f"owner = '{word}'", f"alias = '{word}'"):
            assert names(wanted) == sorted(model.name for model in world.models if matching_models(wanted)(model))
    wanted = "stage = 'production'"
    assert names(wanted) == sorted(model.name for model in world.models if matching_models(wanted)(model)) != []


def matching_models(wanted):
    return matching(parse_filter(wanted, MODEL_FIELDS), of_model)


def test_a_stale_posting_gives_no_wrong_answer(world):
    """Facts changed, and the index has not followed yet."""
    before = found(world, "stage = 'production'")
    stale = next(version for version in world.versions if version.stage == "production")
    moved = replace(stale, stage="development", revision=2, tags={"k": "new"})
    world.table.write([Put(version_item(moved), stale.revision)])
    assert stale.reference in before
    assert found(world, "stage = 'production'") == [reference for reference in before if reference != stale.reference]
    assert stale.reference in found(world, "NOT stage = 'production'")
    assert found(world, "tags.k = 'new'") == []
