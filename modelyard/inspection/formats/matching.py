"""How formats are recognised: by first bytes, or by a name that programs look for."""

from collections.abc import Callable

from modelyard.inspection.sight import Sight

Matches = Callable[[bytes, Sight], bool]


def begins(*magics: bytes, at: int = 0) -> Matches:
    """Files that have one of the magics at a place."""
    return lambda head, _sight: head.startswith(magics, at)


def ends(*endings: str) -> Matches:
    """Files whose names end so, whatever is in them."""
    return lambda _head, sight: sight.name.lower().endswith(endings)


def called(*names: str) -> Matches:
    """Files of exactly these names, in whatever folder."""
    known = frozenset(names)
    return lambda _head, sight: sight.name.rpartition("/")[2] in known


def is_json(head: bytes, _sight: Sight) -> bool:
    """Files that begin as an object or a list does."""
    return head.lstrip(b" \t\r\n")[:1] in {b"{", b"["}


def is_text(head: bytes, _sight: Sight) -> bool:
    """Files that begin with something that is text in UTF-8, and no pickle of the old kind by a mark of its end."""
    return b"\0" not in head and not head.startswith(b"\x80") and _is_utf8(head)


def _is_utf8(head: bytes) -> bool:
    """The last character may be cut."""
    try:
        head.decode()
    except UnicodeDecodeError as wrong:
        return wrong.start > len(head) - 4 > 0
    return True


def both(first: Matches, second: Matches) -> Matches:
    """Files that match both."""
    return lambda head, sight: first(head, sight) and second(head, sight)
