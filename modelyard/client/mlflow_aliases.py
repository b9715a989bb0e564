"""Aliases brought over from MLflow, where the registry that they are brought to has any."""

from modelyard.client.api import Api, segment
from modelyard.client.errors import MethodNotAllowed, NotFound, Refused
from modelyard.client.mlflow_reports import BROUGHT, PLANNED, THERE, ImportedAlias, ImportedVersion
from modelyard.client.mlflow_server import Alias
from modelyard.contract.shapes import Request, Response


class SetAliasRequest(Request):
    """Let an alias stand for a version, where it stands for nobody yet."""

    version: int
    expect: int | None


class _Alias(Response):
    alias: str
    version: int | None = None


class _Aliases(Response):
    items: tuple[_Alias, ...] = ()


class Aliases:
    """The aliases of one model here."""

    def __init__(self, api: Api, name: str, *, dry_run: bool) -> None:
        self._api = api
        self._path = f"/v1/models/{segment(name)}/aliases"
        self._dry_run = dry_run
        self._known: dict[str, int | None] | None = None

    def bring(self, alias: Alias, version: ImportedVersion | None) -> ImportedAlias:
        """Let the alias stand for the version here. One that stands for another here is left as it is."""
        report = ImportedAlias(alias.alias, alias.version)
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
            body = SetAliasRequest(version=report.version or 0, expect=None)
            self._api.put(f"{self._path}/{segment(report.alias, field='alias')}", _Alias, body)
            report.outcome = BROUGHT

    def _there(self) -> dict[str, int | None] | None:
        """Which aliases stand for which versions; None when the registry knows none of the kind."""
        if self._known is None:
            try:
                page = self._api.get(self._path, _Aliases)
            except (NotFound, MethodNotAllowed):
                return None
            self._known = {each.alias: each.version for each in page.items}
        return self._known
