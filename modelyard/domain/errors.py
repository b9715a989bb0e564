"""Every refusal the registry can give, named for the state that caused it.

RegistryError
├── Malformed             the request could not be read at all
├── Invalid               a field breaks a rule
│   ├── DigestMismatch
│   ├── KeyReused         an Idempotency-Key came back with another body
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
│   ├── AliasMoved        an alias stands for another version than was expected
│   ├── JournalDiverged   entries from elsewhere do not go on where the stored journal ends
│   ├── DirectionConflict a metric is said to be better the other way round than before
│   ├── InUse             a stage or an alias needs what is to be deleted
│   └── Contended         others kept changing the same model; try again
├── PreconditionFailed    If-Match named another revision
├── Gone
│   ├── UploadExpired
│   └── Deleted           it is deleted, and can be restored until it is purged
├── TooLarge
├── Throttled
└── Internal
"""

from collections.abc import Mapping
from typing import Any, ClassVar


class RegistryError(Exception):
    """A refusal: `code` is one of a few, the class name says which state, `facts` explain it."""

    code: ClassVar[str] = "internal"

    def __init__(self, detail: str, *, field: str | None = None, **facts: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.field = field
        self.facts: Mapping[str, Any] = facts

    @property
    def kind(self) -> str:
        """The name of the refusal, as problem documents and clients spell it."""
        return type(self).__name__


class Malformed(RegistryError):
    code = "malformed"


class Invalid(RegistryError):
    code = "invalid"


class DigestMismatch(Invalid):
    pass


class KeyReused(Invalid):
    pass


class SearchTooWide(Invalid):
    pass


class Unauthenticated(RegistryError):
    code = "unauthenticated"


class Forbidden(RegistryError):
    code = "forbidden"


class NotFound(RegistryError):
    code = "not_found"


class MethodNotAllowed(RegistryError):
    code = "method_not_allowed"


class Conflict(RegistryError):
    code = "conflict"


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


class PreconditionFailed(RegistryError):
    code = "precondition_failed"


class Gone(RegistryError):
    code = "gone"


class UploadExpired(Gone):
    pass


class Deleted(Gone):
    pass


class TooLarge(RegistryError):
    code = "too_large"


class Throttled(RegistryError):
    code = "throttled"


class Internal(RegistryError):
    pass
