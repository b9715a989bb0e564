"""Every event has a schema, an example that really happened, and a line in the catalogue."""

import json
import re
import runpy

import jsonschema
import pytest
from jsonschema import Draft202012Validator

from functions.triggers import TRIGGERS, BusEvents
from modelyard.contract.responses import EventResponse
from modelyard.domain.journal import EntryType, find_break

TYPES = sorted(EntryType)
ENVELOPE = ("id", "model", "sequence", "actor", "reason", "time", "correlation_id", "previous", "hash", "position")


@pytest.fixture(scope="module")
def schemas(root):
    return {path.parent.name: json.loads(path.read_text()) for path in (root / "events").glob("*/v1.schema.json")}


@pytest.fixture(scope="module")
def examples(root):
    return {path.parent.name: json.loads(path.read_text()) for path in (root / "events").glob("*/v*.example.json")}


@pytest.fixture(scope="module")
def journal(root):
    return json.loads((root / "events/journal.example.json").read_text())


def test_every_type_has_a_schema_and_an_example(schemas, examples):
    assert schemas.keys() == examples.keys() == set(TYPES)


@pytest.mark.parametrize("name", TYPES)
def test_a_schema_is_valid_and_speaks_of_its_own_type(schemas, name):
    Draft202012Validator.check_schema(schemas[name])
    assert schemas[name]["title"] == schemas[name]["properties"]["type"]["const"] == name


@pytest.mark.parametrize("name", TYPES)
def test_what_all_events_have_is_alike_in_every_schema(schemas, name):
    first = schemas[TYPES[0]]
    assert schemas[name]["required"] == first["required"]
    for field in ENVELOPE:
        assert schemas[name]["properties"][field] == first["properties"][field]


@pytest.mark.parametrize("name", TYPES)
def test_an_example_keeps_its_schema_strictly_and_consumers_can_read_it(examples, check_event, name):
    check_event(examples[name])
    assert EventResponse.model_validate(examples[name]).model_dump(exclude={"position"}) == examples[name]


def test_a_schema_refuses_an_event_with_a_fact_misspelt(examples, check_event):
    wrong = json.loads(json.dumps(examples["version.promoted"]).replace('"stage"', '"stages"'))
    with pytest.raises(jsonschema.ValidationError):
        check_event(wrong)


@pytest.mark.parametrize("name", TYPES)
def test_a_consumer_accepts_fields_that_it_does_not_know(schemas, examples, name):
    newer = examples[name] | {"signature": "later"}
    Draft202012Validator(schemas[name]).validate(newer)
    assert EventResponse.model_validate(newer).id == newer["id"]


def test_the_example_journal_holds_and_every_event_of_it_keeps_its_schema(journal, check_event):
    for event in journal:
        check_event(event)
    assert find_break(journal) is None


@pytest.mark.parametrize("name", TYPES)
def test_an_example_is_an_entry_of_the_example_journal(journal, examples, name):
    assert examples[name] in journal


def test_the_examples_are_what_the_domain_writes_today(root):
    story = runpy.run_path(str(root / "tests/house/event_story.py"))
    assert {str(path): text for path, text in story["files"]().items() if path.read_text() != text} == {}


def test_the_catalogue_has_a_row_for_every_type_and_tells_who_is_woken(root):
    rows = re.findall(
        r"^\| \[`([a-z.]+)`\]\(\1/\) \|.*\| ([a-z, —]+) \|$", (root / "events/catalogue.md").read_text(), re.MULTILINE
    )
    woken = {name: [] for name in TYPES}
    for trigger in TRIGGERS:
        for name in trigger.source.types if isinstance(trigger.source, BusEvents) else ():
            woken[name].append(trigger.function)
    assert dict(rows) == {name: ", ".join(functions) or "—" for name, functions in woken.items()}
