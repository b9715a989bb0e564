"""What `torch.save` wrote before 1.6: pickles that follow one another, then the bytes of the tensors."""

from modelyard.inspection.formats.reading import tell
from modelyard.inspection.pickles.facts import dtype_of, of_pickle
from modelyard.inspection.pickles.following import Pickle
from modelyard.inspection.sight import Format, Malformed, Sight

MAGIC = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
"""A pickle of the number 0x1950a86a20f9469cfc6c."""

RULE = "torch.malformed"


def is_legacy(head: bytes, _sight: Sight) -> bool:
    """Whether the bytes begin with PyTorch's number."""
    return head.startswith(MAGIC)


def look(sight: Sight) -> None:
    """Follow the version, the system, the object and the keys; then the tensors' bytes must fill the file."""
    place = len(MAGIC)
    for _ in range(2):
        place = _follow(sight, place)[0].offset
    machine, root = _follow(sight, place)
    tell(sight, {"format": "torch-legacy", **of_pickle(machine, root), "framework": "pytorch"})
    behind, keys = _follow(sight, machine.offset)
    end = _pass_tensors(sight, machine, keys, behind.offset)
    if end != sight.source.size:
        raise Malformed(RULE, f"{sight.source.size - end:,} bytes behind the tensors", offset=end)


def _follow(sight: Sight, place: int) -> tuple[Pickle, object]:
    machine = Pickle(sight, place, persistent=True)
    return machine, machine.run()


def _pass_tensors(sight: Sight, machine: Pickle, keys: object, place: int) -> int:
    """Where the bytes of all tensors end: before each lies how many elements it has."""
    if not isinstance(keys, list) or not all(isinstance(key, str | int) for key in keys):
        raise Malformed(RULE, "there is no list of tensors", offset=place)
    for key in keys:
        stored = machine.stored.get(str(key))
        sight.budget.spend("members")
        said = int.from_bytes(sight.source.read(place, 8), "little")
        if stored is None or said != stored.elements:
            raise Malformed(RULE, f"the tensor {str(key)[:40]} is not what the pickle says", offset=place)
        place += 8 + said * dtype_of(stored)[1]
    return place


FORMATS = (Format("torch-legacy", is_legacy, look),)
