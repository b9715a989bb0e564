"""Writes GGUF by hand."""

import struct


def text(value):
    raw = value if isinstance(value, bytes) else value.encode()
    return struct.pack("<Q", len(raw)) + raw


def pair(key, kind, value):
    return text(key) + struct.pack("<I", kind) + value


def info(name, shape, kind, offset):
    return text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, offset)


def written(pairs=(), infos=(), data=b"", version=3, counts=None):
    tensors, keys = counts or (len(infos), len(pairs))
    raw = b"GGUF" + struct.pack("<IQQ", version, tensors, keys) + b"".join(pairs) + b"".join(infos)
    return raw + bytes(-len(raw) % 32) + data
