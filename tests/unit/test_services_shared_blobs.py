"""Versions that share a blob, when the blob turns out wrong."""

import pytest

from modelyard.domain.errors import Contended, NotFound
from modelyard.domain.names import parse_reference
from modelyard.domain.version import State
from modelyard.services import finding
from tests.unit.fakes import digest_of
from tests.unit.registry import open_registry

FILES = {"model.bin": b"abc"}


class Died(Exception):
    pass


@pytest.fixture
def registry(tmp_path):
    with open_registry(tmp_path) as opened:
        opened.create()
        yield opened


def spoil(registry):
    registry.blobs.stored[digest_of(b"abc")] = b"xyz"


def resolve(registry, text):
    return finding.resolve(table=registry.table, blobs=registry.blobs, reference=parse_reference(text))[0]


def test_nothing_rests_on_the_proof_of_a_blob_that_is_being_taken_away(registry, monkeypatch):
    """Dying just after the wrong bytes are gone leaves no proof that another version could become ready by."""
    registry.ready(FILES)
    spoil(registry)
    registry.challenge(1)
    discard = registry.blobs.discard

    def discard_and_die(digest):
        discard(digest)
        raise Died

    monkeypatch.setattr(registry.blobs, "discard", discard_and_die)
    with pytest.raises(Died):
        registry.prove(1)
    monkeypatch.setattr(registry.blobs, "discard", discard)
    registry.register(FILES)
    registry.blobs.store(b"abc")
    assert registry.complete(2).state is State.VERIFYING
    assert registry.prove(2).state is State.READY
    assert registry.prove(1).state is State.READY


def test_a_verdict_fails_when_a_proof_it_rests_on_is_dropped_meanwhile(registry):
    registry.ready(FILES)
    registry.register(FILES)
    registry.complete(2)
    spoil(registry)
    registry.challenge(1)
    registry.table.before_write = lambda: registry.prove(1)
    with pytest.raises(Contended):
        registry.prove(2)
    assert registry.version(2).state is State.VERIFYING
    assert registry.prove(2).state is State.REJECTED


def test_a_rejected_version_hides_no_ready_one_in_its_stage_and_can_be_laid_to_rest(registry):
    registry.ready(FILES)
    registry.ready({"other.bin": b"other"})
    registry.promote(1)
    registry.promote(2)
    registry.blobs.stored[digest_of(b"other")] = b"xyz"
    registry.challenge(2)
    assert registry.prove(2).state is State.REJECTED
    assert resolve(registry, "churn/production").number == 1
    registry.promote(2, "archived")
    assert registry.model().standing == {"production": {1: registry.version(1).digest}}
    with pytest.raises(NotFound):
        resolve(registry, "churn/staging")
