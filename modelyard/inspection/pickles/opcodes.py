"""The opcodes by their bytes, after `Lib/pickletools.py`, and what the machine does for each."""

from types import MappingProxyType

NAMES = MappingProxyType(
    {
        b"(": "mark", b".": "stop", b"0": "drop", b"1": "pop_all", b"2": "dup",
        b"F": "float_line", b"I": "int_line", b"J": "binint", b"K": "binint1", b"L": "long_line", b"M": "binint2",
        b"N": "none", b"P": "persid", b"Q": "binpersid", b"R": "reduce", b"S": "string_line", b"T": "string4",
        b"U": "string1", b"V": "text_line", b"X": "text4", b"a": "append", b"b": "build", b"c": "global_lines",
        b"d": "dict_marked", b"}": "empty_dict", b"e": "appends", b"g": "get_line", b"h": "binget", b"i": "inst",
        b"j": "long_binget", b"l": "list_marked", b"]": "empty_list", b"o": "obj", b"p": "put_line", b"q": "binput",
        b"r": "long_binput", b"s": "setitem", b"t": "tuple_marked", b")": "empty_tuple", b"u": "setitems",
        b"G": "binfloat", b"\x80": "proto", b"\x81": "newobj", b"\x85": "tuple1", b"\x86": "tuple2", b"\x87": "tuple3",
        b"\x88": "true", b"\x89": "false", b"\x8a": "long1", b"\x8b": "long4", b"B": "bytes4", b"C": "bytes1",
        b"\x8c": "short_text", b"\x8d": "text8", b"\x8e": "bytes8", b"\x8f": "empty_set", b"\x90": "additems",
        b"\x91": "frozen_set", b"\x92": "newobj_ex", b"\x93": "stack_global", b"\x94": "memoize", b"\x95": "frame",
        b"\x96": "bytes8", b"\x97": "out_of_band", b"\x98": "readonly",
    }
)  # fmt: skip
"""Methods of the machine."""

EXTENSIONS = MappingProxyType({0x82: 1, 0x83: 2, 0x84: 4})
"""Bytes of the number behind each opcode for an extension."""
