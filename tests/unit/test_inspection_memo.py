"""The memo of the pickle machine is that of Python's unpickler, whatever numbers it is told to use."""

import io
import pickle

from hypothesis import given
from hypothesis import strategies as st

from modelyard.inspection.budgets import Budget, Limits
from modelyard.inspection.looking import look
from modelyard.inspection.pickles.following import Pickle
from modelyard.inspection.sight import Malformed, Seen, Sight
from modelyard.inspection.sources import Held
from tests.corpora.payloads import short

NUMBERS = st.integers(0, 6)
STEPS = st.lists(
    st.one_of(
        st.text("abcdef", min_size=1, max_size=3).map(short),
        st.just(b"\x94"),
        st.just(b"0"),
        NUMBERS.map(lambda number: b"q" + bytes([number])),
        NUMBERS.map(lambda number: b"r" + number.to_bytes(4, "little")),
        NUMBERS.map(lambda number: b"h" + bytes([number])),
    ),
    max_size=30,
)


def by_python(data):
    try:
        return pickle._Unpickler(io.BytesIO(data)).load()
    except (pickle.UnpicklingError, KeyError, IndexError):
        return None


def by_c(data):
    try:
        return pickle.loads(data)
    except (pickle.UnpicklingError, KeyError, IndexError):
        return None


def followed(data):
    sight = Sight(Held(data), "a.pkl", Budget(Limits(), lambda: 0.0), Seen(), look)
    try:
        return Pickle(sight).run()
    except Malformed:
        return None


@given(STEPS)
def test_what_is_remembered_is_what_python_remembers(steps):
    data = b"\x80\x04(" + short("first") + b"".join(steps) + b"t."
    given, expected = followed(data), by_python(data)
    if expected is not None and by_c(data) == expected:
        assert given == expected
