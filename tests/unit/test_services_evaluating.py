"""Evaluating: reports add up, a version's metrics follow, attachments are used from the moment they are named."""

import pytest

from modelyard.catalogue.blob_items import find_uses
from modelyard.catalogue.keys import blob_key
from modelyard.domain.errors import (
    Contended,
    DigestMismatch,
    DirectionConflict,
    KeyReused,
    NotFound,
    TooLarge,
    VersionNotReady,
)
from modelyard.domain.evaluations import Direction, Measure, Report, Run
from modelyard.domain.manifests import File
from modelyard.domain.tickets import Ticket
from modelyard.services import evaluating, finding
from tests.unit.fakes import digest_of
from tests.unit.registry import open_registry

TICKET = Ticket("t" * 64, "f" * 64)
LOWER, HIGHER = Direction.LOWER, Direction.HIGHER
PLOT = b"not really a plot"
ATTACHED = File("plots/roc.png", len(PLOT), digest_of(PLOT))


@pytest.fixture
def registry(tmp_path):
    with open_registry(tmp_path) as opened:
        opened.create()
        opened.register(metrics={"auc": 0.9}, directions={"auc": HIGHER})
        yield opened


def attachments(registry, sequence, number=1):
    return evaluating.list_attachments(
        table=registry.table,
        blobs=registry.blobs,
        clock=registry.clock,
        ids=registry.ids,
        name="churn",
        number=number,
        sequence=sequence,
    )


def missing(registry, evaluation):
    found = evaluating.missing_attachments(table=registry.table, blobs=registry.blobs, evaluation=evaluation)
    return [file.path for file, _ in found]


def reports(registry, number=1):
    return finding.list_evaluations(table=registry.table, name="churn", number=number, after=None, limit=100).items


def test_a_report_is_kept_and_the_version_has_its_metrics(registry):
    report = Report({"auc": Measure(0.93), "loss": Measure(0.2, "nats", LOWER)}, "holdout", split="test", comment="ok")
    taken = registry.evaluate(report)
    assert reports(registry) == [taken]
    assert (taken.number, taken.sequence, taken.created_by, taken.report) == (1, 3, "ana", report)
    assert registry.version().metrics == {"auc": 0.93, "loss": 0.2}
    assert registry.version().revision == 3
    assert registry.model().directions == {"auc": HIGHER, "loss": LOWER}
    event = registry.journal()[-1]
    assert (event["type"], event["version"], event["digest"]) == ("version.evaluated", 1, registry.version().digest)
    assert event["before"] == {"metrics": {"auc": 0.9}}
    assert event["after"]["metrics"] == {"auc": 0.93, "loss": 0.2}
    assert event["after"]["directions"] == {"loss": "lower"}
    assert event["after"]["evaluation"]["metrics"] == {
        "auc": {"value": 0.93},
        "loss": {"value": 0.2, "unit": "nats", "direction": "lower"},
    }
    assert (event["reason"], event["after"]["evaluation"]["split"]) == ("ok", "test")


def test_two_identical_reports_are_two_unless_their_key_is_one(registry):
    report = Report({"auc": Measure(0.93)})
    registry.evaluate(report)
    second = registry.evaluate(report, ticket=TICKET)
    assert registry.evaluate(report, ticket=TICKET) == second
    assert [each.sequence for each in reports(registry)] == [4, 3]
    assert registry.journal()[-1]["after"]["metrics"] == {}
    with pytest.raises(KeyReused):
        registry.evaluate(Report({"auc": Measure(0.5)}), ticket=Ticket(TICKET.id, "g" * 64))


def test_a_report_of_a_slice_leaves_the_version_its_metrics_and_tells_directions_all_the_same(registry):
    registry.evaluate(Report({"auc": Measure(0.1), "loss": Measure(9, direction=LOWER)}, slice="country=de"))
    assert registry.version().metrics == {"auc": 0.9}
    assert registry.model().directions["loss"] == LOWER
    assert len(reports(registry)) == 1


def test_the_other_direction_is_refused_and_nothing_is_written(registry):
    writes = len(registry.table.writes)
    with pytest.raises(DirectionConflict):
        registry.evaluate(Report({"auc": Measure(0.93, direction=LOWER)}))
    with pytest.raises(DirectionConflict):
        registry.register(metrics={"auc": 0.9}, directions={"auc": LOWER})
    assert len(registry.table.writes) == writes


def test_a_version_that_is_not_proven_yet_can_be_evaluated_and_a_rejected_one_cannot(registry):
    registry.evaluate(Report({"auc": Measure(0.93)}))
    registry.clock.advance(days=8)
    registry.sweep()
    with pytest.raises(VersionNotReady):
        registry.evaluate(Report({"auc": Measure(0.94)}))
    assert registry.version().metrics == {"auc": 0.93}


@pytest.mark.parametrize(("name", "number"), [("churn", 9), ("other", 1)])
def test_what_is_not_there_cannot_be_evaluated(registry, name, number):
    with pytest.raises(NotFound):
        registry.evaluate(Report({"auc": Measure(1)}), number, name=name)
    with pytest.raises(NotFound):
        finding.list_evaluations(table=registry.table, name=name, number=number, after=None, limit=9)


def test_of_two_who_report_at_once_both_are_kept_and_the_last_counts(registry):
    registry.table.before_write = lambda: registry.evaluate(Report({"auc": Measure(0.1), "loss": Measure(1)}))
    registry.evaluate(Report({"auc": Measure(0.2)}))
    assert registry.version().metrics == {"auc": 0.2, "loss": 1}
    assert [each.report.metrics["auc"].value for each in reports(registry)] == [0.2, 0.1]


def test_of_two_who_say_the_opposite_at_once_one_is_refused(registry):
    registry.table.before_write = lambda: registry.evaluate(Report({"loss": Measure(1, direction=LOWER)}))
    with pytest.raises(DirectionConflict):
        registry.evaluate(Report({"loss": Measure(1, direction=HIGHER)}))
    assert len(reports(registry)) == 1


def test_attachments_are_asked_for_until_storage_vouches_for_them(registry):
    taken = registry.evaluate(Report(attachments=(ATTACHED, File("copy.png", ATTACHED.size, ATTACHED.digest))))
    assert missing(registry, taken) == ["plots/roc.png"]
    assert [(each.file.path, each.download is None, each.upload is None) for each in attachments(registry, 3)] == [
        ("copy.png", True, False),
        ("plots/roc.png", True, False),
    ]
    registry.blobs.store(PLOT)
    found = attachments(registry, 3)
    assert [each.upload for each in found] == [None, None]
    assert found[1].download.url.endswith("?as=roc.png")
    assert registry.table.get([blob_key(ATTACHED.digest)])[0] is not None
    assert missing(registry, taken) == []
    asked = len(registry.blobs.asked)
    attachments(registry, 3)
    assert len(registry.blobs.asked) == asked


def test_an_attached_blob_is_used_by_the_version_whether_or_not_it_came(registry):
    registry.evaluate(Report(attachments=(ATTACHED,)))
    assert list(find_uses(registry.table, ATTACHED.digest)) == [[("churn", 1)]]
    registry.blobs.store(PLOT)
    registry.prove_blob(ATTACHED.digest)
    registry.register()
    (proof,) = registry.table.get([blob_key(ATTACHED.digest)])
    registry.evaluate(Report(attachments=(ATTACHED,)), 2)
    assert list(find_uses(registry.table, ATTACHED.digest)) == [[("churn", 1), ("churn", 2)]]
    registry.ids.jitter = lambda: 0.25
    registry.evaluate(Report(attachments=(ATTACHED,)), 2)
    (touched,) = registry.table.get([blob_key(ATTACHED.digest)])
    assert touched.rev != proof.rev, "whoever takes unused blobs away has to look again"
    assert touched.fields == proof.fields


def test_a_proof_that_comes_while_the_report_is_written_is_touched_as_well(registry):
    registry.blobs.store(PLOT)
    registry.table.before_write = lambda: registry.prove_blob(ATTACHED.digest)
    registry.evaluate(Report(attachments=(ATTACHED,)))
    assert len(reports(registry)) == 1
    written = [write for write in registry.table.writes[-1] if getattr(write, "key", None) == blob_key(ATTACHED.digest)]
    assert len(written) == 1


def test_an_attachment_that_belies_its_bytes_is_refused(registry):
    registry.blobs.store(PLOT)
    registry.prove_blob(ATTACHED.digest)
    with pytest.raises(DigestMismatch):
        registry.evaluate(Report(attachments=(File("roc.png", 1, ATTACHED.digest),)))
    assert reports(registry) == []


def test_bytes_of_another_size_than_was_declared_are_never_handed_out(registry):
    registry.evaluate(Report(attachments=(File("roc.png", 1, ATTACHED.digest),)))
    registry.blobs.store(PLOT)
    (found,) = attachments(registry, 3)
    assert (found.download, found.upload is None) == (None, False)


def test_an_evaluation_that_is_not_there_has_no_attachments(registry):
    registry.evaluate(Report({"auc": Measure(1)}))
    for sequence, number in ((1, 1), (4, 1), (3, 2)):
        with pytest.raises(NotFound) as refusal:
            attachments(registry, sequence, number)
        assert refusal.value.field == "evaluation"
    assert attachments(registry, 3) == []


def test_metrics_that_would_make_the_version_too_large_to_travel_are_refused(registry):
    registry.register(params={f"{n}": "x" * 6_000 for n in range(21)})
    with pytest.raises(TooLarge):
        registry.evaluate(Report({f"{n}".ljust(240, "x"): Measure(n) for n in range(100)}), 2)
    assert reports(registry, 2) == []


@pytest.mark.parametrize(("count", "direction"), [(310, LOWER), (410, None)])
def test_the_largest_report_fits_an_entry_an_item_and_a_receipt(registry, count, direction):
    names = [f"{n}".ljust(100, "é") for n in range(count)]
    for turn in (1.5, 2.5):
        report = Report({name: Measure(turn, "", direction) for name in names}, run=Run("ci", "1", "x" * 2_000))
        registry.evaluate(report, ticket=Ticket(f"{turn}" * 16, "f"))
    assert len(registry.version().metrics) == count + 1


def test_a_report_that_others_keep_overtaking_gives_up(registry):
    registry.table.met = 100
    with pytest.raises(Contended):
        registry.evaluate(Report({"auc": Measure(1)}))
    registry.table.met = 0
    assert reports(registry) == []


def test_reports_come_in_pages_newest_first(registry):
    for turn in range(5):
        registry.evaluate(Report({"auc": Measure(turn)}))
    registry.register()
    registry.evaluate(Report({"auc": Measure(9)}), 2)
    first = finding.list_evaluations(table=registry.table, name="churn", number=1, after=None, limit=3)
    rest = finding.list_evaluations(table=registry.table, name="churn", number=1, after=first.after, limit=3)
    values = [each.report.metrics["auc"].value for each in (*first.items, *rest.items)]
    assert (values, rest.after) == ([4, 3, 2, 1, 0], None)
