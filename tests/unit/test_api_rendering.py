"""Versions as JSON: the text that is kept is the text of the version that is asked for."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from functions.api import rendering
from modelyard.contract.responses import VersionPageResponse, VersionResponse
from modelyard.domain.digests import Digest
from modelyard.domain.version import State, Version

FOUND = Version(
    home="churn",
    name='churn "€"',
    number=7,
    state=State.READY,
    stage="production",
    digest=Digest("sha256:" + "0" * 64),
    size=1,
    file_count=1,
    pages=1,
    created_at=datetime(2026, 3, 3, tzinfo=UTC),
    created_by="local:ana",
    revision=9,
    tags={"team": "growth"},
    metrics={"auc": 0.91},
)


@pytest.mark.parametrize("times", [1, 2])
def test_a_versions_text_is_the_json_of_its_shape(times):
    for _ in range(times):
        text = rendering.version_text(FOUND)
    assert VersionResponse.model_validate_json(text) == rendering.version(FOUND)


def test_a_version_that_changed_has_another_text():
    rendering.version_text(FOUND)
    moved = replace(FOUND, stage="archived")
    assert json.loads(rendering.version_text(moved))["stage"] == "archived"
    assert json.loads(rendering.version_text(FOUND))["stage"] == "production"


def test_texts_of_versions_that_are_gone_are_never_given_for_others():
    """The memory of a version that is gone may be given to the next, with the same identity."""
    for number in range(3 * rendering.REMEMBERED):
        text = rendering.version_text(replace(FOUND, number=number))
        assert json.loads(text)["version"] == number


@pytest.mark.parametrize("following", [None, 'a"b'])
def test_a_page_is_the_json_of_its_shape(following):
    found = [FOUND, replace(FOUND, number=8)]
    page = VersionPageResponse(items=[rendering.version(each) for each in found], next=following)
    assert VersionPageResponse.model_validate_json(rendering.version_page(found, following)) == page


def test_a_page_of_nothing_is_json_too():
    assert json.loads(rendering.version_page([], None)) == {"items": [], "next": None}
