"""Runs the end-to-end journeys on AWS's own shape: the CDK stack, deployed to an emulator on this machine.

`python tests/e2e/aws_stack.py [PYTEST ARGUMENT]…` starts ministack on a free port, bootstraps and deploys the very
stack that `make deploy` deploys, points the client at it, and runs `tests/e2e`. Whatever happens, the emulator and
everything it started are gone at the end, and so are their files.

Needs .tools/ministack (a venv of this very Python: the emulator runs the functions on its own interpreter), node
modules (`npm ci`) and uv. MODELYARD_KEEP_LOG names a file to keep the emulator's log in.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import boto3

SIGNERS = Path(__file__).resolve().parent / "trusted_signers/signers.json"
ROOT = Path(__file__).resolve().parents[2]
MINISTACK = ROOT / ".tools" / "ministack" / "bin" / "ministack"
CDK = ROOT / "node_modules" / ".bin" / "cdk"
REGION = "us-east-1"
ACCOUNT = "000000000000"
START_SECONDS = 60
STOP_SECONDS = 15


@contextmanager
def emulator(folder: Path) -> Iterator[str]:
    """A ministack of its own below `folder`: its endpoint, once it answers. Stopped with all its children."""
    port = free_port()
    log = folder / "ministack.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [MINISTACK], cwd=folder, env=emulator_environment(folder, port), stdout=output, stderr=output,
            start_new_session=True,
        )  # fmt: skip
    try:
        endpoint = f"http://127.0.0.1:{port}"
        wait_until_healthy(endpoint, process)
        yield endpoint
    finally:
        stop(process)
        if kept := os.environ.get("MODELYARD_KEEP_LOG"):
            shutil.copyfile(log, kept)


def emulator_environment(folder: Path, port: int) -> dict[str, str]:
    """Everything on loopback and one port; temporary files below `folder`."""
    return {
        **os.environ,
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "127.0.0.1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "TMPDIR": str(folder),
        "AUTH": "true",
        **credentials(),
    }


def credentials() -> dict[str, str]:
    """What the emulator takes for an identity; nothing real is ever sent."""
    return {
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "emulated",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_healthy(endpoint: str, process: "subprocess.Popen[bytes]") -> None:
    """Return once the emulator answers; RuntimeError when it ends or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"ministack did not start (exit code {process.poll()})")


def stop(process: "subprocess.Popen[bytes]") -> None:
    """End the emulator's process group, gently first."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sign)
        except ProcessLookupError:
            break
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            continue


def deploy(endpoint: str, folder: Path) -> dict[str, str]:
    """The stack's outputs, once it is deployed."""
    environment = {
        **os.environ,
        **credentials(),
        "AWS_ENDPOINT_URL": endpoint,
        "CDK_VALIDATION": "false",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "NODE_NO_WARNINGS": "1",
        "TMPDIR": str(folder),
    }
    outputs = folder / "outputs.json"
    flags = [
        "-c",
        "emulator=true",
        "-c",
        "ephemeral=true",
        "-c",
        f"signers={SIGNERS}",
        "--output",
        str(folder / "cdk.out"),
        "--ci",
    ]
    run("bootstrap", f"aws://{ACCOUNT}/{REGION}", *flags, environment=environment)
    allow_plain_http(endpoint)
    approved = ["--require-approval", "never", "--outputs-file", str(outputs), "--method", "direct"]
    run("deploy", *approved, *flags, environment=environment)
    deployed: dict[str, dict[str, str]] = json.loads(outputs.read_text())
    return deployed["Modelyard"]


def allow_plain_http(endpoint: str) -> None:
    """Drop the bootstrap bucket's TLS-only policy, which the emulator enforces: this one speaks plain HTTP."""
    s3 = boto3.session.Session(ACCOUNT, "emulated", region_name=REGION).client("s3", endpoint_url=endpoint)
    s3.delete_bucket_policy(Bucket=f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}")


def run(*arguments: str, environment: Mapping[str, str]) -> None:
    """Run the CDK command line; SystemExit with all it said when it fails."""
    started = time.monotonic()
    command = [CDK, *arguments, "--no-notices"]
    done = subprocess.run(command, cwd=ROOT, env=dict(environment), check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{done.stdout}{done.stderr}e2e-aws: cdk {arguments[0]} failed")
    say(f"cdk {arguments[0]}: {time.monotonic() - started:.0f} s")


def client_environment(endpoint: str, outputs: Mapping[str, str]) -> dict[str, str]:
    """What the journeys and the client read. The emulator's API answers below a path, where names need no DNS."""
    api = outputs["ApiUrl"].split("//")[1].split(".")[0]
    url = f"{endpoint}/_aws/execute-api/{api}"
    return {
        **credentials(),
        "AWS_ENDPOINT_URL": endpoint,
        "MODELYARD_AUTH": "sigv4",
        "MODELYARD_E2E_URL": url,
        "MODELYARD_E2E_OUTPUTS": json.dumps(outputs),
    }


def say(text: str) -> None:
    """Tell whoever watches."""
    sys.stderr.write(f"e2e-aws: {text}\n")


def check_tools() -> None:
    """SystemExit unless everything is there, and the emulator's Python is of this one's version."""
    missing = [str(tool.relative_to(ROOT)) for tool in (CDK, MINISTACK) if not tool.exists()]
    if missing:
        raise SystemExit(f"e2e-aws: {' and '.join(missing)} missing; `make e2e-aws` sets them up")
    question = "import sys; print('%d.%d' % sys.version_info[:2])"
    asked = subprocess.run([MINISTACK.parent / "python", "-c", question], check=True, capture_output=True, text=True)
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    if asked.stdout.strip() != here:
        raise SystemExit(f"e2e-aws: .tools/ministack has Python {asked.stdout.strip()}; the functions need {here}")


def chosen(arguments: list[str]) -> list[str]:
    """The arguments of pytest: all of tests/e2e, unless one names something within."""
    named = any((ROOT / argument.split("::")[0]).exists() for argument in arguments)
    return arguments if named else ["tests/e2e", *arguments]


def main(arguments: list[str]) -> int:
    """Deploy, test, clean up; pytest's exit code."""
    check_tools()
    # A runner that is told to stop must stop what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="modelyard-e2e-") as name, emulator(Path(name)) as endpoint:
        outputs = deploy(endpoint, Path(name))
        environment = {**os.environ, **client_environment(endpoint, outputs)}
        command = [sys.executable, "-m", "pytest", *chosen(arguments)]
        code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    say(f"{time.monotonic() - started:.0f} s in all")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
