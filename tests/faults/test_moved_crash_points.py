"""Every call of an import to the table and to storage fails once, before and after its effect, and is tried again.

What dies in between leaves the model as it was at some moment of its journal, and the next import goes on from there.
"""

import pytest

from tests.faults import story
from tests.faults.crashing import Plan, Relentless, When
from tests.faults.invariants import check_all, check_table, models_of, versions_of
from tests.faults.moving import bring, history, request, send_blobs, take
from tests.faults.test_crash_points import points_of
from tests.faults.yard import embedded_yard

pytestmark = pytest.mark.usefixtures("small_parts")
STEP = 9


@pytest.fixture(scope="module")
def taken(tmp_path_factory):
    """The model to which everything happened, and what its registry knew of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("modelyard.domain.digests.MIN_PART", story.SMALL)
        with embedded_yard(tmp_path_factory.mktemp("source")) as yard:
            story.tell(yard)
            return take(yard, "churn"), *known(yard)


def known(yard):
    table = yard.sound.table
    [model] = models_of(table)
    return model, versions_of(table, model)


def brought_with(plan, folder, taken):
    """Bring the model while calls fail as planned; then everything must be as if none had."""
    bundle, model, versions = taken
    with embedded_yard(folder) as yard:
        yard.fail(plan)
        bring(yard, bundle, step=STEP)
        yard.mend()
        assert known(yard) == (model, versions)
        assert history(yard, "churn") == bundle.events
        check_all(yard)


def test_an_import_makes_every_call_that_it_may(quick_folder, taken):
    plan = Plan()
    brought_with(plan, quick_folder, taken)
    assert len(plan.calls) > 60
    assert {"table.get", "table.write", "blobs.stat", "blobs.begin", "blobs.finish", "door.put"} <= set(plan.calls)


@pytest.mark.parametrize("dying", [False, True], ids=["call-fails", "process-dies"])
@pytest.mark.parametrize("shard", range(4))
def test_any_call_of_an_import_may_fail_once(quick_folder, taken, shard, dying):
    clean = Plan()
    brought_with(clean, quick_folder / "clean", taken)
    points = points_of(clean.calls)
    points = [point for point in points if point.when is When.AFTER] if dying else points
    for point in points[shard::4]:
        plan = Plan([point], dying=dying)
        try:
            brought_with(plan, quick_folder / f"{point.nth}-{point.when.value}", taken)
        except BaseException as error:
            error.add_note(f"{point} is {plan.calls[point.nth]}")
            raise
        assert plan.fired == [point]


@pytest.mark.parametrize("when", [When.BEFORE, When.AFTER])
def test_every_call_of_an_import_may_fail_one_after_another(quick_folder, taken, when):
    plan = Relentless(when)
    brought_with(plan, quick_folder, taken)
    assert len(plan.fired) > 30


@pytest.mark.parametrize("length", [1, 2, 4, 9, 17, 23, 30, 34])
def test_a_prefix_of_an_import_is_a_registry_as_any(quick_folder, taken, length):
    """Left there for good, it is what its journal says, but for what is held back; going on ends where it should."""
    bundle, model, versions = taken
    with embedded_yard(quick_folder) as yard:
        send_blobs(yard, bundle)
        answer = yard.call("POST", "/v1/imports/journals", request(bundle, bundle.events[:length]))
        assert (answer.status, answer.body["sequence"]) == (200, length)
        yard.pump()
        held = hidden(yard)
        if not held:
            check_all(yard)
        for number in held:
            assert yard.call("GET", f"/v1/models/churn/versions/{number}").status == 404
        bring(yard, bundle, step=3)
        assert known(yard) == (model, versions)
        assert hidden(yard) == []
        check_table(yard.sound.table)


def hidden(yard):
    return [int(row[1].removeprefix("HELD#")) for row in yard.rows() if row[1].startswith("HELD#")]
