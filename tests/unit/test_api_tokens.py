"""Page tokens: good for the list that gave them, as they were given, and for nothing else."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.api.tokens import CHECK, _check, read_key, read_token, write_token
from modelyard.domain.errors import Invalid
from modelyard.ports import Key

SCOPE = "versions churn None"
TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=40)


def forge(scope, body):
    """A token with a right check, as anybody can make who reads this."""
    return base64.urlsafe_b64encode(_check(scope, body) + body).decode().rstrip("=")


@given(TEXT, TEXT)
def test_a_token_leads_to_the_place_it_was_made_for(pk, sk):
    token = write_token(SCOPE, Key(pk, sk))
    assert read_key(SCOPE, token) == Key(pk, sk)
    assert token.isascii()
    assert not {"=", "+", "/"} & set(token)


@given(st.integers(0, 10**12), st.integers(0, 500), st.integers(1, 10_000))
def test_places_of_numbers_come_back_as_numbers(page, file, part):
    assert read_token(SCOPE, write_token(SCOPE, (page, file, part)), int, int, int) == [page, file, part]


def test_no_token_is_no_place():
    assert read_key(SCOPE, None) is None
    assert read_key(SCOPE, "") is None


@given(st.data())
def test_a_token_altered_anywhere_is_refused(data):
    token = write_token(SCOPE, Key("MODEL#churn", "VERSION#0000000007"))
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from("ABCxyz019-_").filter(lambda letter: letter != token[place]))
    altered = token[:place] + letter + token[place + 1 :]
    # The last letter holds bits that mean nothing.
    if base64.urlsafe_b64decode(altered + "=" * (-len(altered) % 4)) != base64.urlsafe_b64decode(
        token + "=" * (-len(token) % 4)
    ):
        with pytest.raises(Invalid):
            read_key(SCOPE, altered)


@pytest.mark.parametrize("token", ["x", "AAAA", "é", "a b", "=" * 8, "A" * 5000, "-", "\ud800", "a\n", "%41"])
def test_what_is_no_token_is_refused(token):
    with pytest.raises(Invalid) as refusal:
        read_key(SCOPE, token)
    assert refusal.value.field == "cursor"


@pytest.mark.parametrize("scope", ["versions churn staging", "versions other None", "history churn None", ""])
def test_a_token_of_another_list_is_refused(scope):
    token = write_token(SCOPE, Key("MODEL#churn", "VERSION#0000000007"))
    with pytest.raises(Invalid):
        read_key(scope, token)


@pytest.mark.parametrize(
    "place",
    [
        *(None, 7, "x", {}, [], ["x"], ["x", "y", "z"], ["x", 7], [7, 7], ["x", None], ["x", ["y"]], [True, "x"]),
        *(["", "x"], ["x", ""], ["x", "\0"], ["x", "\ud800"], ["x" * 3000, "x"]),
    ],
)
def test_a_forged_place_is_refused(place):
    with pytest.raises(Invalid):
        read_key(SCOPE, forge(SCOPE, json.dumps(place).encode()))


@pytest.mark.parametrize("number", [-1, 10**15, 1.5, True, "1", None])
def test_a_forged_number_is_refused(number):
    with pytest.raises(Invalid):
        read_token(SCOPE, forge(SCOPE, json.dumps([number]).encode()), int, field="after")


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b"NaN"])
def test_a_forged_token_that_is_no_json_is_refused(body):
    with pytest.raises(Invalid):
        read_token(SCOPE, forge(SCOPE, body), int)
    assert CHECK >= 8
