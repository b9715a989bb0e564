"""A registry small enough to read, for tests of the client: it keeps everything in memory and checks real bytes."""

import hashlib
import threading
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from modelyard.domain import digests
from modelyard.domain.errors import Invalid, RegistryError
from modelyard.domain.manifests import check_manifest, manifest_digest, parse_file
from modelyard.domain.names import parse_name, parse_reference

MOMENT = "2026-11-23T10:00:00.000Z"


class Refusal(Exception):
    """An HTTP answer that is no success."""

    def __init__(self, status, code, kind, detail="no", field=None, **facts):
        super().__init__(detail)
        self.status = status
        self.body = {
            "type": "about:blank",
            "title": kind,
            "status": status,
            "detail": detail,
            "instance": "",
            "code": code,
            "kind": kind,
            "field": field,
            "facts": facts,
        }


def missing(what):
    return Refusal(404, "not_found", "NotFound", f"there is no {what}")


@dataclass
class Version:
    """A version as the registry keeps it."""

    files: list[dict[str, Any]]
    answer: dict[str, Any]


@dataclass
class Yard:
    """The registry's state and rules. `base` is where its signed requests lead."""

    base: str = ""
    page: int = 500
    proven_after: int = 0
    verdict: str = "ready"
    models: dict[str, dict[str, Any]] = field(default_factory=dict)
    versions: dict[str, list[Version]] = field(default_factory=dict)
    receipts: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    parts: dict[tuple[str, int], bytes] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    letters: dict[str, dict[str, Any]] = field(default_factory=dict)
    graph: dict[str, Any] = field(default_factory=dict)
    links: int = 1
    oldest_link: int = 0
    looks: Counter = field(default_factory=Counter)
    ids: Any = field(default_factory=lambda: count(1))
    lock: Any = field(default_factory=threading.RLock)

    def expire_links(self):
        """All links handed out so far no longer work."""
        self.links += 1
        self.oldest_link = self.links

    def record(self, kind, name, version=None, **after):
        sequence = 1 + sum(event["model"]["name"] == name for event in self.events)
        self.events.append(
            {
                "id": f"{self.models[name]['id']}-{sequence}",
                "type": kind,
                "schema_version": 1,
                "model": {"id": self.models[name]["id"], "name": name},
                "sequence": sequence,
                "version": version,
                "digest": None,
                "before": {},
                "after": after,
                "actor": "local",
                "reason": "",
                "time": MOMENT,
                "correlation_id": "c",
                "previous": "0" * 64,
                "hash": "1" * 64,
                "position": len(self.events) + 1,
            }
        )

    def once(self, key, body, do):
        """What `do` answers, or what it answered when the same key came before."""
        if key in self.receipts:
            known, answer = self.receipts[key]
            if known != body:
                raise Refusal(422, "invalid", "KeyReused", "the key came back with another body")
            return answer
        answer = do(body)
        if key:
            self.receipts[key] = (body, answer)
        return answer

    def create_model(self, body):
        try:
            name = parse_name(body["name"])
        except Invalid as error:
            raise Refusal(422, "invalid", "Invalid", error.detail, error.field) from error
        if name in self.models:
            raise Refusal(409, "conflict", "AlreadyExists", f"there is a model {name!r} already")
        self.models[name] = {
            "id": f"01K{next(self.ids):023d}",
            "name": name,
            "description": body.get("description", ""),
            "owner": body.get("owner", ""),
            "tags": body.get("tags", {}),
            "created_at": MOMENT,
            "created_by": "local",
            "updated_at": MOMENT,
            "sequence": 1,
            "revision": 1,
            "versions": 0,
            "newest_ready": None,
            "stages": {},
        }
        self.versions[name] = []
        self.record("model.created", name)
        return self.models[name]

    def model(self, name):
        if name not in self.models:
            raise missing(f"model {name!r}")
        return self.models[name]

    def register(self, name, body):
        self.model(name)
        try:
            files = check_manifest(
                parse_file(f["path"], f["size"], f["digest"], f.get("parts", ())) for f in body["files"]
            )
        except RegistryError as error:
            raise Refusal(422, "invalid", error.kind, error.detail, error.field) from error
        listed = [{"path": f.path, "size": f.size, "digest": f.digest, "parts": list(f.parts)} for f in files]
        texts = {key: body.get(key, "") for key in ("description", "source_commit", "run_url")}
        pairs = {key: body.get(key, {}) for key in ("tags", "params", "metrics")}
        answer = {
            "name": name,
            "version": len(self.versions[name]) + 1,
            "state": "uploading",
            "stage": "development",
            "digest": manifest_digest(files),
            "size": sum(f.size for f in files),
            "file_count": len(files),
            **texts,
            **pairs,
            "datasets": [{"uri": "", "digest": "", **d} for d in body.get("datasets", [])],
            **{key: body[key] for key in ("source", "run", "bases", "environment", "card") if key in body},
            "created_at": MOMENT,
            "created_by": "local",
            "verified_at": None,
            "proof": "",
            "proof_pending": False,
            "revision": 1,
            "refusal": [],
        }
        self.versions[name].append(Version(listed, answer))
        self.models[name]["versions"] += 1
        self.record("version.registered", name, answer["version"])
        return {"version": dict(answer), "uploads": self.uploads(name, answer["version"], 0)}

    def version(self, name, number):
        self.model(name)
        if not 1 <= number <= len(self.versions[name]):
            raise missing(f"version {name}/{number}")
        return self.versions[name][number - 1]

    def look(self, name, number):
        """The version, proven once it was looked at often enough."""
        version = self.version(name, number)
        self.looks[name, number] += 1
        if self.looks[name, number] > self.proven_after:
            if version.answer["state"] == "verifying":
                refused = {} if self.verdict == "ready" else {"refusal": ["bytes_differ: a"]}
                version.answer.update(state=self.verdict, verified_at=MOMENT, **refused)
                self.models[name]["newest_ready"] = number
            version.answer["proof_pending"] = False
        return version.answer

    def uploads(self, name, number, start):
        version = self.version(name, number)
        if version.answer["refusal"] == ["upload_expired"]:
            raise Refusal(410, "gone", "UploadExpired", "the upload has expired")
        due = list(self.due(version)) if version.answer["state"] == "uploading" else []
        following = start + self.page if start + self.page < len(due) else None
        return {"items": due[start : start + self.page], "next": following and str(following)}

    def due(self, version):
        for file in {f["digest"]: f for f in version.files}.values():
            if file["digest"] in self.blobs:
                continue
            whole = [(0, 0, file["size"])]
            numbers = range(1, len(file["parts"]) + 1)
            parts = [(number, *digests.part_range(file["size"], number)) for number in numbers]
            for part, offset, length in parts or whole:
                if (file["digest"], part) not in self.parts:
                    yield {
                        "digest": file["digest"],
                        "part": part,
                        "offset": offset,
                        "length": length,
                        "request": self.sign("PUT", file["digest"], part, length),
                    }

    def sign(self, method, digest, part=0, length=0):
        url = f"{self.base}/blobs/{digest}?part={part}&link={self.links}&length={length}"
        headers = {"content-length": str(length), "x-signed": "yes"} if method == "PUT" else {}
        return {"method": method, "url": url, "headers": headers, "expires_at": MOMENT}

    def file(self, digest):
        held = (f for versions in self.versions.values() for v in versions for f in v.files if f["digest"] == digest)
        return next(held)

    def take(self, digest, part, body):
        """Store what came, if it is what was declared."""
        file = self.file(digest)
        expected = file["parts"][part - 1] if part else digest.partition(":")[2]
        if hashlib.sha256(body).hexdigest() != expected:
            raise Refusal(400, "malformed", "Malformed", "BadDigest")
        if digest in self.blobs:
            raise Refusal(412, "precondition_failed", "PreconditionFailed", "it is there")
        self.parts[digest, part] = body

    def complete(self, name, number):
        version = self.version(name, number)
        if version.answer["state"] == "uploading":
            if absent := list(self.due(version)):
                raise Refusal(409, "conflict", "UploadIncomplete", f"{len(absent)} are missing")
            for file in version.files:
                numbers = range(1, len(file["parts"]) + 1) or (0,)
                if file["digest"] not in self.blobs:
                    self.blobs[file["digest"]] = b"".join(self.parts.pop((file["digest"], n)) for n in numbers)
            version.answer["state"] = "verifying"
            self.looks[name, number] = 0
            self.record("version.uploaded", name, number)
        return version.answer

    def files(self, name, number, start=0):
        version = self.version(name, number)
        ready = version.answer["state"] == "ready"
        items = [
            {**file, "download": self.sign("GET", file["digest"]) if ready else None}
            for file in version.files[start : start + self.page]
        ]
        return {"items": items, "next": str(start + self.page) if start + self.page < len(version.files) else None}

    def transition(self, name, number, body):
        version = self.version(name, number)
        if version.answer["state"] != "ready":
            held = {"name": "version_ready", "held": False, "expected": "ready", "actual": version.answer["state"]}
            raise Refusal(409, "conflict", "TransitionRefused", "it may not move", requirements=[held])
        version.answer["stage"] = body["stage"]
        self.models[name]["stages"] = {body["stage"]: [number]}
        self.record("version.promoted", name, number, stage=body["stage"])
        return version.answer

    def resolve(self, text):
        reference = parse_reference(text)
        ready = [v for v in self.versions.get(reference.name, []) if reference.number or v.answer["state"] == "ready"]
        for version in reversed(ready):
            wanted = {reference.number or version.answer["version"], reference.stage or version.answer["stage"]}
            if wanted <= {version.answer["version"], version.answer["stage"]}:
                if version.answer["state"] != "ready":
                    raise Refusal(409, "conflict", "VersionNotReady", f"{text} is {version.answer['state']}")
                number = version.answer["version"]
                return {
                    "reference": text,
                    "version": version.answer,
                    "files": self.files(reference.name, number),
                }
        raise missing(f"version {text!r}")
