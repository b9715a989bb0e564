"""What git says of a folder, asked so that nothing which a repository names is run."""

import hashlib
import os
import subprocess

import pytest

from modelyard.client import git
from modelyard.client.git import find_checkout, public_url

AS = {
    "GIT_AUTHOR_NAME": "ana", "GIT_AUTHOR_EMAIL": "ana@example.com", "GIT_COMMITTER_NAME": "ana",
    "GIT_COMMITTER_EMAIL": "ana@example.com", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1",
}  # fmt: skip


def run(folder, *arguments):
    done = subprocess.run(
        ["git", "-C", folder, *arguments], env=os.environ | AS, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path):
    folder = tmp_path / "repository"
    folder.mkdir()
    run(folder, "init", "-q")
    (folder / "train.py").write_text("print(1)\n")
    run(folder, "add", ".")
    run(folder, "commit", "-qm", "first")
    return folder


def test_a_clean_checkout_is_its_commit(checkout):
    run(checkout, "remote", "add", "origin", "https://ana:token@git.example.com/growth/churn.git")
    (checkout / "deep").mkdir()
    found = find_checkout(checkout / "deep")
    assert found == git.Checkout(
        checkout.resolve(), "https://git.example.com/growth/churn.git", run(checkout, "rev-parse", "HEAD"), False, ""
    )


def test_changes_are_told_and_known_by_the_digest_of_the_difference(checkout):
    (checkout / "train.py").write_text("print(2)\n")
    found = find_checkout(checkout)
    difference = subprocess.run(["git", "-C", checkout, *git._DIFF], capture_output=True, check=True).stdout
    assert (found.dirty, found.diff_digest) == (True, f"sha256:{hashlib.sha256(difference).hexdigest()}")
    run(checkout, "add", ".")
    assert find_checkout(checkout) == found
    (checkout / "train.py").write_text("print(3)\n")
    assert find_checkout(checkout).diff_digest != found.diff_digest


def test_a_file_that_git_does_not_know_changes_nothing(checkout):
    (checkout / "model.bin").write_bytes(b"weights")
    assert find_checkout(checkout).dirty is False


def test_what_a_user_likes_in_differences_does_not_change_the_digest(checkout):
    (checkout / "train.py").write_text("print(2)\n")
    plain = find_checkout(checkout)
    for setting in ("diff.noprefix", "diff.mnemonicPrefix", "color.ui", "diff.renames"):
        run(checkout, "config", setting, "always" if setting == "color.ui" else "true")
    run(checkout, "config", "diff.context", "9")
    assert find_checkout(checkout) == plain


@pytest.mark.parametrize("missing", ["repository", "commit", "git"])
def test_without_repository_commit_or_git_there_is_nothing(tmp_path, monkeypatch, missing):
    if missing == "commit":
        run(tmp_path, "init", "-q")
    if missing == "git":
        monkeypatch.setenv("PATH", str(tmp_path))
    assert find_checkout(tmp_path) is None


HOSTILE = {
    "filter": ({"filter.own.clean": "{program}"}, "* filter=own"),
    "required-filter": ({"filter.own.clean": "{program}", "filter.own.required": "true"}, "* filter=own"),
    "process": ({"filter.own.process": "{program}"}, "* filter=own"),
    "odd-name": ({"filter.a=b.clean": "{program}"}, "* filter=a=b"),
    "textconv": ({"diff.own.textconv": "{program}"}, "* diff=own"),
    "command": ({"diff.own.command": "{program}"}, "* diff=own"),
    "external": ({"diff.external": "{program}"}, ""),
    "fsmonitor": ({"core.fsmonitor": "{program}"}, ""),
    "hooks": ({"core.hooksPath": "{folder}"}, ""),
    "pager": ({"core.pager": "{program}", "pager.diff": "{program}"}, ""),
    "alias": ({"alias.diff": "!{program}", "alias.rev-parse": "!{program}"}, ""),
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_program_that_a_repository_names_is_run(checkout, tmp_path, kind):
    ran, program = tmp_path / "ran", tmp_path / "program"
    program.write_text(f"#!/bin/sh\necho {kind} >> {ran}\ncat\n")
    program.chmod(0o755)
    for hook in ("post-index-change", "post-checkout", "reference-transaction"):
        (tmp_path / hook).symlink_to(program)
    settings, attributes = HOSTILE[kind]
    (checkout / "train.py").write_text("print(2)\n")
    for name, value in settings.items():
        run(checkout, "config", name, value.format(program=program, folder=tmp_path))
    (checkout / ".git" / "info" / "attributes").write_text(attributes)
    found = find_checkout(checkout)
    assert found is not None
    assert found.dirty in {True, None}
    assert not ran.exists()


def test_the_programs_would_have_run_if_git_were_asked_plainly(checkout, tmp_path):
    """Else the test above proves nothing."""
    ran = tmp_path / "ran"
    run(checkout, "config", "filter.own.clean", f"touch {ran}; cat")
    (checkout / ".git" / "info" / "attributes").write_text("* filter=own")
    (checkout / "train.py").write_text("print(2)\n")
    run(checkout, "diff", "HEAD")
    assert ran.exists()


def test_an_old_git_is_not_asked_for_differences(checkout, monkeypatch):
    monkeypatch.setattr(git, "_OVERRIDES", (1000, 0))
    assert (find_checkout(checkout).dirty, find_checkout(checkout).diff_digest) == (None, "")


def test_a_difference_that_takes_too_long_is_not_waited_for(checkout, monkeypatch):
    (checkout / "train.py").write_text("print(2)\n")
    monkeypatch.setattr(git._Git, "_command", lambda self, *arguments: ["sleep", "60"] if "diff" in arguments else
                        ["git", "-C", str(checkout), *arguments])  # fmt: skip
    monkeypatch.setattr(git.threading, "Timer", lambda _, act: PassedTimer(act))
    assert find_checkout(checkout).dirty is None


class PassedTimer:
    """A deadline that has passed already."""

    def __init__(self, act):
        self.start, self.cancel = act, lambda: None


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("https://git.example.com/x/y.git", "https://git.example.com/x/y.git"),
        ("https://ana:secret@git.example.com:8443/x?token=secret#secret", "https://git.example.com:8443/x"),
        ("https://secret@git.example.com/x", "https://git.example.com/x"),
        ("http://a@b@git.example.com/x", "http://git.example.com/x"),
        ("ssh://git:secret@git.example.com/x", "ssh://git@git.example.com/x"),
        ("git@git.example.com:x/y.git", "git@git.example.com:x/y.git"),
        ("git://git.example.com/x", "git://git.example.com/x"),
        ("/somebody/secret", ""),
        ("file:///somebody/secret", ""),
        ("ext::sh -c secret", ""),
        ("https://[broken", ""),
        ("https://", ""),
        ("", ""),
    ],
)
def test_a_remotes_url_has_no_secret_in_it(url, public):
    assert public_url(url) == public


def test_origin_is_the_remote_that_counts(checkout):
    run(checkout, "remote", "add", "a", "https://a.example.com/x")
    assert find_checkout(checkout).repository == "https://a.example.com/x"
    run(checkout, "remote", "add", "origin", "https://b.example.com/x")
    assert find_checkout(checkout).repository == "https://b.example.com/x"
