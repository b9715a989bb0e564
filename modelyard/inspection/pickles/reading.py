"""Files that are pickles: how they are recognised, and what may follow the first one."""

from dataclasses import replace

from modelyard.inspection.formats.reading import tell
from modelyard.inspection.pickles.facts import of_pickle
from modelyard.inspection.pickles.following import Pickle
from modelyard.inspection.pickles.opcodes import NAMES
from modelyard.inspection.sight import Format, Malformed, Seen, Sight

ENDINGS = (".pkl", ".pickle", ".joblib", ".pt", ".pth", ".p", ".sav", ".pck", ".pcl", ".dill", ".cloudpickle")
"""Names under which programs load pickles, whatever the bytes are."""


TEXTS = (
    ".txt",
    ".md",
    ".json",
    ".yaml",
    ".yml",
    ".csv",
    ".tsv",
    ".toml",
    ".cfg",
    ".ini",
    ".py",
    ".model",
    ".vocab",
    ".html",
)
"""Names of texts, which may begin as an import does and break then."""

BEGINNINGS = frozenset(b"(]})NFIJKLMPSTUVXGBCci\x80\x82\x83\x84\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x95\x96")
"""Opcodes with which a pickle can begin. All others take what is not there yet, and are refused by every reader."""


def may_begin(head: bytes) -> bool:
    """Whether a pickle can begin so."""
    return head[:1] != b"" and head[0] in BEGINNINGS


def is_marked(head: bytes, _sight: Sight) -> bool:
    """Whether the bytes begin with PROTO of a protocol that has it, and another opcode."""
    return (
        head[:1] == b"\x80" and b"\x02" <= head[1:2] <= b"\x05" and (head[2:3] in NAMES or head[2:3] in b"\x82\x83\x84")
    )


def is_called(_head: bytes, sight: Sight) -> bool:
    """Whether the file has a name under which programs load pickles."""
    return sight.source.size > 0 and sight.name.lower().endswith(ENDINGS)


def is_called_and_begins(head: bytes, sight: Sight) -> bool:
    """Whether the file has such a name, and something runs when a program loads it."""
    return is_called(head, sight) and may_begin(head)


def look_at_none(sight: Sight) -> None:
    """Say that a file is called a pickle and is none."""
    first = sight.source.read(0, 1)[0]
    sight.note("pickle.none", f"{sight.name.rpartition('/')[2]}: no pickle begins with {first:#04x}")


def follow(sight: Sight, start: int = 0, *, persistent: bool = False, script: bool = False) -> Pickle:
    """Follow one pickle, and tell its facts."""
    machine = Pickle(sight, start, persistent=persistent, script=script)
    root = machine.run()
    kind = "torch" if persistent else "joblib" if machine.arrays else "pickle"
    tell(sight, {"format": kind, **of_pickle(machine, root)})
    return machine


def follow_all(sight: Sight, start: int = 0, *, persistent: bool = False, script: bool = False) -> Pickle:
    """Follow the pickles that follow one another up to the end; the first one. Other bytes behind are suspicious."""
    first = machine = follow(sight, start, persistent=persistent, script=script)
    while machine.offset < sight.source.size:
        sight.budget.spend("members")
        seen, place = Seen(), machine.offset
        machine = Pickle(replace(sight, seen=seen), place, persistent=persistent)
        try:
            machine.run()
        except Malformed as wrong:
            sight.seen.adopt(seen, every=False)
            raise Malformed(
                "pickle.trailing-bytes", f"{sight.source.size - place:,} bytes: {wrong}", offset=place
            ) from None
        sight.seen.adopt(seen, every=True)
        sight.note("pickle.stacked", "another pickle follows", offset=place)
    return first


def look(sight: Sight) -> None:
    """Follow all pickles of a file."""
    follow_all(sight)


def is_likely(_head: bytes, sight: Sight) -> bool:
    """Whether the bytes are a pickle that imports something, or that runs something before they break.

    Pickles of protocols 0 and 1 have no mark, and programs load them under any name.
    """
    seen = Seen()
    machine = Pickle(replace(sight, seen=seen))
    try:
        machine.run()
        whole = True
    except Malformed:
        whole = False
    named = any(_is_name(each.module) and _is_name(each.name) for each in machine.imports.values())
    return machine.ran or (named and (whole or not sight.name.lower().endswith(TEXTS)))


def _is_name(text: str) -> bool:
    return all(part.isidentifier() for part in text.split("."))


MARKED = (Format("pickle", is_marked, look),)
"""Pickles that are known by their first bytes."""

UNMARKED = (Format("pickle", is_called_and_begins, look), Format("pickle", is_likely, look))

LAST = (Format("", is_called, look_at_none),)
"""What is called a pickle and is none, after all else was tried."""
"""To be tried after every format that is known by its bytes."""
