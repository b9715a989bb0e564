"""A push, whole: find and hash the files, register, send what is missing, complete, wait for the proof."""

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from modelyard.client.api import Api
from modelyard.client.attesting import attest, hash_vouchers, wait_until_checked
from modelyard.client.errors import (
    AlreadyExists,
    Forbidden,
    Gone,
    Invalid,
    KeyReused,
    Malformed,
    NotFound,
    StillVerifying,
    TooLarge,
    Unauthenticated,
    Unusable,
    UploadIncomplete,
    VersionNotReady,
    VersionRefused,
)
from modelyard.client.hashing import Hashed, hash_sources
from modelyard.client.model_calls import ModelCalls
from modelyard.client.progress import SILENT, Progress
from modelyard.client.remembering import Remembered, remember
from modelyard.client.sending import Sending
from modelyard.client.version_calls import VersionCalls, VersionFacts, version_request
from modelyard.client.walking import find_sources
from modelyard.contract.requests import CreateVersionRequest, FileRequest
from modelyard.contract.responses import RegisteredResponse, UploadPageResponse, VersionResponse

REFUSED_STATES = frozenset({"rejected", "quarantined", "deleted"})
_FINAL = (Forbidden, Invalid, Malformed, TooLarge, Unauthenticated)
"""Refusals after which nothing was registered, for certain."""

_FIRST_LOOK = 0.02
_LONGEST_LOOK = 2.0
_GROWTH = 1.5
_MOST_ROUNDS = 5
"""How often the registry may find something missing after everything it asked for was sent."""


@dataclass(frozen=True, slots=True)
class Pushing:
    """How a push goes: links followed out of the tree or not, how it is waited for, who is told how far it is.

    `signature` and `provenance` are files to keep with the version, and not among its own.
    """

    connections: int
    wait: bool = True
    seconds: float = 3600
    follow_links: bool = False
    hashing: Progress = SILENT
    sending: Progress = SILENT
    signature: str | os.PathLike[str] | None = None
    provenance: str | os.PathLike[str] | None = None


def push(
    api: Api, name: str, paths: Sequence[str | os.PathLike[str]], facts: VersionFacts, how: Pushing
) -> VersionResponse:
    """As Registry.push says."""
    vouchers = hash_vouchers(how.signature, how.provenance)
    beside = {voucher.hashed.source.real for voucher in vouchers}
    sources = [each for each in find_sources(paths, follow_links=how.follow_links) if each.real not in beside]
    if not sources:
        raise Unusable("there is no file to push beside what vouches for it", field="paths")
    hashed = hash_sources(sources, progress=how.hashing)
    body = version_request([_file(one) for one in hashed], facts)
    one_push = _Push(api, name, body, hashed, how)
    with remember(api.url, name, body.model_dump_json().encode()) as memory:
        version = one_push.run(memory)
        if vouchers:
            # One that is rejected by now is told of as such, below.
            with suppress(VersionNotReady):
                version = attest(api, version.name, version.version, vouchers, connections=how.connections)
        if how.wait:
            version = wait_until_proven(api, version, seconds=how.seconds)
            version = wait_until_checked(api, version, seconds=how.seconds)
        memory.forget()
    if version.state in REFUSED_STATES:
        raise VersionRefused(version)
    return version


def _file(one: Hashed) -> FileRequest:
    parts = one.parts if len(one.parts) > 1 else []
    return FileRequest(path=one.source.path, size=one.size, digest=one.digest, parts=parts)


class _Push:
    """One push, its files hashed."""

    def __init__(self, api: Api, name: str, body: CreateVersionRequest, hashed: Sequence[Hashed], how: Pushing) -> None:
        self._name = name
        self._body = body
        self._how = how
        self._models = ModelCalls(api)
        self._versions = VersionCalls(api)
        self._sending = Sending(api.transport, api.backoff, hashed, connections=how.connections, progress=how.sending)

    def run(self, memory: Remembered) -> VersionResponse:
        """The version, sent and completed. One that an earlier push left is gone on with, if that is possible."""
        if memory.resumed:
            if version := self._go_on(memory.key):
                return version
            memory.start_anew()
        try:
            registered = self._register(memory.key)
        except _FINAL:
            memory.forget()
            raise
        return self._send(registered.version, registered.uploads)

    def _go_on(self, key: str) -> VersionResponse | None:
        """The version that an earlier push left, sent and completed; None when it is past using."""
        try:
            left = self._register(key).version
            version = self._versions.get_version(left.name, left.version)
            return None if version.state in REFUSED_STATES else self._send(version, None)
        except (Gone, KeyReused, NotFound, VersionNotReady):
            return None

    def _register(self, key: str) -> RegisteredResponse:
        try:
            return self._versions.register_version(self._name, self._body, key=key)
        except NotFound:
            self._create()
        return self._versions.register_version(self._name, self._body, key=key)

    def _create(self) -> None:
        try:
            self._models.create_model(self._name)
        except AlreadyExists:
            return

    def _send(self, version: VersionResponse, first: UploadPageResponse | None) -> VersionResponse:
        """Send what is missing and complete the version; one that is past uploading is left alone."""
        if version.state != "uploading":
            return version
        pages = partial(self._versions.uploads, version.name, version.version)
        try:
            for left in reversed(range(_MOST_ROUNDS)):
                self._sending.send_missing(pages, first)
                first = None
                try:
                    version = self._versions.complete(version.name, version.version)
                    break
                except UploadIncomplete:
                    if not left:
                        raise
        finally:
            self._how.sending.finished()
        return version


def wait_until_proven(api: Api, version: VersionResponse, *, seconds: float) -> VersionResponse:
    """The version once it is past verifying and no proof is pending; StillVerifying after `seconds`."""
    versions = VersionCalls(api)
    pause, deadline = _FIRST_LOOK, time.monotonic() + seconds
    while version.state in {"uploading", "verifying"} or version.proof_pending:
        if time.monotonic() >= deadline:
            raise StillVerifying(version, seconds)
        api.backoff.sleep(min(pause, max(0.0, deadline - time.monotonic())))
        pause = min(pause * _GROWTH, _LONGEST_LOOK)
        version = versions.get_version(version.name, version.version)
    return version
