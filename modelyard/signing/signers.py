"""Whom a registry trusts, as its settings say it: read, and held to what a signer can be.

{"signers": [{"name": "release key", "key": "-----BEGIN PUBLIC KEY-----…"},
             {"name": "company", "roots": "-----BEGIN CERTIFICATE-----…", "subject": "build@example.com"},
             {"name": "ci", "identity": "https://github.com/…", "issuer": "https://token.actions.…"}],
 "trust_root": {…}}
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from modelyard.domain.errors import Invalid
from modelyard.domain.names import check_text
from modelyard.signing.certificates import read_roots
from modelyard.signing.envelopes import Unreadable, read_json
from modelyard.signing.keys import public_key
from modelyard.signing.transparency import read_trust_root
from modelyard.signing.trusted import Trusted, TrustedIdentity, TrustedKey, TrustedRoots

MOST_SIGNERS = 50
"""Each is tried in turn on each signature."""

LONGEST_NAME = 100
KINDS = ("key", "roots", "identity")
FIELDS: Mapping[str, frozenset[str]] = {
    "key": frozenset({"name", "key"}),
    "roots": frozenset({"name", "roots", "subject"}),
    "identity": frozenset({"name", "identity", "issuer"}),
}


@dataclass(frozen=True, slots=True)
class Signers:
    """Who is trusted, and the SHA-256 of what the settings say of them, by which results know what they rest on."""

    trusted: tuple[Trusted, ...]
    digest: str


def read_signers(raw: bytes) -> Signers:
    """The signers in a settings file. Invalid names the field that breaks a rule, and the rule."""
    try:
        known = read_json(raw)
    except Unreadable as wrong:
        raise Invalid(f"trusted signers are an object in JSON: {wrong}", field="signers") from None
    listed, root = known.get("signers"), known.get("trust_root")
    if unknown := known.keys() - {"signers", "trust_root"}:
        raise Invalid(f"{min(unknown)} is nothing that trusted signers have", field=min(unknown))
    if not isinstance(listed, list) or len(listed) > MOST_SIGNERS:
        raise Invalid(f"signers is a list of at most {MOST_SIGNERS}", field="signers")
    trust_root = _trust_root(root)
    trusted = tuple(_signer(each, trust_root, f"signers.{index}") for index, each in enumerate(listed))
    names = [each.name for each in trusted]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise Invalid(f"two signers are called {twice!r}", field="signers")
    told = json.dumps(known, sort_keys=True, separators=(",", ":")).encode()
    return Signers(trusted, hashlib.sha256(told).hexdigest())


NOBODY = Signers((), hashlib.sha256(b'{"signers":[]}').hexdigest())
"""Where no settings name anybody."""


def _trust_root(root: Any) -> bytes:
    """Sigstore's trust root in JSON, empty where none is given."""
    if root is None:
        return b""
    raw = json.dumps(root).encode()
    _readable(lambda: read_trust_root(raw), "trust_root")
    return raw


def _readable(read: Callable[[], object], field: str) -> None:
    try:
        read()
    except Unreadable as wrong:
        raise Invalid(str(wrong), field=field) from None


def _signer(told: Any, trust_root: bytes, field: str) -> Trusted:
    kinds = [kind for kind in KINDS if isinstance(told, dict) and kind in told]
    if len(kinds) != 1:
        raise Invalid("a signer has one of key, roots and identity", field=field)
    (kind,) = kinds
    if unknown := told.keys() - FIELDS[kind]:
        raise Invalid(f"a signer by {kind} has no {min(unknown)}", field=f"{field}.{min(unknown)}")
    name = _text(told, "name", field, longest=LONGEST_NAME)
    if kind == "identity":
        if not trust_root:
            raise Invalid(
                "an identity takes a trust_root beside the signers: sigstore's trusted_root.json", field=field
            )
        return TrustedIdentity(name, _text(told, "identity", field), _text(told, "issuer", field), trust_root)
    pem = _pem(told, kind, field)
    if kind == "key":
        _readable(lambda: public_key(pem), f"{field}.key")
        return TrustedKey(name, pem)
    _readable(lambda: read_roots(pem), f"{field}.roots")
    return TrustedRoots(name, pem, _text(told, "subject", field) if "subject" in told else "")


def _pem(told: dict[str, Any], name: str, field: str) -> bytes:
    value = told[name]
    if not isinstance(value, str) or "-----BEGIN " not in value:
        raise Invalid(f"{name} is text in PEM, which begins with -----BEGIN", field=f"{field}.{name}")
    return value.encode(errors="replace")


def _text(told: dict[str, Any], name: str, field: str, *, longest: int = 1_000) -> str:
    value = told.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Invalid(f"{name} is a text that is not empty", field=f"{field}.{name}")
    return check_text(value, field=f"{field}.{name}", longest=longest)
