"""Reads the classes and functions of a module from its source, and what would make one dangerous in a pickle."""

import ast
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeGuard

LIVE = frozenset(
    """__new__ __setstate__ __setattr__ __getattr__ __getattribute__ __init_subclass__ __setitem__ __hash__ __eq__
    __iter__ __len__ __missing__ __array_finalize__ append extend add""".split()  # noqa: SIM905  # words read better than a list of quoted ones
)
"""Methods that loading can call on an instance that it made without `__init__`."""

DANGEROUS = frozenset(
    """exec eval open compile __import__ import_module system popen Popen run call check_call check_output load loads
    load_module unlink remove rmtree rmdir rename unpickle from_pretrained write writelines savez savetxt dump dumps
    memmap fromfile tofile mkdir makedirs urlopen urlretrieve spawn fork kill load_library CDLL LoadLibrary exec_module
    read_pickle read_csv attrgetter methodcaller""".split()  # noqa: SIM905  # words read better than a list of quoted ones
)
"""Calls that rule out a method or a function."""

CYTHON = re.compile(r"^(?:cdef\s+)?class\s+(\w+)", re.MULTILINE)
ENUMS = frozenset({"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "ExplicitEnum"})
MOVERS = frozenset({"set_module", "_set_module"})


@dataclass(slots=True)
class Known:
    """A class or a function: where it says that it lies, what it derives from, and whether it is dangerous."""

    module: str
    name: str
    bases: tuple[str, ...] = ()
    dangerous: bool = False
    moved_to: str = ""
    calls: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """What each method calls, by name."""


@dataclass(slots=True)
class Module:
    """What one source defines."""

    classes: list[Known] = field(default_factory=list)
    functions: list[Known] = field(default_factory=list)


def read_python(module: str, text: str) -> Module:
    """The classes and functions of a Python source, not those within functions and classes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse(text)
        except SyntaxError:
            return Module()
    found = Module()
    for node in _outer(tree):
        if isinstance(node, ast.ClassDef):
            found.classes.append(_read_class(module, node))
        elif isinstance(node, ast.Assign):
            found.classes += [Known(module, each.id) for each in node.targets if isinstance(each, ast.Name)]
        elif isinstance(node, ast.FunctionDef):
            found.functions.append(Known(module, node.name, dangerous=bool(_called(node) & DANGEROUS)))
    return found


def read_cython(module: str, text: str) -> Module:
    """The classes of a Cython source."""
    return Module([Known(module, name) for name in CYTHON.findall(text)])


def _outer(tree: ast.AST) -> Iterator[ast.stmt]:
    """Definitions of the module itself, those under `if` and `try` included."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) or _is_namedtuple(node):
            yield node
        elif isinstance(node, ast.If | ast.Try | ast.ExceptHandler):
            yield from _outer(node)


def _is_namedtuple(node: ast.AST) -> TypeGuard[ast.Assign]:
    return (
        isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and _last_name(node.value.func) == "namedtuple"
    )


def _read_class(module: str, node: ast.ClassDef) -> Known:
    bases = tuple(name for base in node.bases if (name := _last_name(base)))
    methods = [part for part in node.body if isinstance(part, ast.FunctionDef)]
    calls = {each.name: frozenset(_called(each)) for each in methods}
    dangerous = "ModuleType" in bases or "__del__" in calls
    return Known(module, node.name, bases, dangerous, _moved_to(node), calls)


def reached(methods: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """All that is called, by the methods that loading calls and by the methods that those call in turn."""
    found: set[str] = set()
    coming = [name for name in methods if name in LIVE]
    while coming:
        name = coming.pop()
        fresh = methods.get(name, frozenset()) - found
        found |= fresh
        coming += fresh & methods.keys()
    return frozenset(found)


def _moved_to(node: ast.ClassDef) -> str:
    for decorator in node.decorator_list:
        moved = isinstance(decorator, ast.Call) and _last_name(decorator.func) in MOVERS
        if moved and isinstance(decorator, ast.Call) and isinstance(first := decorator.args[0], ast.Constant):
            return str(first.value)
    return ""


def _called(node: ast.AST) -> set[str]:
    return {_last_name(each.func) for each in ast.walk(node) if isinstance(each, ast.Call)}


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Subscript):
        return _last_name(node.value)
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
