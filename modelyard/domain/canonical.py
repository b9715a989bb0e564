"""Canonical JSON (RFC 8785), so that a hash over a journal entry can be checked by anyone, in any language."""

import json
import math
from typing import Any


def canonical(value: Any) -> bytes:
    """The RFC 8785 serialization of `value`, UTF-8: keys sorted by UTF-16, numbers as ECMAScript prints them.

    Raises ValueError for NaN, infinities and whole numbers that no double is, which JSON readers do not agree on.
    """
    return _write(value).encode()


def _write(value: Any) -> str:
    match value:
        case str():
            return _text(value)
        case None | bool():
            return _LITERALS[value]
        case int():
            return _whole(value)
        case float():
            return _number(value)
        case dict():
            return "{" + ",".join([f"{_text(key)}:{_write(value[key])}" for key in _sorted(value)]) + "}"
        case list() | tuple():
            return "[" + ",".join(map(_write, value)) + "]"
    raise ValueError(f"{type(value).__name__} has no canonical JSON form")


_text = json.encoder.encode_basestring
_LITERALS = {None: "null", True: "true", False: "false"}


def _sorted(members: dict[str, Any]) -> list[str]:
    """Keys by UTF-16, which is the order of characters too unless some lie beyond the first 65,536."""
    if all(map(str.isascii, members)):
        return sorted(members)
    return sorted(members, key=lambda key: key.encode("utf-16-be"))


def _whole(value: int) -> str:
    """Beyond 2**53 only what a double is printed as: so a large measurement reads, once it was written as JSON."""
    text = str(value)
    if abs(value) > 2**53 and (abs(value) >= 10**21 or _number(float(value)) != text):
        raise ValueError("whole numbers beyond 2**53 are not exact in JSON")
    return text


def _number(value: float) -> str:
    """ECMAScript's Number::toString (RFC 8785, 3.2.2.3); Python's repr finds the same shortest digits."""
    if not math.isfinite(value):
        raise ValueError("NaN and infinities have no JSON form")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    return sign + _place(digits.rstrip("0"), point)


def _place(digits: str, point: int) -> str:
    if 0 < point <= 21:
        whole = digits[:point].ljust(point, "0")
        return whole + ("." + digits[point:] if digits[point:] else "")
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    mantissa = digits[0] + ("." + digits[1:] if digits[1:] else "")
    return f"{mantissa}e{point - 1:+d}"
