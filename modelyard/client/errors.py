"""Everything the client raises, beside the OSErrors of the local disk.

ModelyardError
├── Unreachable               nobody answered, or the connection broke, as often as it was tried
├── BadAnswer                 what answered does not speak as a registry does
├── Unusable                  an argument, a setting or a local path that cannot be used
├── Hindered                  this machine stands in the way: no room on the disk, another pull at work
├── FileChanged               a file changed while it was being pushed
├── VersionRefused            a pushed or verified version was rejected or quarantined
├── StillVerifying            the version was not proven within the time given
├── StorageRefused            storage would not take or give bytes
├── CorruptDownload           bytes from storage are not those of the manifest
├── DestinationTaken          a pull would overwrite something else
└── Refused                   the registry said no, in a problem document
    ├── Malformed             the request could not be read at all
    ├── Invalid               a field breaks a rule
    │   ├── DigestMismatch
    │   ├── KeyReused
    │   └── SearchTooWide     an order would take sorting too much
    ├── Unauthenticated
    ├── Forbidden
    ├── NotFound
    ├── MethodNotAllowed
    ├── Conflict              the facts do not allow it now
    │   ├── AlreadyExists
    │   ├── UploadIncomplete
    │   ├── VersionNotReady
    │   ├── TransitionRefused
    │   ├── AliasMoved
    │   ├── JournalDiverged
    │   ├── DirectionConflict
    │   ├── InUse
    │   └── Contended
    ├── PreconditionFailed    If-Match named another revision
    ├── Gone
    │   ├── UploadExpired
    │   └── Deleted
    ├── TooLarge
    ├── Throttled
    └── Internal
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from modelyard.contract.codes import CODE
from modelyard.contract.responses import ProblemResponse, VersionResponse


class ModelyardError(Exception):
    """Whatever keeps the client from doing what it was asked. `hint` says what the user can do, if anything."""

    def __init__(self, detail: str, *, hint: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.hint = hint

    @property
    def kind(self) -> str:
        """The name of the failure."""
        return type(self).__name__


class Unreachable(ModelyardError):
    """No answer. `transient` is false when trying again cannot help, as with a wrong certificate."""

    def __init__(self, detail: str, *, hint: str = "", transient: bool = True) -> None:
        super().__init__(detail, hint=hint)
        self.transient = transient


class BadAnswer(ModelyardError):
    pass


class Unusable(ModelyardError):
    """`field` names the argument or setting at fault, where there is one."""

    def __init__(self, detail: str, *, field: str | None = None, hint: str = "") -> None:
        super().__init__(detail, hint=hint)
        self.field = field


class Hindered(ModelyardError):
    pass


class FileChanged(ModelyardError):
    pass


class VersionRefused(ModelyardError):
    """`version` is the version as it stands; `version.refusal` says why."""

    def __init__(self, version: VersionResponse) -> None:
        reasons = "; ".join(version.refusal) or "the registry gives no reason"
        name = f"{version.name}/{version.version}"
        found = version.inspected is not None and bool(version.inspected.found)
        more = "; a reviewer releases or rejects it" if version.state == "quarantined" else ""
        hint = f"`modelyard findings {name}` tells what was found{more}" if found else ""
        super().__init__(f"{name} is {version.state}: {reasons}", hint=hint)
        self.version = version


class StillVerifying(ModelyardError):
    """`version` is the version as it was last seen."""

    def __init__(self, version: VersionResponse, seconds: float) -> None:
        super().__init__(f"{version.name}/{version.version} is not proven after {seconds:.0f} seconds")
        self.hint = f"it goes on without you: look again with `modelyard show {version.name}/{version.version}`"
        self.version = version


class StorageRefused(ModelyardError):
    """`status` is storage's HTTP status, `retry_after` the seconds it asked to wait."""

    def __init__(self, detail: str, *, status: int, retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.retry_after = retry_after


class CorruptDownload(ModelyardError):
    pass


class DestinationTaken(ModelyardError):
    """`paths` are the files in the way."""

    def __init__(self, paths: list[str]) -> None:
        shown = ", ".join(repr(path) for path in paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
        hint = "pull into another folder, or give --force to replace files"
        super().__init__(f"something else stands where the pull would write: {shown}", hint=hint)
        self.paths = paths


class Refused(ModelyardError):
    """A problem document (RFC 9457), as an exception."""

    def __init__(self, problem: ProblemResponse, *, request_id: str = "", retry_after: float | None = None) -> None:
        super().__init__(problem.detail or problem.title)
        self.status = problem.status
        self.code = problem.code
        self.field = problem.field
        self.facts: Mapping[str, Any] = problem.facts
        self.request_id = request_id
        self.retry_after = retry_after
        self._kind = problem.kind

    @property
    def kind(self) -> str:
        """The refusal's name as the registry spells it, which this client may not know as a class."""
        return self._kind or type(self).__name__


class Malformed(Refused):
    pass


class Invalid(Refused):
    pass


class DigestMismatch(Invalid):
    pass


class KeyReused(Invalid):
    pass


class SearchTooWide(Invalid):
    pass


class Unauthenticated(Refused):
    pass


class Forbidden(Refused):
    pass


class NotFound(Refused):
    pass


class MethodNotAllowed(Refused):
    pass


class Conflict(Refused):
    pass


class AlreadyExists(Conflict):
    pass


class UploadIncomplete(Conflict):
    pass


class VersionNotReady(Conflict):
    pass


class TransitionRefused(Conflict):
    pass


class AliasMoved(Conflict):
    pass


class JournalDiverged(Conflict):
    pass


class DirectionConflict(Conflict):
    pass


class InUse(Conflict):
    pass


class Contended(Conflict):
    pass


class PreconditionFailed(Refused):
    pass


class Gone(Refused):
    pass


class UploadExpired(Gone):
    pass


class Deleted(Gone):
    pass


class TooLarge(Refused):
    pass


class Throttled(Refused):
    pass


class Internal(Refused):
    pass


def _below(parent: type[Refused]) -> Iterator[type[Refused]]:
    for child in parent.__subclasses__():
        yield child
        yield from _below(child)


_BY_KIND = {child.__name__: child for child in _below(Refused)}
_BY_CODE: dict[str, type[Refused]] = {
    "malformed": Malformed,
    "unauthenticated": Unauthenticated,
    "forbidden": Forbidden,
    "not_found": NotFound,
    "method_not_allowed": MethodNotAllowed,
    "conflict": Conflict,
    "gone": Gone,
    "precondition_failed": PreconditionFailed,
    "too_large": TooLarge,
    "invalid": Invalid,
    "throttled": Throttled,
    "internal": Internal,
}


def refusal(status: int, body: bytes, *, request_id: str = "", retry_after: float | None = None) -> Refused:
    """The exception for an answer that is no success: by the refusal's name, else its code, else its status."""
    problem = _problem(status, body)
    raised = _BY_KIND.get(problem.kind) or _BY_CODE.get(problem.code, Internal)
    return raised(problem, request_id=request_id, retry_after=retry_after)


def _problem(status: int, body: bytes) -> ProblemResponse:
    try:
        return ProblemResponse.model_validate_json(body)
    except ValidationError:
        return ProblemResponse(
            type="about:blank",
            title=f"HTTP {status}",
            status=status,
            detail=_gateway_message(body) or f"the answer was HTTP {status}, without a reason",
            instance="",
            code=CODE.get(status, "internal"),
            kind="",
        )


def _gateway_message(body: bytes) -> str:
    """What API Gateway says when it refuses a request itself: `{"message": …}`."""
    try:
        message = json.loads(body)["message"]
    except (ValueError, LookupError, TypeError):
        return ""
    return message if isinstance(message, str) else ""
