"""Who asks: tokens, AWS signatures, and neither."""

import re
import sys

import pytest

from modelyard.client.errors import Unusable
from modelyard.client.signing import Anonymous, Bearer, SigV4, choose_signer
from tests.unit.client_server import serving

GATEWAY = "https://abc123.execute-api.eu-west-1.amazonaws.com"


def test_a_token_is_used_where_there_is_one():
    assert isinstance(choose_signer("http://h", "secret", {}), Bearer)
    assert isinstance(choose_signer(GATEWAY, "secret", {}), Bearer)


def test_without_a_token_nothing_is_added():
    assert isinstance(choose_signer("http://h", "", {}), Anonymous)
    assert isinstance(choose_signer("http://h", "secret", {"MODELYARD_AUTH": "none"}), Anonymous)


@pytest.mark.parametrize("auth", ["", "sigv4"])
def test_the_door_of_api_gateway_gets_aws_signatures(auth):
    signed = choose_signer(f"{GATEWAY}/prod", "", {"MODELYARD_AUTH": auth}).headers(
        "GET", f"{GATEWAY}/prod/v1/models/a%20b?limit=2", {"Accept": "application/json"}, b""
    )
    scope = r"AWS4-HMAC-SHA256 Credential=testing/\d{8}/eu-west-1/execute-api/aws4_request"
    assert re.match(scope, signed["Authorization"])
    assert signed["Accept"] == "application/json"
    assert "X-Amz-Date" in signed


def test_signatures_can_be_asked_for_at_any_address(monkeypatch):
    signer = choose_signer("http://127.0.0.1:4566", "", {"MODELYARD_AUTH": "sigv4"})
    headers = signer.headers("POST", "http://127.0.0.1:4566/v1/models", {}, b"{}")
    assert "/us-east-1/execute-api/" in headers["Authorization"]


def test_a_host_that_only_looks_like_api_gateway_gets_no_signature():
    for host in ("a.execute-api.eu-west-1.amazonaws.com.evil.example", "execute-api.eu-west-1.amazonaws.com"):
        assert isinstance(choose_signer(f"https://{host}", "", {}), Anonymous)


def test_missing_credentials_are_told_with_what_to_do(monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(Unusable, match="no AWS credentials") as caught:
        SigV4("us-east-1")
    assert "AWS_PROFILE" in caught.value.hint


def test_a_missing_region_is_told(monkeypatch):
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(Unusable, match="no AWS region"):
        SigV4("")


def test_missing_botocore_is_told_with_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "botocore.auth", None)
    with pytest.raises(Unusable, match="needs botocore") as caught:
        choose_signer(GATEWAY, "", {})
    assert ".[aws]" in caught.value.hint


def test_a_way_to_sign_that_does_not_exist_is_refused():
    with pytest.raises(Unusable, match="sigv4, token or none"):
        choose_signer("http://h", "", {"MODELYARD_AUTH": "magic"})
    with pytest.raises(Unusable, match="MODELYARD_TOKEN is not set"):
        choose_signer("http://h", "", {"MODELYARD_AUTH": "token"})


def test_signed_calls_reach_the_registry_and_storage_gets_no_signature(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("MODELYARD_AUTH", "sigv4")
    (tmp_path / "file").write_text("x")
    with serving() as server, server.registry() as registry:
        registry.push("churn", tmp_path / "file")
        signed = {path.split("/")[1] for _, path, headers in server.requests if "Authorization" in headers}
    assert signed == {"v1"}
