"""The published test vectors of `docs/digest.md` hold, in the domain and in the ten lines that the page gives."""

import hashlib
import re

import pytest

from modelyard.domain.digests import MAX_FILE, combine, part_count, part_range, part_size
from modelyard.domain.manifests import File, manifest_digest


@pytest.fixture(scope="module")
def page(root):
    return (root / "docs/digest.md").read_text()


def fenced(page, language):
    return re.search(rf"```{language}\n(.*?)```", page, re.DOTALL).group(1)


@pytest.fixture(scope="module")
def vectors(page):
    """Bytes by their published digest."""
    zeros = re.findall(r"^\| (\d+) of `00` \| `(sha256\S*)` \|$", page, re.MULTILINE)
    words = re.findall(r"^\| `(\w+)` \| `(sha256\S*)` \|$", page, re.MULTILINE)
    return {digest: bytes(int(count)) for count, digest in zeros} | {digest: word.encode() for word, digest in words}


def test_the_domain_computes_the_published_digests(vectors):
    assert len(vectors) == 5
    for digest, content in vectors.items():
        size = len(content)
        ranges = [part_range(size, number) for number in range(1, part_count(size) + 1)]
        parts = [hashlib.sha256(content[offset : offset + length]).hexdigest() for offset, length in ranges]
        assert combine(size, parts) == digest


def test_the_ten_lines_of_the_page_compute_the_published_digests(page, vectors, tmp_path):
    ours = {}
    exec(fenced(page, "python"), ours)
    path = tmp_path / "file"
    for digest, content in vectors.items():
        path.write_bytes(content)
        assert ours["tree_digest"](path, len(content)) == digest


def test_the_published_part_sizes_hold_up_to_the_largest_file(page):
    rows = re.findall(r"^\| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|$", page, re.MULTILINE)
    numbers = [tuple(int(text.replace(",", "")) for text in row) for row in rows]
    assert numbers[-1][0] == MAX_FILE
    for size, part, count in numbers:
        assert (part_size(size), part_count(size)) == (part, count)


def test_the_published_content_id_is_of_the_published_manifest(page):
    manifest = fenced(page, "manifest")
    files = [File(path, int(size), digest) for digest, size, path in map(str.split, manifest.splitlines())]
    published = re.findall(r"`(sha256:[0-9a-f]{64})`", page)[-1]
    assert manifest_digest(files) == published == "sha256:" + hashlib.sha256(manifest.encode()).hexdigest()
