"""MLflow as its REST API shows it, in memory, behind a real HTTP server. Answers are as recorded from MLflow 3.17.

What is empty is left out, versions are text, moments are milliseconds, and NaN is told as text.
"""

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

CREATED = 1795424120304
MLMODEL = b"""artifact_path: mlflow-artifacts:/1/models/m-60885dc0/artifacts
flavors:
  python_function:
    loader_module: mlflow.sklearn
    python_version: 3.11.7
  sklearn:
    sklearn_version: 1.9.1
mlflow_version: 3.17.2
model_id: m-60885dc0
run_id: 7eb3207f
signature:
  inputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1,
    3]}}]'
  outputs: '[{"type": "tensor"}]'
  params: null
"""
"""As `mlflow.sklearn.log_model` writes it, shortened; long lines are folded."""


def run(**data):
    info = {"run_id": "7eb3207f", "experiment_id": "1", "artifact_uri": "mlflow-artifacts:/1/7eb3207f/artifacts"}
    source = json.dumps({"uri": "s3://lake/customers"})
    dataset = {"name": "customers", "digest": "0e8ae7ea", "source_type": "s3", "source": source, "schema": "{}"}
    inputs = {"dataset_inputs": [{"tags": [], "dataset": dataset}]}
    return {"run": {"info": info, "data": data, "inputs": inputs}}


@dataclass
class Fake:
    """What the server holds. `faults` map the beginning of a path to what is done instead of answering, once each."""

    url: str = ""
    models: dict = field(default_factory=dict)
    versions: dict = field(default_factory=dict)
    uris: dict = field(default_factory=dict)
    runs: dict = field(default_factory=dict)
    artifacts: dict = field(default_factory=dict)
    faults: list = field(default_factory=list)
    asked: list = field(default_factory=list)
    page: int = 2

    def model(self, name, **facts):
        self.models[name] = {"name": name, "creation_timestamp": CREATED, **facts}
        self.versions.setdefault(name, [])

    def version(self, name, number, files=None, *, uri=None, **facts):
        """A version whose files lie among the server's artifacts, unless it is said where else they are."""
        known = {"name": name, "version": str(number), "creation_timestamp": CREATED, "description": "", "run_link": ""}
        known |= {"current_stage": "None", "source": f"models:/m-{name}-{number}", "status": "READY", **facts}
        self.versions[name].insert(0, known)
        place = f"1/models/m-{abs(hash(name))}-{number}/artifacts"
        self.uris[name, str(number)] = uri or f"mlflow-artifacts:/{place}"
        for path, content in (files or {}).items():
            self.artifacts[f"{place}/{path}"] = content

    def answer(self, path, query):
        """The JSON or the bytes; None for 404."""
        api = path.removeprefix("/api/2.0/")
        match api:
            case "mlflow/registered-models/search":
                return self.paged("registered_models", sorted(self.models.values(), key=lambda m: m["name"]), query)
            case "mlflow/model-versions/search":
                name = query["filter"].removeprefix("name=")[1:-1]
                return self.paged("model_versions", self.versions[name], query)
            case "mlflow/model-versions/get-download-uri":
                return {"artifact_uri": self.uris[query["name"], query["version"]]}
            case "mlflow/runs/get":
                return self.runs.get(query["run_id"])
            case "mlflow-artifacts/artifacts":
                return {"files": files} if (files := self.listed(query["path"])) else {}
        return self.artifacts.get(unquote(api.removeprefix("mlflow-artifacts/artifacts/")))

    def paged(self, noun, found, query):
        start = int(query.get("page_token", 0))
        following = {"next_page_token": str(start + self.page)} if start + self.page < len(found) else {}
        return {noun: found[start : start + self.page], **following}

    def listed(self, folder):
        below = [path.removeprefix(f"{folder}/") for path in self.artifacts if path.startswith(f"{folder}/")]
        files = [
            {"path": path, "is_dir": False, "file_size": len(self.artifacts[f"{folder}/{path}"])}
            for path in below
            if "/" not in path
        ]
        folders = dict.fromkeys(path.partition("/")[0] for path in below if "/" in path)
        return files + [{"path": name, "is_dir": True} for name in folders]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def do_GET(self):
        fake, parts = self.server.fake, urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        fake.asked.append((parts.path, dict(self.headers.items())))
        fault = next((each for each in fake.faults if parts.path.startswith(each[0])), None)
        if fault is not None:
            fake.faults.remove(fault)
        found = fake.answer(parts.path, query)
        if fault is not None and isinstance(fault[1], int):
            return self.reply(fault[1], b'{"error_code": "TEMPORARILY_UNAVAILABLE", "message": "busy"}')
        if found is None:
            return self.reply(404, b'{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"No such thing"}')
        if isinstance(found, bytes):
            return self.file(found, cut=fault is not None)
        return self.reply(200, json.dumps(found).encode())

    def file(self, content, *, cut):
        start = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-")) if "Range" in self.headers else 0
        headers = {"etag": '"1"', "accept-ranges": "bytes"}
        if start:
            headers["content-range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        return self.reply(206 if start else 200, content[start:], headers, cut=cut)

    def reply(self, status, body, headers=None, *, cut=False):
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
        if cut:
            self.close_connection = True


@contextmanager
def fake_mlflow():
    """A server on a free port of loopback, until the block ends."""
    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    http.fake = fake = Fake(f"http://127.0.0.1:{http.server_port}")
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield fake
    finally:
        http.shutdown()
        thread.join()
        http.server_close()
