"""A model's origins, from a git folder to a card: pushed, shown, found again, traced and read, by the real client."""

import json
import subprocess

import pytest

from modelyard.client import Registry
from modelyard.contract.requests import BaseRequest, DatasetRequest
from tests.e2e.conftest import CommandLine

MLMODEL = """\
artifact_path: model
flavors:
  python_function: {loader_module: mlflow.sklearn, python_version: 3.11.7}
  sklearn: {pickled_model: model.pkl, sklearn_version: 1.7.2}
mlflow_version: 3.5.0
run_id: 8f1c2d3e4a5b6c7d8e9f0a1b2c3d4e5f
"""
README = """\
---
license: mit
datasets: [org/census]
base_model: org/teacher
---
# Who leaves

Not for customers of less than a month. <script>alert(1)</script>
"""
IDENTITY = ("-c", "user.name=ana", "-c", "user.email=ana@example.com")


def git(folder, *arguments):
    done = subprocess.run(["git", *IDENTITY, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path):
    """A repository with code and, in a folder that git does not know, a model as MLflow leaves it."""
    folder = tmp_path / "checkout"
    (folder / "out").mkdir(parents=True)
    (folder / "train.py").write_text("print('training')\n")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "first")
    git(folder, "remote", "add", "origin", "https://ci:token@git.example.com/growth/churn.git")
    (folder / "train.py").write_text("print('training harder')\n")
    for name, text in (("MLmodel", MLMODEL), ("README.md", README), ("requirements.txt", "scikit-learn==1.7.2\n")):
        (folder / "out" / name).write_text(text)
    (folder / "out" / "model.pkl").write_bytes(b"\x80\x04N.")
    return folder


def test_a_model_tells_where_it_comes_from_and_is_found_by_it(url, checkout, name, eventually):
    cli = CommandLine(url, checkout)
    commit = git(checkout, "rev-parse", "HEAD")
    code, said, told = cli.run("push", name, "out", "--metric", "auc=0.91")
    assert code == 0, told
    assert said.startswith(f"{name}/1 is ready")
    assert f"filled: source.commit {commit} from git\n" in told
    assert "filled: environment.packages 1 package from MLmodel and requirements.txt\n" in told
    assert "token" not in told

    shown = cli.json("show", f"{name}/1")
    assert shown["source"] | {"diff_digest": ""} == {
        "repository": "https://git.example.com/growth/churn.git", "commit": commit, "path": "out", "dirty": True,
        "diff_digest": "",
    }  # fmt: skip
    assert shown["run"] == {"system": "mlflow", "id": "8f1c2d3e4a5b6c7d8e9f0a1b2c3d4e5f", "url": ""}
    assert shown["environment"]["packages"] == {"scikit-learn": "1.7.2"}
    assert (shown["tags"]["license"], shown["source_commit"]) == ("mit", commit)

    second = cli.json("push", f"{name}-small", "out", "--base", f"distillation={name}/1", "--no-fill")
    assert [(base["name"], base["version"], base["relation"]) for base in second["bases"]] == [
        (name, 1, "distillation")
    ]

    [weights] = [file for file in shown["files"] if file["path"] == "model.pkl"]
    both = {name, f"{name}-small"}
    for used, expected in (
        (("--commit", commit[:9]), {name}),
        (("--dataset", "org/census"), {name}),
        (("--base", f"{name}/1"), {f"{name}-small"}),
        (("--base", "https://huggingface.co/org/teacher"), {name}),
        (("--blob", weights["digest"]), both),
    ):
        eventually(lambda used=used, expected=expected: expected <= users(cli, *used))
        assert users(cli, *used) & both == expected

    graph = cli.json("lineage", f"{name}/1")
    ends = {(edge["from"].partition(":")[0], edge["to"], edge["relation"]) for edge in graph["edges"]}
    assert ends == {
        ("commit", f"version:{name}/1", "made from"),
        ("run", f"version:{name}/1", "by"),
        ("dataset", f"version:{name}/1", "data"),
        ("base", f"version:{name}/1", "fine-tune"),
        ("version", f"version:{name}-small/1", "distillation"),
    }
    assert "distillation: " in cli.run("lineage", f"{name}/1", "--down")[1]

    page = cli.json("card", f"{name}/1", "--format", "html")["card"]
    assert "&lt;script&gt;" in page
    assert "<script" not in page
    readme = cli.json("card", f"{name}/1", "--format", "huggingface")["card"]
    assert readme.startswith('---\nlicense: "mit"\n')
    (checkout / "card.md").write_text("# Changed")
    assert cli.run("card", f"{name}/1", "--set", "card.md")[0] == 0
    assert cli.run("card", f"{name}/1", "--format", "source")[1] == "# Changed\n"
    history = cli.json("history", f"{name}/1")["items"]
    assert [json.loads(json.dumps(event["after"])).get("card") for event in history][-1] == "# Changed"


def users(cli, *used):
    return {version["name"] for version in cli.json("uses", *used)["items"]}


def test_the_sdk_speaks_of_lineage_as_the_command_line_does(url, name, tmp_path, eventually):
    (tmp_path / "model.bin").write_bytes(b"weights of another")
    with Registry(url) as registry:
        data = DatasetRequest(name=name, digest=f"md5:{name}", role="train", rows=10)
        registry.push(name, tmp_path / "model.bin", datasets=[data], card="# First")
        base = BaseRequest(relation="adapter", reference=f"{name}/1")
        made = registry.push(name, tmp_path / "model.bin", bases=[base], tags={"second": "yes"})
        assert made.bases[0].digest == registry.get_version(name, 1).digest
        assert eventually(lambda: [v.version for v in registry.uses("digest", f"md5:{name}")]) == [1]
        assert eventually(lambda: [v.version for v in registry.uses("base", f"{name}/1")]) == [2]
        graph = registry.lineage(name, 2, down=False)
        assert {(edge.origin, edge.relation) for edge in graph.edges} == {
            (f"version:{name}/1", "adapter"), (f"dataset:{name}@md5:{name}", "train"),
        }  # fmt: skip
        assert registry.card(name, 1, "source") == "# First"
        assert registry.update_version(name, 1, card="").card_digest == ""
        assert registry.card(name, 1, "source") == ""
