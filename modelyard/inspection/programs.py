"""Programs among the files of a model: sources are told for policy; what is compiled cannot be judged."""

from functools import partial

from modelyard.inspection.formats.matching import begins, ends
from modelyard.inspection.sight import Format, Sight

NATIVE = {
    "elf": (b"\x7fELF",),
    "mach-o": (b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe"),
    "java-class": (b"\xca\xfe\xba\xbe",),
    "wasm": (b"\0asm",),
    "dex": (b"dex\n",),
}
BYTECODE = (".pyc", ".pyo")
SHELLS = (".sh", ".bash", ".bat", ".cmd", ".ps1", ".vbs", ".js", ".command", ".desktop", ".lnk", ".scpt", ".hta")


def look_native(kind: str, sight: Sight) -> None:
    """Say that it is compiled."""
    sight.note("program.compiled", f"a program of format {kind}")


def look_source(rule: str, sight: Sight) -> None:
    """Say that it is a source."""
    sight.note(rule, sight.name.rpartition("/")[2])


def is_windows(head: bytes, _sight: Sight) -> bool:
    """Whether the bytes are a program of Windows: the old header, and the new one where it says."""
    place = int.from_bytes(head[60:64], "little")
    return head[:2] == b"MZ" and (head[place : place + 4] == b"PE\0\0" or place > len(head))


NATIVES = (
    *(Format(kind, begins(*magics), partial(look_native, kind)) for kind, magics in NATIVE.items()),
    Format("pe", is_windows, partial(look_native, "pe")),
)
"""Programs that are known by their bytes."""

SOURCES = (
    Format("bytecode", ends(*BYTECODE), partial(look_native, "bytecode")),
    Format("python", ends(".py", ".pyw"), partial(look_source, "program.python")),
    Format("notebook", ends(".ipynb"), partial(look_source, "program.notebook")),
    Format("script", ends(*SHELLS), partial(look_source, "program.script")),
    Format("script", begins(b"#!"), partial(look_source, "program.script")),
)
"""Programs that are known by name."""
