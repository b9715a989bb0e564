"""Which event wakes which function. CDK makes rules, retries and alarms of it; `modelyard serve` dispatches by it.

Data only: this module imports nothing of the project.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Http:
    """Every request to the HTTP API."""


@dataclass(frozen=True, slots=True)
class JournalStream:
    """New journal entries from the table's stream, at most `batch` at once, in order per model."""

    batch: int


@dataclass(frozen=True, slots=True)
class StorageEvents:
    """`Object Created` from the bucket, for keys that begin with `prefix`."""

    prefix: str


@dataclass(frozen=True, slots=True)
class BusEvents:
    """Events on the registry's bus of one of these types."""

    types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Schedule:
    """Every so many minutes."""

    minutes: int


Source = Http | JournalStream | StorageEvents | BusEvents | Schedule


@dataclass(frozen=True, slots=True)
class Trigger:
    """`function` is woken by `source`; a failure is tried `retries` times more and then becomes a dead letter.

    Lambda tries an event from a rule or a schedule at most twice more
    (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html).
    """

    name: str
    function: str
    source: Source
    retries: int = 0


@dataclass(frozen=True, slots=True)
class Size:
    """What a function is given: megabytes of memory and seconds to answer."""

    memory: int
    seconds: int


EVENT_SOURCE = "modelyard"
"""`source` of every event that the registry puts on its bus; `detail-type` is the event's type."""

FUNCTIONS = {
    "api": Size(memory=1024, seconds=29),
    "verify": Size(memory=2048, seconds=900),
    "relay": Size(memory=512, seconds=60),
    "notify": Size(memory=256, seconds=30),
    "sweep": Size(memory=512, seconds=300),
    "index": Size(memory=512, seconds=300),
    "rename": Size(memory=512, seconds=300),
    "attest": Size(memory=1024, seconds=300),
}

TRIGGERS = (
    Trigger("requests", "api", Http()),
    Trigger("journal", "relay", JournalStream(batch=50), retries=10),
    Trigger("arrivals", "verify", StorageEvents(prefix="blobs/"), retries=2),
    Trigger(
        "proofs",
        "verify",
        BusEvents(types=("version.uploaded", "version.challenged", "version.redriven", "version.restored")),
        retries=2,
    ),
    Trigger(
        "news",
        "notify",
        BusEvents(
            types=(
                "version.promoted",
                "version.replaced",
                "version.rejected",
                "version.quarantined",
                "alias.set",
                "alias.removed",
            )
        ),
        retries=2,
    ),
    Trigger("rounds", "sweep", Schedule(minutes=5), retries=2),
    Trigger("index", "index", JournalStream(batch=100), retries=10),
    Trigger("names", "rename", BusEvents(types=("model.renamed",)), retries=2),
    Trigger("attestations", "attest", BusEvents(types=("attestation.added", "attestation.asked")), retries=2),
    Trigger("signers", "attest", Schedule(minutes=30), retries=2),
)
