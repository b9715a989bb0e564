"""Lineage as it is checked, and as it lies in items and entries."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.catalogue.version_items import read_version, version_item
from modelyard.domain.cards import MAX_CARD, card_digest, check_card, split_front_matter
from modelyard.domain.digests import Digest
from modelyard.domain.errors import Invalid, TooLarge
from modelyard.domain.lineage import (
    MOST_BASES,
    MOST_DATASETS,
    MOST_PACKAGES,
    MOST_ROWS,
    WantedBase,
    check_datasets,
    check_environment,
    check_run,
    check_source,
    lineage_facts,
    parse_bases,
    read_lineage,
)
from modelyard.domain.names import Reference, check_place
from modelyard.domain.version import Base, Dataset, Environment, Relation, Run, Source, State, Version

DIGEST = "sha256:" + "0" * 64
VERSION = Version("churn", "churn", 1, State.READY, "production", Digest(DIGEST), 1, 1, 1,
                  datetime(2026, 3, 1, tzinfo=UTC), "ana", 2)  # fmt: skip
TEXT = st.text(max_size=5)
SOURCES = st.builds(Source, TEXT, TEXT, TEXT, st.none() | st.booleans(), TEXT)
DATASETS = st.lists(st.builds(Dataset, TEXT, TEXT, TEXT, TEXT, st.none() | st.integers(0)), max_size=3).map(tuple)
INNER = st.builds(Base, st.sampled_from(Relation), TEXT, TEXT, TEXT, st.none() | st.integers(1), TEXT)
ENVIRONMENTS = st.builds(Environment, TEXT, st.dictionaries(TEXT, TEXT, max_size=3), TEXT, TEXT)
LINEAGES = st.fixed_dictionaries(
    {
        "source": SOURCES,
        "run": st.builds(Run, TEXT, TEXT, TEXT),
        "datasets": DATASETS,
        "bases": st.lists(INNER, max_size=3).map(tuple),
        "environment": ENVIRONMENTS,
    }
)


@given(LINEAGES)
def test_what_is_written_of_a_lineage_is_read_again(parts):
    version = replace(VERSION, **parts)
    assert read_lineage(lineage_facts(version)) == parts
    assert read_version(version_item(version)) == version


def test_what_was_written_before_lineage_had_parts_is_read_still():
    old = {"source_commit": "4f2c9d1", "run_url": "https://ci", "datasets": [{"name": "d", "uri": "", "digest": ""}]}
    assert read_lineage(old) == {
        "source": Source(commit="4f2c9d1"),
        "run": Run(url="https://ci"),
        "datasets": (Dataset("d"),),
        "bases": (),
        "environment": Environment(),
    }
    assert lineage_facts(replace(VERSION, **read_lineage(old))) == old


def test_a_part_that_nobody_knows_takes_no_room():
    assert lineage_facts(VERSION) == {"source_commit": "", "datasets": [], "run_url": ""}


def test_a_commit_and_a_url_may_be_given_either_way_or_both_ways():
    assert check_source(Source(), commit="c") == check_source(Source(commit="c")) == Source(commit="c")
    assert check_source(Source(commit="c"), commit="c") == Source(commit="c")
    assert check_run(Run(), url="u") == check_run(Run(url="u"), url="u") == Run(url="u")


BROKEN = [
        (lambda: check_source(Source(commit="a"), commit="b"), "source_commit"),
        (lambda: check_run(Run(url="a"), url="b"), "run_url"),
        (lambda: check_source(Source(), commit="\0"), "source_commit"),
        (lambda: check_source(Source(diff_digest="sha256:1")), "source.diff_digest"),
        (lambda: check_source(Source(repository="https://ana:secret@git.example.com/x")), "source.repository"),
        (lambda: check_run(Run(url="https://ana:@ci.example.com")), "run.url"),
        (lambda: check_run(Run(), url="https://ana:secret@ci.example.com"), "run_url"),
        (lambda: check_datasets([Dataset("a"), Dataset("b", role="holdout")]), "datasets.1.role"),
        (lambda: check_datasets([Dataset("a", rows=-1)]), "datasets.0.rows"),
        (lambda: check_datasets([Dataset("a", rows=MOST_ROWS + 1)]), "datasets.0.rows"),
        (lambda: check_datasets([Dataset("a", uri="db://u:p@h/t")]), "datasets.0.uri"),
        (lambda: check_datasets([Dataset("a", digest="\x07")]), "datasets.0.digest"),
        (lambda: parse_bases([("copy", "churn/1", "")]), "bases.0.relation"),
        (lambda: parse_bases([("merge", "churn/1", ""), ("merge", "", "")]), "bases.1"),
        (lambda: parse_bases([("merge", "churn/1", "https://x")]), "bases.0"),
        (lambda: parse_bases([("merge", "a/b/c", "")]), "bases.0.reference"),
        (lambda: parse_bases([("merge", "", "org/model")]), "bases.0.uri"),
        (lambda: parse_bases([("merge", "", "models:/churn/1")]), "bases.0.uri"),
        (lambda: parse_bases([("merge", "", "https://a:b@c")]), "bases.0.uri"),
        (lambda: check_environment(Environment("3\x00")), "environment.python"),
        (lambda: check_environment(Environment(packages={"": "1"})), "environment.packages"),
        (lambda: check_environment(Environment(hardware="\x1b")), "environment.hardware"),
]  # fmt: skip


@pytest.mark.parametrize(("check", "field"), BROKEN, ids=range(len(BROKEN)))
def test_what_breaks_a_rule_is_named(check, field):
    with pytest.raises(Invalid) as refusal:
        check()
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("check", "field"),
    [
        (lambda: check_datasets([Dataset("d")] * (MOST_DATASETS + 1)), "datasets"),
        (lambda: parse_bases([("merge", "churn/1", "")] * (MOST_BASES + 1)), "bases"),
        (lambda: check_environment(Environment(packages={str(n): "" for n in range(MOST_PACKAGES + 1)})),
         "environment.packages"),
        (lambda: check_environment(Environment(packages={"a": "1" * 251})), "environment.packages.a"),
        (lambda: check_source(Source(path="x" * 2_001)), "source.path"),
        (lambda: check_card("x" * (MAX_CARD + 1)), "card"),
    ],
)  # fmt: skip
def test_what_is_too_much_is_named(check, field):
    with pytest.raises(TooLarge) as refusal:
        check()
    assert refusal.value.field == field


@pytest.mark.parametrize(
    "text",
    [
        "https://ana:secret@example.com/x",
        "s3://key:secret@bucket/x",
        "https://ghp_x@github.com/a/b",
        "git+https://token@github.com/a/b.git",
        "https://x/?token=abc",
        "https://x/y?sv=1&sig=abc",
        "https://b.s3.amazonaws.com/k?X-Amz-Algorithm=a&X-Amz-Signature=abc",
        "https://x/y#access_token=abc",
        "https://x/y?api-key=abc",
    ],
)
def test_a_place_with_a_password_or_a_token_is_refused(text):
    with pytest.raises(Invalid, match="holds a password or a token"):
        check_place(text, field="uri")


@pytest.mark.parametrize(
    "text",
    [
        "https://x/?tokens=3",
        "https://x/y?token=",
        "https://x/a?page=2&author=me",
        "git@example.com:org/repo",
        "s3://bucket/a:b@c",
        "ssh://git@host/x",
        "",
        "a:b@c",
    ],
)
def test_a_place_without_a_password_is_taken_as_it_is(text):
    assert check_place(text, field="uri") == text


def test_a_base_is_a_reference_or_a_uri():
    wanted = parse_bases([("merge", "models:/churn/3", ""), ("adapter", "", "https://example.com/x")])
    assert wanted == (
        WantedBase(Relation.MERGE, Reference("churn", number=3)),
        WantedBase(Relation.ADAPTER, uri="https://example.com/x"),
    )


def test_a_card_is_known_by_its_digest_and_has_lines_and_tabs_only():
    assert card_digest("") == ""
    assert card_digest("é") == "sha256:4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c"
    assert check_card("x" * MAX_CARD) == "x" * MAX_CARD
    with pytest.raises(TooLarge):
        check_card("\n" * (MAX_CARD // 2 + 1))
    assert check_card("a\r\n\tb") == "a\r\n\tb"
    for bad in ("\x00", "\x1b", "\u2028", "\x85", "\ud800"):
        with pytest.raises(Invalid):
            check_card(bad)


@pytest.mark.parametrize(
    ("text", "front", "rest"),
    [
        ("---\na: 1\n---\nrest\n", "a: 1\n", "rest\n"),
        ("---\r\na: 1\r\n--- \r\nrest", "a: 1\r\n", "rest"),
        ("---\n---\n", "", ""),
        ("---\na: 1\n---", "a: 1\n", ""),
        ("---\na: 1\n----\n", "", "---\na: 1\n----\n"),
        ("--- a\n---\n", "", "--- a\n---\n"),
        ("\n---\na\n---\n", "", "\n---\na\n---\n"),
        ("", "", ""),
    ],
)
def test_front_matter_is_what_stands_between_the_first_two_lines_of_dashes(text, front, rest):
    assert split_front_matter(text) == (front, rest)
