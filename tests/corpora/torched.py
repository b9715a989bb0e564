"""Made `samples/`: what libraries that are too large to install for a test write for their smallest models.

Run with torch (2.13), transformers (5.23), accelerate and catboost (1.2): python tests/corpora/torched.py
"""

import pathlib
import pickle
import zipfile

import catboost
import torch
import transformers
from torch import nn

HERE = pathlib.Path(__file__).parent / "samples"


def without(path, ending):
    """Drop the members that tell where the sources lay."""
    with zipfile.ZipFile(path) as file:
        kept = [(each, file.read(each)) for each in file.namelist() if not each.endswith(ending)]
    with zipfile.ZipFile(path, "w") as file:
        for name, data in kept:
            file.writestr(zipfile.ZipInfo(name), data)


def make():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    torch.save(model, HERE / "torch-module.pt")
    torch.jit.save(torch.jit.trace(model, torch.ones(1, 2)), HERE / "torch-traced.pt")
    without(HERE / "torch-traced.pt", ".debug_pkl")
    torch.save(torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8), HERE / "torch-quantized.pt")
    torch.save(nn.TransformerEncoderLayer(2, 1, 2), HERE / "torch-encoder.pt")
    torch.save(transformers.pytorch_utils.Conv1D(2, 2), HERE / "transformers-conv1d.pt")
    torch.save(transformers.TrainingArguments("x", report_to=[]), HERE / "training_args.bin")
    rows = [[0, 1], [2, 3], [4, 5], [6, 7]]
    cat = catboost.CatBoostRegressor(iterations=1, depth=1, verbose=0, allow_writing_files=False).fit(
        rows, [0, 1, 0, 1]
    )
    (HERE / "catboost.pkl").write_bytes(pickle.dumps(cat))


if __name__ == "__main__":
    make()
