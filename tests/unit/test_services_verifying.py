"""Verifying: proofs of blobs, questions for proof, and verdicts."""

import pytest

from modelyard.catalogue.blob_items import find_proven
from modelyard.catalogue.commits import ATTEMPTS
from modelyard.catalogue.keys import blob_key, files_key
from modelyard.domain.errors import Contended, KeyReused, NotFound, VersionNotReady
from modelyard.domain.manifests import File
from modelyard.domain.tickets import Ticket
from modelyard.domain.version import State
from modelyard.ports import Delete, Expect, Stat
from modelyard.services import verifying
from tests.unit.fakes import NOON, digest_of
from tests.unit.registry import ABC, files_of, open_registry

TICKET = Ticket("t" * 64, "f" * 64)
D = digest_of(ABC)


@pytest.fixture
def registry(tmp_path):
    with open_registry(tmp_path) as opened:
        opened.create()
        yield opened


def proven(registry, *contents):
    return set(find_proven(registry.table, [digest_of(content) for content in contents]))


def verifying_version(registry, contents=None):
    """A version that waits for its first verdict."""
    contents = contents or {"a.bin": ABC}
    for content in contents.values():
        registry.blobs.store(content)
    return registry.complete(registry.register(contents).number)


def tamper(registry, content):
    """Change stored bytes behind everybody's back."""
    registry.blobs.stored[digest_of(content)] = content[::-1]


def test_a_blob_is_proven_when_storage_vouches_for_it(registry):
    assert not registry.prove_blob(D)
    assert proven(registry, ABC) == set()
    registry.blobs.store(ABC)
    assert registry.prove_blob(D)
    assert proven(registry, ABC) == {D}


def test_a_proven_blob_is_not_asked_for_again(registry):
    registry.blobs.store(ABC)
    registry.prove_blob(D)
    asked = len(registry.blobs.asked)
    assert registry.prove_blob(D)
    assert len(registry.blobs.asked) == asked


def test_other_bytes_under_a_blobs_key_prove_nothing(registry, monkeypatch):
    monkeypatch.setattr(registry.blobs, "stat", lambda digest: Stat(3, digest_of(b"abd")))
    assert not registry.prove_blob(D)
    assert proven(registry, ABC) == set()


def test_a_version_whose_bytes_are_all_proven_is_ready(registry):
    verifying_version(registry)
    ready = registry.prove()
    assert ready == registry.version()
    assert (ready.state, ready.proof, ready.verified_at, ready.deadline) == (State.READY, "storage", NOON, None)
    assert registry.model().newest_ready == 1
    event = registry.journal()[-1]
    clean = {"rules": 1, "verdict": "clean", "files": 1, "incomplete": 0, "findings": {}, "found": []}
    seen = {"inspected": clean, "facts": {}}
    assert (event["before"], event["after"]) == ({"state": "verifying"}, {"state": "ready", "proof": "storage"} | seen)


def test_a_version_is_decided_once_however_often_it_is_asked(registry):
    assert registry.prove() is None
    registry.register()
    assert registry.prove() is None
    registry.blobs.store(ABC)
    registry.complete()
    registry.table.before_write = registry.prove
    assert registry.prove() is None
    assert registry.prove() is None
    assert registry.types()[-2:] == ["version.uploaded", "version.verified"]


def test_a_version_of_an_unknown_model_is_refused(registry):
    with pytest.raises(NotFound):
        registry.prove(name="01KAP4Q6Z8T5V3W9XENCHRNGGD")


def test_bytes_that_vanished_reject_the_version(registry):
    verifying_version(registry, {"a": b"a", "b": b"b"})
    registry.blobs.stored.clear()
    registry.table.write([Delete(blob_key(digest_of(b"b")), Expect.ANYTHING)])
    rejected = registry.prove()
    assert (rejected.state, rejected.refusal, rejected.proof) == (State.REJECTED, ("missing: b",), "")
    assert registry.model().newest_ready is None
    event = registry.journal()[-1]
    assert event["reason"] == "1 files are not what was declared"
    assert event["after"] == {"state": "rejected", "refusal": ["missing: b"]}


def test_a_manifest_that_lies_about_a_size_is_rejected_and_harms_no_other_version(registry):
    registry.ready()
    registry.register([File("a.bin", 4, D)])
    registry.complete(2)
    assert registry.prove(2).refusal == ("size_mismatch: a.bin",)
    assert proven(registry, ABC) == {D}
    assert registry.blobs.stored == {D: ABC}
    assert registry.version(1).state is State.READY


def test_at_most_twenty_reasons_are_kept(registry):
    verifying_version(registry, {f"{number:02d}": b"%d" % number for number in range(30)})
    registry.prove()
    registry.blobs.stored.clear()
    registry.challenge()
    rejected = registry.prove()
    assert len(rejected.refusal) == 20
    assert registry.journal()[-1]["reason"] == "30 files are not what was declared"


def test_a_challenge_reads_every_byte_again(registry):
    ready = registry.ready()
    asked = registry.challenge()
    assert (asked.state, asked.challenged) == (State.READY, ready.revision + 1)
    registry.clock.advance(minutes=1)
    again = registry.prove()
    assert (again.state, again.proof, again.challenged) == (State.READY, "bytes", None)
    assert again.verified_at == registry.clock.now()
    assert registry.types()[-2:] == ["version.challenged", "version.verified"]


def test_wrong_bytes_are_set_aside_before_the_version_is_rejected(registry):
    registry.ready({"a": b"abc", "b": b"xyz"})
    registry.challenge()
    tamper(registry, b"abc")
    rejected = registry.prove()
    assert rejected.refusal == ("digest_mismatch: a",)
    assert registry.blobs.aside == {digest_of(b"abc"): b"cba"}
    assert proven(registry, b"abc", b"xyz") == {digest_of(b"xyz")}


@pytest.mark.parametrize("damage", ["lost", "rotten"])
def test_a_blob_that_two_files_share_is_taken_out_of_use_once_and_both_are_named(registry, damage):
    registry.ready({"a": ABC, "copy": ABC})
    registry.challenge()
    if damage == "lost":
        registry.blobs.stored.clear()
    else:
        tamper(registry, ABC)
    reason = {"lost": "missing", "rotten": "digest_mismatch"}[damage]
    assert registry.prove().refusal == (f"{reason}: a", f"{reason}: copy")
    assert proven(registry, ABC) == set()
    assert registry.blobs.discarded == ([D] if damage == "rotten" else [])


def test_bytes_that_come_back_make_a_rejected_version_ready_again(registry):
    registry.ready()
    registry.blobs.stored.clear()
    registry.challenge()
    assert registry.prove().state is State.REJECTED
    registry.blobs.store(ABC)
    registry.challenge()
    ready = registry.prove()
    assert (ready.state, ready.refusal) == (State.READY, ())
    assert registry.model().newest_ready == 1


def test_a_version_too_large_to_read_again_is_proven_by_storages_word(registry, monkeypatch):
    monkeypatch.setattr(verifying, "MOST_REREAD", 2)
    registry.ready()
    registry.challenge()
    tamper(registry, ABC)
    assert registry.prove().proof == "storage"


def test_the_newest_ready_version_is_the_next_best_when_it_is_rejected(registry):
    for number in range(1, 5):
        registry.ready({"a": b"%d" % number})
    for gone, newest in ((3, 4), (4, 2), (2, 1), (1, None)):
        registry.blobs.stored.pop(digest_of(b"%d" % gone))
        registry.challenge(gone)
        registry.prove(gone)
        assert registry.model().newest_ready == newest


def test_the_newest_ready_version_is_found_however_far_below(registry):
    registry.ready({"a": b"first"})
    for _ in range(120):
        registry.register({"a": b"never sent"})
    registry.ready({"a": b"last"})
    registry.blobs.stored.pop(digest_of(b"last"))
    registry.challenge(122)
    registry.prove(122)
    assert registry.model().newest_ready == 1


def test_asking_again_while_a_question_is_open_changes_nothing(registry):
    registry.ready()
    asked = registry.challenge(ticket=TICKET)
    assert registry.challenge() == asked
    assert registry.challenge(ticket=TICKET) == asked
    registry.prove()
    assert registry.challenge(ticket=TICKET) == asked
    assert registry.types().count("version.challenged") == 1
    with pytest.raises(KeyReused):
        registry.challenge(ticket=Ticket(TICKET.id, "g" * 64))


def test_a_version_under_verification_needs_no_challenge(registry):
    waiting = verifying_version(registry)
    assert registry.challenge(ticket=TICKET) == waiting
    registry.prove()
    assert registry.challenge(ticket=TICKET) == waiting


def test_only_what_has_bytes_is_challenged(registry):
    registry.register()
    with pytest.raises(VersionNotReady) as refusal:
        registry.challenge()
    assert refusal.value.facts == {"state": "uploading"}
    registry.clock.advance(days=8)
    registry.sweep()
    with pytest.raises(VersionNotReady):
        registry.challenge()
    for name, number in (("churn", 9), ("other", 1)):
        with pytest.raises(NotFound):
            registry.challenge(number, name=name)


def test_a_verdict_is_no_answer_to_a_question_that_came_after_the_look(registry, monkeypatch):
    """One that looked long ago, and slept, must not answer for bytes that rotted since."""
    verifying_version(registry)
    examined = verifying._examine

    def slowly(*given, **named):
        faults = examined(*given, **named)
        monkeypatch.setattr(verifying, "_examine", examined)
        registry.prove()
        registry.challenge()
        tamper(registry, ABC)
        return faults

    monkeypatch.setattr(verifying, "_examine", slowly)
    assert registry.prove() is None
    assert registry.version().challenged is not None
    assert registry.prove().state is State.REJECTED


def test_a_version_that_is_gone_by_then_gets_no_verdict(registry):
    verifying_version(registry)
    gets = registry.table.get

    def vanish(keys):
        found = gets(keys)
        return [None] * len(found) if len(keys) == 3 else found

    registry.table.get = vanish
    assert registry.prove() is None


def test_proofs_survive_transactions_that_merely_meet(registry):
    """Two pushes of the same files write the same proofs at once."""
    registry.blobs.store(ABC)
    registry.table.met = 1
    assert registry.prove_blob(D)
    registry.ready()
    registry.blobs.stored.clear()
    registry.challenge()
    registry.table.met = 3
    assert registry.prove().state is State.REJECTED
    registry.table.met = 1 + ATTEMPTS
    registry.blobs.store(ABC)
    with pytest.raises(Contended):
        registry.prove_blob(D)


def test_a_verdict_that_dies_before_it_is_written_is_asked_for_again(registry):
    registry.ready()
    registry.challenge()
    tamper(registry, ABC)

    def die():
        raise RuntimeError

    def later():
        registry.table.before_write = die

    registry.table.before_write = later
    with pytest.raises(RuntimeError):
        registry.prove()
    assert registry.version().challenged is not None
    assert registry.blobs.stored == {}
    assert registry.prove().refusal == ("missing: a.bin",)


def test_a_lost_page_of_a_manifest_never_passes_for_proven(registry):
    registry.register(files_of({f"{number:04d}": b"x" for number in range(501)}))
    registry.blobs.store(b"x")
    registry.complete()
    registry.table.write([Delete(files_key("churn", 1, 1), Expect.ANYTHING)])
    with pytest.raises(LookupError, match="lost"):
        registry.prove()
    assert registry.version().state is State.VERIFYING


def test_a_version_of_many_files_is_proven_page_by_page(registry):
    contents = {f"{number:04d}": b"%d" % (number % 700) for number in range(1_200)}
    assert registry.ready(contents).file_count == 1_200
    asked = registry.blobs.asked
    assert sorted(set(asked)) == sorted(digest_of(content) for content in set(contents.values()))
