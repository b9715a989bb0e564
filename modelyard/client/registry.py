"""The way into the SDK: `Registry` speaks to one registry, `push` and `pull` move whole models."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, Unpack

from modelyard.client.alias_calls import AliasCalls
from modelyard.client.api import TOKEN, Api, registry_url
from modelyard.client.attestation_calls import AttestationCalls
from modelyard.client.attesting import attest, hash_vouchers, wait_until_checked
from modelyard.client.comparison_calls import ComparisonCalls
from modelyard.client.errors import Unusable, VersionRefused
from modelyard.client.evaluating import described, evaluate, hash_attachments
from modelyard.client.evaluation_calls import EvaluationCalls, ReportFacts, report_request
from modelyard.client.event_calls import EventCalls
from modelyard.client.import_calls import ImportCalls
from modelyard.client.inspection_calls import InspectionCalls
from modelyard.client.lineage_calls import LineageCalls
from modelyard.client.mlflow_reports import ImportedModel, Told, Waiting, in_silence, nobody
from modelyard.client.model_calls import ModelCalls
from modelyard.client.network import HttpTransport
from modelyard.client.progress import SILENT, Progress
from modelyard.client.pulling import Pulled, Pulling, pull
from modelyard.client.pushing import REFUSED_STATES, Pushing, push, wait_until_proven
from modelyard.client.retrying import Backoff
from modelyard.client.search_calls import SearchCalls
from modelyard.client.signing import choose_signer
from modelyard.client.transport import Transport
from modelyard.client.version_calls import VersionCalls, VersionFacts
from modelyard.contract.evaluations import EvaluationResponse
from modelyard.contract.responses import VersionResponse

if TYPE_CHECKING:
    from modelyard.client.bundle_import import Imported
    from modelyard.client.exporting import Exported

CONNECTIONS = 12
"""How many parts travel at once, unless told otherwise."""


class Registry(
    ModelCalls,
    VersionCalls,
    EventCalls,
    LineageCalls,
    SearchCalls,
    AliasCalls,
    EvaluationCalls,
    ComparisonCalls,
    ImportCalls,
    InspectionCalls,
    AttestationCalls,
):
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
        signature: str | os.PathLike[str] | None = None,
        provenance: str | os.PathLike[str] | None = None,
        **facts: Unpack[VersionFacts],
    ) -> VersionResponse:
        """Register the files as the next version of the model `name`, made if need be, and send what storage lacks.

        One folder alone gives its contents; of several paths each keeps its own last name. Returns the version once it
        is ready, or once everything is sent if `wait` is false. Raises VersionRefused when it ends as anything else,
        StillVerifying after `timeout` seconds of waiting, FileChanged when a file is written to meanwhile. A push that
        is interrupted and called again with the same files and facts goes on with the same version, and sends no part
        twice. The files `signature` and `provenance` are kept with the version, as `attest` says, and are none of its
        own.
        """
        listed = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
        how = Pushing(self._connections, wait, timeout, follow_links, hashing, sending, signature, provenance)
        return push(self._api, name, listed, facts, how)

    def pull(
        self,
        reference: str,
        destination: str | os.PathLike[str],
        *,
        force: bool = False,
        quarantined: bool = False,
        progress: Progress = SILENT,
    ) -> Pulled:
        """Fetch the files of the ready version that `reference` stands for into the folder `destination`.

        Every byte is proven before a file gets its name. Files that are there already and right are kept; files that
        differ are replaced only under `force`, else DestinationTaken. A pull that is interrupted and called again
        fetches no proven part twice. With `quarantined`, the version NAME/NUMBER, which is quarantined, for who is to
        judge it.
        """
        how = Pulling(self._connections, force, progress, quarantined=quarantined)
        return pull(self._api, reference, destination, how)

    def wait(self, name: str, number: int, *, timeout: float = 3600) -> VersionResponse:
        """The version once its bytes are proven and no proof is pending.

        Raises VersionRefused when it ends as anything but ready, StillVerifying after `timeout` seconds.
        """
        version = wait_until_proven(self._api, self.get_version(name, number), seconds=timeout)
        if version.state in REFUSED_STATES:
            raise VersionRefused(version)
        return version

    def attest(
        self,
        name: str,
        number: int,
        *,
        signature: str | os.PathLike[str] | None = None,
        provenance: str | os.PathLike[str] | None = None,
        wait: bool = True,
        timeout: float = 600,
    ) -> VersionResponse:
        """Keep a signature (an OpenSSF model-signing bundle) or provenance (an in-toto statement) with a version.

        Returns the version once they are checked, or once they are sent if `wait` is false: its `signed` and
        `provenance` say what they are worth. Raises StillVerifying after `timeout` seconds of waiting. A call that is
        interrupted and made again goes on with the same files.
        """
        vouchers = hash_vouchers(signature, provenance)
        if not vouchers:
            raise Unusable("give a signature, provenance or both", field="signature")
        version = attest(self._api, name, number, vouchers, connections=self._connections)
        return wait_until_checked(self._api, version, seconds=timeout) if wait else version

    def check_signatures(self, name: str, number: int, *, timeout: float = 600) -> VersionResponse:
        """The version once its attestations are checked again, by those whom the registry trusts today.

        Raises StillVerifying after `timeout` seconds; NotFound when it has none.
        """
        return wait_until_checked(self._api, self.check_attestations(name, number), seconds=timeout)

    def evaluate(
        self,
        name: str,
        number: int,
        metrics: Mapping[str, float],
        *,
        attach: Sequence[str | os.PathLike[str]] = (),
        **facts: Unpack[ReportFacts],
    ) -> EvaluationResponse:
        """Report how well a version does, and keep the files `attach` (at most 20, of 16 MiB each) with the report.

        The version's own metrics then have the reported values, unless the report is about a slice. DirectionConflict
        when other values of a metric are better than was said before. A call that is interrupted and made again with
        the same metrics, facts and files goes on with the same report.
        """
        hashed = hash_attachments(attach)
        body = report_request(metrics, facts, described(hashed))
        return evaluate(self._api, name, number, body, hashed, connections=self._connections)

    def import_mlflow(
        self,
        url: str,
        names: Sequence[str] = (),
        *,
        prefix: str = "",
        artifacts: str | os.PathLike[str] | None = None,
        dry_run: bool = False,
        fetching: Progress = SILENT,
        sending: Progress = SILENT,
        told: Told = nobody,
        waiting: Waiting = in_silence,
    ) -> list[ImportedModel]:
        """Bring over what an MLflow server has registered, or of it the models `names`; tell what became of each.

        Models, versions, descriptions, tags, stages, aliases and files, and what the runs of versions logged. A version
        whose files cannot be had is left behind with the reason; the others go on. Repeated, it brings what is new.
        `artifacts` is a folder of this machine in which MLflow keeps files that its server does not hand out. Names
        begin with `prefix` here. Of several imports on one machine one at a time brings a model: `waiting` is told of
        each model that has to wait for another. Credentials are taken from MLFLOW_TRACKING_TOKEN, or _USERNAME and
        _PASSWORD.
        """
        from modelyard.client.mlflow_import import (  # noqa: PLC0415 -- a push should not wait for it
            Importing,
            import_mlflow,
        )

        root = None if artifacts is None else Path(artifacts)
        how = Importing(self._connections, tuple(names), prefix, root, dry_run, fetching, sending, told, waiting)
        return import_mlflow(self._api, url, how)

    def export_bundle(
        self,
        bundle: str | os.PathLike[str],
        names: Sequence[str] = (),
        *,
        force: bool = False,
        progress: Progress = SILENT,
    ) -> "Exported":
        """Write models (all, or `names`) with journals, files and bytes into a folder, or a tar if it ends in `.tar`.

        Each model is as it was at one moment, though others write. What lies in the folder and is right is not fetched
        again, so that an export which was interrupted goes on, and a bundle is brought up to date. TargetTaken when
        anything else is there, unless `force` is given. Hindered when a model changes faster than it is read.
        """
        from modelyard.client.exporting import export  # noqa: PLC0415 -- a push should not wait for it

        return export(self._api, bundle, names, connections=self._connections, force=force, progress=progress)

    def import_bundle(
        self,
        bundle: str | os.PathLike[str],
        *,
        dry_run: bool = False,
        checking: Progress = SILENT,
        sending: Progress = SILENT,
    ) -> "Imported":
        """Bring the models of a bundle into this registry, with ids, journals and bytes as they are.

        The bundle is checked first, every byte of it: BadBundle tells what does not hold. A model that is here is gone
        on with where its journal ends; one whose journal differs, or whose name is taken, is left behind with the
        reason. Safe to repeat after an interruption.
        """
        from modelyard.client.bundle_import import import_bundle  # noqa: PLC0415 -- as above

        return import_bundle(
            self._api,
            bundle,
            connections=self._connections,
            dry_run=dry_run,
            checking=checking,
            sending=sending,
        )

    def close(self) -> None:
        """Let go of the connections."""
        self._api.transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
