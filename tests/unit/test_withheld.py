"""Which blobs are suspect: by the newest rules under each name, of however many reports."""

from datetime import timedelta

import pytest

from modelyard.catalogue import inspection_items
from modelyard.catalogue.attached import link_attached
from modelyard.catalogue.blob_items import find_proofs
from modelyard.catalogue.inspection_items import Report, find_suspects, save_reports
from modelyard.domain.findings import Finding, Inspection, Severity
from modelyard.domain.manifests import File
from modelyard.services.inspecting import Room
from tests.unit.fakes import digest_of
from tests.unit.registry import ABC, open_registry

BLOB = digest_of(ABC)
CLEAN = Inspection("test")
UNREAD = Inspection("test", unread=("more than 1 bytes",))
ODD = Inspection("test", findings=(Finding("test.rule", Severity.SUSPICIOUS, "odd"),))
BAD = Inspection("test", findings=(Finding("test.rule", Severity.MALICIOUS, "bad"),))


@pytest.fixture
def registry(tmp_path):
    with open_registry(tmp_path) as opened:
        opened.create()
        opened.blobs.store(ABC)
        opened.prove_blob(BLOB)
        yield opened


def report(registry, inspection, *names, rules=1):
    proof = find_proofs(registry.table, [BLOB])[BLOB]
    for start in range(0, len(names), 20):
        some = [Report((BLOB, name), inspection, proof) for name in names[start : start + 20]]
        save_reports(registry.table, some, rules=rules, clock=registry.clock, ids=registry.ids)


def suspect(registry):
    return BLOB in find_suspects(registry.table, [BLOB])


@pytest.mark.parametrize("inspection", [UNREAD, ODD, BAD])
def test_a_blob_is_suspect_if_it_is_not_clean_under_one_of_its_names(registry, inspection):
    assert not suspect(registry)
    report(registry, CLEAN, "a.bin", "z.bin")
    assert not suspect(registry)
    report(registry, inspection, "m#2.bin")
    assert suspect(registry)


def test_the_newest_rules_that_looked_under_a_name_count(registry):
    report(registry, ODD, "m#2.bin", rules=1)
    report(registry, CLEAN, "other.bin", rules=10)
    assert suspect(registry)
    report(registry, CLEAN, "m#2.bin", rules=2)
    assert not suspect(registry)
    report(registry, BAD, "m#2.bin", rules=10)
    assert suspect(registry)


def test_a_report_is_found_among_many_and_too_many_are_one(registry, monkeypatch):
    report(registry, CLEAN, *(f"{number}.bin" for number in range(150)))
    assert not suspect(registry)
    monkeypatch.setattr(inspection_items, "MOST_REPORTS", 100)
    assert suspect(registry)
    monkeypatch.undo()
    report(registry, ODD, "0.bin")
    assert suspect(registry)


def test_what_is_suspect_is_withheld_and_what_is_missing_is_to_be_sent(registry):
    registry.room = Room(lambda _fetch, _size, _name: ODD, 1, timedelta(minutes=1))
    registry.ready({"a.bin": ABC})
    stores = {"table": registry.table, "blobs": registry.blobs, "clock": registry.clock, "ids": registry.ids}
    other = File("b.bin", 7, digest_of(b"to come"))
    held, missing = link_attached(**stores, files=[File("plot.png", len(ABC), BLOB), other])
    assert (held.download, held.upload, held.withheld) == (None, None, True)
    assert (missing.download, bool(missing.upload), missing.withheld) == (None, True, False)
