"""`python -m demo.from_mlflow`: a real MLflow server, filled by its own client, is brought over and compared bytewise.

MLflow is installed once into `.tools/mlflow`, as for the benchmarks. It ends by itself and exits with 1 when anything
differs.
"""

import hashlib
import json
import subprocess
import sys
import tempfile
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
folder = mlflow.artifacts.download_artifacts(sys.argv[2], dst_path=tempfile.mkdtemp())
paths = [os.path.join(at, name) for at, _, names in os.walk(folder) for name in names]
print(json.dumps({os.path.relpath(p, folder): hashlib.sha256(open(p, "rb").read()).hexdigest() for p in paths}))
"""


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
            except Differs as difference:
                say(f"\nNOT AS IT SHOULD BE: {difference}")
                return 1
    say("\nEverything came over as it is there.")
    return 0


def bring(url: str, ours: str, folder: Path) -> None:
    """The import, a look at each byte, and the import once more."""
    title("They are brought over")
    say(modelyard(ours, folder, "import", "mlflow", url).stdout)
    title("Every file is what MLflow's own client downloads")
    for name, number, here in (("churn", 2, "churn/1"), ("churn", 3, "churn/2"), ("churn-copy", 1, "churn-copy/1")):
        theirs = json.loads(in_mlflow(HASH, url, f"models:/{name}/{number}").splitlines()[-1])
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
