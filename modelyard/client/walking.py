"""Which files a push takes, and under which names: folders walked in order, links kept within their tree."""

import os
import stat
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from modelyard.client.errors import Unusable
from modelyard.domain.errors import Invalid
from modelyard.domain.manifests import MAX_FILES, parse_path

PARTIAL = ".modelyard-partial"
"""The folder in which an unfinished pull keeps its bytes; a push leaves it out."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What tells that a file is still the one that was looked at."""

    device: int
    inode: int
    size: int
    modified: int

    @classmethod
    def of(cls, status: os.stat_result) -> "Mark":
        """The mark of a file with this status."""
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


@dataclass(frozen=True, slots=True)
class Source:
    """A file to push: its path in the version, where it lies (links resolved), and its mark when it was found.

    With `extent` it is a part of a larger file: where it begins there, and its bytes.
    """

    path: str
    real: str
    mark: Mark
    extent: tuple[int, int] | None = None

    @property
    def start(self) -> int:
        """Where it begins in the file it lies in."""
        return self.extent[0] if self.extent else 0

    @property
    def size(self) -> int:
        """Its bytes."""
        return self.extent[1] if self.extent else self.mark.size


@dataclass(frozen=True, slots=True)
class _Tree:
    """What a walk may take: links must stay below `root`, unless all are followed."""

    root: Path
    follow: bool


def find_sources(paths: Sequence[str | os.PathLike[str]], *, follow_links: bool = False) -> list[Source]:
    """The files of `paths`, in the order of their names in the version.

    One folder alone gives its contents; of several paths, each keeps its own last name. Unusable tells which file
    cannot be pushed: a link that leads out of its folder (unless they are to be followed), something that is no
    regular file, or a name the registry does not take.
    """
    found = [source for path in paths for source in _at(Path(path), alone=len(paths) == 1, follow=follow_links)]
    if not found:
        raise Unusable("there is no file to push", field="paths")
    if len(found) > MAX_FILES:
        raise Unusable(f"a version has at most {MAX_FILES} files, not {len(found)}", field="paths")
    ordered = sorted(found, key=lambda source: source.path.encode())
    for before, after in pairwise(ordered):
        if before.path == after.path:
            raise Unusable(f"two files would both be {after.path!r} in the version", field="paths")
    return ordered


def _at(path: Path, *, alone: bool, follow: bool) -> Iterator[Source]:
    try:
        real = path.resolve(strict=True)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise Unusable(f"there is no {str(path)!r}", field="paths") from error
    except RuntimeError as error:
        raise Unusable(f"{str(path)!r} is a link that leads to itself", field="paths") from error
    if not real.is_dir():
        yield _source(path.absolute().name, real)
        return
    prefix = () if alone else (path.absolute().name if path.name not in {"", ".."} else real.name,)
    yield from _below(real, prefix, _Tree(real, follow), (real,))


def _below(folder: Path, names: tuple[str, ...], tree: _Tree, above: tuple[Path, ...]) -> Iterator[Source]:
    with os.scandir(folder) as entries:
        listed = list(entries)
    for entry in listed:
        if entry.name == PARTIAL:
            continue
        real = Path(entry.path)
        if entry.is_symlink():
            real = _target(real, tree, above)
        if real.is_dir():
            yield from _below(real, (*names, entry.name), tree, (*above, real))
        else:
            yield _source("/".join((*names, entry.name)), real)


def _target(link: Path, tree: _Tree, above: tuple[Path, ...]) -> Path:
    try:
        real = link.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise Unusable(f"{str(link)!r} is a link that leads nowhere", field="paths") from error
    if real in above:
        raise Unusable(f"{str(link)!r} is a link to a folder that it lies in", field="paths")
    if not (tree.follow or real.is_relative_to(tree.root)):
        hint = "push what it leads to, or give --follow-links"
        raise Unusable(f"{str(link)!r} is a link that leads out of its folder", field="paths", hint=hint)
    return real


def _source(name: str, real: Path) -> Source:
    status = real.stat(follow_symlinks=False)
    if not stat.S_ISREG(status.st_mode):
        raise Unusable(f"{str(real)!r} is no regular file", field="paths")
    path = unicodedata.normalize("NFC", name)
    try:
        return Source(parse_path(path), str(real), Mark.of(status))
    except Invalid as error:
        raise Unusable(f"{path!r} cannot be a path in a version: {error.detail}", field="paths") from error
