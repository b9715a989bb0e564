"""What PyTorch puts into a zip file: a pickle, and the bytes of tensors beside it.

`torch.save` since 1.6 writes `NAME/data.pkl`, `NAME/data/KEY`, `NAME/version` and `NAME/byteorder`; TorchScript adds
`NAME/code/`, `NAME/constants.pkl` and `NAME/traced_inputs.pkl` (`caffe2/serialize/inline_container.h`,
`torch/csrc/jit/serialization`).
"""

from collections.abc import Container, Mapping
from typing import Any

from modelyard.inspection.containers.members import look_inside
from modelyard.inspection.pickles.facts import dtype_of
from modelyard.inspection.pickles.reading import follow_all
from modelyard.inspection.pickles.values import Stored
from modelyard.inspection.sight import Malformed, Sight
from modelyard.inspection.sources import Source

PICKLES = ("data.pkl", "constants.pkl", "attributes.pkl", "traced_inputs.pkl")
"""The bytes of their tensors lie in folders called as they are, without `.pkl`."""


class TorchZip:
    """A zip file as PyTorch reads it, if it is one that PyTorch would read."""

    def __init__(self, sight: Sight, names: Mapping[str, int]) -> None:
        self._sight = sight
        self._root = _root(names)
        self._script = self._root is not None and f"{self._root}constants.pkl" in names
        self._stored: dict[str, Stored] = {}

    def ordered(self, names: list[str]) -> list[int]:
        """The places of the members in the order in which they are looked at: the pickles tell of the others."""
        return sorted(range(len(names)), key=lambda place: (not self._is_pickle(names[place]), place))

    def _is_pickle(self, name: str) -> bool:
        if self._root is None:
            return False
        of_code = self._script and name.startswith(f"{self._root}code/") and name.endswith(".debug_pkl")
        return of_code or name in {f"{self._root}{each}" for each in PICKLES}

    def is_storage(self, name: str, size: int) -> bool:
        """Whether a member is the bytes of a tensor that a pickle wants, all of them and no more."""
        stored = self._stored.get(name)
        return stored is not None and stored.elements * dtype_of(stored)[1] == size

    def look_at(self, source: Source, name: str) -> None:
        """Look at a member, which may be one of the pickles."""
        if not self._is_pickle(name):
            look_inside(self._sight, source, name)
            return
        inside = self._sight.inside(source, name)
        try:
            stored = follow_all(inside, persistent=True, script=self._script).stored
        except Malformed as wrong:
            inside.note(wrong.rule, str(wrong), offset=wrong.offset)
        else:
            folder = name.removesuffix(".pkl")
            self._stored |= {f"{folder}/{key}": each for key, each in stored.items()}
        if self._script and name.endswith("data.pkl"):
            self._sight.note("torch.script", "the model's code is in the file")

    def format(self) -> str:
        """What PyTorch calls it; empty for any other zip file."""
        return "" if self._root is None else "torchscript" if self._script else "torch"

    def facts(self) -> Mapping[str, Any]:
        """What is known of it beside its pickle."""
        return {} if self._root is None else {"framework": "pytorch"}


def _root(names: Container[str] | Mapping[str, int]) -> str | None:
    """The folder, with a slash, in which PyTorch's members lie."""
    found = (
        [name for name in names if name == "data.pkl" or name.endswith("/data.pkl")]
        if isinstance(names, Mapping)
        else []
    )
    for name in found:
        root = name.removesuffix("data.pkl")
        if any(f"{root}{each}" in names for each in ("version", "byteorder", ".format_version", "constants.pkl")):
            return root
    return None
