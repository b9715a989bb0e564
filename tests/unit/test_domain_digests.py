"""The tree digest: part sizes, part ranges, and which digests there are."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.domain.digests import (
    MAX_FILE,
    MAX_PARTS,
    MIN_PART,
    combine,
    composite,
    hex_of,
    is_tree,
    parse_digest,
    parse_part,
    part_count,
    part_range,
    part_size,
)
from modelyard.domain.errors import Invalid

MIB = 1024**2
ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
sizes = st.integers(0, MAX_FILE)


@pytest.mark.parametrize(
    ("size", "part", "count"),
    [
        (0, 64 * MIB, 1),
        (1, 64 * MIB, 1),
        (64 * MIB, 64 * MIB, 1),
        (64 * MIB + 1, 64 * MIB, 2),
        (640_000 * MIB, 64 * MIB, 10_000),
        (640_000 * MIB + 1, 128 * MIB, 5_001),
        (1_280_000 * MIB + 1, 256 * MIB, 5_001),
        (MAX_FILE, 1024 * MIB, 5_120),
    ],
)
def test_the_part_size_follows_from_the_size_alone(size, part, count):
    assert (part_size(size), part_count(size)) == (part, count)


@given(sizes)
def test_parts_are_within_what_storage_takes(size):
    assert 1 <= part_count(size) <= MAX_PARTS
    assert MIN_PART <= part_size(size) <= 5 * 1024 * MIB


@given(sizes)
def test_parts_cover_a_file_without_gap_or_overlap(size):
    last = part_count(size)
    for number in {1, 2, last - 1, last} & set(range(1, last + 1)):
        offset, length = part_range(size, number)
        assert offset == (number - 1) * part_size(size)
        assert offset + length == (size if number == last else number * part_size(size))
        assert length > 0 or size == 0


def test_a_file_of_one_part_is_known_by_its_sha256():
    assert combine(3, [ABC]) == f"sha256:{ABC}"
    assert combine(0, [EMPTY]) == f"sha256:{EMPTY}"


def test_a_larger_file_is_known_by_the_sha256_of_its_parts_raw_sha256():
    expected = hashlib.sha256(bytes.fromhex(ABC) + bytes.fromhex(EMPTY)).hexdigest()
    assert combine(64 * MIB + 1, [ABC, EMPTY]) == f"sha256-tree:{expected}"
    assert composite([ABC, EMPTY]) == expected


@pytest.mark.parametrize("parts", [[], [ABC], [ABC, ABC, ABC]])
def test_the_wrong_number_of_parts_is_refused(parts):
    with pytest.raises(Invalid, match="has 2 parts"):
        combine(64 * MIB + 1, parts)


def test_the_order_of_parts_matters():
    assert composite([ABC, EMPTY]) != composite([EMPTY, ABC])


@pytest.mark.parametrize("text", [f"sha256:{ABC}", f"sha256-tree:{ABC}"])
def test_both_kinds_of_digest_are_read(text):
    assert parse_digest(text) == text
    assert hex_of(parse_digest(text)) == ABC
    assert is_tree(text) == text.startswith("sha256-tree:")


@pytest.mark.parametrize(
    "text",
    [
        "",
        ABC,
        "sha256:",
        f"sha256:{ABC[:-1]}",
        f"sha256:{ABC}0",
        f"sha256:{ABC.upper()}",
        f"SHA256:{ABC}",
        f"sha512:{ABC}",
        f"sha256:{ABC}\n",
        f" sha256:{ABC}",
        f"sha256:{'g' * 64}",
        f"sha256:{'٣' * 64}",  # digits, but not ASCII's
        f"sha256-:{ABC}",
        f"sha256/{ABC}",
    ],
)
def test_anything_else_is_no_digest(text):
    with pytest.raises(Invalid):
        parse_digest(text)


@pytest.mark.parametrize("text", ["", ABC[:-1], ABC.upper(), f"sha256:{ABC}", f"{ABC}\n"])
def test_a_part_is_sixty_four_hex_digits(text):
    assert parse_part(ABC) == ABC
    with pytest.raises(Invalid):
        parse_part(text)
