"""`docs/api.md` is true: the main job with curl, as the page tells it, on a real server."""

import pickle
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.embedded_server import LONG, EmbeddedServer, environment

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
TOOLS = ("bash", "curl", "jq", "sha256sum")
ABSENT = [tool for tool in TOOLS if shutil.which(tool) is None]


@pytest.mark.skipif(bool(ABSENT), reason=f"not installed: {', '.join(ABSENT)}")
def test_the_main_job_works_with_curl_as_the_page_tells_it_also_when_it_is_told_again(tmp_path):
    [script] = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)
    (tmp_path / "model.joblib").write_bytes(pickle.dumps(b"weights" * 1000))
    with EmbeddedServer(tmp_path) as server:
        for _ in range(2):
            ran = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", script], cwd=tmp_path, env=environment(MODELYARD_URL=server.url),
                capture_output=True, text=True, timeout=LONG, check=False,
            )  # fmt: skip
            assert ran.returncode == 0, ran.stderr
            assert ran.stdout.splitlines()[-1] == "pulled: OK"
        assert (tmp_path / "pulled").read_bytes() == (tmp_path / "model.joblib").read_bytes()
