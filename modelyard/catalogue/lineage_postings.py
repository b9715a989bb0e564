"""What a version's origins are found under: the fields and values that reverse lineage asks for."""

from modelyard.domain.version import Version


def postings_of_lineage(version: Version) -> list[tuple[str, str]]:
    """Pairs of a field (`dataset`, `data`, `commit`) and a value: datasets by name and by digest, the source commit."""
    pairs = [("dataset", dataset.name) for dataset in version.datasets]
    pairs += [("data", dataset.digest) for dataset in version.datasets if dataset.digest]
    return [*pairs, ("commit", version.source_commit)] if version.source_commit else pairs
