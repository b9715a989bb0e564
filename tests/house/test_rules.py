"""Rules of the house that no linter knows."""

import ast
import json
import re

import pytest

from functions.triggers import FUNCTIONS, TRIGGERS

BANNED_NAMES = {"utils", "helpers", "common", "shared", "base", "core", "manager", "misc", "constants", "models"}
HANDLER_LINES = ("Woken by:", "Reads:", "Writes:", "When it fails:")
MACHINE_PATH = re.compile(r"(?<![\w.:/])/(?:home|root|Users|work|opt|mnt)/[A-Za-z.]")
PUBLIC_HOSTS = {"pypi.org", "files.pythonhosted.org"}
TEXT = {".py", ".md", ".toml", ".json", ".lock", ".yml", ".yaml", ".txt", ".html", ".js", ".css", ""}


def test_no_file_has_a_name_that_says_nothing(sources):
    assert [str(source.path) for source in sources if source.path.stem in BANNED_NAMES] == []


def test_every_test_name_is_a_sentence(sources):
    names = [
        f"{source.path}: {node.name}"
        for source in sources
        if source.path.parts[0] == "tests"
        for node in source.functions
        if node.name.startswith("test_") and len(node.name.split("_")) < 5
    ]
    assert names == []


def test_no_file_names_a_path_of_somebodys_machine(written, root):
    found = [
        f"{path.relative_to(root)}:{number}"
        for path in written
        if path.suffix in TEXT and path.name != "LICENSE"
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if MACHINE_PATH.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("name", ["uv.lock", "package-lock.json", ".ci/ministack.lock"])
def test_lock_files_name_public_registries_only(root, name):
    hosts = set(re.findall(r"https?://([^/\"\s]+)", (root / name).read_text()))
    assert hosts <= PUBLIC_HOSTS


def test_the_pages_lock_says_what_is_fetched_and_not_from_where(root):
    packages = json.loads((root / "web/package-lock.json").read_text())["packages"]
    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert [name for name, package in packages.items() if name and "integrity" not in package] == []


def test_every_trigger_wakes_a_function_that_has_a_size():
    assert {trigger.function for trigger in TRIGGERS} == FUNCTIONS.keys()
    assert len({trigger.name for trigger in TRIGGERS}) == len(TRIGGERS)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_handler_says_what_wakes_it_and_what_happens_when_it_fails(root, name):
    docstring = ast.get_docstring(ast.parse((root / "functions" / name / "handler.py").read_text())) or ""
    starts = [line for line in HANDLER_LINES if re.search(rf"^{re.escape(line)} \S", docstring, re.MULTILINE)]
    assert starts == list(HANDLER_LINES)


def test_every_function_folder_is_in_the_table_of_triggers(root):
    folders = {path.parent.name for path in (root / "functions").glob("*/__init__.py")}
    assert folders == FUNCTIONS.keys()
