"""`docs/search.md` is true: its examples find what it says, its fields and its limits are those in force."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from functions.api.routing import Call
from modelyard.domain.version import Dataset
from modelyard.search import parsing, reading
from modelyard.search.fields import KEYED, MODEL_FIELDS, OTHER_NAMES, VERSION_FIELDS, Takes
from modelyard.services import searching
from modelyard.services.searching import budget, running
from tests.unit.fakes import StillClock
from tests.unit.posted import index, journal
from tests.unit.registry import open_registry

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "search.md").read_text()
EXAMPLES = re.findall(r"^\| (`+)(.+?)\1 \| ((?:[a-z]+/\d(?:, )?)+|nothing) \|$", PAGE, re.MULTILINE)
KINDS = {"text": Takes.TEXT, "number": Takes.NUMBER, "text or number": Takes.EITHER, "date or time": Takes.MOMENT}


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """The versions of the page's first table of examples."""
    with open_registry(tmp_path_factory.mktemp("docs")) as registry:
        for row in re.findall(r"^\|( \w+/\d \|.*)\|$", PAGE, re.MULTILINE):
            push(registry, *(cell.strip() for cell in row.split("|")))
        ports = SimpleNamespace(table=registry.table, clock=registry.clock, ids=registry.ids)
        index(ports, journal(registry.table._table))
        yield registry.table


def push(registry, reference, stage, *facts):
    name, _, number = reference.partition("/")
    tags, params, metrics = (pairs(text) for text in facts[:3])
    if number == "1":
        registry.create(name, owner="growth" if name == "churn" else "")
    registry.clock.advance(seconds=1)
    registry.blobs.store(b"abc")
    datasets = [Dataset(data) for data in facts[3].split(", ") if data]
    numbers = {key: float(value) for key, value in metrics.items()}
    registry.register(name=name, tags=tags, params=params, metrics=numbers, datasets=datasets)
    registry.complete(int(number), name=name)
    registry.prove(int(number), name=name)
    if stage != "development":
        registry.promote(int(number), stage, name=name)


def pairs(text):
    return dict(pair.split("=") for pair in text.split(", ") if pair)


@pytest.mark.parametrize(("_mark", "wanted", "finds"), EXAMPLES, ids=lambda text: text[:40])
def test_an_example_finds_what_the_page_says(table, _mark, wanted, finds):
    page = searching.search_versions(table=table, clock=StillClock(), wanted=wanted, order="", after=None, limit=100)
    assert ", ".join(version.reference for version in page.items) == finds.replace("nothing", "")


def test_the_page_has_examples_of_every_kind_of_comparison():
    assert len(EXAMPLES) == PAGE.count(" |\n", PAGE.index("| filter | finds |"), PAGE.index("## Order")) - 1
    text = " ".join(wanted for _, wanted, _ in EXAMPLES)
    wanted = [
        "LIKE",
        "ILIKE",
        "IN (",
        "NOT IN",
        "AND",
        "OR",
        "NOT ",
        "(",
        " = ",
        " != ",
        " < ",
        " <= ",
        " > ",
        " >= ",
        "`",
    ]
    assert [word for word in wanted if word not in text] == []


@pytest.mark.parametrize(("kind", "fields"), [("version", VERSION_FIELDS), ("model", MODEL_FIELDS)])
def test_every_field_is_explained_with_the_values_it_takes(kind, fields):
    section = PAGE[PAGE.index(f"| of a {kind} |") :]
    rows = re.findall(r"^\| (`.+?`) \| (\w[\w ]+) \|", section[: section.index("\n\n")], re.MULTILINE)
    told = {name.removesuffix(".KEY"): KINDS[takes] for names, takes in rows for name in re.findall(r"`(.+?)`", names)}
    assert told == dict(fields)
    keyed = {name for names, _ in rows for name in re.findall(r"`(\w+)\.KEY`", names)}
    assert keyed == KEYED & fields.keys()


def test_the_other_names_that_the_page_mentions_are_known():
    (line,) = re.findall(r"^Names that MLflow uses.*: (.*)$", PAGE, re.MULTILINE)
    mentioned = {name.rstrip(".") for name in re.findall(r"`(.+?)`", line)}
    assert len(mentioned) == 5
    assert mentioned <= OTHER_NAMES.keys()


def test_the_limits_are_those_in_force():
    rows = re.findall(r"^\| ([a-z ]+) \| ([\d,]+) \|$", PAGE[PAGE.index("## Limits") :], re.MULTILINE)
    most = Call.limit.__kwdefaults__["most"]
    assert {what: int(number.replace(",", "")) for what, number in rows} == {
        "bytes of a filter": parsing.MOST_BYTES,
        "comparisons": parsing.MOST_COMPARED,
        "patterns": parsing.MOST_PATTERNS,
        "values": parsing.MOST_VALUES,
        "nested parentheses": parsing.MOST_NESTED,
        "characters of a pattern": reading.LONGEST_PATTERN,
        "items of a page": most,
        "candidates looked at in one call": budget.MOST_EXAMINED,
        "seconds after which a call looks at no more": budget.LONGEST.total_seconds(),
        "candidates sorted": running.MOST_GATHERED,
    }
