"""What users do, through the real client against a real registry: embedded, or deployed to AWS's shape."""

import hashlib
import threading

import pytest
import urllib3

from modelyard.client import Registry
from modelyard.client.errors import (
    AlreadyExists,
    Invalid,
    KeyReused,
    NotFound,
    PreconditionFailed,
    TransitionRefused,
    UploadIncomplete,
    VersionNotReady,
)
from modelyard.contract.requests import FileRequest
from modelyard.domain.digests import MIN_PART
from modelyard.domain.journal import find_break

SMALL = b"not really a model\n" * 40


@pytest.fixture
def model_file(tmp_path):
    path = tmp_path / "model.bin"
    path.write_bytes(SMALL)
    return path


@pytest.fixture
def large_file(tmp_path):
    """70 MiB: two parts."""
    path = tmp_path / "weights.bin"
    block = hashlib.sha256(str(tmp_path).encode()).digest() * 2**15
    with path.open("wb") as file:
        for number in range(70):
            file.write(number.to_bytes(4, "big") + block[4:])
    return path


def declared(content, path="model.bin"):
    """A small file of a manifest."""
    return FileRequest(path=path, size=len(content), digest=f"sha256:{hashlib.sha256(content).hexdigest()}")


def file_digest(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def tree(folder):
    """Every file below a folder by its path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def put(upload, content):
    """Send bytes to storage as a signed request says; the status."""
    request = upload.request
    headers = {**request.headers, "Content-Length": str(len(content))}
    return urllib3.request(request.method, request.url, headers=headers, body=content, retries=False).status


def history(registry, name):
    return [event.model_dump() for event in registry.history(name)]


def test_the_story_from_the_command_line(cli, name, model_file, tmp_path):
    pushed = cli.json("push", name, model_file, "--metric", "auc=0.91", "--param", "depth=8", "--tag", "team=growth")
    assert (pushed["name"], pushed["version"], pushed["state"]) == (name, 1, "ready")
    assert name in {model["name"] for model in cli.json("list")["items"]}
    shown = cli.json("show", f"{name}/1")
    assert (shown["metrics"], shown["params"], shown["tags"]) == ({"auc": 0.91}, {"depth": "8"}, {"team": "growth"})
    [file] = shown["files"]
    assert (file["path"], file["size"], file["digest"]) == (
        "model.bin",
        len(SMALL),
        f"sha256:{hashlib.sha256(SMALL).hexdigest()}",
    )
    assert cli.json("promote", f"{name}/1", "production", "--comment", "beats v0")["stage"] == "production"
    pulled = cli.json("pull", f"{name}/production", "out")
    assert pulled["version"] == 1
    assert tree(tmp_path / "out") == {"model.bin": SMALL}
    told = [(entry["type"], entry["reason"]) for entry in cli.json("history", name)["items"]]
    assert told[-1] == ("version.promoted", "beats v0")
    assert cli.json("verify", f"{name}/1")["state"] == "ready"


def test_a_follower_hears_of_a_promotion_while_it_happens(cli, registry, name, model_file):
    registry.push(name, model_file)
    follower = cli.start("events", "--follow", "--json")
    watchdog = threading.Timer(60, follower.kill)
    watchdog.start()
    try:
        registry.transition(name, 1, "production")
        heard = next(line for line in follower.stdout if '"version.promoted"' in line and name in line)
    finally:
        watchdog.cancel()
        follower.kill()
        follower.wait()
        follower.stdout.close()
    assert '"production"' in heard


def test_a_folder_comes_back_as_it_was(registry, name, tmp_path):
    folder = tmp_path / "onnx"
    for path, content in {
        "model.dat": SMALL,
        "vocab/größe 100%.txt": "ü".encode(),
        "vocab/empty": b"",
        "a/b/c/deep.bin": b"\x00" * 4096,
        "copy.dat": SMALL,
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    version = registry.push(name, folder)
    assert (version.state, version.file_count, version.size) == ("ready", 5, 2 * len(SMALL) + 2 + 4096)
    registry.pull(f"{name}/1", tmp_path / "out")
    assert tree(tmp_path / "out") == tree(folder)


def test_a_file_of_two_parts_comes_back_as_it_was(registry, transport, name, large_file, tmp_path):
    version = registry.push(name, large_file)
    [file] = registry.files(name, 1)
    assert version.state == "ready"
    assert file.size > MIN_PART
    assert (file.digest.startswith("sha256-tree:"), len(file.parts), transport.sent["PUT"]) == (True, 2, 2)
    registry.pull(f"{name}/1", tmp_path / "out")
    assert file_digest(tmp_path / "out" / large_file.name) == file_digest(large_file)


def test_the_same_files_are_never_sent_twice(registry, transport, name, large_file, model_file):
    registry.push(name, [large_file, model_file])
    sent = transport.sent["PUT"]
    again = registry.push(name, [large_file, model_file], tags={"again": "yes"})
    other = registry.push(f"{name}-other", [large_file, model_file])
    assert (again.version, again.state, other.version, other.state) == (2, "ready", 1, "ready")
    assert transport.sent["PUT"] == sent


def test_a_promotion_with_replace_leaves_one_version_in_production(registry, name, tmp_path):
    for number in (1, 2, 3):
        (tmp_path / "model.bin").write_bytes(SMALL + bytes([number]))
        registry.push(name, tmp_path / "model.bin")
    registry.transition(name, 1, "production")
    registry.transition(name, 2, "production", replace=True, comment="better")
    assert [registry.get_version(name, number).stage for number in (1, 2, 3)] == [
        "archived",
        "production",
        "development",
    ]
    assert registry.get_model(name).stages == {"production": [2]}
    assert registry.resolve(f"{name}/production").version.version == 2
    assert [(event["type"], event["version"]) for event in history(registry, name)[-2:]] == [
        ("version.promoted", 2),
        ("version.replaced", 1),
    ]


def test_the_journal_is_gapless_and_hash_chained_and_the_feed_tells_it_in_order(
    registry, name, model_file, eventually, feed_of
):
    registry.push(name, model_file)
    registry.transition(name, 1, "staging")
    registry.transition(name, 1, "production")
    told = history(registry, name)
    assert [event["type"] for event in told] == [
        "model.created",
        "version.registered",
        "version.uploaded",
        "version.verified",
        "version.promoted",
        "version.promoted",
    ]
    assert find_break(told) is None
    eventually(lambda: len(feed_of(registry, name)) == len(told))
    fed = feed_of(registry, name)
    assert [event.sequence for event in fed] == [1, 2, 3, 4, 5, 6]
    assert len({event.id for event in fed}) == 6
    assert find_break([event.model_dump() for event in fed]) is None


def test_the_feed_has_no_gaps(registry, name, model_file, eventually):
    registry.push(name, model_file)
    eventually(lambda: history(registry, name)[-1]["position"])
    positions, cursor = [], None
    while (page := registry.events(cursor, limit=1000)).items:
        positions += [event.position for event in page.items]
        cursor = page.next
    assert positions == list(range(1, len(positions) + 1))


def test_the_feed_is_read_back_from_its_end_and_on_from_there(registry, name, model_file, eventually):
    registry.push(name, model_file)
    eventually(lambda: history(registry, name)[-1]["position"])
    last = registry.events(before="end", limit=3)
    newest = last.items[0].position
    assert [event.position for event in last.items] == [newest, newest - 1, newest - 2]
    assert [event.position for event in registry.events(before=last.previous, limit=1).items] == [newest - 3]
    registry.transition(name, 1, "staging", comment="after the end")
    eventually(lambda: any(event.reason == "after the end" for event in registry.events(last.next).items))


def test_proof_asked_for_again_reads_every_byte(registry, name, model_file):
    registry.push(name, model_file)
    assert registry.get_version(name, 1).proof == "storage"
    registry.verify(name, 1)
    version = registry.wait(name, 1)
    assert (version.state, version.proof) == ("ready", "bytes")


def test_an_interrupted_push_goes_on_where_it_was(url, transport, name, large_file):
    with Registry(url, transport=transport, connections=1) as careful:
        transport.fuse["PUT"] = 1
        with pytest.raises(KeyboardInterrupt):
            careful.push(name, large_file)
        transport.fuse.clear()
        version = careful.push(name, large_file)
    assert (version.version, version.state, transport.sent["PUT"]) == (1, "ready", 2)


def test_an_interrupted_pull_goes_on_where_it_was(url, registry, name, large_file, tmp_path):
    registry.push(name, large_file)
    with Registry(url, transport=type(registry._api.transport)(), connections=1) as careful:
        sent, fuse = careful._api.transport.sent, careful._api.transport.fuse
        fuse["GET"] = 1
        with pytest.raises(KeyboardInterrupt):
            careful.pull(f"{name}/1", tmp_path / "out")
        assert not (tmp_path / "out" / large_file.name).exists()
        fuse.clear()
        careful.pull(f"{name}/1", tmp_path / "out")
        assert sent["GET"] == 2
    assert file_digest(tmp_path / "out" / large_file.name) == file_digest(large_file)


def test_references_that_lead_nowhere_are_refused(registry, name, model_file):
    registry.push(name, model_file)
    for reference in (f"{name}/2", f"{name}/production", f"{name}-absent", f"{name}-absent/1"):
        with pytest.raises(NotFound):
            registry.resolve(reference)
    for reference in ("", "a/b/c", f"{name}/", f"{name}/Pro duction", f"{name}@", "a:b", "x" * 300):
        with pytest.raises(Invalid):
            registry.resolve(reference)


@pytest.mark.parametrize("written", ["{}", "{}/1", "models:/{}/1", "models:/{}/staging"])
def test_references_are_understood_as_mlflow_writes_them(registry, name, model_file, written):
    registry.push(name, model_file)
    registry.transition(name, 1, "staging")
    assert registry.resolve(written.format(name)).version.version == 1


def test_a_model_is_found_by_its_id_too(registry, name, model_file):
    registry.push(name, model_file)
    known = registry.get_model(name).id
    assert registry.get_model(known).name == name
    assert registry.get_version(known, 1).name == name


def test_any_name_the_rules_allow_can_be_used(registry, name, model_file):
    odd = f"größe 100% + a%2Fb ?#&=~'\"() {name[-8:]}"
    registry.push(odd, model_file)
    assert registry.get_model(odd).name == odd
    assert registry.resolve(f"{odd}/1").version.name == odd
    assert next(registry.history(odd)).model.name == odd


def test_a_version_without_its_bytes_can_be_neither_used_nor_completed(registry, name):
    registry.create_model(name)
    registry.register(name, [declared(name.encode())])
    with pytest.raises(VersionNotReady):
        registry.resolve(f"{name}/1")
    with pytest.raises(UploadIncomplete):
        registry.complete(name, 1)
    with pytest.raises(TransitionRefused) as refusal:
        registry.transition(name, 1, "production")
    unmet = [each["name"] for each in refusal.value.facts["requirements"] if not each["held"]]
    assert unmet == ["version_ready"]


def test_storage_takes_the_declared_bytes_and_no_others(registry, name):
    content = name.encode()
    registry.create_model(name)
    [upload] = registry.register(name, [declared(content)]).uploads.items
    for wrong in (content[:-1] + b"!", content[:-1], content + b"!"):
        assert 400 <= put(upload, wrong) < 500
    with pytest.raises(UploadIncomplete):
        registry.complete(name, 1)
    assert put(upload, content) == 200
    assert put(upload, content) == 412
    registry.complete(name, 1)
    registry.complete(name, 1)
    assert registry.wait(name, 1).state == "ready"
    assert [event["type"] for event in history(registry, name)].count("version.uploaded") == 1


def test_the_same_key_gives_the_same_version_and_no_other_body(registry, name):
    registry.create_model(name)
    files = [declared(name.encode())]
    first, again = (registry.register(name, files, key="once").version.version for _ in range(2))
    assert (first, again, registry.get_model(name).versions) == (1, 1, 1)
    with pytest.raises(KeyReused):
        registry.register(name, files, key="once", description="other")


def test_a_change_based_on_an_old_reading_is_refused(registry, name):
    registry.create_model(name)
    changed = registry.update_model(name, description="first", if_match='"1"')
    assert changed.description == "first"
    with pytest.raises(PreconditionFailed):
        registry.update_model(name, description="second", if_match='"1"')
    assert registry.get_model(name).description == "first"


def test_a_name_is_given_once(registry, name):
    registry.create_model(name)
    with pytest.raises(AlreadyExists):
        registry.create_model(name)


def test_two_pushes_of_the_same_files_at_once_both_succeed(url, name, large_file, monkeypatch, tmp_path):
    done = []

    def push(number):
        with Registry(url) as registry:
            done.append(registry.push(name, large_file, tags={"by": number}))

    threads = [threading.Thread(target=push, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted((version.version, version.state) for version in done) == [(1, "ready"), (2, "ready")]


def test_many_writers_of_one_model_lose_nothing(url, registry, name):
    registry.create_model(name)
    content = name.encode()

    def write(number):
        with Registry(url) as one:
            for turn in range(4):
                one.register(name, [declared(content)], tags={"by": f"{number}-{turn}"})

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    versions = list(registry.list_versions(name))
    assert [version.version for version in versions] == list(range(24, 0, -1))
    assert len({version.tags["by"] for version in versions}) == 24
    assert find_break(history(registry, name)) is None
