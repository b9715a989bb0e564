"""The functions' bundle: what goes in, when it is made anew, and that it runs on its own."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from aws_cdk import App, Stack

from functions.triggers import FUNCTIONS
from infra.bundling import PLATFORM, PYTHON, SIGNERS, Recipe, find_python, warn_without_compiler

ROOT = Path(__file__).resolve().parents[2]
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"

FAKE_UV = """#!/bin/sh
echo "$@" >> "$UV_CALLS"
[ "$1" = export ] && echo 'locked==1.0'
exit 0
"""


@pytest.fixture
def uv_calls(tmp_path, monkeypatch):
    """A uv that installs nothing and writes down how it was called: `uv_calls()`."""
    fake, calls = tmp_path / "uv", tmp_path / "calls"
    fake.write_text(FAKE_UV)
    fake.chmod(0o755)
    monkeypatch.setenv("UV", str(fake))
    monkeypatch.setenv("UV_CALLS", str(calls))
    return lambda: calls.read_text().splitlines()


@pytest.fixture
def tree(tmp_path):
    """A small project of its own, to change at will."""
    root = tmp_path / "project"
    for name in ("functions/api/handler.py", "modelyard/ports.py", "modelyard/client/registry.py", "infra/bundling.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("")
    (root / "uv.lock").write_text("version = 1\n")
    return root


def test_the_bundle_has_the_functions_and_what_they_import_of_ours():
    held = {path.relative_to(ROOT).parts[:2] for path in Recipe(ROOT, emulator=False).sources()}
    assert {("functions", name) for name in FUNCTIONS} <= held
    assert {("modelyard", name) for name in ("domain", "services", "catalogue", "contract", "adapters")} <= held
    assert {("modelyard", name) for name in ("client", "cli", "serve")} & held == set()
    adapters = {
        path.relative_to(ROOT).parts[2] for path in Recipe(ROOT, emulator=False).sources() if "adapters" in path.parts
    }
    assert {"dynamodb", "s3", "eventbridge.py", "sns.py"} <= adapters
    assert {"sqlite", "disk", "inprocess.py"} & adapters == set()


def test_the_same_tree_has_the_same_digest(tree):
    digest = Recipe(tree, emulator=False).digest()
    (tree / "README.md").write_text("not in the bundle")
    (tree / "modelyard/client/registry.py").write_text("nor is this")
    cached = tree / "modelyard/__pycache__/ports.cpython-313.pyc"
    cached.parent.mkdir()
    cached.write_bytes(b"nor this")
    assert Recipe(tree, emulator=False).digest() == digest


@pytest.mark.parametrize("name", ["uv.lock", "functions/api/handler.py", "modelyard/ports.py", "modelyard/new.py"])
def test_another_lock_or_source_has_another_digest(tree, name):
    digest = Recipe(tree, emulator=False).digest()
    (tree / name).write_text("changed = True\n")
    assert Recipe(tree, emulator=False).digest() != digest


def test_a_bundle_for_an_emulator_is_another_one(tree):
    assert Recipe(tree, emulator=True).digest() != Recipe(tree, emulator=False).digest()


def test_a_bundle_for_lambda_takes_wheels_for_arm_and_leaves_to_lambda_what_it_has(tree, tmp_path, uv_calls):
    Recipe(tree, emulator=False).make(tmp_path / "bundle")
    exported, installed = uv_calls()
    assert "--frozen" in exported
    assert [f"--prune {name}" in exported for name in ("boto3", "click", "pyyaml", "rich", "urllib3")] == [True] * 5
    assert f"--python-platform {PLATFORM} --python-version {PYTHON}" in installed
    assert "--only-binary :all:" in installed


def test_a_bundle_for_an_emulator_is_for_this_python_and_brings_boto3(tree, tmp_path, uv_calls):
    Recipe(tree, emulator=True).make(tmp_path / "bundle")
    exported, installed = uv_calls()
    assert "--prune boto3" not in exported
    assert f"--python {sys.executable}" in installed


def test_every_module_is_compiled_for_the_python_that_runs_it(tree, tmp_path, uv_calls):
    """Unchecked against its source, and named in tracebacks by the path it has on Lambda."""
    (tree / "modelyard/ports.py").write_text("def where():\n    pass\n")
    Recipe(tree, emulator=True).make(tmp_path / "bundle")
    compiled = tmp_path / f"bundle/modelyard/__pycache__/ports.cpython-{HERE.replace('.', '')}.pyc"
    written = compiled.read_bytes()
    assert written[:4] == importlib.util.MAGIC_NUMBER
    assert int.from_bytes(written[4:8], "little") == 0b01
    assert b"/var/task/modelyard/ports.py" in written


def test_a_python_is_found_only_when_it_is_one_of_that_version(tmp_path, monkeypatch):
    assert find_python(HERE) == Path(sys.executable)
    liar = tmp_path / "python9.9"
    liar.write_text("#!/bin/sh\necho 3.1\n")
    liar.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert find_python("9.9") is None


@pytest.mark.parametrize(("python", "warnings"), [("9.9", 1), (HERE, 0)])
def test_a_bundle_without_bytecode_is_warned_of_at_synth(python, warnings):
    stack = Stack(App())
    warn_without_compiler(stack, python)
    found = [entry.data for entry in stack.node.metadata if entry.type == "aws:cdk:warning"]
    assert len(found) == warnings
    assert all(f"Python {python} is not on this machine" in text for text in found)


def test_bundling_without_uv_says_what_is_missing(tree, tmp_path, monkeypatch):
    monkeypatch.delenv("UV", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="bundling needs uv"):
        Recipe(tree, emulator=True).make(tmp_path / "bundle")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_handler_imports_with_nothing_of_ours_but_the_bundle(tmp_path, name):
    for source in Recipe(ROOT, emulator=False).sources():
        copy = tmp_path / source.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)
    program = f"import modelyard, functions.{name}.handler; print(modelyard.__file__)"
    told = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=told, check=True, capture_output=True, text=True
    )
    assert Path(done.stdout.strip()).is_relative_to(tmp_path)


def test_cryptography_is_in_the_bundle_of_those_who_check_signatures_alone(tree, tmp_path, uv_calls):
    Recipe(tree, emulator=False).make(tmp_path / "plain")
    Recipe(tree, emulator=False, signing=True, signers=b"{}").make(tmp_path / "signing")
    plain, _, signing, _ = uv_calls()
    assert ("--extra signing" in plain, "--extra signing" in signing) == (False, True)
    assert not (tmp_path / "plain" / SIGNERS).exists()
    assert (tmp_path / "signing" / SIGNERS).read_bytes() == b"{}"


def test_others_who_are_trusted_make_another_bundle(tree):
    digests = {Recipe(tree, emulator=False, signing=True, signers=each).digest() for each in (b"", b"{}", b"[]")}
    assert len(digests | {Recipe(tree, emulator=False).digest()}) == 4
