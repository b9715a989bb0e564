"""Reports as values: what one may hold, what it makes of a version's metrics, and which values are better."""

import math

import pytest

from modelyard.domain.errors import DigestMismatch, DirectionConflict, Invalid, TooLarge
from modelyard.domain.evaluations import (
    MAX_ATTACHMENT,
    Direction,
    Measure,
    Report,
    Run,
    add_directions,
    better,
    check_directions,
    check_report,
    difference,
    roll_up,
    stated,
)
from modelyard.domain.manifests import File
from tests.unit.fakes import digest_of

HIGHER, LOWER = Direction.HIGHER, Direction.LOWER
AUC = {"auc": Measure(0.9)}


def file(path, content=b"x"):
    return File(path, len(content), digest_of(content))


def test_a_report_comes_back_with_metrics_and_attachments_in_order():
    report = Report({"b": Measure(2), "a": Measure(1, "ms", LOWER)}, attachments=(file("z"), file("a")))
    checked = check_report(report)
    assert list(checked.metrics) == ["a", "b"]
    assert [each.path for each in checked.attachments] == ["a", "z"]
    assert stated(checked) == {"a": LOWER}


@pytest.mark.parametrize(
    ("report", "field", "kind"),
    [
        (Report(), "metrics", Invalid),
        *((Report({"auc": Measure(value)}), "metrics.auc", Invalid) for value in (math.nan, math.inf, -math.inf)),
        (Report({"": Measure(1)}), "metrics", Invalid),
        (Report({"a\nb": Measure(1)}), "metrics", Invalid),
        (Report({"x" * 251: Measure(1)}), "metrics", Invalid),
        (Report({f"{n}": Measure(n) for n in range(1_001)}), "metrics", TooLarge),
        (Report({"auc": Measure(1, "x" * 51)}), "metrics.auc.unit", TooLarge),
        (Report({"auc": Measure(1, "\0")}), "metrics.auc.unit", Invalid),
        *(
            (Report(AUC, **{name: "\x1b"}), name, Invalid)
            for name in ("dataset", "split", "slice", "evaluator", "comment")
        ),
        *((Report(AUC, **{name: "x" * 2_001}), name, TooLarge) for name in ("dataset", "dataset_digest", "comment")),
        (Report(AUC, run=Run(url="x" * 2_001)), "run.url", TooLarge),
        (Report({f"{n}".ljust(250, "é"): Measure(n, "x" * 50) for n in range(300)}), "metrics", TooLarge),
        (Report(AUC, attachments=tuple(file(f"{n}") for n in range(21))), "attachments", TooLarge),
        (Report(AUC, attachments=(File("a", MAX_ATTACHMENT + 1, digest_of(b"")),)), "attachments.0.size", TooLarge),
        (Report(AUC, attachments=(file("a"), file("A"))), "attachments.path", Invalid),
        (Report(AUC, attachments=(file("a"), file("a/b"))), "attachments.path", Invalid),
        (Report(AUC, attachments=(file("a"), File("b", 9, file("a").digest))), "attachments.size", DigestMismatch),
    ],
)
def test_a_report_that_breaks_a_rule_is_refused_and_the_field_is_named(report, field, kind):
    with pytest.raises(kind) as refusal:
        check_report(report)
    assert refusal.value.field == field


def test_a_report_may_be_of_attachments_alone():
    assert check_report(Report(attachments=(file("roc.png"),))).metrics == {}


def test_a_version_has_each_metrics_last_value():
    report = Report({"auc": Measure(0.9), "loss": Measure(0.2), "same": Measure(1)})
    assert roll_up({"auc": 0.8, "same": 1, "other": 3}, report) == {"auc": 0.9, "loss": 0.2}


def test_a_slice_says_nothing_of_the_whole():
    assert roll_up({"auc": 0.8}, Report(AUC, slice="country=de")) == {}


def test_reports_together_bring_no_more_metrics_than_one_may():
    known = {f"{n}": 1.0 for n in range(1_000)}
    assert roll_up(known, Report({"0": Measure(2)})) == {"0": 2}
    with pytest.raises(TooLarge):
        roll_up(known, Report(AUC))


def test_which_values_are_better_is_said_once():
    known = add_directions({}, {"loss": LOWER})
    assert add_directions(known, {"loss": LOWER, "auc": HIGHER}) == {"loss": LOWER, "auc": HIGHER}
    with pytest.raises(DirectionConflict) as refusal:
        add_directions(known, {"auc": HIGHER, "loss": HIGHER})
    assert refusal.value.field == "metrics.loss"
    assert refusal.value.facts == {"metric": "loss", "known": "lower", "given": "higher"}


def test_a_model_knows_only_so_many_directions():
    with pytest.raises(TooLarge):
        add_directions({f"{n}": LOWER for n in range(1_000)}, {"auc": HIGHER})
    with pytest.raises(TooLarge):
        add_directions({}, {f"{n}".ljust(250, "é"): LOWER for n in range(200)})


def test_a_direction_is_of_a_metric_that_is_given():
    assert check_directions({"b": LOWER, "a": HIGHER}, {"a": 1, "b": 2}) == {"a": HIGHER, "b": LOWER}
    with pytest.raises(Invalid) as refusal:
        check_directions({"c": LOWER}, {"a": 1})
    assert refusal.value.field == "directions.c"


def test_better_is_what_the_direction_says_and_equal_is_not():
    assert better(HIGHER, 2, 1)
    assert better(LOWER, 1, 2)
    assert not better(HIGHER, 1, 1)
    assert not better(LOWER, 1, 1)


def test_a_difference_that_no_number_tells_is_none():
    assert difference(3, 1) == 2
    assert difference(1e308, -1e308) is None
