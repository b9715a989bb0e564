"""Calls that are harmless with some arguments only: whoever takes a name, a class or another call to be called."""

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from modelyard.inspection.pickles.names import CALL, CLASS, FUNCTION, judge
from modelyard.inspection.pickles.values import Import, Made

PLAIN_BASES = frozenset(
    {"object", "dict", "list", "tuple", "set", "frozenset", "int", "float", "str", "bytes", "complex"}
)
ENCODINGS = frozenset({"latin1", "latin-1", "utf-8", "utf8", "ascii"})
UFUNCS = frozenset({"numpy", "numpy.core._multiarray_umath", "numpy._core._multiarray_umath", "scipy.special._ufuncs"})
BIT_GENERATORS = frozenset({"MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"})
MOST_BYTES = 2**30
CLASSES_OF = frozenset({("builtins", "type"), ("builtin", "type")})


def _is_class(value: Any) -> bool:
    return isinstance(value, Import) and value.kind in {CLASS, CALL}


def _reconstructor(args: tuple[Any, ...]) -> bool:
    """It calls `__new__` and `__init__` of its second argument."""
    if len(args) != 3 or not _is_class(args[0]) or not isinstance(args[1], Import):
        return False
    return args[1].module in {"builtins", "__builtin__"} and args[1].name in PLAIN_BASES


def _new_object(args: tuple[Any, ...]) -> bool:
    return bool(args) and _is_class(args[0]) and not any(_is_given_away(each) for each in args)


def _encode(args: tuple[Any, ...]) -> bool:
    """Any other encoding's name is the name of a module to import."""
    return len(args) == 2 and isinstance(args[1], str) and args[1] in ENCODINGS


def _ufunc(args: tuple[Any, ...]) -> bool:
    """It imports by name."""
    if len(args) != 2 or not all(isinstance(each, str) for each in args) or args[0] not in UFUNCS:
        return False
    return judge("numpy", args[1], 4) == FUNCTION or judge(*args, 4) == FUNCTION


def _type_of(args: tuple[Any, ...]) -> bool:
    """With more than one argument it makes a class."""
    return len(args) == 1


def _plain(args: tuple[Any, ...]) -> bool:
    """It asks its arguments for what is in them: they are plain values."""
    return not any(isinstance(each, Import) or (isinstance(each, Made) and not _is_plain(each.what)) for each in args)


def _is_plain(what: Any) -> bool:
    return isinstance(what, Import) and what.module in {"_codecs", "builtins", "__builtin__"}


def _little(args: tuple[Any, ...]) -> bool:
    """A number gives so many bytes."""
    return _plain(args) and not any(isinstance(each, int) and each > MOST_BYTES for each in args)


def _random(args: tuple[Any, ...]) -> bool:
    """The second argument is called with the first."""
    return all(
        each in BIT_GENERATORS
        if isinstance(each, str)
        else (
            isinstance(each, Import)
            and (each.module.startswith("numpy.random.") and each.name in {"__bit_generator_ctor", *BIT_GENERATORS})
        )
        or not isinstance(each, Import)
        for each in args
    )


def _from_type(args: tuple[Any, ...]) -> bool:
    """The first argument is called with the third."""
    return bool(args) and isinstance(args[0], Import) and args[0].module == "torch._utils" and args[0].kind == CALL


def _factory(args: tuple[Any, ...]) -> bool:
    """The first argument is called, with nothing, for what is missing."""
    return not args or args[0] is None or _is_class(args[0])


GUARDS: MappingProxyType[tuple[str, str], Callable[[tuple[Any, ...]], bool]] = MappingProxyType(
    {
        ("copyreg", "_reconstructor"): _reconstructor,
        ("copyreg", "__newobj__"): _new_object,
        ("copyreg", "__newobj_ex__"): _new_object,
        ("_codecs", "encode"): _encode,
        ("numpy.core", "_ufunc_reconstruct"): _ufunc,
        ("numpy._core", "_ufunc_reconstruct"): _ufunc,
        ("builtins", "type"): _type_of,
        **dict.fromkeys((("builtins", name) for name in ("set", "frozenset", "complex", "slice", "range")), _plain),
        ("builtins", "bytearray"): _little,
        ("builtins", "bytes"): _little,
        ("numpy.random._pickle", "__randomstate_ctor"): _random,
        ("numpy.random._pickle", "__generator_ctor"): _random,
        ("numpy.random._pickle", "__bit_generator_ctor"): _random,
        ("torch._tensor", "_rebuild_from_type"): _from_type,
        ("torch._tensor", "_rebuild_from_type_v2"): _from_type,
        ("collections", "defaultdict"): _factory,
    }
)


def is_plain_attribute(args: Any) -> bool:
    """Whether `getattr` is called as for a method of an object: that alone is no more than suspicious."""
    return (
        isinstance(args, tuple)
        and len(args) == 2
        and isinstance(args[1], str)
        and args[1].isidentifier()
        and args[1][:2] != "__"
    )


def is_harmless(call: Import, args: Any) -> bool:
    """Whether what may be called may be called like this. A function may not be an argument: it might be called."""
    if not isinstance(args, tuple):
        return False
    guard = GUARDS.get((call.module.replace("__builtin__", "builtins").replace("copy_reg", "copyreg"), call.name))
    if guard is not None:
        return guard(args)
    return not any(_is_given_away(each) for each in args)


def _is_given_away(value: Any) -> bool:
    """Whether an argument might be called by whoever takes it: a function, a guarded call, the class of something."""
    if isinstance(value, Made):
        return isinstance(value.what, Import) and (value.what.module.strip("_"), value.what.name) in CLASSES_OF
    return isinstance(value, Import) and (value.kind == FUNCTION or _is_guarded(value))


def _is_guarded(value: Import) -> bool:
    """Whether a call must not be given away: it is harmless with some arguments only, or joblib reads on behind it."""
    return value.name == "NumpyArrayWrapper" or ((value.module, value.name) in GUARDS and value.module != "builtins")
