"""What `pip install .` gives: the wheel holds all of the product and nothing else."""

import subprocess
import tarfile
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("modelyard/", "functions/")
PAGE = "modelyard/page/"
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


def built():
    """The files of the web page, which is made and not in git."""
    return {path.relative_to(ROOT).as_posix() for path in (ROOT / PAGE).rglob("*") if path.is_file()}


def test_every_file_of_the_product_is_in_the_wheel_and_no_other(wheel):
    assert {name for name in wheel.namelist() if name.startswith(ROOMS)} == tracked() | built()
    beside = {name.partition("/")[0] for name in wheel.namelist() if not name.startswith(ROOMS)}
    assert beside == {f"modelyard-{VERSION}.dist-info"}


def test_its_command_is_modelyard(wheel):
    [points] = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    assert "modelyard = modelyard.cli.main:main" in wheel.read(points).decode()


def test_the_wheel_has_the_page_so_that_who_installs_it_needs_no_node(wheel):
    if not built():
        reason = "the page is not built here; make check builds it"
        print(reason)
        pytest.skip(reason)
    page = {name for name in wheel.namelist() if name.startswith(PAGE)}
    assert f"{PAGE}index.html" in page
    assert {name for name in page if name.endswith(".js.br")}
    assert not {name for name in page if name.endswith((".map", ".ts", ".tsx"))}


def test_the_source_distribution_has_the_page_and_what_it_is_made_of(tmp_path):
    uv = max(ROOT.glob(".tools/uv-*/bin/uv"))
    command = [str(uv), "build", "--sdist", "--out-dir", str(tmp_path), str(ROOT)]
    made = subprocess.run(command, capture_output=True, text=True, timeout=LONG, check=False)
    assert made.returncode == 0, made.stderr
    [path] = tmp_path.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert built() <= names
    assert {"web/package-lock.json", "web/src/main.tsx", "pyproject.toml", "LICENSE"} <= names
    assert not {name for name in names if "node_modules" in name or name.startswith((".venv", "data/"))}
