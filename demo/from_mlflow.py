"""`python -m demo.from_mlflow`: a real MLflow server, filled by its own client, is brought over and compared bytewise.

MLflow is installed once into `.tools/mlflow`, as for the benchmarks. It ends by itself and exits with 1 when anything
differs. `make e2e-mlflow` calls it.
"""

import hashlib
import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks import peers
from benchmarks.processes import free_port, merged, server
from benchmarks.registries import MLFLOW_ENVIRONMENT, mlflow_command
from demo.stage import Differs, expect, say, serving, title

FILL = """
import sys, mlflow, numpy as np
from mlflow import MlflowClient
from mlflow.models import infer_signature
from sklearn.linear_model import LogisticRegression
mlflow.set_tracking_uri(sys.argv[1]); mlflow.set_experiment("churn"); client = MlflowClient()
X = np.random.default_rng(0).random((50, 3)); y = (X[:, 0] > .5).astype(int)
for c in (1, 2, 3):
    with mlflow.start_run():
        model = LogisticRegression(C=c).fit(X, y)
        mlflow.log_param("C", c); mlflow.log_metric("auc", 0.9 + c / 100); mlflow.log_metric("bad", float("nan"))
        mlflow.log_input(mlflow.data.from_numpy(X, name="customers"), context="training")
        signature = infer_signature(X, model.predict(X))
        mlflow.sklearn.log_model(model, name="model", signature=signature, registered_model_name="churn")
client.update_registered_model("churn", "who leaves")
client.set_registered_model_tag("churn", "team", "growth")
client.update_model_version("churn", "2", "the second one")
client.delete_model_version("churn", "1")
client.transition_model_version_stage("churn", "2", "Staging")
client.transition_model_version_stage("churn", "3", "Production")
client.set_registered_model_alias("churn", "champion", "3")
client.copy_model_version("models:/churn/3", "churn-copy")
with mlflow.start_run() as run:
    mlflow.log_text("weights", "old/model.txt"); mlflow.log_text("notes", "old/deep/notes.txt")
    client.create_registered_model("odd@name with 'quotes'")
    client.create_model_version("odd@name with 'quotes'", source=f"runs:/{run.info.run_id}/old", run_id=run.info.run_id)
client.create_registered_model("elsewhere"); client.create_model_version("elsewhere", source="s3://bucket/none")
mlflow.genai.register_prompt(name="greeting", template="Hello {{name}}")
"""

HASH = """
import sys, hashlib, json, os, tempfile, mlflow
mlflow.set_tracking_uri(sys.argv[1])
def hashed(uri):
    folder = mlflow.artifacts.download_artifacts(uri, dst_path=tempfile.mkdtemp())
    paths = [os.path.join(at, name) for at, _, names in os.walk(folder) for name in names]
    return {os.path.relpath(path, folder): hashlib.sha256(open(path, "rb").read()).hexdigest() for path in paths}
print(json.dumps([hashed(uri) for uri in sys.argv[2:]]))
"""

MOVE = """
import sys, mlflow
from mlflow import MlflowClient
mlflow.set_tracking_uri(sys.argv[1]); client = MlflowClient()
client.transition_model_version_stage("churn", "2", "Production")
client.transition_model_version_stage("churn", "3", "Archived")
client.set_registered_model_alias("churn", "champion", "2")
"""
AT_ONCE = 3


HERE = (("churn", 2, "churn/1"), ("churn", 3, "churn/2"), ("churn-copy", 1, "churn-copy/1"))
"""A model and a version there, and the version here."""


def main() -> int:
    """Bring everything over; 0 when it came as it is there."""
    with tempfile.TemporaryDirectory(prefix="modelyard-mlflow-") as temporary:
        folder, port = Path(temporary), free_port()
        url = f"http://127.0.0.1:{port}"
        command, log = mlflow_command(folder, port), folder / "mlflow.log"
        with server(command, ready=f"{url}/health", log=log, environment=MLFLOW_ENVIRONMENT), serving(folder) as ours:
            title("MLflow's own client registers models at a real MLflow server")
            in_mlflow(FILL, url)
            try:
                bring(url, ours, folder)
                bring_again(url, ours, folder)
            except Differs as difference:
                say(f"\nNOT AS IT SHOULD BE: {difference}")
                return 1
    say("\nEverything came over as it is there.")
    return 0


def bring(url: str, ours: str, folder: Path) -> None:
    """The import, by three at once, and a look at each byte."""
    title(f"They are brought over, by {AT_ONCE} imports at once")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        told = list(pool.map(lambda _: modelyard(ours, folder, "import", "mlflow", url), range(AT_ONCE)))
    say("\n".join(each.stdout + each.stderr for each in told))
    counts = [json.dumps(_counted(each.stdout)) for each in told]
    brought = sum(each.stdout.count(" brought in ") for each in told)
    expect(f"each version was brought by one of them: {', '.join(counts)}", held=brought == len(HERE) + 1)
    left = [each.stdout.count(" left: ") for each in told]
    expect("each left behind only what lies at s3://bucket/none", held=left == [1] * AT_ONCE)
    title("Every file is what MLflow's own client downloads")
    addresses = [f"models:/{name}/{number}" for name, number, _ in HERE]
    hashes = json.loads(in_mlflow(HASH, url, *addresses).splitlines()[-1])
    for (name, number, here), theirs in zip(HERE, hashes, strict=True):
        out = folder / here
        modelyard(ours, folder, "pull", here, str(out))
        paths = [path for path in out.rglob("*") if path.is_file()]
        mine = {str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
        mine.pop("registered_model_meta", None)
        theirs.pop("registered_model_meta", None)  # MLflow's client writes it into what it downloads
        expect(f"{here}: {len(mine)} files are {name}/{number} of MLflow to the byte", held=mine == theirs)
    title("Brought again, nothing is fetched and nothing is made twice")
    again = json.loads(modelyard(ours, folder, "import", "mlflow", url, "--json").stdout)
    counts = again["counts"]
    expect(f"brought again: {json.dumps(counts)}", held=counts["versions_brought"] == 0)
    shown: dict[str, Any] = json.loads(modelyard(ours, folder, "show", "churn/production", "--json").stdout)
    expect("the metrics of the run are those of churn/production", held=shown["metrics"] == {"auc": 0.93})
    expect("MLflow's number is kept", held=shown["tags"]["mlflow.model_version"] == "3")


def bring_again(url: str, ours: str, folder: Path) -> None:
    """The import once more after stages moved there, and a version and a model were deleted here."""
    title("Stages move there, a version is deleted here; then they are brought again")
    in_mlflow(MOVE, url)
    modelyard(ours, folder, "delete", "churn-copy/1")
    say(modelyard(ours, folder, "import", "mlflow", url).stdout)
    again = json.loads(modelyard(ours, folder, "import", "mlflow", url, "--json").stdout)
    models = {model["mlflow"]: model for model in again["models"]}
    stages = [version["stage"] for version in models["churn"]["versions"]]
    expect(f"churn stands as there: {', '.join(stages)}", held=stages == ["production", "archived"])
    (copied,) = models["churn-copy"]["versions"]
    expect(f"what was deleted here is told: {copied['reason']}", held=copied["outcome"] == "deleted")
    listed = json.loads(modelyard(ours, folder, "versions", "churn-copy", "--json").stdout)
    expect("and it is not brought again", held=listed["items"] == [])
    (alias,) = models["churn"]["aliases"]
    expect(f"an alias that moved there stays, and is told: {alias['reason']}", held=alias["outcome"] == "left")


def _counted(told: str) -> str:
    return told.strip().splitlines()[-1].rpartition("versions: ")[2]


def in_mlflow(program: str, *arguments: str) -> str:
    """What a program says that runs in MLflow's environment."""
    command: list[str | Path] = [peers.mlflow() / "python", "-W", "ignore", "-c", program, *arguments]
    done = subprocess.run(command, env=merged(MLFLOW_ENVIRONMENT), capture_output=True, text=True, check=False)
    if done.returncode:
        raise Differs(f"MLflow's client failed:\n{done.stderr[-2000:]}")
    return done.stdout


def modelyard(url: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line."""
    command: list[str | Path] = [Path(sys.executable).parent / "modelyard", *arguments]
    environment = merged({"MODELYARD_URL": url, "XDG_CACHE_HOME": str(folder / "cache")})
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    sys.exit(main())
