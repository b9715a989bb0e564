"""A registry's models taken out of one yard and brought into another, call by call, as the client does it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from modelyard.domain.digests import Digest
from tests.faults.yard import Yard

Event = dict[str, Any]
NOT_FILES = ("download",)


@dataclass
class Taken:
    """A model as it was taken: its entries, the files of its versions, and which of those have their bytes along."""

    id: str
    events: list[Event]
    manifests: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    blobs: dict[str, tuple[dict[str, Any], bytes]] = field(default_factory=dict)
    withheld: list[int] = field(default_factory=list)

    @property
    def head(self) -> str:
        return self.events[-1]["hash"]


def take(yard: Yard, name: str) -> Taken:
    """Everything of a model."""
    model = yard.call("GET", f"/v1/models/{name}").body
    taken = Taken(model["id"], history(yard, model["id"]))
    for number in range(1, model["versions"] + 1):
        _take_version(yard, taken, number)
    return taken


def history(yard: Yard, name: str) -> list[Event]:
    """A model's journal, without the places that its entries have in this registry's feed."""
    page = yard.call("GET", f"/v1/models/{name}/history", query={"limit": "1000"}).body
    assert page["next"] is None
    return [{key: value for key, value in event.items() if key != "position"} for event in page["items"]]


def _take_version(yard: Yard, taken: Taken, number: int) -> None:
    path = f"/v1/models/{taken.id}/versions/{number}"
    answer = yard.call("GET", f"{path}/files", query={"deleted": "true"})
    if answer.status == 200:
        files = answer.body["items"]
        taken.manifests[number] = [{k: v for k, v in file.items() if k not in NOT_FILES} for file in files]
        if all(file["download"] for file in files):
            taken.blobs.update({file["digest"]: (blob_of(file), content_of(yard, file)) for file in files})
            return
    taken.withheld.append(number)


def blob_of(file: Mapping[str, Any]) -> dict[str, Any]:
    return {name: file[name] for name in ("digest", "size", "parts")}


def content_of(yard: Yard, file: Mapping[str, Any]) -> bytes:
    return yard.store.read(Digest(file["digest"]), 0, file["size"])


def send_blobs(yard: Yard, taken: Taken) -> None:
    """All bytes, as far as the registry misses them."""
    if not taken.blobs:
        return
    files = [blob for blob, _ in taken.blobs.values()]
    uploads = yard.insist("POST", "/v1/imports/blobs", {"files": files})
    assert uploads.status == 200, uploads
    for upload in uploads.body["items"]:
        yard.send(upload, taken.blobs[upload["digest"]][1])
    done = yard.insist("POST", "/v1/imports/blobs/complete", {"files": files})
    assert (done.status, done.body) == (200, {"missing": []}), done


def request(taken: Taken, events: Sequence[Event]) -> dict[str, Any]:
    """The body that brings some of the entries."""
    numbers = [event["version"] for event in events if event["type"] == "version.registered"]
    manifests = {str(number): taken.manifests[number] for number in numbers if number in taken.manifests}
    return {"model": taken.id, "events": list(events), "manifests": manifests, "withheld": taken.withheld}


def send_journal(yard: Yard, taken: Taken, *, step: int = 500) -> None:
    """All entries, so many at once, from wherever the registry is."""
    sequence = 0
    while sequence < len(taken.events):
        some = taken.events[max(0, sequence - 1) : sequence + step]
        answer = yard.insist("POST", "/v1/imports/journals", request(taken, some))
        assert answer.status == 200, answer
        assert answer.body["sequence"] > sequence
        sequence = answer.body["sequence"]
    assert answer.body["head"] == taken.head


def bring(yard: Yard, taken: Taken, *, step: int = 500) -> None:
    """Bytes first, then the journal, then whatever reacts to that."""
    send_blobs(yard, taken)
    send_journal(yard, taken, step=step)
    yard.pump()
