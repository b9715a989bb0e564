"""Every change that the disk adapter makes to files fails once before and once after its effect, and is tried again."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.faults import story
from tests.faults.crashing import Plan, Point, Relentless, When
from tests.faults.invariants import check_all
from tests.faults.yard import embedded_yard

CHANGING = ("fchmod", "fsync", "link", "mkdir", "pwrite", "rename", "truncate", "unlink")
SHARDS = 4

pytestmark = pytest.mark.usefixtures("small_parts")


def told_with(plan: Plan, folder: Path) -> None:
    """Tell the story while calls to the operating system fail as planned."""
    with embedded_yard(folder) as yard, pytest.MonkeyPatch.context() as patch:
        for name in CHANGING:
            patch.setattr(os, name, partial(failing, plan, name, getattr(os, name)))
        yard.plan = plan
        story.tell(yard)
        patch.undo()
        yard.mend()
        story.check_end(yard)
        check_all(yard)
    kept = [path for path in (folder / "storage" / "blobs").rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o222 for path in kept} == {0}, "what lies under a digest is never written again"


def failing(plan: Plan, name: str, call: Callable[..., Any], *given: Any, **named: Any) -> Any:
    """A call that may fail as the operating system tells of it: by an OSError."""
    try:
        return plan.around(name, partial(call, *given, **named))
    except plan.failure as failure:
        raise OSError(5, "Input/output error") from failure


def clean_run(folder: Path) -> list[str]:
    plan = Plan()
    told_with(plan, folder)
    return plan.calls


def test_the_story_makes_every_change_that_the_adapter_makes(quick_folder):
    assert set(clean_run(quick_folder)) == {*CHANGING, "door.put"}


@pytest.mark.parametrize("shard", range(SHARDS))
def test_any_change_may_fail_once_and_nothing_is_lost(quick_folder, shard):
    calls = clean_run(quick_folder / "clean")
    points = [Point(nth, when) for nth in range(len(calls)) for when in (When.BEFORE, When.AFTER)]
    for point in points[shard::SHARDS]:
        plan = Plan([point])
        try:
            told_with(plan, quick_folder / f"{point.nth}-{point.when.value}")
        except BaseException as error:
            error.add_note(f"{point} is {plan.calls[point.nth]}")
            raise
        # What finds a folder made already, or a file gone, has no effect to fail after.
        assert plan.fired == [point] or (point.when is When.AFTER and calls[point.nth] in {"mkdir", "rename"})


@pytest.mark.parametrize("when", [When.BEFORE, When.AFTER])
def test_every_change_of_every_request_may_fail_one_after_another(quick_folder, when):
    plan = Relentless(when)
    told_with(plan, quick_folder)
    assert len(plan.fired) > 25
