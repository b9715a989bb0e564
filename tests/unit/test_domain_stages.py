"""Stages: the decision whether a version may move, and who stands where afterwards."""

from dataclasses import replace

import pytest

from modelyard.domain.model import Model
from modelyard.domain.stages import DEFAULT_LIFECYCLE, MOST_STANDING, decide, move
from modelyard.domain.version import State, Version
from tests.unit.fakes import NOON, digest_of

D = digest_of(b"one")
E = digest_of(b"two")
MODEL = Model("ID", "churn", "churn", NOON, "ana", NOON)
VERSION = Version(
    home="churn",
    name="churn",
    number=3,
    state=State.READY,
    stage="development",
    digest=D,
    size=3,
    file_count=1,
    pages=1,
    created_at=NOON,
    created_by="ana",
    revision=1,
)


def decision(to, *, model=MODEL, version=VERSION, replaces=False):
    return decide(DEFAULT_LIFECYCLE, model, version, to, replace=replaces)


def unmet(found):
    return [requirement.name for requirement in found.requirements if not requirement.held]


def test_versions_begin_in_the_first_stage_and_rest_in_the_last():
    assert (DEFAULT_LIFECYCLE.initial, DEFAULT_LIFECYCLE.final) == ("development", "archived")
    assert [stage for stage in DEFAULT_LIFECYCLE.stages if DEFAULT_LIFECYCLE.serves(stage)] == ["staging", "production"]
    assert not DEFAULT_LIFECYCLE.serves("elsewhere")


@pytest.mark.parametrize("origin", DEFAULT_LIFECYCLE.stages)
@pytest.mark.parametrize("to", DEFAULT_LIFECYCLE.stages)
def test_a_ready_version_may_move_anywhere(origin, to):
    assert decision(to, version=replace(VERSION, stage=origin)).allowed


@pytest.mark.parametrize("state", [state for state in State if state is not State.READY])
def test_any_other_version_may_not_move(state):
    found = decision("production", version=replace(VERSION, state=state))
    assert unmet(found) == ["version_ready"]
    (requirement,) = [each for each in found.requirements if not each.held]
    assert (requirement.expected, requirement.actual) == ("ready", state.value)


def test_a_version_that_turned_out_wrong_may_only_be_laid_to_rest():
    rejected = replace(VERSION, state=State.REJECTED, stage="production")
    assert decision("archived", version=rejected).allowed
    assert [unmet(decision(to, version=rejected)) for to in DEFAULT_LIFECYCLE.stages[:3]] == [["version_ready"]] * 3


def test_a_stage_that_is_not_of_the_lifecycle_is_refused():
    found = decision("elsewhere", version=replace(VERSION, state=State.REJECTED))
    assert unmet(found) == ["stage_known", "version_ready"]
    assert found.requirements[0].expected == "development or staging or production or archived"


def test_replacing_names_whoever_stands_there_but_oneself():
    model = replace(MODEL, standing={"production": {9: D, 1: D, 3: D}})
    assert decision("production", model=model, replaces=True).replaced == (1, 9)
    assert decision("production", model=model).replaced == ()
    assert decision("archived", model=model, replaces=True).replaced == ()


def test_only_so_many_stand_in_a_serving_stage_unless_they_are_replaced():
    full = replace(MODEL, standing={"production": dict.fromkeys(range(100, 100 + MOST_STANDING), D)})
    assert unmet(decision("production", model=full)) == ["stage_has_room"]
    assert decision("production", model=full, replaces=True).allowed
    assert decision("staging", model=full).allowed
    assert decision("archived", model=full).allowed
    one_less = replace(MODEL, standing={"production": dict.fromkeys(range(101, 100 + MOST_STANDING), D)})
    assert decision("production", model=one_less).allowed


def test_whoever_stands_there_already_takes_no_second_place():
    full = replace(MODEL, standing={"production": dict.fromkeys(range(3, 3 + MOST_STANDING), D)})
    assert decision("production", model=full).allowed


def test_a_version_stands_in_one_stage_and_only_serving_ones_are_listed():
    standing = {"staging": {1: D, 2: E}, "production": {3: D}}
    assert move(DEFAULT_LIFECYCLE, standing, 3, D, "staging") == {"staging": {1: D, 2: E, 3: D}}
    assert move(DEFAULT_LIFECYCLE, standing, 3, D, "production") == standing
    assert move(DEFAULT_LIFECYCLE, standing, 3, D, "archived") == {"staging": {1: D, 2: E}}
    assert move(DEFAULT_LIFECYCLE, {}, 3, D, "development") == {}
    assert standing == {"staging": {1: D, 2: E}, "production": {3: D}}
