"""What attestations add up to, and what is held to be one."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.domain.attestations import (
    MAX_ATTESTATION,
    MOST_ATTESTATIONS,
    Attestation,
    Checked,
    Kind,
    Worth,
    answered,
    attestation_facts,
    best,
    check_attached,
    check_attestations,
    read_attestation,
    summary,
)
from modelyard.domain.digests import Digest
from modelyard.domain.errors import Invalid, TooLarge

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DIGEST = Digest("sha256:" + "0" * 64)
CHECKED = Checked(Worth.VALID, NOW, "1" * 64, "release key", files={"signed": 2})


def made(number, verdict=None, kind=Kind.SIGNATURE, **more):
    checked = Checked(verdict, NOW, "1" * 64, **more) if verdict else None
    return Attestation(number, kind, "model.sig", DIGEST, 3, NOW, "ana", checked)


def test_the_one_that_is_worth_most_speaks_for_all_and_the_newest_of_those():
    every = (made(1, Worth.INVALID), made(2, Worth.VALID), made(3, Worth.VALID), made(4), made(5, Worth.UNTRUSTED))
    assert best(every, Kind.SIGNATURE).id == 3
    assert best((*every, made(6, Worth.MATCHING, Kind.PROVENANCE)), Kind.PROVENANCE).id == 6
    assert best(every, Kind.PROVENANCE) is None


@given(st.lists(st.sampled_from([*Worth, None]), max_size=6), st.sampled_from([*Worth, None]))
def test_nothing_that_is_added_takes_anything_away(verdicts, added):
    before = tuple(made(number, verdict) for number, verdict in enumerate(verdicts))
    after = (*before, made(99, added))
    order = list(Worth)
    if before:
        worth = [order.index(best(some, Kind.SIGNATURE).verdict) for some in (before, after)]
        assert worth[1] <= worth[0]


def test_a_summary_has_the_names_of_answers_and_searches():
    (known,) = answered((made(1),), {1: CHECKED})
    assert summary((known,), Kind.SIGNATURE) == {
        "verdict": "valid",
        "id": 1,
        "count": 1,
        "by": "release key",
        "identity": "",
        "added_by": "ana",
        "checked_at": "2026-11-23T12:00:00.000Z",
        "files": {"signed": 2},
    }
    assert summary((made(1),), Kind.SIGNATURE)["verdict"] == "pending"
    assert summary((made(1, Worth.MATCHING, Kind.PROVENANCE, builder="b"),), Kind.PROVENANCE)["builder"] == "b"
    assert summary((known,), Kind.PROVENANCE) is None


@pytest.mark.parametrize("found", [made(1), made(2, Worth.PARTIAL, paths={"unsigned": ("a",)}, why=("some",))])
def test_an_attestation_is_the_same_after_it_was_written(found):
    assert read_attestation(attestation_facts(found)) == found


@pytest.mark.parametrize(
    ("wrong", "refusal", "field"),
    [
        ({"size": MAX_ATTESTATION + 1}, TooLarge, "size"),
        ({"size": 0}, Invalid, "size"),
        ({"path": "/etc/passwd"}, Invalid, "path"),
        ({"digest": "md5:1"}, Invalid, "digest"),
        ({"digest": "sha256-tree:" + "0" * 64}, Invalid, "digest"),
    ],
)
def test_what_can_be_no_attestation_is_refused_by_its_field(wrong, refusal, field):
    with pytest.raises(refusal) as refused:
        check_attached(**{"path": "model.sig", "size": 3, "digest": DIGEST} | wrong)
    assert refused.value.field == field


def test_a_journal_from_elsewhere_brings_no_more_than_one_here_could():
    check_attestations(tuple(made(n) for n in range(MOST_ATTESTATIONS)), field="events.1")
    with pytest.raises(TooLarge):
        check_attestations(tuple(made(n) for n in range(MOST_ATTESTATIONS + 1)), field="events.1")
    with pytest.raises(TooLarge):
        check_attestations((made(1, Worth.VALID, why=("w" * 20_000,)),), field="events.1")


def test_a_moment_is_kept_to_the_millisecond():
    late = NOW + timedelta(milliseconds=7)
    assert (
        read_attestation(attestation_facts(Attestation(1, Kind.SIGNATURE, "a", DIGEST, 3, late, ""))).added_at == late
    )
