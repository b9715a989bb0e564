"""What a pickle's values are known by. Nothing is made of them: a call is only written down."""

from typing import Any, Final


class Import:
    """Something that is looked up by module and name."""

    __slots__ = ("kind", "module", "name")

    def __init__(self, module: str, name: str, kind: str) -> None:
        self.module = module
        self.name = name
        self.kind = kind

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


class Made:
    """What a call gave: `what` was called (the class, for whatever makes instances), and the state it was given."""

    __slots__ = ("args", "filled", "state", "what")

    def __init__(self, what: Any, args: Any, *, filled: bool = False) -> None:
        self.what = what
        self.args = args
        self.state: Any = None
        self.filled = filled
        """Whether it was given items, as dictionaries of classes of their own are."""


class Opaque:
    """A value too long to be held: its kind and place."""

    __slots__ = ("kind", "length", "offset")

    def __init__(self, kind: str, offset: int, length: int) -> None:
        self.kind = kind
        self.offset = offset
        self.length = length


class Stored:
    """A tensor's bytes, which PyTorch keeps beside the pickle."""

    __slots__ = ("dtype", "elements", "key")

    def __init__(self, key: str, dtype: str, elements: int) -> None:
        self.key = key
        self.dtype = dtype
        self.elements = elements


class Symbol:
    """A value of which nothing more needs to be known."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


FLOAT: Final = Symbol("float")
INT: Final = Symbol("int")
ARRAY: Final = Symbol("array")
UNKNOWN: Final = Symbol("unknown")

COMPUTED: Final = "\0computed"
"""Stands in a dictionary for keys that are no plain values."""

MOST_KEYS = 1024
"""Keys of one dictionary that are remembered."""

SPECIAL: Final = frozenset(
    {
        *("__setstate__", "__class__", "__dict__", "__reduce__", "__getattr__"),
        *("append", "extend", "add", "_parse_arg_template"),
    }
)
"""Attributes that the loading itself calls or runs, or that change what an object is."""


def remember(known: dict[str, Any], key: Any, value: Any) -> None:
    """Put an item into a dictionary of which the first keys are remembered, and those that matter."""
    if type(key) is str:
        if len(known) < MOST_KEYS or key in SPECIAL:
            known[key] = value
    elif type(key) is Made:
        known[COMPUTED] = True


def show(value: Any) -> str:
    """A value in a few words, for people."""
    if isinstance(value, Import):
        return str(value)
    if isinstance(value, Made):
        return f"{show(value.what)}(…)"
    return value.name if isinstance(value, Symbol) else type(value).__name__
