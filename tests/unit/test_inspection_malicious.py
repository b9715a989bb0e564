"""No malicious sample of the corpus ends clean."""

import pytest

from modelyard.domain.findings import Verdict
from tests.corpora.looked_at import looked_at
from tests.corpora.malicious import malicious
from tests.corpora.payloads import NAMES

SAMPLES = list(malicious())
ONLY_SUSPICIOUS = {
    "own class", "own package", "sneaky prefix", "unknown in sklearn", "empty module", "non-ASCII look-alike",
    "cloudpickle", "cffi FFI", "partial", "starmap", "called estimator", "called ufunc by name", "old ufunc by name",
    "codec by name", "known function called", "memory", "class of three", "factory", "sklearn datasets", "transformers",
    "numpy.memmap", "getattr", "reconstructor with a base",
}  # fmt: skip
"""Imports of which nobody can say that they are dangerous for certain."""


def test_the_corpus_has_every_container_and_trick():
    assert len(SAMPLES) >= 150
    assert len({what for what, _, _ in SAMPLES}) == len(SAMPLES)


@pytest.mark.parametrize(("what", "name", "data"), [pytest.param(*sample, id=sample[0]) for sample in SAMPLES])
def test_no_malicious_sample_ends_clean(what, name, data):
    assert looked_at(data, name).verdict is not Verdict.CLEAN


@pytest.mark.parametrize("what", sorted(NAMES.keys() - ONLY_SUSPICIOUS))
def test_what_is_dangerous_for_certain_is_malicious(what):
    data = next(data for sample, _, data in SAMPLES if sample == f"import {what}")
    assert looked_at(data, "model.pkl").verdict is Verdict.MALICIOUS
