"""Makes the functions' code bundle without Docker: locked wheels for Lambda's Python, our packages, and their .pyc."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsii
from aws_cdk import Annotations, AssetHashType, BundlingOptions, DockerImage, ILocalBundling
from aws_cdk import aws_lambda as lambda_
from constructs import IConstruct

PYTHON = "3.13"
"""The Python of the functions' runtime."""

PLATFORM = "aarch64-manylinux2014"
"""The wheels that arm64 Lambda takes."""

TASK = "/var/task"
"""Where Lambda unpacks the bundle: the path that .pyc files name in tracebacks."""

SIGNERS = "trusted-signers.json"
"""Where the bundle has the trusted signers, beside the packages."""

SHIPPED_BY_LAMBDA = ("boto3",)
"""Pruned with all that only they need (botocore, s3transfer…): the runtime has them, and they are 27 MB."""

OF_THE_CLIENT = ("click", "pyyaml", "rich", "urllib3")
"""Pruned: the command line and the SDK need them, no function does."""

SPOKEN_TO = frozenset({"dynamodb", "events", "s3", "sns"})
"""The services whose descriptions a bundled botocore keeps; its other 400 make 1,900 files to unpack at every start."""

LEFT_OUT = (
    "modelyard/client",
    "modelyard/cli",
    "modelyard/page",
    "modelyard/serve",
    "modelyard/adapters/disk",
    "modelyard/adapters/inprocess.py",
    "modelyard/adapters/sqlite",
)
"""What no function imports on Lambda."""

NO_COMPILER = "modelyard:noCompiler"


@dataclass(frozen=True, slots=True)
class Recipe:
    """What goes into the bundle. `emulator`: for this interpreter, with boto3, since an emulator runs functions so.

    `signing`: with cryptography, which only checks of signatures need. `signers` are the trusted ones, as JSON.
    """

    root: Path
    emulator: bool
    signing: bool = False
    signers: bytes = b""

    def digest(self) -> str:
        """Changes when the lock, a source of the bundle, this recipe or the target does, and only then."""
        hashed = hashlib.sha256()
        for path in (self.root / "uv.lock", self.root / "infra" / "bundling.py", *self.sources()):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            hashed.update(f"{path.relative_to(self.root).as_posix()} {content}\n".encode())
        hashed.update(f"{self.python()} {find_python(self.python()) is not None} {self.signing}".encode())
        hashed.update(self.signers)
        return hashed.hexdigest()

    def python(self) -> str:
        """The minor version that will run the bundle."""
        return target_python(emulator=self.emulator)

    def sources(self) -> Iterator[Path]:
        """Our files in the bundle, in a fixed order."""
        left_out = {self.root / name for name in LEFT_OUT}
        for package in ("functions", "modelyard"):
            for path in sorted((self.root / package).rglob("*")):
                hidden = "__pycache__" in path.parts or not left_out.isdisjoint((path, *path.parents))
                if path.is_file() and not hidden:
                    yield path

    def make(self, target: Path) -> None:
        """Fill the folder `target`; CalledProcessError when uv refuses."""
        self._install(target)
        for path in self.sources():
            copy = target / path.relative_to(self.root)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
        if self.signers:
            (target / SIGNERS).write_bytes(self.signers)
        if compiler := find_python(self.python()):
            _compile(compiler, target)

    def _install(self, target: Path) -> None:
        with tempfile.TemporaryDirectory() as folder:
            requirements = Path(folder) / "requirements.txt"
            requirements.write_bytes(self._requirements())
            wheels = ("--only-binary", ":all:", "--no-installer-metadata", "--link-mode", "copy")
            arguments = ("--quiet", "--target", str(target), *self._platform(), *wheels, "-r", str(requirements))
            _run(_uv(), "pip", "install", *arguments, folder=self.root)
        for description in target.glob("botocore/data/*/"):
            if description.is_dir() and description.name not in SPOKEN_TO:
                shutil.rmtree(description)

    def _requirements(self) -> bytes:
        """The locked requirements with their hashes, less what the runtime has and what functions never import."""
        pruned = OF_THE_CLIENT if self.emulator else (*OF_THE_CLIENT, *SHIPPED_BY_LAMBDA)
        prune = [argument for name in pruned for argument in ("--prune", name)]
        chosen = ("--no-default-groups", "--extra", "functions", "--extra", "aws", "--no-emit-project")
        signing = ("--extra", "signing") if self.signing else ()
        options = ("--color", "never", "--quiet", "--frozen", *chosen, *signing)
        return _run(_uv(), "export", *options, *prune, folder=self.root)

    def _platform(self) -> tuple[str, ...]:
        if self.emulator:
            return ("--python", sys.executable)
        return ("--python-platform", PLATFORM, "--python-version", PYTHON)


@jsii.implements(ILocalBundling)
class LocalBundling:
    """Lets CDK bundle by a recipe on this machine."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe

    def try_bundle(self, output_dir: str, *_args: Any, **_kwargs: Any) -> bool:
        """Fill `output_dir`. Never False, which would ask for Docker."""
        self._recipe.make(Path(output_dir))
        return True


def function_code(root: Path, *, emulator: bool, signing: bool = False, signers: bytes = b"") -> lambda_.Code:
    """The bundle of functions, made when its recipe's digest is new."""
    recipe = Recipe(root, emulator, signing, signers)
    return lambda_.Code.from_asset(
        str(root),
        asset_hash=recipe.digest(),
        asset_hash_type=AssetHashType.CUSTOM,
        bundling=BundlingOptions(image=DockerImage.from_registry("never-used"), local=LocalBundling(recipe)),
    )


def target_python(*, emulator: bool) -> str:
    """The minor version of the Python that runs the functions."""
    return f"{sys.version_info.major}.{sys.version_info.minor}" if emulator else PYTHON


def warn_without_compiler(construct: IConstruct, python: str) -> None:
    """Say so where the bundle goes out without .pyc: cold starts then take about four times as long."""
    if find_python(python) is None:
        message = (
            f"Python {python} is not on this machine, so the functions go without .pyc and start four times slower"
        )
        Annotations.of(construct).add_warning_v2(NO_COMPILER, f"{message}. `uv python install {python}` gets it.")


def find_python(version: str) -> Path | None:
    """An interpreter of the minor version `version` on this machine, asked whether it really is one."""
    return next((python for python in _interpreters(version) if _is_python(python, version)), None)


def _interpreters(version: str) -> Iterator[Path]:
    yield Path(sys.executable)
    if named := shutil.which(f"python{version}"):
        yield Path(named)
    # A pyenv shim answers only for the versions that are switched on; the interpreters themselves always do.
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted((pyenv / "versions").glob(f"{version}.*/bin/python{version}"))
    managed = Path(os.environ.get("UV_PYTHON_INSTALL_DIR", Path.home() / ".local/share/uv/python"))
    yield from sorted(managed.glob(f"cpython-{version}.*/bin/python{version}"))


def _is_python(python: Path, version: str) -> bool:
    question = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        answer = subprocess.run([python, "-c", question], capture_output=True, check=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return False
    return answer.stdout.decode().strip() == version


def _compile(python: Path, folder: Path) -> None:
    # Unchecked: Lambda's files keep no time of change, and nothing in a bundle changes after it was made.
    options = ("-q", "--invalidation-mode", "unchecked-hash", "-s", str(folder), "-p", TASK)
    _run(str(python), "-m", "compileall", *options, str(folder), folder=folder)


def _uv() -> str:
    uv = os.environ.get("UV") or shutil.which("uv")
    if not uv:
        raise FileNotFoundError("bundling needs uv: put it on PATH or name it in the variable UV")
    return uv


def _run(*command: str, folder: Path) -> bytes:
    return subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE).stdout
