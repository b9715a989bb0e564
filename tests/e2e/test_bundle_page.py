"""The lines of `docs/bundle.md` hold for a bundle, and say so when one is not what it was."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from modelyard.client import Registry
from tests.e2e.embedded_server import EmbeddedServer

pytestmark = pytest.mark.skipif("MODELYARD_E2E_URL" in os.environ, reason="this starts a server of its own")
PAGE = Path(__file__).parents[2] / "docs" / "bundle.md"


@pytest.fixture(scope="module")
def check():
    """What the page's lines say in a folder."""
    if missing := [tool for tool in ("jq", "sha256sum", "sh") if shutil.which(tool) is None]:
        print(f"not run: {', '.join(missing)} is not here")
        pytest.skip(f"needs {', '.join(missing)}")
    script = re.search(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)[1]

    def check(folder):
        done = subprocess.run(["sh", "-c", script], cwd=folder, capture_output=True, text=True, check=False)
        return (done.stdout + done.stderr).strip()

    return check


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A bundle of two models that something happened to."""
    folder = tmp_path_factory.mktemp("bundle")
    (folder / "model.bin").write_bytes(b"weights" * 1000)
    with EmbeddedServer(folder, XDG_CACHE_HOME=str(folder)) as server, Registry(server.url) as registry:
        registry.push("churn", folder / "model.bin", metrics={"auc": 0.91}, tags={"städte": "köln"})
        registry.push("churn", folder / "model.bin", params={"depth": 8})
        registry.transition("churn", 1, "production", comment='it\'s \\ "good"')
        registry.create_model("empty")
        registry.export_bundle(folder / "out")
    return folder / "out"


@pytest.fixture
def bundle(exported, tmp_path):
    return shutil.copytree(exported, tmp_path / "bundle")


def test_the_lines_of_the_page_find_nothing_wrong_with_a_bundle(check, bundle):
    assert check(bundle) == ""


def test_the_lines_of_the_page_find_a_changed_byte(check, bundle):
    [blob] = (bundle / "blobs" / "sha256").iterdir()
    blob.chmod(0o600)
    blob.write_bytes(b"Weights" * 1000)
    assert "FAILED" in check(bundle)


@pytest.mark.parametrize(("change", "said"), [("0.91", "is broken at"), ("production", "is broken at")])
def test_the_lines_of_the_page_find_a_changed_entry(check, bundle, change, said):
    for journal in bundle.glob("models/*/journal.jsonl"):
        journal.write_text(journal.read_text().replace(change, "0.99"))
    assert said in check(bundle)


def test_the_lines_of_the_page_find_a_missing_last_entry(check, bundle):
    journal = max(bundle.glob("models/*/journal.jsonl"), key=lambda path: path.stat().st_size)
    journal.write_text("".join(journal.read_text().splitlines(keepends=True)[:-1]))
    assert "does not end" in check(bundle)


def test_the_lines_of_the_page_find_a_changed_manifest(check, bundle):
    manifest = next(bundle.glob("models/*/manifests/1.json"))
    manifest.write_text(manifest.read_text().replace("model.bin", "other.bin"))
    assert "differs" in check(bundle)
