"""What git knows of a folder: repository, commit, and whether files differ. No program that a repository names is run.

A repository's own settings may name programs for nearly anything: monitors, hooks, filters, diff tools, transports.
Whoever unpacks somebody else's folder must be able to ask about it, so each of them is switched off.
"""

import hashlib
import os
import re
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

PATIENCE = 20.0
"""Seconds that git may take for one answer."""

_KEPT = ("PATH", "HOME", "USERPROFILE", "SYSTEMROOT", "XDG_CONFIG_HOME", "TMPDIR", "TEMP")
_QUIET = {
    "LC_ALL": "C",
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_ASKPASS": "",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}
_OFF = ("core.fsmonitor=false", "core.hooksPath=/dev/null", "core.pager=cat", "core.alternateRefsCommand=")
_RUNS = re.compile(r"filter\..*\.(clean|smudge|process|required)|diff\..*\.(command|textconv)", re.DOTALL)
_OVERRIDES = (2, 31)
"""The git that first took settings from GIT_CONFIG_COUNT: the only way to name a setting with any letters in it."""

_DIFF = (
    "diff", "HEAD", "--no-ext-diff", "--no-textconv", "--no-color", "--no-renames", "--full-index", "--no-relative",
    "--diff-algorithm=myers", "--no-indent-heuristic", "--unified=3", "--inter-hunk-context=0",
    "--src-prefix=a/", "--dst-prefix=b/", "--submodule=short", "--ignore-submodules=dirty",
)  # fmt: skip
_CHUNK = 1024**2


@dataclass(frozen=True, slots=True)
class Checkout:
    """A folder's repository. `dirty` and `diff_digest` are of `git diff HEAD`; None and empty if it could not tell."""

    root: Path
    repository: str
    commit: str
    dirty: bool | None
    diff_digest: str


def find_checkout(folder: Path) -> Checkout | None:
    """The checkout that `folder` lies in. None without one, without a commit, or without git."""
    git = _Git(folder)
    root, commit = git.ask("rev-parse", "--show-toplevel"), git.ask("rev-parse", "--verify", "HEAD^{commit}")
    if not root or not commit:
        return None
    dirty, digest = git.difference() if git.disarmed() else (None, "")
    return Checkout(Path(root.removesuffix("\n")), git.remote(), commit.strip(), dirty, digest)


class _Git:
    """Git in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._environment = {name: os.environ[name] for name in _KEPT if name in os.environ} | _QUIET

    def disarmed(self) -> bool:
        """Set every program that the repository's own settings name to nothing; False where that cannot be done."""
        version = re.search(r"(\d+)\.(\d+)", self.ask("version") or "0.0")
        listed = self.ask("config", "--list", "--show-scope", "--name-only", "-z")
        if listed is None or version is None or tuple(map(int, version.groups())) < _OVERRIDES:
            return False
        named = listed.split("\0")
        own = {name for scope, name in zip(named[::2], named[1::2], strict=False) if scope in {"local", "worktree"}}
        self._environment |= _overriding(sorted(name for name in own if _RUNS.fullmatch(name)))
        return True

    def ask(self, *arguments: str) -> str | None:
        """What git prints; None when it fails."""
        try:
            done = subprocess.run(  # noqa: S603 -- the arguments are ours, but for the folder after -C
                self._command(*arguments), env=self._environment, stdin=subprocess.DEVNULL, capture_output=True,
                timeout=PATIENCE, check=True,
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError):
            return None
        return done.stdout.decode(errors="replace")

    def difference(self) -> tuple[bool | None, str]:
        """Whether tracked files differ from the commit, and the digest of how, read as it comes: it may be long."""
        try:
            asked = subprocess.Popen(  # noqa: S603 -- as above
                self._command(*_DIFF), env=self._environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )  # fmt: skip
        except OSError:
            return None, ""
        deadline = threading.Timer(PATIENCE, asked.kill)
        deadline.start()
        hashed, size = hashlib.sha256(), 0
        with asked:
            while asked.stdout and (chunk := asked.stdout.read(_CHUNK)):
                hashed.update(chunk)
                size += len(chunk)
        deadline.cancel()
        if asked.returncode:
            return None, ""
        return bool(size), f"sha256:{hashed.hexdigest()}" if size else ""

    def remote(self) -> str:
        """The URL of `origin`, else of the first remote, without credentials; empty without one."""
        listed = (self.ask("config", "-z", "--get-regexp", r"^remote\..*\.url$") or "").split("\0")
        urls = dict(entry.split("\n", 1) for entry in reversed(listed) if "\n" in entry)
        return public_url(urls.get("remote.origin.url") or next(reversed(urls.values()), ""))

    def _command(self, *arguments: str) -> Sequence[str]:
        off = [part for setting in _OFF for part in ("-c", setting)]
        return ["git", "-C", str(self._folder), "--no-pager", *off, *arguments]


def _overriding(names: Sequence[str]) -> Mapping[str, str]:
    """Variables that set each of the settings to nothing, whatever letters its name has."""
    variables = {"GIT_CONFIG_COUNT": str(len(names))}
    for index, name in enumerate(names):
        variables |= {f"GIT_CONFIG_KEY_{index}": name, f"GIT_CONFIG_VALUE_{index}": ""}
    return variables


def public_url(url: str) -> str:
    """A remote's URL without user, password, query or fragment; empty for one of no kind that is known.

    The user of ssh stays, who is no secret: `git@example.com:org/repo` and `ssh://git@example.com/org/repo`.
    """
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        user = f"{parts.username}@" if parts.scheme == "ssh" and parts.username else ""
    except ValueError:
        return ""
    if parts.scheme in {"http", "https", "ssh", "git"} and host:
        return urlunsplit((parts.scheme, user + host, parts.path, "", ""))
    return url if re.fullmatch(r"[\w.-]+@[\w.-]+:[^:@\s][^@\s]*", url) else ""
