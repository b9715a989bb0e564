"""What was found in versions, what reviewers decide on it, and asking for another look."""

from collections.abc import Iterator

from modelyard.client.api import segment, shape_request
from modelyard.client.calls import Calls, each
from modelyard.client.search_calls import SearchCalls
from modelyard.contract.inspections import FileFindingsResponse, FindingPageResponse, ReviewRequest
from modelyard.contract.responses import FilePageResponse, VersionResponse


class InspectionCalls(Calls):
    """The API of inspections."""

    def findings(self, name: str, number: int) -> Iterator[FileFindingsResponse]:
        """The files of a version in the order of their paths, each with what it is and what was found in it."""

        def page(cursor: str | None) -> FindingPageResponse:
            return self._api.get(f"{_path(name, number)}/findings", FindingPageResponse, {"cursor": cursor})

        return each(page)

    def release(self, name: str, number: int, reason: str, *, key: str | None = None) -> VersionResponse:
        """Release a quarantined version: it is ready then. VersionNotReady when it is not quarantined."""
        body = shape_request(ReviewRequest, reason=reason)
        return self._api.post(f"{_path(name, number)}/release", VersionResponse, body, key=key)

    def reject(self, name: str, number: int, reason: str, *, key: str | None = None) -> VersionResponse:
        """Reject a quarantined version for good. VersionNotReady when it is not quarantined."""
        body = shape_request(ReviewRequest, reason=reason)
        return self._api.post(f"{_path(name, number)}/reject", VersionResponse, body, key=key)

    def inspect_version(self, name: str, number: int) -> VersionResponse:
        """Ask for an inspection by the registry's rules of today; `wait` waits for the verdict.

        A version that was inspected by them stays as it is, and no proof is pending.
        """
        return self._api.post(f"{_path(name, number)}/inspect", VersionResponse)

    def inspect_all(self, since_rules: int | None = None) -> Iterator[VersionResponse]:
        """Ask for an inspection of every version that could be pulled or released, and give each as it is then.

        With `since_rules`, of those alone that were inspected by older rules than these, or never. Called again, it
        goes on with those that are left.
        """
        older = "" if since_rules is None else f" AND NOT inspected.rules >= {since_rules}"
        for found in SearchCalls(self._api).search(f"state IN ('ready', 'quarantined'){older}"):
            yield self.inspect_version(found.name, found.version)

    def quarantined_files_page(self, name: str, number: int, cursor: str | None = None) -> FilePageResponse:
        """A page of a quarantined version's files with signed downloads, for who is to judge them."""
        return self._api.get(f"{_path(name, number)}/quarantine/files", FilePageResponse, {"cursor": cursor})


def _path(name: str, number: int) -> str:
    return f"/v1/models/{segment(name)}/versions/{number}"
