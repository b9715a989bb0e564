"""What is in the files decides: clean is ready, dangerous is rejected, and what is odd waits for a reviewer."""

import pickle

import pytest

from modelyard.client.errors import Invalid, Unusable, VersionNotReady, VersionRefused

USAGE, REFUSED, NOT_READY = 2, 3, 1
DANGEROUS = b"cos\nsystem\n(S'echo harmless'\ntR."
ODD = b"cmymodule\nThing\n."


@pytest.fixture
def file(tmp_path):
    return tmp_path / "model.pkl"


def push(registry, name, file, content):
    file.write_bytes(content)
    return registry.push(name, file)


def test_a_clean_pickle_is_ready_and_known(registry, cli, name, file):
    version = push(registry, name, file, pickle.dumps({"weights": [0.5] * 10}))
    assert (version.state, version.inspected.verdict, version.inspected.files) == ("ready", "clean", 1)
    [found] = registry.findings(name, 1)
    assert (found.path, found.verdict, found.findings, found.unread) == ("model.pkl", "clean", [], [])
    assert found.format == version.facts["format"]
    _, said, _ = cli.run("show", f"{name}/1")
    assert "clean by rules" in said
    again = registry.inspect_version(name, 1)
    assert (again.state, again.proof_pending) == ("ready", False)


def test_a_dangerous_pickle_is_rejected_and_says_why(registry, cli, name, file, tmp_path):
    file.write_bytes(DANGEROUS)
    code, _, complaint = cli.run("push", name, file)
    assert code == REFUSED
    assert f"{name}/1 is rejected: pickle." in complaint
    assert f"modelyard findings {name}/1" in complaint
    told = cli.json("findings", f"{name}/1")
    assert (told["state"], told["inspected"]["verdict"]) == ("rejected", "malicious")
    assert told["files"][0]["findings"][0]["severity"] == "malicious"
    _, said, _ = cli.run("findings", f"{name}/1")
    assert "fix: " in said
    assert cli.run("pull", f"{name}/1", tmp_path / "out", "--quarantined")[0] == NOT_READY
    assert cli.run("release", f"{name}/1", "--reason", "no")[0] == NOT_READY


def test_an_odd_pickle_waits_for_a_reviewer_who_releases_it(registry, cli, name, file, tmp_path):
    with pytest.raises(VersionRefused) as refused:
        push(registry, name, file, ODD)
    assert refused.value.version.state == "quarantined"
    for reference in (f"{name}/1", name):
        assert cli.run("pull", reference, tmp_path / "out")[0] != 0
    with pytest.raises(VersionNotReady, match="a reviewer releases or rejects it"):
        registry.resolve(f"{name}/1")
    with pytest.raises(Unusable):
        registry.pull(name, tmp_path / "suspect", quarantined=True)
    cli.json("pull", f"{name}/1", tmp_path / "suspect", "--quarantined")
    assert (tmp_path / "suspect" / "model.pkl").read_bytes() == ODD
    with pytest.raises(Invalid):
        registry.release(name, 1, "  ")
    released = cli.json("release", f"{name}/1", "--reason", "our own class")
    assert (released["state"], released["review"]["reason"]) == ("ready", "our own class")
    cli.json("pull", name, tmp_path / "out")
    assert (tmp_path / "out" / "model.pkl").read_bytes() == ODD
    assert registry.verify(name, 1).proof_pending
    assert registry.wait(name, 1).state == "ready", "a new proof does not undo the release"
    types = [event.type for event in registry.history(name, 1)]
    assert types[-4:] == ["version.quarantined", "version.released", "version.challenged", "version.verified"]


def test_an_odd_pickle_that_a_reviewer_rejects_stays_out_of_use(registry, cli, name, file):
    with pytest.raises(VersionRefused):
        push(registry, name, file, ODD)
    rejected = cli.json("reject", f"{name}/1", "--reason", "nobody knows it")
    assert rejected["state"] == "rejected"
    assert rejected["refusal"][0].endswith("nobody knows it")
    registry.verify(name, 1)
    with pytest.raises(VersionRefused):
        registry.wait(name, 1)


def test_versions_are_found_by_what_is_in_their_files(registry, cli, name, file, eventually):
    push(registry, name, file, pickle.dumps([1, 2, 3]))
    query = f"name = '{name}' AND inspected.verdict = 'clean'"
    eventually(lambda: [found.version for found in registry.search(query)] == [1])
    assert list(registry.search(f"name = '{name}' AND NOT inspected.rules >= 1")) == []
    assert cli.run("inspect", "--all", "--since-rules", "1")[0] == 0
    assert cli.run("inspect")[0] == USAGE
