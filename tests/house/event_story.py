"""One model's life as a journal: what `events/` gives as examples. `python tests/house/event_story.py` writes them."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from modelyard.domain.digests import Digest
from modelyard.domain.journal import GENESIS, Caller, Draft, EntryType, instant, write_entry
from modelyard.domain.manifests import File, manifest_digest

EVENTS = Path(__file__).parents[2] / "events"
MODEL = "01KAP4Q6Z8T5V3W9XENCHRNGGD"
WEEK = 7 * 86_400
MONTH = 30 * 86_400
BEGAN = datetime(2026, 11, 23, 9, 0, 0, 120_000, tzinfo=UTC)


def content(text: str) -> Digest:
    """The content id of a version of one file."""
    digest = Digest("sha256:" + hashlib.sha256(text.encode()).hexdigest())
    return manifest_digest([File("model.joblib", len(text), digest)])


def hashed(text: str) -> str:
    """The digest of a small file."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def at(seconds: float) -> str:
    """A moment of the story as entries write it."""
    return instant(BEGAN + timedelta(seconds=seconds))


def registered(text: str, auc: float, began: float) -> dict[str, Any]:
    return {
        "state": "uploading",
        "stage": "development",
        "size": len(text),
        "file_count": 1,
        "pages": 1,
        "deadline": at(began + WEEK),
        "description": "",
        "tags": {"team": "growth"},
        "params": {"depth": "8"},
        "metrics": {"auc": auc},
        "source_commit": "4f2c9d1",
        "datasets": [
            {"name": "customers", "uri": "s3://lake/customers/2026-11", "digest": "", "role": "train", "rows": 48_000}
        ],
        "run_url": "https://ci.example.com/runs/812",
        "source": {"repository": "https://git.example.com/growth/churn", "commit": "4f2c9d1", "dirty": False},
        "run": {"system": "ci", "id": "812", "url": "https://ci.example.com/runs/812"},
        "bases": [{"relation": "distillation", "uri": "https://models.example.com/teacher"}],
        "environment": {"python": "3.13.5", "packages": {"scikit-learn": "1.7.2"}},
        "card": "# Who leaves\n\nNot for customers of less than a month.\n",
    }


def state(name: str, **facts: Any) -> dict[str, Any]:
    return {"state": name, **facts}


def stage(name: str) -> dict[str, Any]:
    return {"stage": name}


def alias(number: int | None, *previous: int) -> dict[str, Any]:
    return {"alias": "champion", "version": number, "previous": list(previous)}


def gone(since: float) -> dict[str, Any]:
    return state("deleted", purge_at=at(since + MONTH))


PURGED = {"purged": True}
EVALUATED: dict[str, Any] = {
    "evaluation": {
        "metrics": {"auc": {"value": 0.94}, "latency": {"value": 12.5, "unit": "ms", "direction": "lower"}},
        "dataset": "holdout",
        "dataset_digest": "",
        "split": "test",
        "slice": "",
        "evaluator": "nightly",
        "run": {"system": "ci", "id": "813", "url": "https://ci.example.com/runs/813"},
        "attachments": [{"path": "roc.png", "size": 3, "digest": "sha256:" + hashlib.sha256(b"roc").hexdigest()}],
    },
    "metrics": {"auc": 0.94, "latency": 12.5},
    "directions": {"latency": "lower"},
}


FIRST, SECOND, THIRD, FOURTH = (content(text) for text in ("first", "second", "third", "fourth"))
ANA, VERIFY, SWEEP = "ana", "modelyard:verify", "modelyard:sweep"
FOUND = ["pickle.unknown-import"]
FACTS = {"format": "pickle", "framework": "scikit-learn", "framework_version": "1.7.2", "features": 12}
RELEASED = {"decision": "released", "by": "rae", "reason": "our own class", "rules": 1, "found": FOUND}


def seen(verdict: str, *found: str) -> dict[str, Any]:
    """What an inspection says."""
    findings = {"suspicious": 1} if found else {}
    counts = {"rules": 1, "verdict": verdict, "files": 1, "incomplete": 0}
    return {"inspected": {**counts, "findings": findings, "found": list(found)}, "facts": FACTS}


SIGNATURE = {"kind": "signature", "path": "model.sig", "size": 3, "digest": hashed("sig")}
VALID = {
    "verdict": "valid",
    "at": at(640_003),
    "signers": hashlib.sha256(b"signers").hexdigest(),
    "by": "release key",
    "files": {"signed": 1},
}
PROVEN = state("ready", proof="storage")
MISMATCH = ["digest_mismatch: model.joblib"]
T = EntryType

STORY: list[tuple[float, str, Draft]] = [
    (0, ANA, Draft(T.MODEL_CREATED, after={"name": "churn", "description": "", "owner": "ana", "tags": {}})),
    (1, ANA, Draft(T.VERSION_REGISTERED, 1, FIRST, after=registered("first", 0.91, 1))),
    (3, ANA, Draft(T.VERSION_UPLOADED, 1, FIRST, state("uploading"), state("verifying", deadline=at(3 + 300)))),
    (360, SWEEP, Draft(T.VERSION_REDRIVEN, 1, FIRST, after={"deadline": at(960)}, reason=f"no verdict by {at(303)}")),
    (
        361,
        VERIFY,
        Draft(T.VERSION_VERIFIED, 1, FIRST, state("verifying"), state("ready", proof="storage", **seen("clean"))),
    ),
    (1300, ANA, Draft(T.MODEL_UPDATED, before={"owner": "ana"}, after={"owner": "growth"})),
    (1400, ANA, Draft(T.VERSION_PROMOTED, 1, FIRST, stage("development"), stage("production"), "beats v0")),
    (5000, ANA, Draft(T.VERSION_REGISTERED, 2, SECOND, after=registered("second", 0.92, 5000))),
    (5002, ANA, Draft(T.VERSION_UPLOADED, 2, SECOND, state("uploading"), state("verifying", deadline=at(5002 + 300)))),
    (
        5003,
        VERIFY,
        Draft(
            T.VERSION_REJECTED,
            2,
            SECOND,
            state("verifying"),
            state("rejected", refusal=MISMATCH),
            "1 files are not what was declared",
        ),
    ),
    (6000, ANA, Draft(T.VERSION_REGISTERED, 3, THIRD, after=registered("third", 0.93, 6000))),
    (6002, ANA, Draft(T.VERSION_UPLOADED, 3, THIRD, state("uploading"), state("verifying", deadline=at(6002 + 300)))),
    (6003, VERIFY, Draft(T.VERSION_VERIFIED, 3, THIRD, state("verifying"), state("ready", proof="storage"))),
    (6100, ANA, Draft(T.VERSION_UPDATED, 3, THIRD, {"description": ""}, {"description": "trained on November"})),
    (6200, ANA, Draft(T.VERSION_PROMOTED, 3, THIRD, stage("development"), stage("production"), "beats v1")),
    (6200, ANA, Draft(T.VERSION_REPLACED, 1, FIRST, stage("production"), stage("archived"), "replaced by churn/3")),
    (9000, ANA, Draft(T.VERSION_CHALLENGED, 3, THIRD, after={"challenged": True, "deadline": at(10_200)})),
    (9001, VERIFY, Draft(T.VERSION_VERIFIED, 3, THIRD, state("ready"), state("ready", proof="bytes"))),
    (
        9100,
        ANA,
        Draft(T.VERSION_CHALLENGED, 3, THIRD, after={"challenged": True, "reinspect": True, "deadline": at(10_300)}),
    ),
    (
        9101,
        VERIFY,
        Draft(
            T.VERSION_QUARANTINED,
            3,
            THIRD,
            state("ready", stage="production"),
            state("quarantined", proof="bytes", verified_at=at(9001), refusal=[f"{FOUND[0]}: model.joblib"])
            | seen("suspicious", *FOUND),
            "an inspection found what a person must judge",
        ),
    ),
    (
        9200,
        "rae",
        Draft(
            T.VERSION_RELEASED,
            3,
            THIRD,
            state("quarantined"),
            state("ready", refusal=[], review=RELEASED),
            "our own class",
        ),
    ),
    (9600, ANA, Draft(T.VERSION_REGISTERED, 4, FOURTH, after=registered("fourth", 0.94, 9600))),
    (
        614_700,
        SWEEP,
        Draft(
            T.VERSION_EXPIRED,
            4,
            FOURTH,
            state("uploading"),
            state("rejected", refusal=["upload_expired"]),
            "its bytes did not come in time",
        ),
    ),
    (620_000, ANA, Draft(T.ALIAS_SET, 1, FIRST, alias(None), alias(1), "trusted")),
    (620_100, ANA, Draft(T.ALIAS_SET, 3, THIRD, alias(1), alias(3, 1))),
    (620_100, ANA, Draft(T.ALIAS_REPLACED, 1, None, alias(1), alias(3, 1), "taken by churn/3")),
    (620_200, ANA, Draft(T.ALIAS_REMOVED, 3, None, alias(3, 1), alias(None))),
    (630_000, ANA, Draft(T.VERSION_EVALUATED, 3, THIRD, {"metrics": {"auc": 0.93}}, EVALUATED, "nightly")),
    (
        640_000,
        ANA,
        Draft(T.ATTESTATION_ADDED, 3, THIRD, after={"attestation": SIGNATURE, "check_by": at(640_300)}),
    ),
    (640_002, ANA, Draft(T.ATTESTATION_ASKED, 3, THIRD, after={"check_by": at(640_302)})),
    (
        640_003,
        "modelyard:attest",
        Draft(T.ATTESTATION_CHECKED, 3, THIRD, {"verdicts": {"29": "pending"}}, {"results": {"29": VALID}}),
    ),
    (700_000, ANA, Draft(T.MODEL_RENAMED, before={"name": "churn"}, after={"name": "churn-eu"})),
    (700_100, ANA, Draft(T.VERSION_DELETED, 1, FIRST, state("ready"), gone(700_100), "a wrong split")),
    (700_200, ANA, Draft(T.VERSION_RESTORED, 1, FIRST, gone(700_100), state("verifying", deadline=at(700_500)))),
    (700_201, VERIFY, Draft(T.VERSION_VERIFIED, 1, FIRST, state("verifying"), state("ready", proof="storage"))),
    (700_300, ANA, Draft(T.VERSION_DELETED, 4, FOURTH, state("rejected"), gone(700_300))),
    (700_400, ANA, Draft(T.MODEL_DELETED, after={"purge_at": at(700_400 + MONTH)}, reason="nobody needs it")),
    (700_500, ANA, Draft(T.MODEL_RESTORED, before={"purge_at": at(700_400 + MONTH)})),
    (
        700_300 + MONTH,
        SWEEP,
        Draft(T.VERSION_PURGED, 4, FOURTH, state("deleted"), PURGED, f"not restored by {at(700_300 + MONTH)}"),
    ),
    (800_000 + MONTH, ANA, Draft(T.MODEL_DELETED, after={"purge_at": at(800_000 + 2 * MONTH)})),
    (800_000 + 2 * MONTH, SWEEP, Draft(T.MODEL_PURGED, after=PURGED, reason="not restored by then")),
]


def tell() -> list[dict[str, Any]]:
    """The story as events, chained."""
    events: list[dict[str, Any]] = []
    name = ""
    for sequence, (seconds, actor, draft) in enumerate(STORY, start=1):
        name = draft.after.get("name", name)
        entry = write_entry(
            draft,
            model_id=MODEL,
            name=name,
            home="churn",
            sequence=sequence,
            previous=events[-1]["hash"] if events else GENESIS,
            caller=Caller(actor, f"3f6c1a52-0000-4000-8000-{int(seconds):012d}"),
            time=BEGAN + timedelta(seconds=seconds),
        )
        events.append(json.loads(entry.body) | {"hash": entry.hash})
    return events


def files() -> dict[Path, str]:
    """What lies in `events/`: the whole journal, and the first event of each type as that type's example."""
    told = tell()
    written = {EVENTS / "journal.example.json": told}
    first = {event["type"]: event for event in reversed(told)}
    written |= {EVENTS / name / "v1.example.json": event for name, event in first.items()}
    return {path: json.dumps(value, indent=2, ensure_ascii=False) + "\n" for path, value in written.items()}


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text)
