"""Who asks: what is added to a request to the registry so that it knows its caller.

A bearer token, or an AWS signature for the door that API Gateway guards with IAM, or nothing for a registry that
trusts everyone who can reach it. Requests to storage carry their own signature and are never given these.
"""

import importlib
import os
import re
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit

from modelyard.client.errors import Unusable

AUTH = "MODELYARD_AUTH"
_EXECUTE_API = re.compile(r"[a-z0-9-]+\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?")
_PRINTABLE = re.compile(r"[\x21-\x7e]+")


class Signer(Protocol):
    """Makes the headers that identify the caller."""

    def headers(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Mapping[str, str]:
        """All headers to send with this request, `headers` among them."""


class Anonymous:
    """Adds nothing."""

    def headers(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Mapping[str, str]:  # noqa: ARG002
        """As Signer says."""
        return headers


class Bearer:
    """A token, for a registry served with a token file or behind a JWT authorizer."""

    def __init__(self, token: str) -> None:
        if not _PRINTABLE.fullmatch(token):
            raise Unusable("the token has blanks or characters that no header can carry", field="MODELYARD_TOKEN")
        self._value = f"Bearer {token}"

    def headers(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Mapping[str, str]:  # noqa: ARG002
        """As Signer says."""
        return {**headers, "Authorization": self._value}


class SigV4:
    """AWS Signature Version 4, with the credentials that botocore finds (environment, profile, role, SSO)."""

    def __init__(self, region: str) -> None:
        self._botocore = {name: _botocore(name) for name in ("auth", "awsrequest", "session")}
        session = self._botocore["session"].Session()
        self._credentials = session.get_credentials()
        self._region = region or session.get_config_variable("region") or ""
        if self._credentials is None:
            hint = "set AWS_PROFILE or AWS_ACCESS_KEY_ID, or log in with `aws sso login`"
            raise Unusable("no AWS credentials were found to sign requests with", field=AUTH, hint=hint)
        if not self._region:
            raise Unusable("no AWS region is known to sign requests for", field=AUTH, hint="set AWS_DEFAULT_REGION")

    def headers(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Mapping[str, str]:
        """As Signer says; a new signature each time, since one is good for five minutes."""
        request = self._botocore["awsrequest"].AWSRequest(method=method, url=url, headers=dict(headers), data=body)
        frozen = self._credentials.get_frozen_credentials()
        self._botocore["auth"].SigV4Auth(frozen, "execute-api", self._region).add_auth(request)
        return dict(request.headers.items())


def _botocore(name: str) -> Any:
    try:
        return importlib.import_module(f"botocore.{name}")
    except ModuleNotFoundError as error:
        hint = "pip install '.[aws]' in the repository"
        raise Unusable(
            "signing requests for AWS needs botocore, which is not installed", field=AUTH, hint=hint
        ) from error


def choose_signer(url: str, token: str, environment: Mapping[str, str] = os.environ) -> Signer:
    """A token if there is one; AWS signatures if MODELYARD_AUTH=sigv4 or the URL is API Gateway's own; else nothing."""
    wanted = environment.get(AUTH, "")
    if wanted not in {"", "sigv4", "token", "none"}:
        raise Unusable(f"{AUTH} is sigv4, token or none, not {wanted!r}", field=AUTH)
    gateway = _EXECUTE_API.fullmatch(urlsplit(url).hostname or "")
    if wanted == "sigv4" or (gateway and not wanted and not token):
        return SigV4(gateway[1] if gateway else "")
    if wanted == "token" and not token:
        raise Unusable(f"{AUTH} is token, but MODELYARD_TOKEN is not set", field="MODELYARD_TOKEN")
    return Bearer(token) if token and wanted != "none" else Anonymous()
