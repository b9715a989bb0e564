"""Inspects bytes as a registry does: by ranges, counting what they cost."""

from modelyard.inspection.looking import inspect


class Counted:
    """Bytes to fetch by range; `extents` maps offsets to bytes, everything else is zero."""

    def __init__(self, extents, size):
        self.extents = extents
        self.size = size
        self.read = 0

    def fetch(self, offset, length):
        self.read += length
        data = bytearray(length)
        for start, held in self.extents.items():
            low, high = max(start, offset), min(start + len(held), offset + length)
            if low < high:
                data[low - offset : high - offset] = held[low - start : high - start]
        return bytes(data)


def looked_at(data, name="model", **bounds):
    """The inspection of bytes."""
    return inspect(lambda offset, length: data[offset : offset + length], len(data), name=name, **bounds)


def rules(inspection):
    """The rules of the findings, each with its severity."""
    return {finding.rule: str(finding.severity) for finding in inspection.findings}
