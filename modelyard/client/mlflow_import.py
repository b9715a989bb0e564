"""Bringing over what an MLflow server has registered: models, versions, their files, stages and aliases.

What was brought is known again by the tag `mlflow.source`, so that an import goes on where an earlier one ended, and
one that is repeated brings only what is new. Nothing that was brought before is changed.
"""

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from modelyard.client.api import Api
from modelyard.client.errors import (
    CorruptDownload,
    FileChanged,
    NotFound,
    Refused,
    StillVerifying,
    TransitionRefused,
    Unusable,
    VersionRefused,
)
from modelyard.client.event_calls import EventCalls
from modelyard.client.mlflow_aliases import Aliases
from modelyard.client.mlflow_artifacts import Fetching, Unfetchable, find_artifacts, local_folder, locate
from modelyard.client.mlflow_facts import (
    SOURCE,
    STAGES,
    map_name,
    model_facts,
    read_mlmodel,
    source_of,
    version_facts,
)
from modelyard.client.mlflow_reports import BROUGHT, LEFT, PLANNED, THERE, ImportedModel, ImportedVersion, Told, nobody
from modelyard.client.mlflow_server import Mlflow, MlflowRefused, ModelVersion, RegisteredModel
from modelyard.client.model_calls import ModelCalls
from modelyard.client.places import open_destination
from modelyard.client.progress import SILENT, Progress, Running
from modelyard.client.pushing import REFUSED_STATES, Pushing, push, wait_until_proven
from modelyard.client.version_calls import VersionCalls
from modelyard.contract.responses import VersionResponse

PROMPT = "mlflow.prompt.is_prompt"
FIRST_STAGE = "development"
PATIENCE = 3600.0
"""Seconds to wait for the proof of a version."""

_USABLE = ("uploading", "verifying", "ready")
"""States in the order in which a version that was brought is of use."""

_OF_A_VERSION = (
    CorruptDownload,
    FileChanged,
    MlflowRefused,
    Refused,
    StillVerifying,
    Unfetchable,
    Unusable,
    VersionRefused,
)
"""Failures that say something of one version, and nothing of those after it."""


@dataclass(frozen=True, slots=True)
class Importing:
    """How an import goes: which models, what their names begin with here, where local artifacts may be read."""

    connections: int
    names: Sequence[str] = ()
    prefix: str = ""
    artifacts: Path | None = None
    dry_run: bool = False
    fetching: Progress = SILENT
    sending: Progress = SILENT
    told: Told = nobody


def import_mlflow(api: Api, url: str, how: Importing) -> list[ImportedModel]:
    """As Registry.import_mlflow says."""
    server = Mlflow(url, api.transport, api.backoff)
    how = replace(how, fetching=Running(how.fetching), sending=Running(how.sending))
    imported = []
    for model in _wanted(server, how.names):
        report = _Import(api, server, model, how).bring()
        how.told(report, None)
        imported.append(report)
    return imported


def _wanted(server: Mlflow, names: Sequence[str]) -> Iterator[RegisteredModel]:
    missing = set(names)
    for model in server.models():
        if not names or model.name in names:
            missing.discard(model.name)
            yield model
    if missing:
        raise Unusable(f"MLflow has no model {min(missing)!r}", field="NAME")


class _Import:
    """One registered model on its way."""

    def __init__(self, api: Api, server: Mlflow, model: RegisteredModel, how: Importing) -> None:
        self._api = api
        self._server = server
        self._model = model
        self._how = how
        self._models, self._versions, self._events = ModelCalls(api), VersionCalls(api), EventCalls(api)
        self._report = ImportedModel(model.name, model.name)

    def bring(self) -> ImportedModel:
        """Everything of the model, and what became of it."""
        report = self._report
        if any(tag.key == PROMPT and tag.value.lower() == "true" for tag in self._model.tags):
            report.reason = "it is a prompt, not a model"
            return report
        try:
            report.name = map_name(self._model.name, self._how.prefix)
            there = self._settle()
            if there is not None:
                self._bring_parts(there)
        except (MlflowRefused, Refused) as error:
            report.outcome, report.reason = LEFT, error.detail
        return report

    def _settle(self) -> Mapping[str, VersionResponse] | None:
        """See that the model is here: what was brought of it before, by its source. None if the name is another's."""
        report = self._report
        description, tags, report.notes = model_facts(self._server.url, self._model)
        try:
            known = self._models.get_model(report.name)
        except NotFound:
            report.outcome = PLANNED if self._how.dry_run else BROUGHT
            if not self._how.dry_run:
                self._models.create_model(report.name, description=description, tags=tags)
            return {}
        if known.tags.get(SOURCE) != tags[SOURCE]:
            report.reason = f"there is another model {report.name!r} already: bring this one under a --prefix"
            return None
        report.outcome, report.notes = THERE, []
        return _by_source(self._versions.list_versions(report.name))

    def _bring_parts(self, there: Mapping[str, VersionResponse]) -> None:
        for version in self._server.versions(self._model.name):
            report = ImportedVersion(version.version)
            self._report.versions.append(report)
            known = there.get(source_of(self._server.url, version.name, version.version))
            try:
                self._bring_version(version, report, known)
                self._bring_stage(version, report, known)
            except _OF_A_VERSION as error:
                report.outcome = LEFT
                report.reason = error.detail + (f" ({error.hint})" if error.hint else "")
            self._how.told(self._report, report)
        numbers = {version.mlflow: version for version in self._report.versions}
        aliases = Aliases(self._api, self._report.name, dry_run=self._how.dry_run)
        self._report.aliases = [aliases.bring(alias, numbers.get(alias.version)) for alias in self._model.aliases]

    def _bring_version(self, version: ModelVersion, report: ImportedVersion, known: VersionResponse | None) -> None:
        if known is not None and known.state == "ready":
            report.outcome, report.version = THERE, known.version
        elif self._how.dry_run:
            self._place(version)
            report.outcome = PLANNED
        elif known is not None and known.state == "verifying":
            self._arrive(report, wait_until_proven(self._api, known, seconds=PATIENCE))
        else:
            self._fetch_and_push(version, report)

    def _place(self, version: ModelVersion) -> tuple[str, Path | None]:
        """Where the version's files are: on the server, and where on this machine, if they are."""
        if version.status not in {"", "READY"}:
            raise Unfetchable(f"it is {version.status} there: {version.status_message}".rstrip(": "))
        place = locate(self._server, version)
        return place, local_folder(place, self._how.artifacts)

    def _fetch_and_push(self, version: ModelVersion, report: ImportedVersion) -> None:
        place, local = self._place(version)
        if local is not None:
            self._push(version, local, report)
            return
        with _work_folder(self._server.url, version) as folder:
            self._fetch(place, folder)
            self._push(version, folder, report)

    def _fetch(self, place: str, folder: Path) -> None:
        artifacts = find_artifacts(self._server, place)
        connections, progress = self._how.connections, self._how.fetching
        with open_destination(folder) as destination:
            fetching = Fetching(self._server, self._api.backoff, connections=connections, progress=progress)
            fetching.fetch(artifacts, destination)
            destination.tidy()

    def _push(self, version: ModelVersion, folder: Path, report: ImportedVersion) -> None:
        run = self._server.run(version.run_id) if version.run_id else None
        known = version_facts(self._server.url, version, run, read_mlmodel(folder))
        report.notes = known.notes
        how = Pushing(self._how.connections, sending=self._how.sending)
        self._arrive(report, push(self._api, self._report.name, [folder], known.facts, how))

    def _arrive(self, report: ImportedVersion, version: VersionResponse) -> None:
        if version.state in REFUSED_STATES:
            raise VersionRefused(version)
        report.outcome, report.version = BROUGHT, version.version

    def _bring_stage(self, version: ModelVersion, report: ImportedVersion, known: VersionResponse | None) -> None:
        """Let the version stand where it stands there, unless it was ever moved here."""
        wanted = STAGES.get(version.current_stage.lower(), FIRST_STAGE)
        report.stage = known.stage if known else FIRST_STAGE
        if report.outcome == PLANNED:
            report.stage = wanted
        if report.stage == wanted or report.stage != FIRST_STAGE or report.version is None or self._was_moved(report):
            return
        if self._how.dry_run:
            report.notes.append(f"would move to {wanted}")
            return
        try:
            report.stage = self._versions.transition(
                self._report.name, report.version, wanted, comment="as in MLflow"
            ).stage
        except TransitionRefused as error:
            report.notes.append(f"stage {version.current_stage}: {error.detail}")

    def _was_moved(self, report: ImportedVersion) -> bool:
        if report.outcome != THERE:
            return False
        return any("stage" in event.before for event in self._events.history(self._report.name, report.version))


def _by_source(versions: Iterable[VersionResponse]) -> dict[str, VersionResponse]:
    """What was brought, by where it came from; of several versions the one that is of most use."""
    found: dict[str, VersionResponse] = {}
    for version in versions:
        source = version.tags.get(SOURCE)
        if source is not None and (source not in found or _use(version) > _use(found[source])):
            found[source] = version
    return found


def _use(version: VersionResponse) -> int:
    return _USABLE.index(version.state) if version.state in _USABLE else -1


@contextmanager
def _work_folder(url: str, version: ModelVersion, environment: Mapping[str, str] = os.environ) -> Iterator[Path]:
    """A folder for a version's files: always the same, so that what was fetched before an interruption is found.

    It is removed at the end, and when the version cannot be brought; not when the import is cut off.
    """
    identity = f"{source_of(url, version.name, version.version)}\n{version.creation_timestamp}\n{version.source}"
    cache = Path(environment.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    folder = cache / "modelyard" / "mlflow" / hashlib.sha256(identity.encode(errors="surrogatepass")).hexdigest()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        yield folder
    except _OF_A_VERSION:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)
