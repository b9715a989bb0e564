"""The web page, as files: built by `make serve` or shipped in the wheel, served from memory under a strict policy.

Whatever the page does, it does through the API: nothing here knows who asks, and nothing here is worth hiding.
"""

import hashlib
import mimetypes
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from modelyard.domain.errors import NotFound
from modelyard.serve.answers import Answer, Headers, encoded, json_answer
from modelyard.serve.gateway import READS

BUILT = Path(__file__).parents[1] / "page"
"""Where `npm run build` puts the page, and where a wheel has it."""

ENTRANCE = "/index.html"
CONFIG = "/config.json"
ROUTES = frozenset({"models", "compare", "activity", "sign-in"})
"""How paths begin, beside the root, that the page knows what to do with: the entrance answers them."""

NOT_OURS = frozenset({"v1", "blobs", "embedded", "assets"})
ASSETS = "/assets/"
"""Files whose names hold a hash of what they hold."""

ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
FOREVER = "public, max-age=31536000, immutable"
EACH_TIME = "no-cache"
TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml"}
"""Not left to the system, whose tables differ."""

UNBUILT = b"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Modelyard</title>
<h1>Modelyard</h1>
<p>The registry is up, and its web page is not built.
<p>In the repository, with Node 20.19 or newer: <code>make serve</code> builds it. Released wheels have it.
<p>The API is described at <a href="/v1/openapi.json">/v1/openapi.json</a>.
<p><code>modelyard --help</code> lists commands, which need no page.
</html>
"""


_WORTHLESS = re.compile(r"q=0(\.0*)?")


class Page:
    """Answers what no other part of the server does. `public` is the address that clients use and where blobs are."""

    def __init__(self, public: str, auth: str, folder: Path = BUILT) -> None:
        self._files = {f"/{path.relative_to(folder).as_posix()}": path.read_bytes() for path in _files(folder)}
        self._tags = {path: f'"{hashlib.sha256(body).hexdigest()[:32]}"' for path, body in self._files.items()}
        self._config = {"auth": auth, "url": public}
        self._guards = encoded(guards(public))

    def answer(self, method: str, path: str, headers: Mapping[str, str]) -> Answer:
        """A file of the page, or its entrance for an address that the page itself reads. NotFound for anything else."""
        if method not in READS:
            raise NotFound(f"there is nothing at {path}")
        if path == CONFIG:
            answer = json_answer(self._config, headers={"cache-control": EACH_TIME})
        elif path in self._files and not path.endswith((".br", ".gz")):
            answer = self._file(path, headers)
        else:
            answer = self._entrance(path, headers)
        return Answer(answer.status, answer.body, [*answer.headers, *self._guards])

    def _entrance(self, path: str, headers: Mapping[str, str]) -> Answer:
        first = path.removeprefix("/").partition("/")[0]
        if ENTRANCE not in self._files:
            if path == "/":
                return Answer(200, UNBUILT, encoded({"content-type": _type(ENTRANCE), "cache-control": "no-store"}))
        elif path == "/" or first in ROUTES:
            return self._file(ENTRANCE, headers)
        elif first not in NOT_OURS and "text/html" in headers.get("accept", ""):
            # A person mistyped an address: the page says so, and offers its navigation.
            found = self._file(ENTRANCE, {**headers, "if-none-match": ""})
            return Answer(404, found.body, found.headers)
        raise NotFound(f"there is nothing at {path}")

    def _file(self, path: str, headers: Mapping[str, str]) -> Answer:
        coding, name = self._coded(path, headers.get("accept-encoding", ""))
        tag = self._tags[name]
        known = encoded(
            {
                "content-type": _type(path),
                "cache-control": FOREVER if path.startswith(ASSETS) else EACH_TIME,
                "etag": tag,
                "vary": "accept-encoding",
            }
        )
        if tag in headers.get("if-none-match", ""):
            return Answer(304, b"", known)
        return Answer(200, self._files[name], known + _encoding(coding))

    def _coded(self, path: str, accepted: str) -> tuple[str, str]:
        """The first of our encodings that is accepted and there, and the file that has it."""
        wanted = _accepted(accepted)
        for coding, suffix in ENCODINGS:
            if coding in wanted and path + suffix in self._files:
                return coding, path + suffix
        return "", path


def guards(public: str) -> dict[str, str]:
    """What a browser is told to forbid the page: everything but its own files, the API, and storage at `public`."""
    parts = urlsplit(public)
    storage = f"{parts.scheme}://{parts.netloc}"
    policy = (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        f"img-src 'self' data: {storage}",
        f"connect-src 'self' {storage}",
        "font-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
    return {
        "content-security-policy": "; ".join(policy),
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
    }


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()] if folder.is_dir() else []


def _type(path: str) -> str:
    found = TYPES.get(Path(path).suffix) or mimetypes.guess_type(path)[0] or "application/octet-stream"
    return f"{found}; charset=utf-8" if found.startswith("text/") else found


def _accepted(header: str) -> frozenset[str]:
    """The encodings that a request accepts: those it names, but for those of no worth (q=0)."""
    parts = (part.partition(";") for part in header.lower().replace(" ", "").split(","))
    return frozenset(name for name, _, worth in parts if not _WORTHLESS.fullmatch(worth))


def _encoding(coding: str) -> Headers:
    return encoded({"content-encoding": coding}) if coding else []
