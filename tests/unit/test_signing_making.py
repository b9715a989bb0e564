import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from modelyard.domain.digests import combine, part_count
from modelyard.domain.manifests import parse_file
from modelyard.signing.envelopes import Unreadable, read_bundle
from modelyard.signing.keys import private_key
from modelyard.signing.making import sign
from modelyard.signing.statements import read_statement
from modelyard.signing.trusted import TrustedKey
from modelyard.signing.verifying import verify
from tests.unit.signed_files import SMALL, file, large, sample


def written(key, password=None):
    hidden = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, hidden)


def trusted(key):
    kind = serialization.PublicFormat.SubjectPublicKeyInfo
    return TrustedKey("me", key.public_key().public_bytes(serialization.Encoding.PEM, kind))


@pytest.mark.parametrize("curve", [ec.SECP256R1, ec.SECP384R1, ec.SECP521R1])
def test_what_is_signed_here_is_verified_here(curve):
    key = ec.generate_private_key(curve())
    assert verify(sign(SMALL, key, name="m"), SMALL, [trusted(key)]).whole


def test_what_is_signed_says_what_the_model_signing_package_says():
    for name, files in (("secp256r1.sig", SMALL), ("shards.sig", large())):
        theirs = read_statement(read_bundle(sample(name)).envelope)
        ours = read_statement(read_bundle(sign(files, ec.generate_private_key(ec.SECP256R1()), name="m")).envelope)
        theirs["predicate"]["serialization"].pop("ignore_paths", None)
        assert ours["predicate"] == theirs["predicate"]
        assert ours["subject"][0]["digest"] == theirs["subject"][0]["digest"]


def test_large_files_are_signed_by_their_parts():
    key = ec.generate_private_key(ec.SECP256R1())
    assert verify(sign(large(), key, name="m"), large(), [trusted(key)]).whole


def test_empty_files_have_no_shards_and_stay_unsigned_beside_large_ones():
    key = ec.generate_private_key(ec.SECP256R1())
    empty = file("empty", b"")
    assert verify(sign([*SMALL, empty], key, name="m"), [*SMALL, empty], [trusted(key)]).whole
    held = verify(sign([*large(), empty], key, name="m"), [*large(), empty], [trusted(key)])
    assert (held.whole, held.coverage.unsigned) == (False, ("empty",))


def test_a_file_of_larger_parts_cannot_be_signed():
    size = 700 * 1024**3
    parts = ["0" * 64] * part_count(size)
    huge = parse_file("huge", size, combine(size, parts), parts)
    with pytest.raises(Unreadable, match="64 MiB"):
        sign([huge], ec.generate_private_key(ec.SECP256R1()), name="m")


def test_a_private_key_is_read_with_its_password():
    key = ec.generate_private_key(ec.SECP256R1())
    assert private_key(written(key, b"secret"), b"secret").private_numbers() == key.private_numbers()
    for raw, password in ((written(key, b"secret"), b"wrong"), (written(key, b"secret"), None), (b"x", None)):
        with pytest.raises(Unreadable):
            private_key(raw, password)


def test_keys_of_other_kinds_are_refused():
    for key in (rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256K1())):
        with pytest.raises(Unreadable):
            private_key(written(key))
