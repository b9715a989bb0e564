"""What a push finds out by itself, from files that anybody may have written; what was given always stands."""

import json
import os
import pickle
import platform
import subprocess

import pytest

from modelyard.client import environments, filling, model_files, yaml_text
from modelyard.client.environments import read_environment, running_environment
from modelyard.client.errors import Unusable
from modelyard.client.filling import Note, fill
from modelyard.contract.requests import BaseRequest, DatasetRequest, EnvironmentRequest, RunRequest, SourceRequest
from modelyard.domain.names import MAX_TAGS

MLMODEL = """\
artifact_path: model
flavors:
  python_function:
    env: {conda: conda.yaml, virtualenv: python_env.yaml}
    loader_module: mlflow.sklearn
    model_path: model.pkl
    predict_fn: predict
    python_version: 3.11.7
  sklearn:
    code: null
    pickled_model: model.pkl
    sklearn_version: 1.7.2
mlflow_version: 3.5.0
model_uuid: 5e2b7d0c9f6d4d8ab8a1f2b7e6c3a901
run_id: 8f1c2d3e4a5b6c7d8e9f0a1b2c3d4e5f
signature:
  inputs: '[{"type": "double", "name": "tenure", "required": true}]'
  outputs: '[{"type": "long", "required": true}]'
utc_time_created: '2026-11-20 10:00:00.000000'
"""
README = """\
---
license: apache-2.0
base_model: distilbert/distilbert-base-uncased
base_model_relation: quantized
datasets:
- nyu-mll/glue
- in house data
tags:
- text-classification
- arxiv:1910.01108
- "two words"
pipeline_tag: text-classification
metrics: [accuracy]
model-index:
- name: churn
  results:
  - task: {type: text-classification}
    dataset: {name: GLUE, type: nyu-mll/glue}
    metrics:
    - {type: accuracy, value: 0.91}
    - {type: f1, value: 0.8}
    - {type: f1, value: 0.7}
    - {type: loss, value: .nan}
    - {type: perplexity, value: high}
---

# Churn

Not for customers of less than a month.
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to push, where no repository is."""
    monkeypatch.chdir(tmp_path)
    made = tmp_path / "model"
    made.mkdir()
    (made / "model.pkl").write_bytes(pickle.dumps(Bomb()))
    return made


class Bomb:
    """Whoever unpickles this fails."""

    def __reduce__(self):
        return (os._exit, (42,))


def facts(folder, **how):
    return fill(folder, **{"environment": "none", **how}).facts


def test_an_mlflow_model_tells_its_run_flavors_and_environment(folder):
    (folder / "MLmodel").write_text(MLMODEL)
    (folder / "requirements.txt").write_text("mlflow==3.5.0\nscikit-learn==1.7.2\n")
    filled = fill(folder)
    assert filled.facts == {
        "tags": {"mlflow.flavors": "python_function, sklearn", "mlflow.version": "3.5.0"},
        "run": RunRequest(system="mlflow", id="8f1c2d3e4a5b6c7d8e9f0a1b2c3d4e5f"),
        "environment": EnvironmentRequest(python="3.11.7", packages={"mlflow": "3.5.0", "scikit-learn": "1.7.2"}),
    }
    assert filled.notes == [
        Note("tags.mlflow.flavors", "python_function, sklearn", "MLmodel"),
        Note("tags.mlflow.version", "3.5.0", "MLmodel"),
        Note("run.system", "mlflow", "MLmodel"),
        Note("run.id", "8f1c2d3e4a5b6c7d8e9f0a1b2c3d4e5f", "MLmodel"),
        Note("environment.python", "3.11.7", "MLmodel and requirements.txt"),
        Note("environment.packages", "2 packages", "MLmodel and requirements.txt"),
    ]


def test_a_model_card_tells_license_base_data_tags_results_and_itself(folder):
    (folder / "README.md").write_text(README)
    assert facts(folder) == {
        "tags": {
            "text-classification": "",
            "arxiv:1910.01108": "",
            "license": "apache-2.0",
            "pipeline_tag": "text-classification",
        },
        "metrics": {"accuracy": 0.91},
        "datasets": [
            DatasetRequest(name="nyu-mll/glue", uri="https://huggingface.co/datasets/nyu-mll/glue"),
            DatasetRequest(name="in house data"),
        ],
        "bases": [
            BaseRequest(relation="quantization", uri="https://huggingface.co/distilbert/distilbert-base-uncased")
        ],
        "card": "# Churn\n\nNot for customers of less than a month.",
    }


@pytest.mark.parametrize(
    ("front", "relations"),
    [
        ("base_model: a/b", ["fine-tune"]),
        ("base_model: [a/b, a/b]", ["fine-tune"]),
        ("base_model: [a/b, c/d]", ["merge", "merge"]),
        ("base_model: [a/b, c/d]\nbase_model_relation: adapter", ["adapter", "adapter"]),
        ("base_model: a/b\nbase_model_relation: cousin", ["fine-tune"]),
        ("base_model: ../b", None),
        ("base_model: {a: b}", None),
        ("base_model: https://x/a", None),
    ],
)
def test_a_base_is_what_a_card_calls_it(folder, front, relations):
    (folder / "README.md").write_text(f"---\n{front}\n---\n")
    bases = facts(folder).get("bases")
    assert (bases and [base.relation for base in bases]) == relations


def test_what_transformers_and_peft_write_is_read(folder):
    (folder / "config.json").write_text(
        json.dumps({"model_type": "bert", "architectures": ["BertForMaskedLM"], "_name_or_path": "./out"})
    )
    (folder / "adapter_config.json").write_text(
        json.dumps({"peft_type": "LORA", "base_model_name_or_path": "meta-llama/Llama-3.1-8B"})
    )
    assert facts(folder) == {
        "tags": {"architecture": "BertForMaskedLM", "model_type": "bert", "peft_type": "LORA"},
        "bases": [BaseRequest(relation="adapter", uri="https://huggingface.co/meta-llama/Llama-3.1-8B")],
    }


def test_what_was_given_stands_and_is_not_noted(folder):
    (folder / "README.md").write_text(README)
    (folder / "MLmodel").write_text(MLMODEL)
    given = {
        "tags": {"license": "mit"},
        "metrics": {"accuracy": 0.5},
        "datasets": [DatasetRequest(name="mine")],
        "bases": [BaseRequest(relation="merge", reference="churn/1")],
        "run_url": "https://ci.example.com/1",
        "environment": EnvironmentRequest(python="3.9"),
        "card": "mine",
    }
    filled = fill(folder, given)
    assert filled.facts.pop("tags")["license"] == "mit"
    assert {name: filled.facts[name] for name in given if name != "tags"} == {
        name: fact for name, fact in given.items() if name != "tags"
    }
    assert not {"tags.license", "metrics.accuracy", "datasets.0", "run.id", "environment.packages", "card"} & {
        note.field for note in filled.notes
    }


def test_files_that_lie_deeper_or_are_links_out_of_the_folder_are_not_read(folder, tmp_path):
    (folder / "deep").mkdir()
    (folder / "deep" / "MLmodel").write_text(MLMODEL)
    assert facts(folder) == {}
    (tmp_path / "secret.md").write_text(README)
    (folder / "README.md").symlink_to(tmp_path / "secret.md")
    with pytest.raises(Unusable):
        facts(folder)


LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{key}: &{key} [{', '.join([f'*{before}'] * 9)}]\n" for before, key in zip("abcdefgh", "bcdefghi", strict=True)
)
HOSTILE_YAML = {
    "billion-laughs": LAUGHS,
    "python-object": "!!python/object/apply:os._exit [42]",
    "python-name": "run_id: !!python/name:os.system",
    "python-object-within": "flavors: !!python/object/new:os._exit [42]",
    "deep-flow": "[" * 100_000,
    "deep-block": "".join(f"{' ' * n}a:\n" for n in range(600)),
    "tabs": "a:\n\t- b",
    "list": "- a\n- b",
    "text": "just text",
    "empty": "",
    "nul": "a: \x00",
    "too-long": "a: " + "x" * yaml_text.MOST,
    "merge-key": "<<: [1, 2]\nrun_id: 7",
    "two-documents": "a: 1\n--- \nb: 2",
    "unclosed": "a: [1, 2",
    "odd-keys": "? [a, b]\n: c",
    "numbers": "run_id: 7\nflavors: 8\nmlflow_version: .inf",
}


@pytest.mark.parametrize("kind", HOSTILE_YAML)
def test_hostile_yaml_runs_nothing_and_stops_no_push(folder, kind):
    (folder / "MLmodel").write_text(HOSTILE_YAML[kind])
    (folder / "README.md").write_text(f"---\n{HOSTILE_YAML[kind]}\n---\nThe card.")
    filled = fill(folder, environment="none")
    assert set(filled.facts) <= {"tags", "run", "card"}
    for name in ("tags", "run"):
        assert json.dumps(filled.facts.get(name, {}), default=str).isprintable()


@pytest.mark.parametrize("content", [b"[" * 100_000, b'{"a":' * 50_000, b"7", b"\xff\xfe", b"", b"9" * 10_000,
                                     b'{"model_type": ["a"], "architectures": {"x": 1}}', b'{"model_type": "a\\u0007"}',
                                     b" " * (model_files.MOST + 1)])  # fmt: skip
def test_hostile_json_tells_nothing(folder, content):
    (folder / "config.json").write_bytes(content)
    assert facts(folder) == {}


def test_what_the_registry_would_refuse_is_left_out_and_told(folder):
    (folder / "README.md").write_text("---\nlicense: mit\n---\n" + "x" * 100_001)
    filled = fill(folder, {"tags": {str(n): "" for n in range(MAX_TAGS)}}, environment="none")
    assert (len(filled.facts["tags"]), "card" in filled.facts) == (MAX_TAGS, False)
    assert filled.skipped == ["README.md: a card has at most 100000 bytes as JSON, not 100001"]


def test_the_interpreter_is_told_when_nothing_better_is_known(folder):
    filled = fill(folder)
    made = filled.facts["environment"]
    assert made == running_environment()
    assert made.python == platform.python_version()
    assert made.packages["pydantic"]
    assert {note.origin for note in filled.notes} == {"this interpreter"}


LOCKS = {
    "requirements.txt": (
        ("# comment\nnumpy==2.3.4 --hash=sha256:00\nscikit-learn[extra]>=1.7,<2 ; python_version > '3'\n-r other.txt\n"
        "-e .\n./local\nhttps://ana:secret@x/y.whl\ngit+https://secret@x/y.git\nsecret@x\n"
        "mine @ https://ana:secret@x/y.whl\nplain\npandas==2.3.3 \\\n"
        "    --hash=sha256:11\n"),
        "", {"mine": "", "numpy": "2.3.4", "pandas": "2.3.3", "plain": "", "scikit-learn": ">=1.7,<2"},
    ),
    "uv.lock": (
        ('version = 1\nrequires-python = ">=3.11"\n[[package]]\nname = "numpy"\nversion = "2.3.4"\n'
        '[[package]]\nname = "mine"\nsource = { editable = "." }\n'),
        "", {"mine": "", "numpy": "2.3.4"},
    ),
    "poetry.lock": (
        '[[package]]\nname = "numpy"\nversion = "2.3.4"\n[metadata]\npython-versions = "^3.11"\n',
        "", {"numpy": "2.3.4"},
    ),
    "pylock.toml": (
        'lock-version = "1.0"\nrequires-python = "==3.11.*"\n[[packages]]\nname = "numpy"\nversion = "2.3.4"\n',
        "", {"numpy": "2.3.4"},
    ),
    "conda.yaml": (
        ("name: x\nchannels: [conda-forge]\ndependencies:\n- python=3.11.7\n- conda-forge::numpy=2.3.4=py311_0\n"
        "- pip\n- scipy>=1.16\n- pip:\n  - mlflow==3.5.0\n"),
        "3.11.7", {"mlflow": "3.5.0", "numpy": "2.3.4", "pip": "", "scipy": ">=1.16"},
    ),
    "odd.lock": ("package = 7\nrequires-python = 3\n[metadata]\npython-versions = []\n", "", {}),
    "odd.yaml": ("dependencies: {a: b}", "", {}),
    "empty.txt": ("", "", {}),
}  # fmt: skip


@pytest.mark.parametrize("name", LOCKS)
def test_a_file_that_locks_an_environment_is_read(tmp_path, name):
    text, python, packages = LOCKS[name]
    (tmp_path / name).write_text(text)
    assert read_environment(tmp_path / name) == EnvironmentRequest(python=python, packages=packages)


@pytest.mark.parametrize(
    ("name", "content"),
    [("missing.txt", None), ("train.py", b"import numpy"),
     ("a.lock", b"= broken"), ("b.lock", b"a = " + b"[" * 50_000), ("a.yaml", b"- a"),
     ("long.txt", b" " * (environments.MOST + 1)), ("many.txt", b"".join(b"p%d==1\n" % n for n in range(2_001)))],
)  # fmt: skip
def test_a_named_file_that_cannot_be_read_stops_the_push(folder, tmp_path, name, content):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(Unusable):
        fill(folder, environment=tmp_path / name)


def test_a_named_file_goes_before_what_the_folder_says(folder, tmp_path):
    (folder / "MLmodel").write_text(MLMODEL)
    (folder / "requirements.txt").write_text("a==1")
    (tmp_path / "uv.lock").write_text('[[package]]\nname = "b"\nversion = "2"\n')
    assert fill(folder, environment=tmp_path / "uv.lock").facts["environment"].packages == {"b": "2"}


@pytest.fixture
def committed(folder):
    """The folder in a repository, everything committed; its commit."""
    identity = ["-c", "user.name=ana", "-c", "user.email=ana@example.com"]
    for arguments in (["init", "-q"], ["add", "."], [*identity, "commit", "-qm", "first"]):
        subprocess.run(["git", *arguments], cwd=folder.parent, check=True, capture_output=True)
    asked = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True)
    return asked.stdout.strip()


def test_the_code_is_that_of_the_repository_the_model_lies_in(folder, committed):
    filled = fill(folder, environment="none")
    assert filled.facts == {"source": SourceRequest(commit=committed, path="model", dirty=False)}
    assert filled.notes[0] == Note("source.commit", committed, "git")


def test_or_of_the_one_that_the_command_is_given_in(folder, committed, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "model.bin"
    elsewhere.write_bytes(b"x")
    assert facts(elsewhere) == {"source": SourceRequest(commit=committed, dirty=False)}


def test_a_commit_that_is_given_is_kept_and_one_that_is_not_checked_out_ends_the_looking(folder, committed):
    assert facts(folder, facts={"source_commit": committed[:9]}) == {
        "source_commit": committed[:9],
        "source": SourceRequest(path="model", dirty=False),
    }
    filled = fill(folder, {"source_commit": "0" * 40}, environment="none")
    assert filled.facts == {"source_commit": "0" * 40}
    assert filled.skipped == ["git: another commit is checked out than the one that was given"]


def test_a_path_that_the_registry_would_refuse_is_left_out(folder, committed):
    odd = folder / "a\x07b"
    odd.write_bytes(b"x")
    with pytest.raises(Unusable):
        fill(folder)
    told = filling._Filling({})
    told._part("source", SourceRequest(), {"path": "a\x07b", "repository": "https://h//a:b@c"}, "git")
    assert told.facts == {"source": SourceRequest()}
    assert len(told.skipped) == 2
