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
from modelyard.adapters.s3.signing import Links, Operation

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
operations = some.one_of(
    some.builds(
        lambda length, checksum: Operation(
            "put_object", "PUT", {"IfNoneMatch": "*", "ContentLength": length, "ChecksumSHA256": checksum}
        ),
        some.integers(0, 5 * 1024**4),
        checksums,
    ),
    some.builds(
        lambda upload, part, length, checksum: Operation(
            "upload_part",
            "PUT",
            {"UploadId": upload, "PartNumber": part, "ContentLength": length, "ChecksumSHA256": checksum},
        ),
        texts.filter(bool),
        some.integers(1, 10_000),
        some.integers(0, 5 * 1024**4),
        checksums,
    ),
    some.builds(
        lambda name: Operation(
            "get_object",
            "GET",
            {
                "ResponseContentDisposition": name,
                "ResponseContentType": "application/octet-stream",
                "ResponseCacheControl": "private, no-store, no-transform",
            },
        ),
        texts.filter(bool),
    ),
    some.just(LOOK),
)


def client_of(config: dict[str, Any] | None = None, **settings: Any) -> Any:
    given = {"region_name": "eu-west-3", "aws_access_key_id": "AKIA/TEST", "aws_secret_access_key": "a/+secret"}
    return boto3.session.Session().client("s3", config=Config(**S3_CONFIG, **(config or {})), **{**given, **settings})


def by_botocore(client: Any, operation: Operation, seconds: int = 60) -> str:
    params = {"Bucket": "bucket", "Key": KEY, **operation.wanted}
    link: str = client.generate_presigned_url(operation.name, params, seconds, operation.method)
    return link


def learned(client: Any) -> tuple[Links, Mock]:
    """Links that saw one of each operation, and a watch on whether botocore is asked for more."""
    watched = Mock(wraps=client)
    watched._get_credentials = client._get_credentials
    links = Links(watched, "bucket")
    for operation in (
        Operation("put_object", "PUT", {"IfNoneMatch": "*", "ContentLength": 1, "ChecksumSHA256": "a"}),
        Operation("upload_part", "PUT", {"UploadId": "a", "PartNumber": 1, "ContentLength": 1, "ChecksumSHA256": "a"}),
        Operation("get_object", "GET", {"ResponseContentDisposition": "a"}),
        LOOK,
    ):
        links.sign(operation, KEY, 60)
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
    def check(operation: Operation, seconds: int) -> None:
        calls = asked.call_count
        assert links.sign(operation, KEY, seconds) == by_botocore(client, operation, seconds)
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
    link = links.sign(LOOK, KEY, 60)

    assert asked.call_count == calls
    assert link == by_botocore(client, LOOK)
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
    operation = Operation("get_object", "GET", {"ResponseContentDisposition": "a"})

    assert [links.sign(operation, KEY, 60) for _ in range(3)] == [by_botocore(client, operation)] * 3
