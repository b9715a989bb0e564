import pytest

from modelyard.domain.facts import KNOWN
from tests.corpora.formats import benign_formats, malicious_formats
from tests.corpora.looked_at import looked_at
from tests.corpora.malicious import malicious

MALICIOUS, BENIGN = list(malicious_formats()), list(benign_formats())


@pytest.mark.parametrize(("what", "name", "data"), MALICIOUS, ids=[each[0] for each in MALICIOUS])
def test_no_hostile_model_ends_clean(what, name, data):
    assert looked_at(data, name).verdict != "clean", what


@pytest.mark.parametrize(("what", "name", "data"), BENIGN, ids=[each[0] for each in BENIGN])
def test_every_ordinary_model_is_clean_and_has_a_format(what, name, data):
    seen = looked_at(data, name)
    assert (str(seen.verdict), bool(seen.format)) == ("clean", True), (what, seen)


def test_the_corpora_are_large_enough_to_mean_something():
    assert (len(MALICIOUS) >= 80, len(BENIGN) >= 15) == (True, True)


def test_every_fact_that_is_told_has_a_known_name():
    told = {fact for _, name, data in [*MALICIOUS, *BENIGN, *malicious()] for fact in looked_at(data, name).facts}
    assert told - KNOWN.keys() == set()
