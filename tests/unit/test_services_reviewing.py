"""What inspections find decides where a version goes, and what reviewers may do about it."""

from datetime import timedelta

import pytest

from modelyard.catalogue.blob_items import clear_reports, drop_proofs
from modelyard.catalogue.inspection_items import find_reports
from modelyard.catalogue.keys import INSPECTION_PREFIX, blob_key, use_key
from modelyard.domain.errors import Contended, Invalid, VersionNotReady
from modelyard.domain.findings import Inspection
from modelyard.domain.names import parse_reference
from modelyard.domain.version import Reviewed, State
from modelyard.ports import Delete, Expect
from modelyard.services import finding, inspecting, reviewing
from modelyard.services.inspecting import Room
from tests.unit.fakes import digest_of
from tests.unit.registry import ABC, ANA, open_registry

BAD, ODD, LONG, GOOD = b"malicious thing", b"suspicious thing", b"long story", b"known weights"


@pytest.fixture
def registry(tmp_path):
    with open_registry(tmp_path) as opened:
        opened.create()
        yield opened


def effects(registry):
    return {"table": registry.table, "clock": registry.clock, "ids": registry.ids, "caller": ANA, "ticket": None}


def release(registry, number=1, reason="looked at it"):
    return reviewing.release(**effects(registry), name="churn", number=number, reason=reason)


def reject(registry, number=1, reason="it is not ours"):
    return reviewing.reject(**effects(registry), name="churn", number=number, reason=reason)


def ask(registry, number=1, rules=2):
    return reviewing.ask_inspection(**effects(registry), name="churn", number=number, rules=rules)


def judge_by(registry, word, verdict, rules):
    """Rules by which files that begin with a word are as bad as those that begin with another."""

    def look(fetch, size, name):
        text = fetch(0, size).replace(word, verdict)
        return before.look(lambda offset, length: text[offset : offset + length], len(text), name)

    before, registry.room = registry.room, Room(look, rules, registry.room.time)


def reports(registry, content):
    return registry.table.query(blob_key(digest_of(content)).pk, prefix=INSPECTION_PREFIX).items


@pytest.mark.parametrize(
    ("content", "state", "verdict", "reasons"),
    [
        (ABC, State.READY, "clean", ()),
        (ODD, State.QUARANTINED, "suspicious", ("test.rule: dir/a.bin",)),
        (LONG, State.QUARANTINED, "incomplete", ("unread: dir/a.bin",)),
        (BAD, State.REJECTED, "malicious", ("test.rule: dir/a.bin",)),
    ],
)
def test_what_is_found_decides_where_a_version_goes(registry, content, state, verdict, reasons):
    decided = registry.ready({"dir/a.bin": content, "z.bin": GOOD})
    assert decided == registry.version()
    assert (decided.state, decided.inspected.verdict, decided.refusal) == (state, verdict, reasons)
    assert (decided.inspected.files, decided.inspected.rules) == (2, 1)
    assert decided.facts["framework"] == "by hand"
    assert bool(decided.proof) == (state is not State.REJECTED)
    assert registry.model().newest_ready == (1 if state is State.READY else None)
    kinds = {State.READY: "verified", State.QUARANTINED: "quarantined", State.REJECTED: "rejected"}
    assert registry.types()[-1] == f"version.{kinds[state]}"


def test_a_blob_is_looked_at_once_however_many_versions_have_it(registry):
    looked = []

    def look(_fetch, _size, name):
        looked.append(name)
        return Inspection()

    registry.room = Room(look, 1, timedelta(minutes=1))
    registry.ready({"x/a.bin": ABC, "y/a.bin": ABC})
    registry.ready({"a.bin": ABC, "b.bin": b"new"})
    assert sorted(looked) == ["a.bin", "b.bin"]
    registry.room = Room(look, 2, timedelta(minutes=1))
    registry.ready({"a.bin": ABC})
    assert sorted(looked) == ["a.bin", "a.bin", "b.bin"], "other rules may see something else"
    assert len(reports(registry, ABC)) == 2


def test_an_inspection_that_takes_longer_than_the_time_goes_on_with_what_is_left(registry):
    contents = {f"{n:02d}.bin": b"%d" % n for n in range(30)}
    looked = []

    def look(_fetch, _size, name):
        looked.append(name)
        registry.clock.advance(seconds=1)
        return Inspection()

    registry.room = Room(look, 1, timedelta(seconds=8))
    for content in contents.values():
        registry.blobs.store(content)
    registry.register(contents)
    registry.complete()
    rounds = 0
    while registry.version().state is State.VERIFYING:
        registry.prove()
        rounds += 1
    assert registry.version().state is State.READY
    assert sorted(looked) == sorted(contents)
    driven = [event["reason"] for event in registry.journal() if event["type"] == "version.redriven"]
    assert len(driven) == rounds - 1 >= 2
    assert driven[0].startswith("inspection goes on: ")
    assert driven[0].endswith(" of 30 files")


def test_a_round_without_any_time_looks_at_some_files_all_the_same(registry):
    registry.room = Room(registry.room.look, 1, timedelta(seconds=-5))
    decided = registry.ready({f"{n}": b"%d" % n for n in range(6)})
    assert decided.state is State.VERIFYING
    assert registry.prove().state is State.READY


def test_what_storage_raises_is_raised_and_what_was_done_is_kept(registry, monkeypatch):
    read = registry.blobs.read

    def fail(digest, offset, length):
        if digest == digest_of(b"second"):
            raise ConnectionError
        return read(digest, offset, length)

    monkeypatch.setattr(registry.blobs, "read", fail)
    with pytest.raises(ConnectionError):
        registry.ready({"first.bin": b"first", "second.bin": b"second"})
    assert (len(reports(registry, b"first")), len(reports(registry, b"second"))) == (1, 0)
    monkeypatch.setattr(registry.blobs, "read", read)
    assert registry.prove().state is State.READY


def test_a_file_at_which_the_inspection_fails_is_not_fully_inspected(registry):
    def look(fetch, _size, _name):
        fetch(0, 1)
        raise RecursionError

    registry.room = Room(look, 1, timedelta(minutes=1))
    decided = registry.ready()
    assert (decided.state, decided.inspected.incomplete) == (State.QUARANTINED, 1)
    (report,) = find_reports(registry.table, [(digest_of(ABC), "a.bin")], 1).values()
    assert report.unread == ("the inspection failed: RecursionError",)


def test_bytes_that_are_lost_during_an_inspection_are_no_report(registry, monkeypatch):
    def look(fetch, size, _name):
        registry.blobs.stored.clear()
        fetch(0, size)
        return Inspection()

    registry.room = Room(look, 1, timedelta(minutes=1))
    with pytest.raises(Contended):
        registry.ready()
    assert reports(registry, ABC) == []


def test_a_report_is_not_kept_when_the_bytes_were_taken_out_of_use_meanwhile(registry):
    """Bytes that were wrong may have been replaced by the right ones since they were read."""
    first = inspecting.Room(registry.room.look, 1, timedelta(minutes=1))

    def look(fetch, size, name):
        seen = first.look(fetch, size, name)
        registry.clock.advance(seconds=1)
        drop_and_prove(registry)
        return seen

    registry.room = Room(look, 1, timedelta(minutes=1))
    with pytest.raises(Contended):
        registry.ready()
    assert reports(registry, ABC) == []
    registry.room = first
    assert registry.prove().state is State.READY


def drop_and_prove(registry):
    drop_proofs(registry.table, [digest_of(ABC)], clock=registry.clock, ids=registry.ids)
    registry.ids.jitter = lambda: 0.25  # each proof has a revision that nobody saw
    registry.prove_blob(digest_of(ABC))


def test_reports_go_with_the_proof_of_bytes_that_turned_out_wrong(registry):
    registry.ready()
    registry.blobs.stored.clear()
    registry.challenge()
    assert registry.prove().state is State.REJECTED
    assert reports(registry, ABC) == []


def test_reports_go_with_a_blob_that_is_purged(registry):
    registry.ready()
    registry.delete(1)
    registry.outlive()
    assert registry.blobs.removed == [digest_of(ABC)]
    assert reports(registry, ABC) == []


def test_many_reports_on_one_blob_are_cleared_in_several_transactions(registry):
    registry.ready({f"{n:03d}.bin": ABC for n in range(250)})
    left = clear_reports(registry.table, blob_key(digest_of(ABC)))
    assert len(left) == 50
    assert len(reports(registry, ABC)) == 50


def test_a_quarantined_version_cannot_be_fetched_but_by_who_asks_for_it_as_such(registry):
    registry.ready({"a.bin": ODD})
    stores = {"table": registry.table, "blobs": registry.blobs}
    with pytest.raises(VersionNotReady, match="a reviewer releases or rejects it") as refusal:
        finding.resolve(**stores, reference=parse_reference("churn/1", field="ref"))
    assert refusal.value.facts == {"state": "quarantined", "refusal": ("test.rule: a.bin",)}
    ((_, link),) = finding.list_files(**stores, name="churn", number=1, page=0).files
    assert link is None
    ((_, link),) = reviewing.list_quarantined(**stores, name="churn", number=1, page=0).files
    assert link.url
    release(registry)
    with pytest.raises(VersionNotReady):
        reviewing.list_quarantined(**stores, name="churn", number=1, page=0)


def test_a_released_version_is_ready_and_stays_so_when_it_is_proven_again(registry):
    registry.ready({"a.bin": ODD})
    released = release(registry)
    assert (released.state, released.refusal, registry.model().newest_ready) == (State.READY, (), 1)
    assert (released.review.decision, released.review.by, released.review.found) == (
        Reviewed.RELEASED,
        "ana",
        ("test.rule",),
    )
    assert registry.journal()[-1]["reason"] == "looked at it"
    registry.challenge()
    assert registry.prove().state is State.READY
    with pytest.raises(VersionNotReady):
        release(registry)


def test_a_version_that_came_without_its_bytes_is_not_released(registry):
    """An import brings a quarantined version as its journal has it, and nobody here vouches for its bytes."""
    registry.ready({"a.bin": ODD})
    registry.table.write([Delete(use_key(digest_of(ODD), "churn", 1), Expect.ANYTHING)])
    with pytest.raises(VersionNotReady, match="not proven here"):
        release(registry)
    registry.challenge()
    assert registry.prove().state is State.QUARANTINED
    assert release(registry).state is State.READY


def test_a_release_does_not_cover_what_was_not_known_then(registry):
    registry.ready({"a.bin": ODD, "b.bin": GOOD})
    release(registry)
    judge_by(registry, b"known", b"long", 2)
    assert ask(registry).challenged
    again = registry.prove()
    assert (again.state, again.inspected.found) == (State.QUARANTINED, ("test.rule", "unread"))


def test_a_version_that_a_reviewer_rejected_stays_so_however_good_its_bytes_are(registry):
    registry.ready({"a.bin": ODD})
    rejected = reject(registry)
    assert (rejected.state, rejected.proof) == (State.REJECTED, "")
    assert rejected.refusal == ("rejected by ana: it is not ours", "test.rule: a.bin")
    registry.challenge()
    assert registry.prove().state is State.REJECTED
    judge_by(registry, b"suspicious", b"known", 2)
    with pytest.raises(VersionNotReady):
        ask(registry)
    registry.challenge()
    assert registry.prove().refusal == ("rejected by ana: it is not ours",)


def test_a_decision_takes_a_reason_and_a_quarantined_version(registry):
    registry.ready({"a.bin": ODD})
    for reason in ("", "  ", "a\x00b"):
        with pytest.raises(Invalid):
            release(registry, reason=reason)
    registry.ready({"b.bin": ABC})
    for decide in (release, reject):
        with pytest.raises(VersionNotReady, match="not quarantined"):
            decide(registry, 2)


def test_newer_rules_are_asked_for_once_and_leave_the_proof_as_it_was(registry):
    registry.ready()
    registry.challenge()
    proven = registry.prove()
    registry.clock.advance(hours=1)
    asked = ask(registry)
    assert (asked.reinspect, ask(registry)) == (True, asked)
    registry.room = Room(registry.room.look, 2, registry.room.time)
    again = registry.prove()
    assert (again.proof, again.verified_at, again.inspected.rules) == ("bytes", proven.verified_at, 2)
    assert (again.reinspect, again.challenged, again.deadline) == (False, None, None)
    assert ask(registry) == again, "there is a report by those rules"


def test_a_version_in_production_that_newer_rules_find_bad_is_out_of_use_and_says_where_it_stood(registry):
    registry.ready({"first.bin": ABC})
    registry.ready({"a.bin": GOOD})
    registry.promote(2, "production")
    registry.alias("champion", 2)
    judge_by(registry, b"known", b"suspicious", 2)
    ask(registry, 2)
    assert registry.prove(2).state is State.QUARANTINED
    event = registry.journal()[-1]
    assert (event["type"], event["before"]) == ("version.quarantined", {"state": "ready", "stage": "production"})
    assert event["after"]["aliases"] == ["champion"]
    model = registry.model()
    assert (model.newest_ready, sorted(model.standing["production"])) == (1, [2])


def test_what_was_rejected_for_what_was_found_is_ready_when_newer_rules_find_nothing(registry):
    registry.ready({"a.bin": BAD})
    judge_by(registry, b"malicious", b"known", 2)
    ask(registry)
    again = registry.prove()
    assert (again.state, again.proof, again.refusal) == (State.READY, "storage", ())


def test_a_question_for_proof_goes_before_one_for_an_inspection(registry):
    registry.ready()
    ask(registry)
    asked = registry.challenge()
    assert (asked.reinspect, registry.challenge()) == (False, asked)
    assert registry.prove().proof == "bytes"


def test_only_what_has_bytes_is_inspected(registry):
    registry.register()
    with pytest.raises(VersionNotReady):
        ask(registry)


def test_a_quarantined_version_whose_bytes_are_lost_elsewhere_is_asked_about(registry):
    registry.ready({"a.bin": ODD})
    registry.ready({"b.bin": ODD})
    registry.blobs.stored.clear()
    registry.challenge(1)
    registry.prove(1)
    assert registry.version(2).challenged
    assert registry.prove(2).refusal == ("missing: b.bin",)


def test_a_quarantined_version_that_was_deleted_is_proven_when_it_comes_back(registry):
    registry.ready({"a.bin": ODD})
    registry.delete(1)
    assert registry.restore(1).state is State.VERIFYING
    assert registry.prove().state is State.QUARANTINED


def test_findings_are_told_file_by_file_in_pages_that_are_not_too_long(registry, monkeypatch):
    registry.ready({f"{n}.bin": ODD if n % 2 else b"%d" % n for n in range(6)})
    monkeypatch.setattr(reviewing, "MOST_BYTES", 500)
    start, told = (0, 0), []
    while start is not None:
        seen = reviewing.list_findings(table=registry.table, name="churn", number=1, start=start)
        assert seen.files
        told += seen.files
        start = seen.following
    assert [file.path for file, _ in told] == [f"{n}.bin" for n in range(6)]
    assert [report.verdict.value for _, report in told] == ["clean", "suspicious"] * 3


def test_a_version_that_nobody_inspected_has_files_without_reports(registry):
    registry.register()
    seen = reviewing.list_findings(table=registry.table, name="churn", number=1)
    assert [(file.path, report) for file, report in seen.files] == [("a.bin", None)]
