"""Uploading: what is still to be sent, and saying that everything was."""

import pytest

from modelyard.catalogue import uploads
from modelyard.catalogue.keys import files_key
from modelyard.domain import digests
from modelyard.domain.digests import combine
from modelyard.domain.errors import KeyReused, NotFound, UploadExpired, UploadIncomplete, VersionNotReady
from modelyard.domain.manifests import File
from modelyard.domain.tickets import Ticket
from modelyard.domain.version import State
from modelyard.ports import Delete, Expect
from modelyard.services import uploading
from modelyard.services.uploading import Place
from tests.unit.fakes import digest_of, sha256
from tests.unit.registry import files_of, open_registry

TICKET = Ticket("t" * 64, "f" * 64)
BIG = b"0123456789" * 8


@pytest.fixture
def registry(tmp_path, monkeypatch):
    monkeypatch.setattr(digests, "MIN_PART", 32)
    with open_registry(tmp_path) as opened:
        opened.create()
        yield opened


def big_file(path="big.bin", content=BIG):
    parts = tuple(sha256(content[start : start + 32]) for start in range(0, len(content), 32))
    return File(path, len(content), combine(len(content), parts), parts)


def first(registry, version, files):
    return uploading.first_uploads(table=registry.table, blobs=registry.blobs, version=version, files=files)


def listed(registry, start=uploading.FROM_THE_START, number=1):
    return uploading.list_uploads(
        table=registry.table, blobs=registry.blobs, clock=registry.clock, name="churn", number=number, start=start
    )


def asked_for(uploads):
    return [(upload.digest, upload.part, upload.offset, upload.length) for upload in uploads.requests]


def test_each_blob_is_asked_for_once_and_a_large_one_by_its_parts(registry):
    files = [*files_of({"a.bin": b"abc", "copy.bin": b"abc"}), big_file()]
    made = registry.register(files)
    tree = big_file().digest
    expected = [(digest_of(b"abc"), 0, 0, 3), (tree, 1, 0, 32), (tree, 2, 32, 32), (tree, 3, 64, 16)]
    assert asked_for(first(registry, made, files)) == expected
    assert asked_for(listed(registry)) == expected
    assert listed(registry).following is None


def test_what_is_proven_or_stored_or_sent_is_not_asked_for(registry):
    files = [*files_of({"proven": b"one", "stored": b"two", "absent": b"three"}), big_file()]
    registry.blobs.store(b"one")
    registry.prove_blob(digest_of(b"one"))
    registry.blobs.store(b"two")
    registry.blobs.uploads[big_file().digest] = {2: BIG[32:64]}
    made = registry.register(files)
    asked = [(upload.digest, upload.part) for upload in first(registry, made, files).requests]
    assert asked == [
        (digest_of(b"three"), 0),
        (big_file().digest, 1),
        (big_file().digest, 3),
        (digest_of(b"two"), 0),  # the table's word alone: storage will say that it is there
    ]
    assert [(upload.digest, upload.part) for upload in listed(registry).requests] == asked[:3]


def test_a_page_holds_five_hundred_requests_and_the_next_goes_on_within_a_file(registry, monkeypatch):
    monkeypatch.setattr(uploads, "PAGE_REQUESTS", 4)
    second = BIG[::-1]
    files = [*files_of({"a": b"a"}), big_file("b"), big_file("c", second), *files_of({"d": b"d"})]
    made = registry.register(files)
    pages = [first(registry, made, files)]
    while (following := pages[-1].following) is not None:
        pages.append(listed(registry, following))
    asked = [asked_for(page) for page in pages]
    assert [len(page) for page in asked] == [4, 4]
    flat = [(digest, part) for page in asked for digest, part, _, _ in page]
    one, two = big_file("b").digest, big_file("c", second).digest
    assert flat == [
        (digest_of(b"a"), 0),
        *((one, part) for part in (1, 2, 3)),
        *((two, part) for part in (1, 2, 3)),
        (digest_of(b"d"), 0),
    ]


def test_every_page_of_the_manifest_is_asked_for(registry):
    files = files_of({f"{number:04d}": b"%d" % number for number in range(1_050)})
    made = registry.register(files)
    page = first(registry, made, files)
    asked = list(page.requests)
    while page.following is not None:
        page = listed(registry, page.following)
        asked += page.requests
    assert sorted(upload.digest for upload in asked) == sorted(file.digest for file in files)
    assert len(asked) == 1_050


def test_a_place_beyond_the_manifest_is_the_end(registry):
    registry.register()
    assert listed(registry, Place(7, 0, 1)).requests == ()
    assert listed(registry, Place(0, 7, 1)).requests == []


def test_uploads_of_what_is_not_there_are_refused(registry):
    with pytest.raises(NotFound):
        listed(registry, number=9)


def test_completing_before_the_bytes_are_there_names_what_is_missing(registry):
    registry.register([*files_of({"a": b"a", "b": b"b"}), big_file("c")])
    registry.blobs.store(b"a")
    with pytest.raises(UploadIncomplete) as refusal:
        registry.complete()
    assert refusal.value.facts == {"missing": ["b", "c"], "count": 2}
    assert registry.version().state is State.UPLOADING
    registry.blobs.store(b"b")
    registry.blobs.uploads[big_file().digest] = {1: BIG[:32], 2: BIG[32:64], 3: BIG[64:]}
    assert registry.complete().state is State.VERIFYING


def test_at_most_twenty_missing_files_are_named(registry):
    registry.register(files_of({f"{number:02d}": b"%d" % number for number in range(50)}))
    with pytest.raises(UploadIncomplete) as refusal:
        registry.complete()
    assert (len(refusal.value.facts["missing"]), refusal.value.facts["count"]) == (20, 50)


def test_completing_proves_the_bytes_on_the_way_and_asks_storage_once(registry):
    registry.register([*files_of({"a": b"a", "b": b"b"}), big_file("c")])
    for content in (b"a", b"b"):
        registry.blobs.store(content)
    registry.blobs.uploads[big_file().digest] = {1: BIG[:32], 2: BIG[32:64], 3: BIG[64:]}
    completed = registry.complete()
    assert (completed.state, completed.revision) == (State.VERIFYING, 3)
    assert registry.blobs.stored[big_file().digest] == BIG
    asked = len(registry.blobs.asked)
    assert registry.prove().state is State.READY
    assert len(registry.blobs.asked) == asked


def test_completing_again_changes_nothing(registry):
    registry.register()
    registry.blobs.store(b"abc")
    assert registry.complete().state is State.VERIFYING
    assert registry.complete().state is State.VERIFYING
    registry.prove()
    assert registry.complete().state is State.READY
    assert registry.types() == ["model.created", "version.registered", "version.uploaded", "version.verified"]


def test_completing_under_a_key_is_answered_the_same_for_ever(registry):
    registry.register()
    registry.blobs.store(b"abc")
    assert registry.complete(ticket=TICKET).state is State.VERIFYING
    registry.prove()
    assert registry.complete(ticket=TICKET).state is State.VERIFYING
    with pytest.raises(KeyReused):
        registry.complete(ticket=Ticket(TICKET.id, "g" * 64))


def test_completing_what_needs_no_completing_uses_its_key_up_as_well(registry):
    registry.ready()
    assert registry.complete(ticket=TICKET).state is State.READY
    with pytest.raises(KeyReused):
        registry.register(ticket=Ticket(TICKET.id, "g" * 64))


def test_two_who_complete_at_once_record_it_once(registry):
    registry.register()
    registry.blobs.store(b"abc")
    registry.table.between_keys = registry.complete
    assert registry.complete().state is State.VERIFYING
    assert registry.types().count("version.uploaded") == 1


def test_an_upload_that_came_too_late_is_gone(registry):
    registry.register()
    registry.blobs.store(b"abc")
    registry.clock.advance(days=7)
    for attempt in (registry.complete, lambda: listed(registry)):
        with pytest.raises(UploadExpired):
            attempt()
    registry.clock.advance(seconds=1)
    assert registry.sweep().expired == 1
    for attempt in (registry.complete, lambda: listed(registry)):
        with pytest.raises(UploadExpired):
            attempt()
    assert registry.version().refusal == ("upload_expired",)


def test_a_rejected_version_is_not_completed(registry):
    registry.ready()
    registry.blobs.stored.clear()
    registry.challenge()
    registry.prove()
    with pytest.raises(VersionNotReady) as refusal:
        registry.complete()
    assert refusal.value.facts == {"state": "rejected", "refusal": ("missing: a.bin",)}
    with pytest.raises(VersionNotReady):
        listed(registry)


def test_a_ready_version_has_nothing_to_send(registry):
    registry.ready()
    assert listed(registry).requests == ()


@pytest.mark.parametrize(("name", "number"), [("churn", 9), ("other", 1)])
def test_completing_what_is_not_there_is_refused(registry, name, number):
    with pytest.raises(NotFound):
        registry.complete(number, name=name)


def test_other_bytes_under_a_digest_count_as_missing_and_make_room_for_the_right_ones(registry, monkeypatch):
    registry.register()
    digest = registry.blobs.store(b"abc")
    wrong = registry.blobs.stat(registry.blobs.store(b"other"))
    monkeypatch.setattr(registry.blobs, "stat", lambda digest: wrong)
    with pytest.raises(UploadIncomplete):
        registry.complete()
    assert registry.blobs.aside[digest] == b"abc"


def test_transactions_that_merely_meet_are_tried_again(registry):
    registry.register()
    registry.blobs.store(b"abc")
    registry.table.met = 2
    assert registry.complete().state is State.VERIFYING


def test_storage_is_asked_once_however_often_the_commit_is_tried(registry):
    registry.register()
    registry.blobs.store(b"abc")
    registry.table.before_write = lambda: registry.update(description="meanwhile")
    assert registry.complete().state is State.VERIFYING
    assert registry.blobs.asked == [digest_of(b"abc")]


def test_a_lost_page_of_a_manifest_never_passes_for_complete(registry):
    made = registry.register()
    registry.table.write([Delete(files_key("churn", made.number, 0), Expect.ANYTHING)])
    with pytest.raises(LookupError, match="lost"):
        registry.complete()
    assert registry.version().state is State.UPLOADING
