"""Aliases brought over from MLflow, where the registry that they are brought to has any."""

from modelyard.client.alias_calls import AliasCalls
from modelyard.client.api import Api
from modelyard.client.errors import MethodNotAllowed, NotFound, Refused
from modelyard.client.mlflow_reports import BROUGHT, DELETED, PLANNED, THERE, ImportedAlias, ImportedVersion
from modelyard.client.mlflow_server import Alias


class Aliases:
    """The aliases of one model here."""

    def __init__(self, api: Api, name: str, *, dry_run: bool) -> None:
        self._calls = AliasCalls(api)
        self._name = name
        self._dry_run = dry_run
        self._known: dict[str, int | None] | None = None

    def bring(self, alias: Alias, version: ImportedVersion | None) -> ImportedAlias:
        """Let the alias stand for the version here. One that stands for another here is left as it is."""
        report = ImportedAlias(alias.alias, alias.version)
        if version is not None and version.outcome == DELETED:
            report.outcome, report.version, report.reason = DELETED, version.version, "its version was deleted here"
            return report
        if version is None or version.outcome not in {BROUGHT, THERE, PLANNED}:
            report.reason = f"version {alias.version} was left behind"
            return report
        report.version = version.version
        if self._dry_run:
            report.outcome = PLANNED
            return report
        try:
            self._set(report)
        except Refused as error:
            report.reason = error.detail
        return report

    def _set(self, report: ImportedAlias) -> None:
        known = self._there()
        if known is None:
            report.reason = "this registry has no aliases"
        elif known.get(report.alias) == report.version:
            report.outcome = THERE
        elif report.alias in known:
            report.reason = f"it stands for version {known[report.alias]} here"
        else:
            number = report.version or 0
            self._calls.set_alias(self._name, report.alias, number, expect=None, comment="as in MLflow")
            report.outcome = BROUGHT

    def _there(self) -> dict[str, int | None] | None:
        """Which aliases stand for which versions; None when the registry knows none of the kind."""
        if self._known is None:
            try:
                found = self._calls.list_aliases(self._name)
            except (NotFound, MethodNotAllowed):
                return None
            self._known = {each.alias: each.version for each in found}
        return self._known
