"""States that make an object run something: what known classes of the frameworks do with what they are given."""

import re
from typing import Any

from modelyard.inspection.pickles.values import COMPUTED, SPECIAL, Import, Made

_SHAPES = r"(?P<shapes>(?:[A-Za-z_]\w*, )*)"
_AGAIN, _PLACE, _PLACED = r"(?P=shapes)", r"(?P<place>loc=0(?:, scale=1)?)", r"loc, (?:scale|1)"
TEMPLATE = re.compile(
    rf"\ndef _parse_args\(self, {_SHAPES} {_PLACE}\):\n    return \({_AGAIN}\), {_PLACED}\n"
    rf"\ndef _parse_args_rvs\(self, {_AGAIN} (?P=place), size=None\):\n"
    rf"    return self\._argcheck_rvs\({_AGAIN} {_PLACED}, size=size\)\n"
    rf"\ndef _parse_args_stats\(self, {_AGAIN} (?P=place), moments='mv'\):\n"
    rf"    return \({_AGAIN}\), {_PLACED}, moments\n"
)
"""What scipy's distributions keep in `_parse_arg_template`, and run when they are loaded."""


TEMPLATED = "_parse_arg_template"


def special(state: Any) -> str | None:
    """What of a state would be called, or cannot be seen; None when there is nothing."""
    if isinstance(state, Made):
        return "a state that is computed" if state.filled else None
    if not isinstance(state, dict):
        return None
    if COMPUTED in state:
        return "a name that is computed"
    called = sorted(name for name in SPECIAL & state.keys() if isinstance(state[name], Import | Made))
    return ", ".join(called) or None


def is_templated(what: Any) -> bool:
    """Whether it is a class of scipy's distributions, which run a part of the state that they are given."""
    return isinstance(what, Import) and what.module.startswith("scipy.stats")


def is_plain_state(state: Any) -> bool:
    """Whether all that matters of a state is known: nothing, a dictionary that was written out, or two of them."""
    parts = state if isinstance(state, tuple) and len(state) == 2 else (state,)
    return all(part is None or (type(part) is dict and COMPUTED not in part) for part in parts)


def runs(state: Any) -> bool:
    """Whether code of the state itself would be run."""
    state = state.state if isinstance(state, Made) else state
    template = state.get(TEMPLATED) if isinstance(state, dict) else None
    return template is not None and not (isinstance(template, str) and TEMPLATE.fullmatch(template))
