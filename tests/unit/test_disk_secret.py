"""The secret behind one machine's links."""

import pytest

from modelyard.adapters.disk.secret import BYTES, read_secret


def test_a_secret_is_made_once_for_its_owner_alone(tmp_path):
    path = tmp_path / "secret"
    secret = read_secret(path)
    assert len(secret) == BYTES
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_secret(path) == secret
    assert [each.name for each in tmp_path.iterdir()] == ["secret"]


@pytest.mark.parametrize("content", [b"", b"short"])
def test_a_file_that_is_no_secret_is_refused(tmp_path, content):
    """An empty one, left by a full disk or a hasty restore, would let anybody sign."""
    path = tmp_path / "secret"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="not a secret"):
        read_secret(path)
