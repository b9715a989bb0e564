"""Canonical JSON: the vectors of RFC 8785, and properties that any value keeps."""

import json
import math
import struct

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from modelyard.domain.canonical import canonical

# RFC 8785, appendix B: the bits of a double and its form.
NUMBERS = [
    ("0000000000000000", "0"),
    ("8000000000000000", "0"),
    ("0000000000000001", "5e-324"),
    ("8000000000000001", "-5e-324"),
    ("7fefffffffffffff", "1.7976931348623157e+308"),
    ("ffefffffffffffff", "-1.7976931348623157e+308"),
    ("4340000000000000", "9007199254740992"),
    ("c340000000000000", "-9007199254740992"),
    ("4430000000000000", "295147905179352830000"),
    ("44b52d02c7e14af5", "9.999999999999997e+22"),
    ("44b52d02c7e14af6", "1e+23"),
    ("44b52d02c7e14af7", "1.0000000000000001e+23"),
    ("444b1ae4d6e2ef4e", "999999999999999700000"),
    ("444b1ae4d6e2ef4f", "999999999999999900000"),
    ("444b1ae4d6e2ef50", "1e+21"),
    ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
    ("3eb0c6f7a0b5ed8d", "0.000001"),
    ("41b3de4355555553", "333333333.3333332"),
    ("41b3de4355555554", "333333333.33333325"),
    ("41b3de4355555555", "333333333.3333333"),
    ("41b3de4355555556", "333333333.3333334"),
    ("41b3de4355555557", "333333333.33333343"),
    ("becbf647612f3696", "-0.0000033333333333333333"),
    ("43143ff3c1cb0959", "1424953923781206.2"),
]
EXACT = st.integers(-(2**53) + 1, 2**53 - 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | EXACT | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
)


@pytest.mark.parametrize(("bits", "form"), NUMBERS)
def test_numbers_are_written_as_the_rfc_says(bits, form):
    (number,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonical(number) == form.encode()


def test_the_sample_of_the_rfc_comes_out_as_printed_there():
    sample = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": '€$\x0f\nA\'B"\\\\"/',
        "literals": [None, True, False],
    }
    expected = (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )
    assert canonical(sample) == expected.encode()


def test_keys_are_sorted_by_utf_16_as_the_rfc_shows():
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    expected = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert list(json.loads(canonical(dict.fromkeys(keys, 0)))) == expected


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_comes_back_as_the_same_double(number):
    written = canonical(number).decode()
    assert float(written) == number
    assert math.copysign(1, float(written)) == math.copysign(1, number) or number == 0


@given(VALUES)
def test_another_implementation_writes_the_same_bytes(value):
    assert canonical(value) == rfc8785.dumps(value)


@given(VALUES)
def test_what_was_written_reads_as_the_same_value_and_is_written_the_same_again(value):
    written = canonical(value)
    assert canonical(json.loads(written)) == written


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, 2**53 + 1, -(2**53) - 1, 10**21, [10**400], {"a": [math.nan]}]
)
def test_what_json_readers_do_not_agree_on_is_refused(value):
    with pytest.raises(ValueError, match="JSON"):
        canonical(value)


@pytest.mark.parametrize("value", [b"bytes", object(), {1, 2}])
def test_what_json_has_no_form_for_is_refused(value):
    with pytest.raises(ValueError, match="no canonical JSON form"):
        canonical(value)


def test_half_a_character_is_refused():
    with pytest.raises(UnicodeEncodeError):
        canonical({"a": "\ud800"})


def test_a_tuple_is_a_list():
    assert canonical((1, "a")) == b'[1,"a"]'
