"""The way into the SDK: `Registry` speaks to one registry, `push` and `pull` move whole models."""

import os
from collections.abc import Sequence
from types import TracebackType
from typing import Self, Unpack

from modelyard.client.api import TOKEN, Api, registry_url
from modelyard.client.errors import Unusable, VersionRefused
from modelyard.client.event_calls import EventCalls
from modelyard.client.model_calls import ModelCalls
from modelyard.client.network import HttpTransport
from modelyard.client.progress import SILENT, Progress
from modelyard.client.pulling import Pulled, Pulling, pull
from modelyard.client.pushing import REFUSED_STATES, Pushing, push, wait_until_proven
from modelyard.client.retrying import Backoff
from modelyard.client.signing import choose_signer
from modelyard.client.transport import Transport
from modelyard.client.version_calls import VersionCalls, VersionFacts
from modelyard.contract.responses import VersionResponse

CONNECTIONS = 12
"""How many parts travel at once, unless told otherwise."""


class Registry(ModelCalls, VersionCalls, EventCalls):
    """A registry, by its address. Safe to use from several threads; close it, or use it as a context manager.

    `url` and `token` are taken from MODELYARD_URL (default http://127.0.0.1:8080) and MODELYARD_TOKEN when not given.
    Calls are tried again when trying again is safe and may help, as `backoff` says. Every method raises what
    `modelyard.client.errors` draws.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        transport: Transport | None = None,
        backoff: Backoff | None = None,
        connections: int = CONNECTIONS,
    ) -> None:
        if connections < 1:
            raise Unusable("a transfer needs at least one connection", field="connections")
        known = registry_url(url)
        signer = choose_signer(known, token if token is not None else os.environ.get(TOKEN, ""))
        super().__init__(Api(known, transport or HttpTransport(connections=connections), signer, backoff or Backoff()))
        self._connections = connections

    @property
    def url(self) -> str:
        """The registry's address."""
        return self._api.url

    def push(
        self,
        name: str,
        paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
        *,
        wait: bool = True,
        timeout: float = 3600,
        follow_links: bool = False,
        hashing: Progress = SILENT,
        sending: Progress = SILENT,
        **facts: Unpack[VersionFacts],
    ) -> VersionResponse:
        """Register the files as the next version of the model `name`, made if need be, and send what storage lacks.

        One folder alone gives its contents; of several paths each keeps its own last name. Returns the version once it
        is ready, or once everything is sent if `wait` is false. Raises VersionRefused when it ends as anything else,
        StillVerifying after `timeout` seconds of waiting, FileChanged when a file is written to meanwhile. A push that
        is interrupted and called again with the same files and facts goes on with the same version, and sends no part
        twice.
        """
        listed = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
        how = Pushing(self._connections, wait, timeout, follow_links, hashing, sending)
        return push(self._api, name, listed, facts, how)

    def pull(
        self,
        reference: str,
        destination: str | os.PathLike[str],
        *,
        force: bool = False,
        progress: Progress = SILENT,
    ) -> Pulled:
        """Fetch the files of the ready version that `reference` stands for into the folder `destination`.

        Every byte is proven before a file gets its name. Files that are there already and right are kept; files that
        differ are replaced only under `force`, else DestinationTaken. A pull that is interrupted and called again
        fetches no proven part twice.
        """
        return pull(self._api, reference, destination, Pulling(self._connections, force, progress))

    def wait(self, name: str, number: int, *, timeout: float = 3600) -> VersionResponse:
        """The version once its bytes are proven and no proof is pending.

        Raises VersionRefused when it ends as anything but ready, StillVerifying after `timeout` seconds.
        """
        version = wait_until_proven(self._api, self.get_version(name, number), seconds=timeout)
        if version.state in REFUSED_STATES:
            raise VersionRefused(version)
        return version

    def close(self) -> None:
        """Let go of the connections."""
        self._api.transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
