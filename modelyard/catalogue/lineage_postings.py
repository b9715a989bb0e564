"""What a version's origins are found under: the fields and values that reverse lineage asks for."""

import re

from modelyard.domain.version import Version

ABBREVIATED = 7
"""Letters of a commit as git prints it for people."""

_HEX = re.compile(r"[0-9a-f]+")
_WHOLE = frozenset({40, 64})
"""Letters of a whole commit: SHA-1 or SHA-256."""


def postings_of_lineage(version: Version) -> list[tuple[str, str]]:
    """Pairs of a field and a value: `dataset` names, `data` digests, the `commit`, and each `base`.

    Data is what it was made from or evaluated on. A commit is found under its first seven letters as well, a base in
    this registry under `base_name`.
    """
    pairs = [("dataset", dataset.name) for dataset in version.datasets if dataset.name]
    pairs += [("data", dataset.digest) for dataset in version.datasets if dataset.digest]
    pairs += [("dataset", on.dataset) for on in version.evaluated if on.dataset]
    pairs += [("data", on.digest) for on in version.evaluated if on.digest]
    pairs += [("commit", commit) for commit in _commits(version.source.commit)]
    pairs += [("base", base.uri or base_name(base.model_id, base.version or 0)) for base in version.bases]
    return list(dict.fromkeys(pairs))


def base_name(model_id: str, number: int) -> str:
    """How a version of this registry is named as a base, whatever its model is called now."""
    return f"{model_id}/{number}"


def _commits(commit: str) -> list[str]:
    if not commit:
        return []
    return [commit, commit[:ABBREVIATED]] if _HEX.fullmatch(commit[:ABBREVIATED]) else [commit]


def commit_value(commit: str) -> str:
    """The value under which all versions of a commit are, which may be abbreviated to seven letters or more."""
    abbreviated = len(commit) >= ABBREVIATED and len(commit) not in _WHOLE and _HEX.fullmatch(commit)
    return commit[:ABBREVIATED] if abbreviated else commit


def has_commit(version: Version, commit: str) -> bool:
    """Whether a version was made from a commit, which may be abbreviated."""
    if commit_value(commit) == commit:
        return version.source.commit == commit or (len(commit) == ABBREVIATED and _begins(version, commit))
    return _begins(version, commit)


def _begins(version: Version, commit: str) -> bool:
    known = version.source.commit
    return known.startswith(commit) and _HEX.fullmatch(known) is not None
