"""Releases of the frameworks, fetched by pip from the index that this machine is set to."""

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

PYTHONS = ("3.12", "3.11", "3.10", "3.9", "3.14")
PLATFORMS = (
    "macosx_11_0_arm64",
    "macosx_12_0_arm64",
    "macosx_13_0_arm64",
    "macosx_14_0_arm64",
    "macosx_10_9_universal2",
    "macosx_10_15_universal2",
    "macosx_10_9_x86_64",
    "macosx_10_15_x86_64",
    "manylinux2014_x86_64",
    "manylinux_2_17_x86_64",
)
"""Wheels for macOS carry no CUDA: the same sources in a tenth of the bytes."""


def fetch(name: str, version: str, folder: Path) -> Path:
    """The wheel of a release, in `folder`; it is fetched unless it is there. RuntimeError when there is none."""
    place = folder / f"{name}-{version}"
    for python in PYTHONS:
        if found := next(iter(place.glob("*.whl")), None):
            return found
        subprocess.run(_command(name, version, place, python), check=False, capture_output=True)
    raise RuntimeError(f"{name} {version} has no wheel here")


def _command(name: str, version: str, place: Path, python: str) -> list[str]:
    platforms = [word for platform in PLATFORMS for word in ("--platform", platform)]
    pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:"]
    return [*pip, "--python-version", python, *platforms, "-d", str(place), f"{name}=={version}"]


def sources(wheel: Path) -> Iterator[tuple[str, str, str]]:
    """The suffix, the module and the text of each source of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            path = Path(name)
            if path.suffix in {".py", ".pyx"} and ".dist-info" not in path.parts[0] and ".data" not in path.parts[0]:
                parts = path.parts[:-1] if path.stem == "__init__" else (*path.parts[:-1], path.stem)
                yield path.suffix, ".".join(parts), archive.read(name).decode("utf-8", "replace")
