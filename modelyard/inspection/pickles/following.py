"""A pickle as programs load it: joblib's arrays between opcodes, PyTorch's tensors, pickles in strings and bytes."""

import struct
from contextlib import suppress
from dataclasses import replace
from typing import Any

from modelyard.inspection.pickles.arrays import count, item_size
from modelyard.inspection.pickles.machine import Machine, Stopped
from modelyard.inspection.pickles.opcodes import EXTENSIONS, NAMES
from modelyard.inspection.pickles.values import ARRAY, UNKNOWN, Import, Made, Opaque, Stored
from modelyard.inspection.sight import Malformed, Seen, Sight
from modelyard.inspection.sources import Held, Slice

WRAPPERS = frozenset({"joblib.numpy_pickle", "sklearn.externals.joblib.numpy_pickle"})
MOST_PADDING = 32
"""Bytes that joblib puts before an array, at most; no such number is an opcode: a plain unpickler stops there."""

FAILING = frozenset(bytes([each]) for each in range(256) if bytes([each]) not in NAMES and each not in EXTENSIONS)
"""Bytes that are no opcodes."""

SHORT = 64 * 1024
"""Longer strings are looked at as pickles only when they begin as one."""

Tensor = tuple[str, Any, Any]


class Pickle(Machine):
    """Follows a pickle with all that lies within. `plain` leaves joblib's arrays alone, as objects in arrays are."""

    def __init__(
        self, sight: Sight, start: int = 0, *, persistent: bool = False, script: bool = False, plain: bool = False
    ) -> None:
        super().__init__(sight, start, persistent=persistent, script=script)
        self.plain = plain
        self.tensors: dict[tuple[str, Any, Any], Stored] = {}
        self.versions: dict[str, str] = {}
        self.arrays = 0

    def made(self, value: Made) -> Any:
        """Keep a tensor that is put together from its storage."""
        what, args = value.what, value.args
        rebuilt = isinstance(what, Import) and what.name.startswith("_rebuild_tensor") and isinstance(args, tuple)
        if rebuilt and len(args) > 2 and isinstance(args[0], Stored):
            place = args[1] if isinstance(args[1], int) else 0
            self.tensors[args[0].key, place, count(args[2])] = args[0]
        return value

    def build(self) -> None:
        """BUILD, behind which joblib keeps an array's bytes."""
        super().build()
        target = self.stack[-1]
        if type(target) is Made:
            state = target.state
            if isinstance(state, dict) and type(version := state.get("_sklearn_version")) is str:
                self.versions.setdefault("scikit-learn", version)
            if not self.plain and _is_wrapper(target.what):
                self.stack[-1] = ARRAY
                self._pass_array(state if isinstance(state, dict) else {})

    def _pass_array(self, state: dict[str, Any]) -> None:
        """Go on behind an array's bytes; objects are a pickle of their own."""
        if self.offset < self.frame_end:
            raise self.broken("joblib's array begins within a frame, behind which it would be looked for")
        size, items = item_size(state.get("dtype")), count(state.get("shape"))
        self.arrays += 1
        if size is None or items is None:
            raise Malformed("pickle.array-unknown", "joblib's array has no known type or shape", offset=self.offset)
        if size == 0:
            self._follow_objects()
            return
        start = self.offset
        if state.get("numpy_array_alignment_bytes") is None:
            self._read_plainly(start)
            self.skip(size * items)
        else:
            self._pass_padding()
            self.skip(size * items)
            self._read_as_before(start + size * items)

    def _pass_padding(self) -> None:
        padding = self.take(1)[0]
        if padding > MOST_PADDING:
            raise self.broken(f"joblib's array is said to begin {padding} bytes further on")
        self.skip(padding)

    def _follow_objects(self) -> None:
        """Joblib reads an array of objects with a plain unpickler, and goes on where that one stopped."""
        machine = Pickle(self.sight, self.offset, plain=True)
        machine.run()
        self.imports.update(machine.imports)
        self.skip(machine.offset - self.offset)

    def _read_plainly(self, start: int) -> None:
        """Old arrays begin at once: see what a plain unpickler would do with their bytes."""
        machine = Lenient(replace(self.sight, seen=Seen()), start, plain=True)
        if machine.is_dangerous():
            self.sight.note("pickle.two-readings", "an array's bytes are opcodes, too", offset=start)

    def _read_as_before(self, start: int) -> None:
        """Joblib before 1.2 knows of no padding: it goes on a few bytes before the array's end."""
        if self.source.read(start, 1) not in FAILING:
            self._read_plainly(start)

    def text_seen(self, value: str | bytes | Opaque, offset: int) -> None:
        """Follow a pickle within a string, one level deeper."""
        if isinstance(value, Opaque):
            if self._may_be_pickle(value):
                self._follow_within(self.sight.inside(Slice(self.source, offset, value.length), f"pickle at {offset}"))
        elif isinstance(value, bytes) and _has_opcodes(value):
            self._follow_within(self.sight.inside(Held(value), f"pickle at {offset}"))

    def _may_be_pickle(self, value: Opaque) -> bool:
        head = self.source.read(value.offset, 2)
        if head[:1] == b"\x80":
            return head[1:2] <= b"\x05"
        return value.length <= SHORT and self.source.read(value.offset + value.length - 1, 1) == b"."

    def _follow_within(self, sight: Sight) -> None:
        """What is wrong with bytes that need not be a pickle counts only when they are a whole one, or dangerous."""
        seen = Seen()
        machine = Pickle(replace(sight, seen=seen))
        try:
            machine.run()
            whole = machine.offset == sight.source.size
        except Malformed:
            whole = False
        whole = whole and (machine.ran or machine.protocol > 0)
        self.sight.seen.adopt(seen, every=whole)
        if whole:
            self.imports.update(machine.imports)


class Lenient(Pickle):
    """Follows what need not be a pickle, from its middle: what is not on the stack or in the memo is unknown."""

    def pop(self) -> Any:
        """The last value, or an unknown one."""
        return self.stack.pop() if len(self.stack) > self.floor else UNKNOWN

    def top(self) -> Any:
        """The last value, or an unknown one."""
        if len(self.stack) <= self.floor:
            self.stack.append(UNKNOWN)
        return self.stack[-1]

    def recall(self, number: int) -> None:
        """What is remembered, or something unknown."""
        self.stack.append(self.memo.get(number, UNKNOWN))

    def is_dangerous(self) -> bool:
        """Whether something dangerous comes among the next opcodes."""
        with suppress(Malformed, Stopped, IndexError, struct.error):
            self._run_some(self._handlers())
        return self.sight.seen.is_dangerous


def _is_wrapper(what: Any) -> bool:
    return isinstance(what, Import) and what.name == "NumpyArrayWrapper" and what.module in WRAPPERS


def _has_opcodes(value: bytes) -> bool:
    """Whether bytes begin as a pickle, or end as one and have in them what every import needs."""
    if value[:1] == b"\x80":
        return value[1:2] <= b"\x05"
    return value[-1:] == b"." and (b"\n" in value or b"\x93" in value)
