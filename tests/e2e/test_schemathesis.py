"""The API keeps to its own OpenAPI document, whatever it is sent: Schemathesis with all its checks, stateful as well.

Each run has at least 2,000 cases, from a seed that MODELYARD_SEED changes.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.embedded_server import EmbeddedServer

LEAST = 2_000
EXAMPLES = 50
TOKEN = "a-token-of-ana-that-is-long-enough"
CONFIG = Path(__file__).with_name("schemathesis.toml")
SEED = os.environ.get("MODELYARD_SEED", "20261123")


def run_against(url: str, folder: Path, *options: str) -> int:
    """Run it; how many cases it made. AssertionError with its report when it found anything."""
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run", f"{url}/v1/openapi.json"),
        *("--checks", "all", "--max-examples", str(EXAMPLES), "--seed", SEED, "--no-color", *options),
    ]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, check=False)
    assert ran.returncode == 0, ran.stdout[-20_000:] + ran.stderr[-2_000:]
    made = re.search(r"([\d,]+) generated", ran.stdout)
    assert made is not None, ran.stdout[-2_000:]
    return int(made[1].replace(",", ""))


@pytest.mark.xdist_group("schemathesis")
def test_with_a_token_nothing_is_found(tmp_path):
    tokens = tmp_path / "tokens"
    tokens.write_text(f"ana {TOKEN}\n")
    tokens.chmod(0o600)
    with EmbeddedServer(tmp_path, "--token-file", str(tokens)) as server:
        assert run_against(server.url, tmp_path, "--header", f"Authorization: Bearer {TOKEN}") >= LEAST


@pytest.mark.xdist_group("schemathesis")
def test_without_a_token_nothing_is_found(tmp_path):
    """All checks but the one that asks for refusals without a token: here everyone is the local user."""
    with EmbeddedServer(tmp_path) as server:
        assert run_against(server.url, tmp_path, "--exclude-checks", "ignored_auth") >= LEAST
