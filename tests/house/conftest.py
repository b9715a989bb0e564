"""The house as files: what the project itself wrote, read once."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRODUCT = ("modelyard", "functions", "infra")


@dataclass(frozen=True)
class Source:
    """One Python file, parsed; `path` is relative to the project."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())

    @property
    def functions(self) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def _written(folder: Path, ignored: frozenset[str]) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name in ignored or f"/{path.relative_to(ROOT)}" in ignored or path.suffix == ".egg-info":
            continue
        if path.is_dir():
            yield from _written(path, ignored)
        else:
            yield path


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def written() -> list[Path]:
    """Every file that is not in a folder which .gitignore names."""
    ignored = frozenset(line.removesuffix("/") for line in (ROOT / ".gitignore").read_text().split()) | {".git"}
    return list(_written(ROOT, ignored))


@pytest.fixture(scope="session")
def sources(written: list[Path]) -> list[Source]:
    """Every Python file of the project."""
    texts = [(path, path.read_text()) for path in written if path.suffix == ".py"]
    return [Source(path.relative_to(ROOT), text, ast.parse(text)) for path, text in texts]


@pytest.fixture(scope="session")
def product(sources: list[Source]) -> list[Source]:
    """The Python files that users run."""
    return [source for source in sources if source.path.parts[0] in PRODUCT]
