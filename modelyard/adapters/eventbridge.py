"""The Bus on AWS: an EventBridge event bus."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from modelyard.domain.journal import parse_instant
from modelyard.ports import PublishFailed

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

MOST_ENTRIES = 10
"""Entries in one PutEvents (EventBridge's quota)."""

MOST_BYTES = 256 * 1024
"""Bytes of all entries in one PutEvents: the older of EventBridge's quotas, which subscribers' queues share."""

TIME_BYTES = 14
"""What EventBridge counts for an entry's `Time`, however it is written."""


class _Sized(NamedTuple):
    id: str
    model: str
    entry: "PutEventsRequestEntryTypeDef"
    size: int


class EventBridgeBus:
    """Publishes to the bus named `bus`, with `source` as every event's source.

    `Detail` is the journal entry's JSON, `DetailType` its type, `Resources` the model's id. An entry too large for
    EventBridge goes out with `before` and `after` empty and `"truncated": true`; model id and sequence lead to the
    whole of it in the model's history.
    """

    def __init__(self, client_factory: "Callable[[], EventBridgeClient]", bus: str, source: str = "modelyard") -> None:
        self._client_factory = client_factory
        self._bus = bus
        self._source = source

    @cached_property
    def _client(self) -> "EventBridgeClient":
        return self._client_factory()

    def publish(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Send events in order, in as few calls as the quotas allow.

        One call holds one event of a model at most, and nothing is sent after a call of which any entry was refused,
        so no event overtakes an earlier one of its model. PublishFailed names what was refused and what was not tried.
        """
        sized = [self._fit(event) for event in events]
        sent = 0
        for chunk in _chunks(sized):
            if refused := self._put(chunk, sized[sent:]):
                later = [each.id for each in sized[sent + len(chunk) :]]
                failure = PublishFailed([chunk[place].id for place in refused] + later)
                failure.add_note("EventBridge refused: " + ", ".join(sorted(set(refused.values()))))
                raise failure
            sent += len(chunk)

    def _put(self, chunk: Sequence[_Sized], unsent: Sequence[_Sized]) -> dict[int, str]:
        """The positions of the chunk's refused entries, each with EventBridge's reason."""
        try:
            answer = self._client.put_events(Entries=[each.entry for each in chunk])
        except (BotoCoreError, ClientError) as error:
            raise PublishFailed([each.id for each in unsent]) from error
        return {place: each["ErrorCode"] for place, each in enumerate(answer["Entries"]) if each.get("ErrorCode")}

    def _fit(self, event: Mapping[str, Any]) -> _Sized:
        whole = self._measure(event)
        if whole.size <= MOST_BYTES:
            return whole
        return self._measure({**event, "before": {}, "after": {}, "truncated": True})

    def _measure(self, event: Mapping[str, Any]) -> _Sized:
        detail = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        model = event["model"]["id"]
        entry: PutEventsRequestEntryTypeDef = {
            "EventBusName": self._bus,
            "Source": self._source,
            "DetailType": event["type"],
            "Detail": detail,
            "Resources": [model],
            "Time": parse_instant(event["time"]),
        }
        counted = (self._source, event["type"], detail, model)
        return _Sized(event["id"], model, entry, TIME_BYTES + sum(len(text.encode()) for text in counted))


def _chunks(entries: Sequence[_Sized]) -> Iterator[list[_Sized]]:
    chunk: list[_Sized] = []
    for each in entries:
        if chunk and not _joins(each, chunk):
            yield chunk
            chunk = []
        chunk.append(each)
    if chunk:
        yield chunk


def _joins(each: _Sized, chunk: Sequence[_Sized]) -> bool:
    """Whether one call may take `each` as well. EventBridge may refuse any entry of a call and take the next."""
    if len(chunk) == MOST_ENTRIES or any(one.model == each.model for one in chunk):
        return False
    return sum(one.size for one in chunk) + each.size <= MOST_BYTES
