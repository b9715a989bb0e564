"""Keras 3's archives: a configuration and weights, as members of a zip."""

import io
import json
import zipfile

import h5py
import numpy as np

from tests.corpora.looked_at import looked_at, rules


def weights():
    raw = io.BytesIO()
    with h5py.File(raw, "w") as file:
        file.create_dataset("layers/dense/vars/0", data=np.zeros((4, 2), np.float32))
        file.create_dataset("optimizer/vars/0", data=np.zeros(50, np.float32))
    return raw.getvalue()


def archive(config):
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as file:
        file.writestr("metadata.json", json.dumps({"keras_version": "3.9.0", "date_saved": "2026-01-01"}))
        file.writestr("config.json", json.dumps(config))
        file.writestr("model.weights.h5", weights())
    return raw.getvalue()


def layer(module, name):
    return {"module": module, "class_name": name, "config": {"name": "l"}, "registered_name": None}


def model(*layers):
    return {
        **layer("keras", "Sequential"),
        "config": {"name": "m", "layers": [layer("keras.layers", "Dense"), *layers]},
    }


def test_an_archive_is_clean_and_described_by_its_members():
    seen = looked_at(archive(model()), "m.keras")
    assert seen.verdict == "clean"
    known = {
        "framework": "keras",
        "framework_version": "3.9.0",
        "architecture": "Sequential",
        "layers": 1,
        "parameters": 8,
    }
    assert {name: seen.facts.get(name) for name in known} == known


def test_a_gadget_in_an_archive_is_malicious_and_its_member_is_named():
    seen = looked_at(archive(model(layer("os", "system"))), "m.keras")
    assert rules(seen)["keras.dangerous-object"] == "malicious"
    assert {finding.member for finding in seen.findings} == {"config.json"}
