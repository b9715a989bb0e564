"""What was brought of a model of MLflow's before, by where it came from: what is deleted here is not brought again."""

from collections.abc import Iterable
from dataclasses import dataclass

from modelyard.client.api import Api
from modelyard.client.event_calls import EventCalls
from modelyard.client.mlflow_facts import SOURCE
from modelyard.client.version_calls import VersionCalls
from modelyard.contract.responses import ModelResponse, VersionResponse

_USABLE = ("uploading", "deleted", "verifying", "ready")
"""States in the order in which a version that was brought is preferred to others of the same source."""

_ARRIVED = frozenset({"verifying", "ready", ""})
"""States before a deletion in which a version had all its bytes. What never came whole can be brought again."""


@dataclass(frozen=True, slots=True)
class Here:
    """A version that was brought; `gone` says why it is not to be looked at, where it is deleted or purged."""

    number: int
    version: VersionResponse | None
    gone: str = ""


def find_here(api: Api, model: ModelResponse) -> dict[str, Here]:
    """What was brought of a model, by its source; of several versions the one that is of most use.

    Of what is purged the journal alone tells. It is read only if there is any.
    """
    listed = list(VersionCalls(api).list_versions(model.name, deleted=True))
    found = {source: _here(version) for source, version in _by_source(filter(_came, listed)).items()}
    numbers = {version.version for version in listed}
    if len(numbers) < model.versions:
        found = _purged(api, model, numbers) | found
    return found


def _came(version: VersionResponse) -> bool:
    return version.deleted is None or version.deleted.state in _ARRIVED


def _here(version: VersionResponse) -> Here:
    gone = f"it was deleted here, and can be restored until {version.deleted.purge_at}" if version.deleted else ""
    return Here(version.version, version, gone)


def _by_source(versions: Iterable[VersionResponse]) -> dict[str, VersionResponse]:
    found: dict[str, VersionResponse] = {}
    for version in versions:
        source = version.tags.get(SOURCE)
        if source is not None and (source not in found or _use(version) > _use(found[source])):
            found[source] = version
    return found


def _use(version: VersionResponse) -> int:
    return _USABLE.index(version.state) if version.state in _USABLE else -1


def _purged(api: Api, model: ModelResponse, there: set[int]) -> dict[str, Here]:
    """Versions that are purged, and were ready once, by the source that they were registered with."""
    sources: dict[int, str] = {}
    found: dict[str, Here] = {}
    for event in EventCalls(api).history(model.id):
        if event.version is None or event.version in there:
            continue
        tags = event.after.get("tags")
        if event.type == "version.registered" and isinstance(tags, dict) and isinstance(tags.get(SOURCE), str):
            sources[event.version] = tags[SOURCE]
        elif event.type == "version.verified" and event.version in sources:
            found[sources[event.version]] = Here(event.version, None, "it was deleted here, and purged")
        elif event.type == "version.rejected":
            found.pop(sources.get(event.version, ""), None)
    return found
