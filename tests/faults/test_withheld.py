"""What an inspection found not clean is given out by nobody who may attest or evaluate, in whichever order it comes."""

import pytest

from tests.faults.vouched import FILES, SIGNED, V, attest, attested, listed
from tests.faults.yard import embedded_yard

ODD = b"cmymodule\nThing\n."
BAD = b"cos\nsystem\n(S'echo harmless'\ntR."
STATES = [(ODD, "quarantined"), (BAD, "rejected")]


@pytest.fixture
def yard(quick_folder):
    with embedded_yard(quick_folder) as one:
        one.call("POST", "/v1/models", {"name": "churn"})
        one.ready("churn", FILES)
        yield one


def evaluate(yard, content, number=1):
    """Report with a file attached: where the attachments are listed, and what is to be sent."""
    file = {name: fact for name, fact in attested(content, path="plot.png").items() if name != "kind"}
    path = f"{V}/{number}/evaluations"
    made = yard.call("POST", path, {"metrics": {"auc": 1}, "attachments": [file]})
    assert made.status == 201, made
    return f"{path}/{made.body['evaluation']['id']}/attachments", made.body["uploads"]


def ways(each):
    return bool(each["download"]), bool(each["upload"]), each["withheld"]


def state(yard, number):
    return yard.call("GET", f"{V}/{number}").body["state"]


@pytest.mark.parametrize(("content", "word"), STATES)
def test_files_of_a_version_that_is_out_of_use_are_not_fetched_by_attaching_them(yard, content, word):
    yard.ready("churn", {"odd.pkl": content})
    assert state(yard, 2) == word
    assert attest(yard, content, send=False)["upload"] is None
    attachments, uploads = evaluate(yard, content)
    assert uploads["items"] == []
    kept = [*listed(yard), *yard.call("GET", attachments).body["items"]]
    assert [ways(each) for each in kept] == [(False, False, True)] * 2


@pytest.mark.parametrize(("content", "word"), STATES)
def test_what_was_attached_before_it_was_found_not_clean_is_withheld_from_then_on(yard, content, word):
    attest(yard, content)
    attachments, _ = evaluate(yard, content)
    for kept in (listed(yard), yard.call("GET", attachments).body["items"]):
        assert [ways(each) for each in kept] == [(True, False, False)]
    yard.ready("churn", {"odd.pkl": content})
    assert state(yard, 2) == word
    for kept in (listed(yard), yard.call("GET", attachments).body["items"]):
        assert [ways(each) for each in kept] == [(False, False, True)]


def test_the_reviewer_still_gets_what_is_withheld(yard):
    yard.ready("churn", {"odd.pkl": ODD})
    attest(yard, ODD, send=False)
    [file] = yard.call("GET", f"{V}/2/quarantine/files").body["items"]
    assert file["download"]["method"] == "GET"


def test_what_is_clean_is_given_out_whether_or_not_it_is_a_file_of_a_version_too(yard):
    attest(yard, FILES["README.md"])
    attest(yard, SIGNED)
    assert [ways(each) for each in listed(yard)] == [(True, False, False)] * 2
