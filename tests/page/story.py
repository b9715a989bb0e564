"""A registry with a life behind it, pushed by the real client: what the page's tests and screenshots look at.

`python -m tests.page.story URL` tells it to a registry that runs.
"""

import io
import pickle
import struct
import sys
import tempfile
import zlib
from contextlib import suppress
from pathlib import Path

import joblib
import numpy as np
from safetensors.numpy import save_file
from sklearn.ensemble import RandomForestClassifier

from modelyard.client import Registry
from modelyard.client.errors import VersionRefused
from modelyard.contract.requests import BaseRequest, DatasetRequest, EnvironmentRequest, SourceRequest

COMMIT = "3f2a9c41d7e85b60aa913c7f02de64b8f5a1709{:x}"
DESCRIPTION = """Predicts which subscribers leave within **30 days**.

- trained every Monday on the last 24 months
- owner: [growth](https://example.com/growth)

| segment | share |
|---|---|
| prepaid | 38 % |
| contract | 62 % |
"""
CARD = """# Churn

## Intended use
Rank subscribers for the retention team. Not for prices.

## Limitations
Subscribers of less than 60 days are not in the data.
"""
AUC = (0.871, 0.902, 0.894, 0.913, 0.921, 0.917, 0.934, 0.931)

HOSTILE = '"><img src=x onerror=alert(1)> %2F ?#&'
"""The name of a model, a key, a value: what would run, break out or lead elsewhere if it were trusted."""
TURNED = "\u05e9\u05dc\u05d5\u05dd abc \u0645\u0631\u062d\u0628\u0627"
"""A name that is read from right to left."""
MARKDOWN = """<script>alert(1)</script> <img src=x onerror="alert(1)"> [go](javascript:alert(1))
![x](javascript:alert(1))

<iframe src="https://example.com"></iframe> <a href="data:text/html,<script>alert(1)</script>">data</a>
"""


def picture(width: int, height: int, *, seed: int = 0) -> bytes:
    """A PNG of a curve, as an evaluation has it attached."""
    pixels = np.full((height, width, 3), 255, np.uint8)
    columns = np.arange(width)
    rows = height - 1 - (height - 2) * (columns / width) ** (1 / (3 + seed % 3))
    pixels[rows.astype(int), columns] = (20, 90, 200)
    raw = b"".join(b"\0" + line.tobytes() for line in pixels)
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(raw)),
        (b"IEND", b""),
    ]
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def tell(registry: Registry, folder: Path) -> None:
    """The whole story. Files are made in `folder`."""
    churn(registry, folder)
    encoder(registry, folder)
    suspect(registry, folder)
    hostile(registry, folder)
    for name in ("pricing", "ranking-mobile", "fraud-score"):
        registry.push(name, forest(folder, name, 3), metrics={"auc": 0.8}, tags={"team": "payments"})
    registry.update_model("fraud-score", owner="risk")
    registry.transition("fraud-score", 1, "production", comment="replaces the rules")
    registry.create_model("empty-yet", description="Nothing was pushed so far")


def forest(folder: Path, name: str, trees: int) -> Path:
    """A real model, as joblib writes it."""
    data = np.random.default_rng(trees).random((60, 4))
    path = folder / name / "model.joblib"
    path.parent.mkdir(exist_ok=True)
    joblib.dump(RandomForestClassifier(trees, random_state=trees).fit(data, data[:, 0] > 0.5), path)
    return path


def churn(registry: Registry, folder: Path) -> None:
    """A champion of eight versions that was replaced now and then."""
    registry.create_model("churn", description=DESCRIPTION, owner="growth", tags={"team": "growth", "tier": "1"})
    for number, auc in enumerate(AUC, start=1):
        registry.push(
            "churn",
            forest(folder, "churn", number * 4),
            description=f"Monday's training, run {number}",
            params={"n_estimators": number * 4, "max_depth": 4 + number % 3, "class_weight": "balanced"},
            metrics={"auc": auc, "log_loss": round(0.5 - auc / 3, 4), "seconds": 10.0 * number},
            directions={"auc": "higher", "log_loss": "lower", "seconds": "lower"},
            tags={"team": "growth"},
            source=SourceRequest(
                repository="https://example.com/growth/churn", commit=COMMIT.format(number), dirty=number == 3
            ),
            datasets=[
                DatasetRequest(
                    name="subscribers", uri="s3://data/subscribers/2026-11", role="train", rows=90_000 + number
                )
            ],
            environment=EnvironmentRequest(
                python="3.12.4", packages={"scikit-learn": f"1.{7 + number % 2}.0", "numpy": "2.3.5"}
            ),
            run_url=f"https://example.com/runs/{number}",
            bases=[BaseRequest(relation="fine-tune", reference=f"churn/{number - 1}")] if number > 5 else [],
            card=CARD,
        )
    evaluate(registry, folder)
    for number, stage, why in (
        (1, "staging", "first try"),
        (1, "production", "better than the rules"),
        (2, "staging", ""),
        (2, "production", "AUC +0.031"),
        (4, "staging", "shadow traffic"),
        (4, "production", "shadow was fine"),
        (5, "staging", ""),
        (7, "staging", "candidate of week 47"),
        (7, "production", "approved by growth"),
        (8, "staging", "next"),
    ):
        registry.transition("churn", number, stage, comment=why, replace=stage == "production")
    registry.set_alias("churn", "champion", 7, comment="in production")
    registry.set_alias("churn", "challenger", 8, comment="shadow")
    registry.delete_version("churn", 3, reason="trained on files that were not committed")


def evaluate(registry: Registry, folder: Path) -> None:
    """Reports on the last versions, with plots."""
    for number in (7, 8):
        plot = folder / f"roc-{number}.png"
        plot.write_bytes(picture(320, 240, seed=number))
        facts = {"dataset": "subscribers-holdout", "split": "test", "evaluator": "nightly"}
        registry.evaluate(
            "churn",
            number,
            {"auc": AUC[number - 1], "recall_at_10": round(0.61 + number / 100, 2)},
            attach=[plot],
            directions={"recall_at_10": "higher"},
            comment="the usual holdout",
            **facts,
        )
        registry.evaluate("churn", number, {"auc": AUC[number - 1] - 0.02}, slice="prepaid", **facts)


def encoder(registry: Registry, folder: Path) -> None:
    """Weights of tensors, a configuration and a tokenizer's."""
    root = folder / "encoder"
    root.mkdir()
    tensors = {f"layer.{n}.weight": np.zeros((64, 64), np.float32) for n in range(6)}
    save_file(tensors, root / "model.safetensors", {"format": "pt"})
    (root / "config.json").write_text('{"model_type": "bert", "architectures": ["BertModel"], "hidden_size": 64}')
    registry.push("encoder", root, metrics={"mrr": 0.71}, tags={"team": "search"})
    base = BaseRequest(relation="fine-tune", reference="encoder/1")
    (root / "config.json").write_text(
        '{"model_type": "bert", "architectures": ["BertModel"], "hidden_size": 64, "x": 1}'
    )
    registry.push("encoder", root, metrics={"mrr": 0.74}, bases=[base], tags={"team": "search"})
    registry.transition("encoder", 2, "production", comment="first release")


class Own:
    """A class that no framework knows."""


def suspect(registry: Registry, folder: Path) -> None:
    """What inspection stops: one for good, one until somebody looked."""
    root = folder / "suspect"
    root.mkdir()
    (root / "bad.pkl").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    content = io.BytesIO()
    pickle.dump(Own(), content)
    (root / "own.pkl").write_bytes(content.getvalue())
    for name in ("bad.pkl", "own.pkl"):
        with suppress(VersionRefused):
            registry.push("suspect", root / name)


def hostile(registry: Registry, folder: Path) -> None:
    """Every field holds what would harm a page that trusts it."""
    path = folder / "<b>bold<b>.bin"
    path.write_bytes(b"harmless")
    for name in (HOSTILE, TURNED):
        registry.create_model(name, description=MARKDOWN, owner=HOSTILE, tags={HOSTILE: HOSTILE})
        version = registry.push(
            name,
            path,
            description=MARKDOWN,
            card=MARKDOWN,
            tags={HOSTILE: HOSTILE},
            params={HOSTILE: HOSTILE},
            metrics={HOSTILE: 1e-300},
            source=SourceRequest(
                repository="https://example.com/'\"><script>alert(1)</script>", commit=COMMIT.format(0)
            ),
            datasets=[DatasetRequest(name=HOSTILE, uri="s3://x/%3Cscript%3E")],
        )
        plot = folder / "<img src=x onerror=alert(1)>.svg"
        plot.write_text('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>')
        facts = {"dataset": HOSTILE, "comment": MARKDOWN, "slice": HOSTILE, "evaluator": HOSTILE}
        registry.evaluate(name, version.version, {HOSTILE: 2.0}, attach=[plot], **facts)
        registry.transition(name, version.version, "staging", comment=MARKDOWN)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary, Registry(sys.argv[1]) as told:
        tell(told, Path(temporary))
