"""Links to S3 are the same as botocore's, whichever way the client reaches the bucket."""

from base64 import b64encode
from datetime import UTC, datetime
from typing import Any
from unittest.mock import Mock

import boto3
import pytest
from botocore.config import Config
from botocore.credentials import ReadOnlyCredentials
from hypothesis import given
from hypothesis import strategies as some

from modelyard.adapters.s3 import S3_CONFIG
from modelyard.adapters.s3 import signing as module
from modelyard.adapters.s3.heads import LOOK
from modelyard.adapters.s3.signing import METHODS, Links

KEY = "blobs/sha256/" + "0f" * 32
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
CLIENTS: dict[str, dict[str, Any]] = {
    "a region": {"region_name": "us-east-1"},
    "another region": {"region_name": "eu-central-1"},
    "paths": {"config": {"s3": {"addressing_style": "path"}}},
    "hosts": {"config": {"s3": {"addressing_style": "virtual"}}},
    "dual stack": {"config": {"use_dualstack_endpoint": True}},
    "FIPS": {"config": {"use_fips_endpoint": True}},
    "an emulator": {"endpoint_url": "http://127.0.0.1:8333"},
    "an emulator below a path": {"endpoint_url": "https://storage.example/s3/"},
    "a role": {"aws_session_token": "a token/with+odd=signs&more~é"},
}
texts = some.text(some.characters(exclude_categories=["Cs"], exclude_characters="\r\n"))
checksums = some.binary(min_size=32, max_size=32).map(lambda raw: b64encode(raw).decode())
lengths = some.integers(0, 5 * 1024**4)
names = texts.filter(bool)
bodies = {"ContentLength": lengths, "ChecksumSHA256": checksums}
shown = {"ResponseContentType": some.just("application/octet-stream"), "ResponseCacheControl": some.just("private, a")}
operations = some.one_of(
    some.tuples(some.just("put_object"), some.fixed_dictionaries({"IfNoneMatch": some.just("*"), **bodies})),
    some.tuples(
        some.just("upload_part"),
        some.fixed_dictionaries({"UploadId": names, "PartNumber": some.integers(1, 10_000), **bodies}),
    ),
    some.tuples(some.just("get_object"), some.fixed_dictionaries({"ResponseContentDisposition": names, **shown})),
    some.just(("head_object", LOOK)),
)


def client_of(config: dict[str, Any] | None = None, **settings: Any) -> Any:
    given = {"region_name": "eu-west-3", "aws_access_key_id": "AKIA/TEST", "aws_secret_access_key": "a/+secret"}
    return boto3.session.Session().client("s3", config=Config(**S3_CONFIG, **(config or {})), **{**given, **settings})


def by_botocore(client: Any, operation: str, wanted: dict[str, Any], seconds: int = 60) -> str:
    params = {"Bucket": "bucket", "Key": KEY, **wanted}
    link: str = client.generate_presigned_url(operation, params, seconds, METHODS[operation])
    return link


def learned(client: Any) -> tuple[Links, Mock]:
    """Links that saw one of each operation, and a watch on whether botocore is asked for more."""
    watched = Mock(wraps=client)
    watched._get_credentials = client._get_credentials
    links = Links(watched, "bucket")
    body = {"ContentLength": 1, "ChecksumSHA256": "a"}
    links.sign("put_object", KEY, {"IfNoneMatch": "*", **body}, 60)
    links.sign("upload_part", KEY, {"UploadId": "a", "PartNumber": 1, **body}, 60)
    links.sign("get_object", KEY, {"ResponseContentDisposition": "a"}, 60)
    links.sign("head_object", KEY, LOOK, 60)
    return links, watched.generate_presigned_url


@pytest.fixture(autouse=True)
def noon(monkeypatch):
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: NOON)
    monkeypatch.setattr(module, "_moment", lambda: NOON.strftime(module.TIMESTAMP))


@pytest.fixture(scope="module", params=CLIENTS)
def client(request):
    return client_of(**CLIENTS[request.param])


@pytest.fixture(scope="module")
def known(client):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.auth.get_current_datetime", lambda: NOON)
        return learned(client)


def test_every_link_is_botocores_to_the_byte(client, known):
    links, asked = known

    @given(operations, some.integers(1, 604_800))
    def check(operation: tuple[str, dict[str, Any]], seconds: int) -> None:
        calls, (name, wanted) = asked.call_count, operation
        assert links.sign(name, KEY, wanted, seconds) == by_botocore(client, name, wanted, seconds)
        assert asked.call_count == calls, "botocore was asked for it"

    check()


class Role:
    """Credentials that are renewed when `number` grows."""

    number = 1

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        return ReadOnlyCredentials(f"AKIA{self.number}", f"secret {self.number}", f"token {self.number}")


def test_a_renewed_role_signs_the_links_that_follow():
    client, role = client_of(), Role()
    client._request_signer._credentials = role
    links, asked = learned(client)
    calls, role.number = asked.call_count, 2
    link = links.sign("head_object", KEY, LOOK, 60)

    assert asked.call_count == calls
    assert link == by_botocore(client, "head_object", LOOK)
    assert "X-Amz-Credential=AKIA2%2F" in link
    assert "X-Amz-Security-Token=token%202&" in link


@pytest.mark.parametrize("change", ["hidden credentials", "a header more"])
def test_where_ours_would_not_be_the_same_botocore_signs(change):
    client = client_of()
    if change == "a header more":
        more = ("x-amz-request-payer", "requester")
        client.meta.events.register("before-sign.s3", lambda request, **_: request.headers.add_header(*more))
        offered = client
    else:
        offered = Mock(spec=["generate_presigned_url"], wraps=client)
    links = Links(offered, "bucket")
    wanted = {"ResponseContentDisposition": "a"}

    assert [links.sign("get_object", KEY, wanted, 60) for _ in range(3)] == [
        by_botocore(client, "get_object", wanted)
    ] * 3


def test_a_parameter_that_is_new_here_is_left_to_botocore():
    client = client_of()
    links, _ = learned(client)
    wanted = {"ResponseContentDisposition": "a", "VersionId": "1"}

    assert links.sign("get_object", KEY, wanted, 60) == by_botocore(client, "get_object", wanted)
