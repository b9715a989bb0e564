"""What inspections of files come to, and that whatever a hostile file says can be kept."""

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.domain.arrivals import check_version
from modelyard.domain.canonical import canonical
from modelyard.domain.errors import Invalid
from modelyard.domain.findings import Finding, Inspection, Severity
from modelyard.domain.inspected import (
    MOST_FACTS,
    MOST_REASONS,
    Tally,
    bounded,
    inspected_facts,
    plain,
    read_inspected,
    read_review,
    review_facts,
    state_for,
)
from modelyard.domain.version import Inspected, Review, Reviewed, State
from modelyard.search.evaluating import matching
from modelyard.search.facts import VersionFacts, of_version
from modelyard.search.fields import VERSION_FIELDS
from modelyard.search.parsing import parse_filter
from tests.unit.test_catalogue_postings import VERSION

BAD = Inspection("pickle", findings=(Finding("pickle.bad", Severity.MALICIOUS, "os.system"),))
ODD = Inspection("pickle", findings=(Finding("pickle.odd", Severity.SUSPICIOUS, "x.y"),))
TOLD = Inspection("pickle", findings=(Finding("pickle.told", Severity.INFO, "z"),))
LONG = Inspection("zip", unread=("more than 1 members",))
SEEN = Inspected(1, "suspicious", 2, 1, {"suspicious": 1, "info": 2}, ("pickle.odd", "unread"))
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner) | st.tuples(inner),
)


def judged(*reports, rules=1):
    tally = Tally()
    for number, report in enumerate(reports):
        tally.add(report, [f"{number}.pkl"], str(number))
    return tally.judge(rules)


@pytest.mark.parametrize(
    ("reports", "verdict", "state"),
    [
        ([], "clean", State.READY),
        ([TOLD, Inspection()], "clean", State.READY),
        ([LONG, TOLD], "incomplete", State.QUARANTINED),
        ([LONG, ODD], "suspicious", State.QUARANTINED),
        ([ODD, BAD], "malicious", State.REJECTED),
    ],
)
def test_the_worst_file_decides(reports, verdict, state):
    judgement = judged(*reports)
    assert (judgement.inspected.verdict, state_for(judgement, None)) == (verdict, state)


def test_a_summary_counts_and_names_what_was_found():
    judgement = judged(ODD, LONG, TOLD)
    assert judgement.inspected == Inspected(
        1, "suspicious", 3, 1, {"info": 1, "suspicious": 1}, ("pickle.odd", "unread")
    )
    assert judgement.reasons == ("pickle.odd: 0.pkl", "unread: 1.pkl")
    assert len(judged(*[ODD] * 1000).reasons) == MOST_REASONS


def test_a_file_that_lies_twice_in_a_version_counts_once_among_its_facts():
    tally = Tally()
    for path in ("a", "b"):
        tally.add(Inspection("x", {"format": "x", "parameters": 10}), [path], "same content")
    assert tally.judge(1).facts["parameters"] == 10


def test_no_release_makes_what_is_dangerous_ready():
    review = Review(Reviewed.RELEASED, "ana", "ours", 1, ("pickle.odd", "pickle.bad"))
    assert state_for(judged(ODD), review) is State.READY
    assert state_for(judged(ODD, BAD), review) is State.REJECTED
    assert state_for(judged(ODD, LONG), review) is State.QUARANTINED
    assert state_for(judged(), replace(review, decision=Reviewed.REJECTED)) is State.REJECTED


@given(ANYTHING)
def test_whatever_a_file_says_becomes_json_that_can_be_hashed_and_read_again(value):
    kept = plain({"fact": value})
    assert json.loads(canonical(kept)) == kept


def test_what_is_endless_or_too_large_is_cut():
    deep = []
    for _ in range(5000):
        deep = [deep]
    assert len(json.dumps(plain(deep))) < 100
    assert plain([math.inf, 2**80, "\x00\ud800"]) == ["inf", str(2**80), "\N{REPLACEMENT CHARACTER}?"]
    assert len(plain("x" * 10**6)) == 1000
    assert len(plain(list(range(10**6)))) == 300


def test_facts_that_are_too_much_lose_the_largest():
    facts = {"format": "x", "classes": ["c" * 100] * 200, "parameters": 5}
    assert bounded(facts) == {"format": "x", "parameters": 5}
    assert bounded({"a": "b"}) == {"a": "b"}


def test_summaries_and_reviews_come_back_from_json_as_they_were():
    review = Review(Reviewed.RELEASED, "ana", "ours", 1, ("pickle.odd",))
    assert read_inspected(json.loads(json.dumps(inspected_facts(SEEN)))) == SEEN
    assert read_review(json.loads(json.dumps(review_facts(review)))) == review
    assert (read_inspected(None), read_review(None)) == (None, None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"inspected": replace(SEEN, verdict="fine")},
        {"inspected": replace(SEEN, rules="1")},
        {"inspected": replace(SEEN, found=("x" * 300,))},
        {"inspected": replace(SEEN, findings={"info": 1, "suspicious": 1, "malicious": 1, "other": 1})},
        {"facts": {"a": "b" * MOST_FACTS}},
        {"facts": []},
        {"reinspect": 1},
    ],
)
def test_a_journal_from_elsewhere_tells_of_inspections_as_one_here_does(wrong):
    check_version(replace(VERSION, inspected=SEEN, facts={"format": "onnx"}), None, field="events.1")
    with pytest.raises(Invalid):
        check_version(replace(VERSION, **wrong), None, field="events.1")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("facts.parameters > 1e9", True),
        ("facts.parameters > 2e9", False),
        ("facts.format = 'safetensors' AND facts.chat_template = 'true'", True),
        ("facts.formats = 'json'", True),
        ("facts.dtypes.F16 >= 3000000000", True),
        ("facts.dtypes = 'F16' OR facts.parameters.x = 1 OR facts.gone != 1", False),
        ("inspected.verdict = 'suspicious' AND inspected.rules < 2 AND inspected.findings.info = 2", True),
        ("inspected.found = 'unread'", True),
        ("NOT inspected.rules >= 2", True),
    ],
)
def test_versions_are_searched_by_what_is_in_their_files(text, expected):
    facts = {
        "format": "safetensors",
        "formats": ["json", "safetensors"],
        "parameters": 1_500_000_000,
        "dtypes": {"F16": 3_000_000_000},
        "chat_template": True,
    }
    found = VersionFacts(replace(VERSION, inspected=SEEN, facts=facts))
    assert matching(parse_filter(text, VERSION_FIELDS), of_version)(found) is expected


def test_a_version_that_nobody_inspected_matches_no_comparison_with_what_was_found():
    nobody = VersionFacts(VERSION)
    assert not matching(parse_filter("inspected.rules < 9", VERSION_FIELDS), of_version)(nobody)
    assert matching(parse_filter("NOT inspected.rules >= 9", VERSION_FIELDS), of_version)(nobody)
