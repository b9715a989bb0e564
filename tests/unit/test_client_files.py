"""Which files are pushed under which names, and their digests."""

import os
import unicodedata

import pytest

from modelyard.client.errors import FileChanged, Unusable
from modelyard.client.hashing import BLOCK, hash_sources
from modelyard.client.parallel import Stop, Stopped, run_jobs
from modelyard.client.walking import find_sources
from modelyard.domain import digests
from modelyard.domain.manifests import MAX_FILES


def paths(*given, **how):
    return [source.path for source in find_sources(given, **how)]


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "root"
    (root / "b").mkdir(parents=True)
    (root / "b" / "x").write_text("x")
    (root / "a").write_text("a")
    return root


def test_a_folder_gives_its_files_in_order(root):
    assert paths(root) == ["a", "b/x"]


def test_the_present_folder_can_be_pushed(root, monkeypatch):
    monkeypatch.chdir(root)
    assert paths(".") == ["a", "b/x"]
    assert paths(".", root / "a") == ["a", "root/a", "root/b/x"]


def test_names_are_made_nfc(root):
    spelled = unicodedata.normalize("NFD", "modèle")
    (root / spelled).touch()
    assert "modèle" in paths(root)
    assert spelled != "modèle"


def test_two_spellings_of_one_name_are_refused(root):
    for form in ("NFC", "NFD"):
        (root / unicodedata.normalize(form, "é")).touch()
    with pytest.raises(Unusable, match="two files would both be 'é'"):
        paths(root)


def test_two_paths_of_one_name_are_refused(root):
    (root / "b" / "a").touch()
    with pytest.raises(Unusable, match="would both be 'a'"):
        paths(root / "a", root / "b" / "a")


@pytest.mark.parametrize("name", ["new\nline", "back\\slash", "bell\x07", b"\xff"])
def test_a_name_the_registry_does_not_take_is_refused_with_the_name(root, name):
    os.close(os.open(os.fsencode(root) + b"/" + os.fsencode(name), os.O_CREAT))
    with pytest.raises(Unusable, match="cannot be a path in a version"):
        paths(root)


def test_links_within_the_folder_are_followed(root):
    (root / "link").symlink_to("b/x")
    (root / "folder").symlink_to("b")
    assert paths(root) == ["a", "b/x", "folder/x", "link"]


def test_a_link_out_of_the_folder_is_followed_only_when_asked(root, tmp_path):
    (tmp_path / "secret").write_text("secret")
    (root / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(Unusable, match="leads out of its folder") as caught:
        paths(root)
    assert "--follow-links" in caught.value.hint
    assert paths(root, follow_links=True) == ["a", "b/x", "link"]


def test_a_link_in_a_circle_is_refused(root):
    (root / "b" / "up").symlink_to(root)
    with pytest.raises(Unusable, match="a folder that it lies in"):
        paths(root)


@pytest.mark.parametrize("target", ["nowhere", "self"])
def test_a_link_to_nothing_is_refused(root, target):
    (root / "self").symlink_to(target)
    with pytest.raises(Unusable, match="leads nowhere"):
        paths(root)


def test_what_is_no_regular_file_is_refused_without_waiting_for_it(root):
    os.mkfifo(root / "pipe")
    with pytest.raises(Unusable, match="no regular file"):
        paths(root)


def test_what_an_unfinished_pull_left_is_not_pushed(root):
    (root / ".modelyard-partial").mkdir()
    (root / ".modelyard-partial" / "x").touch()
    assert paths(root) == ["a", "b/x"]


def test_nothing_to_push_is_refused(tmp_path):
    with pytest.raises(Unusable, match="there is no file to push"):
        paths(tmp_path)
    with pytest.raises(Unusable, match="there is no "):
        paths(tmp_path / "missing")


def test_more_files_than_a_version_holds_are_refused_before_they_are_read(root, monkeypatch):
    monkeypatch.setattr("modelyard.client.walking.MAX_FILES", 1)
    with pytest.raises(Unusable, match="at most 1 files, not 2"):
        paths(root)
    assert MAX_FILES == 10_000


@pytest.mark.parametrize("size", [0, 1, 1000, 1001, 2000, 5 * BLOCK + 7])
def test_a_digest_is_over_the_parts_whatever_the_size(tmp_path, monkeypatch, size):
    monkeypatch.setattr(digests, "MIN_PART", 1000)
    data = os.urandom(size)
    (tmp_path / "file").write_bytes(data)
    (one,) = hash_sources(find_sources([tmp_path / "file"]), workers=3)
    ranges = [digests.part_range(size, number) for number in range(1, digests.part_count(size) + 1)]
    expected = [digests.hashlib.sha256(data[offset : offset + length]).hexdigest() for offset, length in ranges]
    assert one.parts == expected
    assert one.digest == digests.combine(size, expected)


def test_many_small_files_keep_their_order(tmp_path):
    for number in range(200):
        (tmp_path / f"{number:03}").write_bytes(bytes([number]))
    hashed = hash_sources(find_sources([tmp_path]), workers=4)
    assert [one.parts[0] for one in hashed] == [
        digests.hashlib.sha256(bytes([number])).hexdigest() for number in range(200)
    ]


def test_a_file_that_changes_between_finding_and_hashing_is_refused(root):
    sources = find_sources([root])
    (root / "a").write_text("other")
    with pytest.raises(FileChanged, match="'a' changed while it was being pushed"):
        hash_sources(sources)


def test_a_file_that_became_a_link_is_not_followed(root, tmp_path):
    sources = find_sources([root])
    (tmp_path / "secret").write_text("a")
    (root / "a").unlink()
    (root / "a").symlink_to(tmp_path / "secret")
    with pytest.raises(FileChanged, match="'a' changed"):
        hash_sources(sources)


def test_the_first_failure_of_many_jobs_is_raised_and_stops_the_rest():
    done = []
    stop = Stop()

    def job(number):
        if number == 3:
            raise ValueError(number)
        done.append(number)

    with pytest.raises(ValueError, match="3"):
        run_jobs((lambda n=n: job(n) for n in range(1000)), workers=1, stop=stop)
    assert done == [0, 1, 2]
    with pytest.raises(Stopped):
        stop.check()


def test_jobs_are_taken_no_faster_than_they_are_done():
    ahead, done = [], []

    def jobs():
        for number in range(100):
            ahead.append(number - len(done))
            yield lambda: done.append(1)

    run_jobs(jobs(), workers=2, stop=Stop())
    assert len(done) == 100
    assert max(ahead) <= 5


def test_a_failure_while_jobs_are_listed_is_raised():
    def jobs():
        yield lambda: None
        raise KeyError("gone")

    with pytest.raises(KeyError):
        run_jobs(jobs(), workers=2, stop=Stop())
