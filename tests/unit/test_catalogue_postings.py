"""What a version or a model is found under, as keys."""

from dataclasses import replace
from datetime import timedelta

import pytest

from modelyard.catalogue.lineage_postings import postings_of_lineage
from modelyard.catalogue.postings import (
    Kind,
    Subject,
    age_of_model,
    age_of_version,
    name_place,
    posting_item,
    posting_partition,
    postings_of_model,
    postings_of_version,
    read_posting,
    read_record,
    record_item,
)
from modelyard.catalogue.table_rules import MAX_ITEM, check_keys
from modelyard.domain.digests import Digest
from modelyard.domain.model import Model
from modelyard.domain.names import MAX_FACTS, MAX_NAME, MAX_TAG_KEY, MAX_TAG_VALUE, MAX_TAGS
from modelyard.domain.version import Dataset, Source, State, Version
from modelyard.ports import Key
from tests.unit.fakes import NOON

DIGEST = Digest("sha256:" + "0" * 64)
MODEL = Model("01KAP4Q6Z80000000000000001", "churn", "churn", NOON, "ana", NOON, owner="growth", tags={"tier": "1"})
VERSION = Version(
    home="churn",
    name="churn",
    number=3,
    state=State.READY,
    stage="production",
    digest=DIGEST,
    size=1,
    file_count=1,
    pages=1,
    created_at=NOON,
    created_by="ana",
    revision=7,
    tags={"team": "growth"},
    source=Source(commit="abc"),
    datasets=(Dataset("census", "s3://data", DIGEST), Dataset("extra")),
)


def test_a_version_is_found_under_each_of_its_facts_in_the_order_of_creation():
    age = age_of_version(VERSION)
    expected = {
        ("all", ""),
        ("state", "ready"),
        ("stage", "production"),
        ("author", "ana"),
        ("owner", "growth"),
        ("tag.team", "growth"),
        ("dataset", "census"),
        ("dataset", "extra"),
        ("data", DIGEST),
        ("commit", "abc"),
    }
    keys = {Key(f"SEARCH#version#{field}#{value}", age) for field, value in expected}
    names = Key("SEARCH#version#names#", f"churn\x01{age}")
    assert postings_of_version(VERSION, MODEL) == keys | {names}
    assert age.startswith("2026-11-23T12:00:00.000Z#")
    assert age.endswith("/0000000003")


def test_a_model_is_found_in_the_order_of_names():
    age = age_of_model(MODEL)
    assert age == "2026-11-23T12:00:00.000Z#01KAP4Q6Z80000000000000001"
    assert postings_of_model(MODEL) == {
        Key("SEARCH#model#names#", f"churn\x01{age}"),
        Key("SEARCH#model#author#ana", f"churn\x01{age}"),
        Key("SEARCH#model#owner#growth", f"churn\x01{age}"),
        Key("SEARCH#model#tag.tier#1", f"churn\x01{age}"),
        Key("SEARCH#model#all#", age),
    }


def test_what_is_not_known_is_no_posting():
    bare = replace(VERSION, tags={}, source=Source(), datasets=())
    fields = {key.pk.split("#")[2] for key in postings_of_version(bare, replace(MODEL, owner=""))}
    assert fields == {"all", "names", "state", "stage", "author"}
    assert postings_of_lineage(bare) == []


@pytest.mark.parametrize("value", ["a#b", "~a", "ä" * 251, "x" * 501])
def test_a_value_that_could_be_taken_for_another_is_known_by_its_hash(value):
    partition = posting_partition(Kind.VERSION, "tag.team", value)
    assert partition.startswith("SEARCH#version#tag.team#~")
    assert len(partition) == len("SEARCH#version#tag.team#~") + 64
    assert posting_partition(Kind.VERSION, f"tag.{value}", "a").startswith(("SEARCH#version#~", "SEARCH#version#tag.~"))


def test_no_two_pairs_of_field_and_value_share_a_partition():
    texts = ["", "a", "a#b", "b#a", "~a", "~", "#", "a#", "#a"]
    partitions = [posting_partition(kind, f"tag.{x}", y) for kind in Kind for x in texts for y in texts]
    assert len(set(partitions)) == len(partitions)


def test_names_sort_as_they_do_without_their_age():
    names = sorted(["a", "a b", "a!", "ab", "a  b", "ä", "A", "a1", "a\U0001f600"])
    places = [name_place(name, age) for name in names for age in ("1999", "2026")]
    assert places == sorted(places)


def test_the_largest_facts_fit_the_limits_of_a_table():
    tags = {f"{n:03d}" + "\U0001f600" * (MAX_TAG_KEY - 3): "\U0001f600" * 50 for n in range(MAX_TAGS)}
    tags["long"] = "x" * MAX_TAG_VALUE
    name = "\U0001f600" * MAX_NAME
    datasets = tuple(Dataset(f"{n}" + "x" * 400, digest=f"{n}" + "y" * 400) for n in range(100))
    assert sum(len((key + value).encode()) for key, value in tags.items()) < MAX_FACTS
    version = replace(VERSION, home=name, name=name, tags=tags, datasets=datasets)
    keys = postings_of_version(version, MODEL) | postings_of_model(replace(MODEL, home=name, name=name, tags=tags))
    for key in keys:
        check_keys([key])
    record = record_item(Subject(name, 3), postings_of_version(version, MODEL), rev=1)
    assert len(record.data) < MAX_ITEM / 2


@pytest.mark.parametrize("subject", [Subject("churn", 3), Subject("churn", None)])
def test_postings_and_their_record_read_back(subject):
    keys = postings_of_version(VERSION, MODEL) if subject.number else postings_of_model(MODEL)
    assert read_record(subject, record_item(subject, keys, rev=1)) == keys
    assert read_record(subject, record_item(subject, [], rev=1)) == frozenset() == read_record(subject, None)
    assert {read_posting(posting_item(key, subject)) for key in keys} == {subject}


def test_versions_created_earlier_sort_earlier():
    later = replace(VERSION, number=1, created_at=NOON + timedelta(milliseconds=1))
    assert age_of_version(VERSION) < age_of_version(later)
    assert age_of_version(VERSION) < age_of_version(replace(VERSION, number=4))
