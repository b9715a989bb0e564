"""Bringing over what an MLflow server has registered: models, versions, their files, stages and aliases.

What was brought is known again by the tag `mlflow.source`, so that an import goes on where an earlier one ended, and
one that is repeated brings only what is new. Of what was brought before, the stage alone follows MLflow's, as long as
nobody else moves it. One import at a time brings a model.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from modelyard.client.api import Api
from modelyard.client.errors import (
    CorruptDownload,
    FileChanged,
    NotFound,
    Refused,
    StillVerifying,
    Unusable,
    VersionRefused,
)
from modelyard.client.mlflow_aliases import Aliases
from modelyard.client.mlflow_artifacts import Fetching, Unfetchable, find_artifacts, local_folder, locate
from modelyard.client.mlflow_facts import (
    SOURCE,
    map_name,
    model_facts,
    read_mlmodel,
    source_of,
    version_facts,
)
from modelyard.client.mlflow_here import Here, find_here
from modelyard.client.mlflow_places import one_at_a_time, work_folder
from modelyard.client.mlflow_reports import (
    BROUGHT,
    DELETED,
    LEFT,
    PLANNED,
    THERE,
    ImportedModel,
    ImportedVersion,
    Told,
    Waiting,
    in_silence,
    nobody,
)
from modelyard.client.mlflow_server import Mlflow, MlflowRefused, ModelVersion, RegisteredModel
from modelyard.client.mlflow_stages import Stages
from modelyard.client.model_calls import ModelCalls
from modelyard.client.places import open_destination
from modelyard.client.progress import SILENT, Progress, Running
from modelyard.client.pushing import REFUSED_STATES, Pushing, push, wait_until_proven
from modelyard.contract.responses import VersionResponse

PROMPT = "mlflow.prompt.is_prompt"
PATIENCE = 3600.0
"""Seconds to wait for the proof of a version."""

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
    waiting: Waiting = in_silence


def import_mlflow(api: Api, url: str, how: Importing) -> list[ImportedModel]:
    """As Registry.import_mlflow says."""
    server = Mlflow(url, api.transport, api.backoff)
    how = replace(how, fetching=Running(how.fetching), sending=Running(how.sending))
    imported = []
    for model in _wanted(server, how.names):
        alone = nullcontext(Path()) if how.dry_run else one_at_a_time(source_of(server.url, model.name), how.waiting)
        with alone as place:
            report = _Import(api, server, model, how, place).bring()
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

    def __init__(self, api: Api, server: Mlflow, model: RegisteredModel, how: Importing, place: Path) -> None:
        self._api = api
        self._server = server
        self._model = model
        self._how = how
        self._work = place
        self._models = ModelCalls(api)
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

    def _settle(self) -> Mapping[str, Here] | None:
        """See that the model is here: what was brought of it before, by its source. None if nothing is to be brought.

        Then the name is another's, or the model was deleted here.
        """
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
        if known.deleted:
            report.outcome = DELETED
            report.reason = f"it was deleted here, and can be restored until {known.deleted.purge_at}"
            return None
        return find_here(self._api, known)

    def _bring_parts(self, there: Mapping[str, Here]) -> None:
        stages = Stages(self._api, self._report.name, dry_run=self._how.dry_run)
        for version in self._server.versions(self._model.name):
            report = ImportedVersion(version.version)
            self._report.versions.append(report)
            known = there.get(source_of(self._server.url, version.name, version.version))
            try:
                self._bring_version(version, report, known)
                stages.bring(version, report, known.version if known else None)
            except _OF_A_VERSION as error:
                report.outcome = LEFT
                report.reason = error.detail + (f" ({error.hint})" if error.hint else "")
            self._how.told(self._report, report)
        numbers = {version.mlflow: version for version in self._report.versions}
        aliases = Aliases(self._api, self._report.name, dry_run=self._how.dry_run)
        self._report.aliases = [aliases.bring(alias, numbers.get(alias.version)) for alias in self._model.aliases]

    def _bring_version(self, version: ModelVersion, report: ImportedVersion, here: Here | None) -> None:
        known = here.version if here else None
        if here is not None and here.gone:
            report.outcome, report.version, report.reason = DELETED, here.number, here.gone
        elif known is not None and known.state == "ready":
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
        identity = f"{version.version}\n{version.creation_timestamp}\n{version.source}"
        with work_folder(self._work, identity, lost=_OF_A_VERSION) as folder:
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
