import base64
import json

import pytest

from modelyard.signing.envelopes import IN_TOTO, Unreadable, read_envelope
from modelyard.signing.statements import provenance, read_statement
from tests.unit.signed_files import SMALL, large


def subject(file, kind="sha256"):
    return {"name": file.path, "digest": {kind: file.digest.rpartition(":")[2]}}


def statement(subjects, predicate_type="https://slsa.dev/provenance/v1", predicate=None):
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subjects,
        "predicateType": predicate_type,
        "predicate": predicate,
    }


SLSA_1 = {
    "buildDefinition": {"buildType": "https://b/t", "resolvedDependencies": [{"uri": "git+https://example.com/r"}]},
    "runDetails": {"builder": {"id": "https://builder"}},
}
SLSA_02 = {
    "builder": {"id": "https://builder"},
    "buildType": "https://b/t",
    "materials": [{"uri": "git+https://example.com/r"}],
}


@pytest.mark.parametrize("predicate", [SLSA_1, SLSA_02])
def test_provenance_tells_who_built_what_from_what(predicate):
    told = provenance(statement([subject(each) for each in SMALL], predicate=predicate), SMALL)
    assert (told.builder, told.build_type, told.source) == (
        "https://builder",
        "https://b/t",
        "git+https://example.com/r",
    )
    assert told.coverage.whole


@pytest.mark.parametrize("predicate", [None, 3, {}, {"builder": 3}, {"buildDefinition": [], "runDetails": {}}])
def test_what_provenance_does_not_tell_is_empty(predicate):
    told = provenance(statement([], predicate=predicate), SMALL)
    assert (told.builder, told.build_type, told.source) == ("", "", "")
    assert told.coverage.unsigned == ("README.md", "sub-a.txt", "sub/b.txt")


def test_subjects_that_differ_or_are_not_there_are_named():
    said = [
        subject(SMALL[0]),
        {"name": "sub-a.txt", "digest": {"sha256": "0" * 64}},
        {"name": "x", "digest": {"sha256": "1"}},
    ]
    found = provenance(statement(said), SMALL).coverage
    assert (found.signed, found.differing) == (("README.md",), ("sub-a.txt",))
    assert (found.unsigned, found.missing) == (("sub/b.txt",), ("x",))


def test_a_large_file_is_known_by_the_digest_over_its_parts():
    files = large()[3:]
    assert provenance(statement([subject(files[0])]), files).coverage.unproven == ("large.bin",)
    assert provenance(statement([subject(files[0], "sha256-tree")]), files).coverage.signed == ("large.bin",)


@pytest.mark.parametrize("said", [[3], [{"name": "README.md"}], [{"name": "README.md", "digest": 3}]])
def test_subjects_that_are_none_say_nothing(said):
    assert provenance(statement(said), SMALL).coverage.signed == ()


def enveloped(payload, kind=IN_TOTO):
    raw = base64.b64encode(json.dumps(payload).encode()).decode()
    return {"payload": raw, "payloadType": kind, "signatures": [{"sig": "AAAA", "keyid": "k"}]}


def test_a_statement_is_read_from_its_envelope():
    said = statement([subject(SMALL[0])])
    assert read_statement(read_envelope(enveloped(said))) == said


@pytest.mark.parametrize(
    "envelope",
    [
        enveloped({}),
        enveloped([]),
        enveloped(statement([]), "text/plain"),
        enveloped(statement([]) | {"_type": "x"}),
        enveloped(statement([]) | {"subject": {}}),
        {**enveloped(statement([])), "payload": "?"},
        {**enveloped(statement([])), "signatures": []},
        {**enveloped(statement([])), "signatures": [{"sig": 3}]},
        {},
    ],
)
def test_what_is_no_statement_is_unreadable(envelope):
    with pytest.raises(Unreadable):
        read_statement(read_envelope(envelope))
