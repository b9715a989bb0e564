"""What `pip install .` gives: the wheel holds all of the product and nothing else."""

import subprocess
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("modelyard/", "functions/")
VERSION = metadata.version("modelyard")
LONG = 300


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    uv = max(ROOT.glob(".tools/uv-*/bin/uv"))
    command = [str(uv), "build", "--wheel", "--out-dir", str(folder), str(ROOT)]
    made = subprocess.run(command, capture_output=True, text=True, timeout=LONG, check=False)
    assert made.returncode == 0, made.stderr
    [path] = folder.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        yield archive


def tracked():
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *ROOMS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(listed.stdout.split())


def test_every_file_of_the_product_is_in_the_wheel_and_no_other(wheel):
    assert {name for name in wheel.namelist() if name.startswith(ROOMS)} == tracked()
    beside = {name.partition("/")[0] for name in wheel.namelist() if not name.startswith(ROOMS)}
    assert beside == {f"modelyard-{VERSION}.dist-info"}


def test_its_command_is_modelyard(wheel):
    [points] = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    assert "modelyard = modelyard.cli.main:main" in wheel.read(points).decode()
