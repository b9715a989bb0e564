"""Every call that the registry makes fails once before and once after its effect, and is then tried again.

The story is told once to count its calls, and then once for each way in which one of them can fail.
"""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.faults import story
from tests.faults.crashing import Plan, Point, Relentless, When
from tests.faults.invariants import check_all
from tests.faults.yard import embedded_yard

EVERY = int(os.environ.get("MODELYARD_CRASH_EVERY", "3"))
"""Of the calls after which a process dies, every so manyth one: all of them fail anyway, and by hand all may: 1."""

SHARDS = 8
"""Parts of the work, so that it spreads over workers."""

NEVER_LESS = 150
"""Calls in the story; should it become shorter, something is no longer told."""

READING = {
    *("table.get", "table.query", "blobs.stat", "blobs.reread", "blobs.parts"),
    *("blobs.sign_put", "blobs.sign_part", "blobs.sign_get"),
}

pytestmark = pytest.mark.usefixtures("small_parts")


def told_with(plan: Plan, folder: Path) -> None:
    """Tell the story while calls fail as planned; then everything must be as if none had."""
    with embedded_yard(folder) as yard:
        yard.fail(plan)
        story.tell(yard)
        yard.mend()
        story.check_end(yard)
        check_all(yard)
        assert bool(yard.failures) == any(point.when is not When.MET for point in plan.fired)


def clean_run(folder: Path) -> list[str]:
    plan = Plan()
    told_with(plan, folder)
    return plan.calls


def points_of(calls: list[str]) -> list[Point]:
    """Each way in which one call can fail. A call without an effect fails alike before and after it."""
    points = [Point(nth, When.BEFORE) for nth in range(len(calls))]
    points += [Point(nth, When.AFTER) for nth, call in enumerate(calls) if call not in READING]
    return points + [Point(nth, When.MET) for nth, call in enumerate(calls) if call == "table.write"]


def test_the_story_makes_every_call_that_push_promote_and_the_reactions_make(quick_folder):
    calls = clean_run(quick_folder)
    assert len(calls) > NEVER_LESS
    assert set(calls) == {
        *("table.get", "table.query", "table.write", "bus.publish", "topic.announce", "door.put"),
        *("blobs.stat", "blobs.reread", "blobs.sign_put", "blobs.sign_part", "blobs.sign_get"),
        *("blobs.begin", "blobs.parts", "blobs.finish", "blobs.discard", "blobs.read", "blobs.remove"),
    }


@pytest.mark.parametrize("dying", [False, True], ids=["call-fails", "process-dies"])
@pytest.mark.parametrize("shard", range(SHARDS))
def test_any_call_may_fail_once_and_nothing_is_lost_or_done_twice(quick_folder, shard, dying):
    points = points_of(clean_run(quick_folder / "clean"))
    # A process that dies before an effect is as a call that fails before it; and but for who is told, so is one after.
    points = [point for point in points if point.when is When.AFTER][::EVERY] if dying else points
    for point in points[shard::SHARDS]:
        plan = Plan([point], dying=dying)
        try:
            told_with(plan, quick_folder / f"{point.nth}-{point.when.value}")
        except BaseException as error:
            error.add_note(f"{point} is {plan.calls[point.nth]}")
            raise
        assert plan.fired == [point]


@pytest.mark.parametrize("dying", [False, True], ids=["call-fails", "process-dies"])
@pytest.mark.parametrize("when", [When.BEFORE, When.AFTER])
def test_every_call_of_every_request_may_fail_one_after_another(quick_folder, when, dying):
    """The first attempt at each request dies at its first call, the second at its second, until one gets through."""
    plan = Relentless(when, dying=dying)
    told_with(plan, quick_folder)
    assert len(plan.fired) > 100


POINTS = st.builds(Point, nth=st.integers(0, NEVER_LESS), when=st.sampled_from([When.BEFORE, When.AFTER]))


@settings(max_examples=40, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(points=st.sets(POINTS, min_size=2, max_size=3), dying=st.booleans())
def test_up_to_three_calls_may_fail_and_nothing_is_lost_or_done_twice(tmp_path_factory, quick_folder, points, dying):
    folder = quick_folder / f"{len(list(quick_folder.iterdir()))}"
    plan = Plan(points, dying=dying)
    told_with(plan, folder)
    assert set(plan.fired) == points
