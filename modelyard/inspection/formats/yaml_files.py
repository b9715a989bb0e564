"""YAML that no format here knows: what in it makes objects when a careless program loads it.

Tags of PyYAML make Python objects. Hydra's and NeMo's `_target_` names what to call (CVE-2025-23304).
"""

import re
import sys

import yaml

from modelyard.inspection.formats.matching import both, ends, is_text
from modelyard.inspection.formats.reading import all_of, shown
from modelyard.inspection.formats.yamls import MAX_YAML, events_of
from modelyard.inspection.sight import Format, Sight

_TAG = re.compile(rb"!!?python/[\w/:.]{1,100}|tag:yaml\.org,2002:python/[\w/:.]{1,100}")
_TARGET = re.compile(rb"_target_[\"']?\s{0,20}:\s{0,20}[\"']?([\w.]{1,200})")
OVERLAP = 512
REACHING = {"builtins", "codecs", "ctypes", "importlib", "io", "marshal", "nt", "os", "pathlib", "pickle", "posix"}
REACHING |= {"pty", "runpy", "shutil", "socket", "subprocess", "sys", "tempfile", "timeit", "urllib", "webbrowser"}


def look(sight: Sight) -> None:
    """Note tags and targets: by the bytes in any case, then by the parser, if it can."""
    before = b""
    for block in sight.blocks():
        data = before + block
        for found in _TAG.finditer(data):
            sight.note("yaml.python-tag", shown(found[0].decode()))
        for found in _TARGET.finditer(data):
            check_target(sight, found[1].decode(errors="replace"))
        before = block[-OVERLAP:]
    _parse(sight, all_of(sight, MAX_YAML).decode(errors="replace"))


def _parse(sight: Sight, text: str) -> None:
    """What escapes and anchors would hide from the bytes. What cannot be parsed is left to them."""
    expected = False
    try:
        for event in events_of(text):
            sight.budget.spend("opcodes")
            tag = getattr(event, "tag", None)
            if isinstance(tag, str) and "python/" in tag:
                sight.note("yaml.python-tag", shown(tag))
            value = event.value if isinstance(event, yaml.ScalarEvent) else ""
            if expected and value:
                check_target(sight, value)
            expected = value == "_target_"
    except (yaml.YAMLError, ValueError, RecursionError):
        return


def check_target(sight: Sight, target: str) -> None:
    """Note what is to be called: by its package, of the standard library's parts that reach the system, or others."""
    package = target.partition(".")[0]
    if package in REACHING or (package in sys.stdlib_module_names and package.startswith("_")):
        sight.note("config.dangerous-target", shown(target))
    else:
        sight.note("config.target", shown(target))


FORMATS = (Format("yaml", both(ends(".yaml", ".yml"), is_text), look),)
