"""What is to be installed for a model: requirements, conda and virtualenv environments."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from modelyard.inspection.budgets import OutOfBudget
from modelyard.inspection.formats.matching import both, called, ends, is_text
from modelyard.inspection.formats.reading import shortened, shown, tell
from modelyard.inspection.formats.yamls import parse_yaml
from modelyard.inspection.sight import Format, Sight

MAX_TEXT = 1024**2
MAX_PACKAGES = 500
KNOWN_INDEXES = ("https://pypi.org/", "https://files.pythonhosted.org/", "https://download.pytorch.org/")
KNOWN_CHANNELS = {"anaconda", "conda-forge", "defaults", "nodefaults", "nvidia", "pytorch", "xformers", "huggingface"}
_ADDRESS = re.compile(r"(?:\b[a-z][a-z0-9+.-]*://|\bgit\+|\bfile:)[^\s;,]*", re.IGNORECASE)
_OPTION = re.compile(r"^(?:-i|-f|-e|--index-url|--extra-index-url|--find-links|--editable|--trusted-host)\b")


def look_requirements(sight: Sight) -> None:
    """`requirements.txt`: one requirement on a line."""
    if sight.source.size > MAX_TEXT:
        raise OutOfBudget("bytes of requirements", MAX_TEXT)
    text = sight.source.read(0, MAX_TEXT).decode(errors="replace")
    lines = [line.strip() for line in text.replace("\\\n", " ").splitlines()]
    _check(sight, [line for line in lines if line and not line.startswith("#")])


def look_environment(sight: Sight) -> None:
    """`conda.yaml` and `python_env.yaml`."""
    known = parse_yaml(sight)
    if not isinstance(known, dict):
        return
    wanted = list(_listed(known.get("dependencies")))
    python = next((each for each in wanted if re.match(r"python\s*[=<>]", each)), str(known.get("python") or ""))
    tell(sight, {"python": shown(python.removeprefix("python").lstrip("= "))})
    for channel in _listed(known.get("channels")):
        if channel not in KNOWN_CHANNELS:
            sight.note("packages.channel", shown(channel))
    _check(sight, wanted)


def _listed(value: Any) -> Iterator[str]:
    """Text in a list, and in the lists of the mappings in it (`pip:`)."""
    for each in value if isinstance(value, list) else ():
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            for inner in each.values():
                yield from (text for text in (inner if isinstance(inner, list) else ()) if isinstance(text, str))


def _check(sight: Sight, wanted: Iterable[str]) -> None:
    packages: list[str] = []
    for each in wanted:
        away = [found for found in _ADDRESS.findall(each.partition(" #")[0]) if not found.startswith(KNOWN_INDEXES)]
        if away or (_OPTION.match(each) and not _ADDRESS.search(each)):
            sight.note("packages.elsewhere", shown(each))
        elif not each.startswith("-") and len(packages) < MAX_PACKAGES:
            packages.append(each.partition(" ;")[0])
    tell(sight, {"packages": shortened(packages, MAX_PACKAGES)})


FORMATS = (
    Format("requirements", both(ends("requirements.txt"), is_text), look_requirements),
    Format(
        "environment",
        both(called("conda.yaml", "conda.yml", "environment.yml", "environment.yaml", "python_env.yaml"), is_text),
        look_environment,
    ),
)
