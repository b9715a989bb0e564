"""The pickle machine: what an unpickler would import, call and change, written down instead of done.

After `Lib/pickle.py` and `Modules/_pickle.c` of Python 3.11 to 3.14, protocols 0 to 5. What the two of them refuse is
Malformed here, since a pickle runs until it is refused.
"""

import struct
from collections.abc import Callable
from functools import partial
from typing import Any

from modelyard.inspection.pickles.calls import is_harmless, is_plain_attribute
from modelyard.inspection.pickles.gadgets import TEMPLATED, is_plain_state, is_templated, runs, special
from modelyard.inspection.pickles.literals import Literals
from modelyard.inspection.pickles.names import CALL, CLASS, DANGEROUS, DOTTED, judge
from modelyard.inspection.pickles.opcodes import EXTENSIONS, NAMES
from modelyard.inspection.pickles.values import (
    UNKNOWN,
    Import,
    Made,
    Opaque,
    Stored,
    remember,
    show,
)
from modelyard.inspection.pickles.window import truncated
from modelyard.inspection.sight import Sight

HIGHEST = 5
SCRIPTED = "__torch__"
"""Classes of TorchScript lie in modules that no Python has; its own unpickler finds them in the file."""

BATCH = 1024
"""Opcodes between two looks at the budget."""

MAKERS = frozenset({("copyreg", "_reconstructor"), ("copy_reg", "_reconstructor"), ("copyreg", "__newobj__")})
"""Calls that make an instance of their first argument."""

SCRIPT_TAGS = frozenset(
    ("torch.jit._pickle", name)
    for name in ("build_intlist", "build_tensorlist", "build_doublelist", "build_boollist", "restore_type_tag")
)
"""What TorchScript marks its lists with. They give back what they are given, and would hide it in any other pickle."""

PLAINLY_MADE = 2
"""Arguments of `copyreg._reconstructor` without a state."""

MODULE_PARTS = 4
"""What a class with its source is, as a persistent id: "module", the class, the source's file and the source."""

FILLED = frozenset({"collections"})
"""Modules of which calls give dictionaries with what they are called with."""


class Stopped(Exception):
    """STOP was reached."""


class Machine(Literals):
    """Follows one pickle. `run` answers with what it would give; the imports and what is wrong are kept."""

    def __init__(self, sight: Sight, start: int = 0, *, persistent: bool = False, script: bool = False) -> None:
        super().__init__(sight.source, start)
        self.script = script
        self.sight = sight
        self.persistent = persistent
        self.protocol = 0
        self.imports: dict[tuple[str, str], Import] = {}
        self.stored: dict[str, Stored] = {}
        self.frame_end = 0
        self.ran = False
        """Whether something that was imported was called."""

    def run(self) -> Any:
        """What lies on the stack at STOP. Malformed when the pickle is none; `offset` is behind STOP then."""
        handlers = self._handlers()
        try:
            while True:
                self._run_some(handlers)
        except Stopped:
            return self.pop()
        except (IndexError, struct.error):
            raise truncated(self.base + min(self.at, len(self.data))) from None

    def _handlers(self) -> list[Callable[[], None]]:
        handlers: list[Callable[[], None]] = [self.no_opcode] * 256
        for opcode, name in NAMES.items():
            handlers[opcode[0]] = getattr(self, name)
        for number, length in EXTENSIONS.items():
            handlers[number] = partial(self.extension, length)
        return handlers

    def _run_some(self, handlers: list[Callable[[], None]]) -> None:
        self.sight.budget.spend("opcodes", BATCH)
        done = 0
        try:
            for done in range(BATCH):  # noqa: B007 -- what was not done is given back
                at = self.at
                if at > self.full:
                    self.refill()
                    at = 0
                self.at = at + 1
                handlers[self.data[at]]()
            done = BATCH
        finally:
            self.sight.budget.give_back("opcodes", BATCH - done)

    def no_opcode(self) -> None:
        """Any byte that is no opcode."""
        self.at -= 1
        raise self.broken(f"0x{self.data[self.at]:02x} is no opcode")

    def stop(self) -> None:
        """STOP."""
        raise Stopped

    def proto(self) -> None:
        """PROTO."""
        self.protocol = self._byte()
        if self.protocol > HIGHEST:
            raise self.broken(f"protocol {self.protocol} is not known")

    def frame(self) -> None:
        """FRAME. One that begins within another is refused by Python; one that ends beyond the pickle, too."""
        length = self._size8()
        if self.offset < self.frame_end or self.offset + length > self.source.size:
            raise self.broken("a frame is not where one can be")
        self.frame_end = self.offset + length

    def put_line(self) -> None:
        """PUT."""
        self.remember(self._line_number())

    def get_line(self) -> None:
        """GET."""
        self.recall(self._line_number())

    def _line_number(self) -> int:
        number = self._number(self.line())
        if not isinstance(number, int) or number < 0:
            raise self.broken("a number of the memo is none")
        return number

    def binput(self) -> None:
        """BINPUT."""
        self.remember(self._byte())

    def long_binput(self) -> None:
        """LONG_BINPUT."""
        self.remember(self._size4())

    def binget(self) -> None:
        """BINGET."""
        self.recall(self._byte())

    def long_binget(self) -> None:
        """LONG_BINGET."""
        self.recall(self._size4())

    def dup(self) -> None:
        """DUP."""
        self.stack.append(self.top())

    def pop_all(self) -> None:
        """POP_MARK."""
        self.pop_mark()

    def global_lines(self) -> None:
        """GLOBAL."""
        self.stack.append(self._import_lines())

    def _import_lines(self) -> Import:
        offset = self.offset - 1
        module, name = (self._decoded(self.line()) for _ in range(2))
        return self.import_name(module, name, offset)

    def stack_global(self) -> None:
        """STACK_GLOBAL."""
        name = self.pop()
        self.stack.append(self.import_name(self.pop(), name, self.offset - 1))

    def import_name(self, module: Any, name: Any, offset: int) -> Import:
        """Judge what is looked up, once for each name."""
        if not isinstance(module, str) or not isinstance(name, str):
            shown = (
                f"{module if isinstance(module, str) else show(module)}.{name if isinstance(name, str) else show(name)}"
            )
            self.sight.note("pickle.computed-import", shown, offset=offset)
            return Import(shown.partition(".")[0][:64], show(name), "unknown")
        known = self.imports.get((module, name))
        if known is None:
            of_script = self.script and module.partition(".")[0] == SCRIPTED
            tags = self.script and (module, name) in SCRIPT_TAGS
            kind = CLASS if of_script else CALL if tags else judge(module, name, self.protocol)
            known = Import(module, name, kind)
            self.imports[module, name] = known
            self._note_import(known, offset)
        return known

    def _note_import(self, found: Import, offset: int) -> None:
        rules = {DANGEROUS: "dangerous", DOTTED: "dotted", "unknown": "unknown"}
        if found.kind in rules:
            self.sight.note(f"pickle.{rules[found.kind]}-import", str(found), offset=offset)

    def extension(self, length: int) -> None:
        """EXT1, EXT2 and EXT4: what they stand for is known to the process that loads them alone."""
        number = int.from_bytes(self.take(length), "little")
        self.sight.note("pickle.extension-code", f"extension {number}", offset=self.offset - length - 1)
        self.stack.append(Import("copyreg", f"extension {number}", "unknown"))

    def reduce(self) -> None:
        """REDUCE: a call."""
        args = self.pop()
        self.stack.append(self.call(self.pop(), args))

    def call(self, what: Any, args: Any) -> Any:
        """Write a call down, and say when it is none that is known to be harmless."""
        self.ran = True
        if not isinstance(what, Import):
            self._note("pickle.computed-call", f"what {show(what)} gives is called")
        elif what.name == "getattr" and not is_plain_attribute(args):
            self._note("pickle.dangerous-import", f"{what} of a name that is special or computed")
        elif what.kind in {CLASS, "function"} or (what.kind == CALL and not is_harmless(what, args)):
            self._note("pickle.unknown-call", f"{what} is called")
        elif (what.module, what.name) in MAKERS and args:
            return Made(args[0], args[1:], filled=len(args) > PLAINLY_MADE and bool(args[2]))
        return self.made(Made(what, args, filled=isinstance(what, Import) and what.module in FILLED and bool(args)))

    def made(self, value: Made) -> Any:
        """Called with what a call would give."""
        return value

    def _note(self, rule: str, evidence: str) -> None:
        self.sight.note(rule, evidence, offset=self.offset - 1)

    def newobj(self) -> None:
        """NEWOBJ."""
        args = self.pop()
        self._new(self.pop(), args)

    def newobj_ex(self) -> None:
        """NEWOBJ_EX."""
        self.pop()
        args = self.pop()
        self._new(self.pop(), args)

    def _new(self, what: Any, args: Any) -> None:
        """An instance without its `__init__`."""
        if not isinstance(what, Import):
            self._note("pickle.computed-call", f"what {show(what)} gives is made an instance of")
        elif what.kind == "function":
            self._note("pickle.unknown-call", f"{what} is made an instance of")
        self.ran = True
        self.stack.append(Made(what, args))

    def obj(self) -> None:
        """OBJ."""
        items = self.pop_mark()
        if not items:
            raise self.broken("nothing is there to be called")
        self._old_instance(items[0], tuple(items[1:]))

    def inst(self) -> None:
        """INST."""
        what = self._import_lines()
        self._old_instance(what, tuple(self.pop_mark()))

    def _old_instance(self, what: Any, args: tuple[Any, ...]) -> None:
        if args or not isinstance(what, Import) or what.kind != CLASS:
            self.stack.append(self.call(what, args))
        else:
            self._new(what, args)

    def build(self) -> None:
        """BUILD: an object is given its state."""
        state = self.pop()
        target = self.top()
        if isinstance(target, Made):
            self._give_state(target, state)
        elif isinstance(target, Import):
            self._note("pickle.patches-import", f"{target} is changed")
        elif target is not UNKNOWN:
            self._note("pickle.odd-target", f"{show(target)} is given a state")

    def _give_state(self, target: Made, state: Any) -> None:
        if is_templated(target.what) and not is_plain_state(state):
            self._note("pickle.runs-state", "a distribution is given a state that is no plain dictionary")
        for part in state if isinstance(state, tuple) and len(state) == 2 else (state,):
            self._look_for_special(part)
        if isinstance(state, tuple) and len(state) == 2 and isinstance(state[1], dict):
            state = {**(state[0] if isinstance(state[0], dict) else {}), **state[1]}
        target.state = (
            {**target.state, **state} if isinstance(target.state, dict) and isinstance(state, dict) else state
        )

    def _look_for_special(self, state: Any) -> None:
        if found := special(state):
            self._note("pickle.special-attribute", found)
        if runs(state):
            self._note("pickle.runs-state", TEMPLATED)

    def append(self) -> None:
        """APPEND."""
        value = self.pop()
        self._extend(self.top(), [value])

    def appends(self) -> None:
        """APPENDS."""
        items = self.pop_mark()
        self._extend(self.top(), items)

    def additems(self) -> None:
        """ADDITEMS."""
        self.appends()

    def _extend(self, target: Any, items: list[Any]) -> None:
        """A list takes items; of anything else an attribute is looked up and called."""
        if type(target) is list:
            target += items
        elif (
            not isinstance(target, Made) or not isinstance(target.what, Import) or target.what.kind not in {CLASS, CALL}
        ):
            self._note("pickle.odd-target", f"{show(target)} is given items")
        elif target.filled and isinstance(target.args, tuple) and target.args and type(target.args[-1]) is dict:
            self._look_for_special(target.args[-1])
        elif target.state is not None:
            self._look_for_special(target.state if isinstance(target.state, dict) else None)

    def setitem(self) -> None:
        """SETITEM."""
        value, key = self.pop(), self.pop()
        self._set(self.top(), [key, value])

    def setitems(self) -> None:
        """SETITEMS."""
        items = self.pop_mark()
        self._set(self.top(), items)

    def _set(self, target: Any, items: list[Any]) -> None:
        if type(target) is dict:
            self.put_items(target, items)
        elif isinstance(target, Made):
            state = target.state if isinstance(target.state, dict) else {}
            target.filled = True
            for place in range(0, len(items) - 1, 2):
                remember(state, items[place], items[place + 1])
            target.state = state or target.state
        elif isinstance(target, Import):
            self._note("pickle.patches-import", f"{target} is given items")
        else:
            self._note("pickle.odd-target", f"{show(target)} is given items")

    def persid(self) -> None:
        """PERSID."""
        found = self.line()
        self._persistent(found if isinstance(found, bytes) else None)

    def binpersid(self) -> None:
        """BINPERSID."""
        self._persistent(self.pop())

    def _persistent(self, found: Any) -> None:
        """What lies beside the pickle: PyTorch has tensors' bytes there."""
        if not self.persistent:
            self._note("pickle.persistent-id", "something beside the pickle is wanted")
        self.stack.append(self._storage(found) if self.persistent else UNKNOWN)

    def _storage(self, found: Any) -> Any:
        """A storage; or a class, to which `torch.save` joined its source before 1.6, and which loading gives back."""
        if isinstance(found, tuple) and len(found) == MODULE_PARTS and found[0] in ("module", b"module"):
            if isinstance(found[1], Import):
                return found[1]
            self._note("pickle.persistent-id", f"{show(found[1])} is no class")
            return UNKNOWN
        if not isinstance(found, tuple) or len(found) < 5 or found[0] not in ("storage", b"storage"):
            self._note("pickle.persistent-id", f"{show(found)} is no tensor's storage")
            return UNKNOWN
        dtype, key, elements = found[1], found[2], found[4]
        if not isinstance(dtype, Import) or not isinstance(elements, int) or not isinstance(key, str | int):
            self._note("pickle.persistent-id", "a storage has no type or no size")
            return UNKNOWN
        kept = Stored(str(key)[:64], dtype.name, elements)
        return self.stored.setdefault(kept.key, kept)

    def out_of_band(self) -> None:
        """NEXT_BUFFER."""
        self._note("pickle.out-of-band", "a buffer beside the pickle is wanted")
        self.stack.append(Opaque("bytes", self.offset, 0))

    def readonly(self) -> None:
        """READONLY_BUFFER."""
        self.top()
