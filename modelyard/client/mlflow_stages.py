"""Stages of MLflow's versions, followed here as long as nobody but imports moves them here."""

from modelyard.client.api import Api
from modelyard.client.errors import TransitionRefused
from modelyard.client.event_calls import EventCalls
from modelyard.client.mlflow_reports import BROUGHT, PLANNED, THERE, ImportedVersion
from modelyard.client.mlflow_server import ModelVersion
from modelyard.client.version_calls import VersionCalls
from modelyard.contract.responses import VersionResponse

STAGES = {"staging": "staging", "production": "production", "archived": "archived"}
"""MLflow's stages, in lower case, as stages here. `None` is where every version begins."""

FIRST_STAGE = "development"
AS_THERE = "as in MLflow"
"""The reason that an import gives for a move, by which it is known as one."""


class Stages:
    """Where the versions of one model stand here."""

    def __init__(self, api: Api, name: str, *, dry_run: bool) -> None:
        self._versions, self._events = VersionCalls(api), EventCalls(api)
        self._name = name
        self._dry_run = dry_run

    def bring(self, version: ModelVersion, report: ImportedVersion, known: VersionResponse | None) -> None:
        """Let the version stand where it stands there; where somebody moved it here, tell that it does not."""
        wanted = STAGES.get(version.current_stage.lower(), FIRST_STAGE)
        if report.outcome == PLANNED:
            report.stage = wanted
        elif report.outcome in {BROUGHT, THERE}:
            report.stage = known.stage if known and known.version == report.version else FIRST_STAGE
        if report.version is None or report.outcome not in {BROUGHT, THERE} or report.stage == wanted:
            return
        if report.outcome == THERE and self._was_moved(report.version):
            report.notes.append(f"stage: {version.current_stage} in MLflow; it was moved to {report.stage} here")
        elif self._dry_run:
            report.notes.append(f"stage: would move from {report.stage} to {wanted}")
        else:
            self._move(version, report, report.version, wanted)

    def _move(self, version: ModelVersion, report: ImportedVersion, number: int, wanted: str) -> None:
        before = report.stage
        try:
            report.stage = self._versions.transition(self._name, number, wanted, comment=AS_THERE).stage
        except TransitionRefused as error:
            report.notes.append(f"stage {version.current_stage}: {error.detail}")
            return
        if report.outcome == THERE:
            report.notes.append(f"stage: moved from {before} to {wanted}, as in MLflow")

    def _was_moved(self, number: int) -> bool:
        """Whether anybody but an import ever moved the version, a replacement by another one included."""
        events = self._events.history(self._name, number)
        return any("stage" in event.before and event.reason != AS_THERE for event in events)
