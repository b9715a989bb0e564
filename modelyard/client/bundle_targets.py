"""Where an export may write: where nothing is, over a bundle that it goes on with, over anything else only by force."""

import os
from collections.abc import Collection, Sequence
from pathlib import Path

from modelyard.client.bundle_format import INDEX, MOST_INDEX, BadBundle, BundledModel, read_index
from modelyard.client.bundle_reading import open_bundle, read_whole
from modelyard.client.errors import ModelyardError
from modelyard.client.walking import PARTIAL

UNFINISHED = frozenset({"models", "blobs", PARTIAL})
"""What an export that was interrupted leaves in its folder."""


class TargetTaken(ModelyardError):
    """Something else stands where a bundle is to be written."""


def check_target(target: Path, ids: Collection[str], *, force: bool) -> Sequence[BundledModel]:
    """The models of the bundle at `target` that will not be in it any more, if one is there.

    TargetTaken when what is there is no bundle, or one of other models only; with `force`, when it is no file where a
    file belongs.
    """
    if target.suffix == ".tar" and target.is_dir():
        raise TargetTaken(f"{str(target)!r} is a folder", hint="give the bundle another name")
    if not _is_there(target):
        return ()
    models = _known(target, force=force)
    left = [model for model in models if model.id not in ids]
    if models and len(left) == len(models) and not force:
        named = ", ".join(repr(model.name) for model in models[:3]) + (" and others" if len(models) > 3 else "")
        hint = "write to another place, or give --force to replace it"
        raise TargetTaken(f"{str(target)!r} is a bundle of other models: {named}", hint=hint)
    return left


def _is_there(target: Path) -> bool:
    """Whether anything is there, but for what an export that was interrupted leaves."""
    if not target.is_dir():
        return os.path.lexists(target)
    return not {path.name for path in target.iterdir()} <= UNFINISHED


def _known(target: Path, *, force: bool) -> Sequence[BundledModel]:
    try:
        with open_bundle(target) as bundle:
            return read_index(read_whole(bundle, INDEX, most=MOST_INDEX) or b"").models
    except (BadBundle, OSError) as error:
        if force:
            return ()
        hint = "write to another place, or give --force to replace it"
        raise TargetTaken(
            f"{str(target)!r} is there, and is no bundle that could be gone on with", hint=hint
        ) from error
