"""Verifying: storage's word for each blob against the manifest, and the verdict on the version.

Every way in leads here and may come late, twice or in any order: storage's hint that an object arrived, the event
that a version was uploaded, a person's request for a new proof, the sweep.
"""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from modelyard.catalogue.blob_items import drop_proofs, find_proven, find_uses, save_proofs, save_uses, use_writes
from modelyard.catalogue.commits import commit, contended
from modelyard.catalogue.homes import command
from modelyard.catalogue.keys import VERSION_PREFIX, home_of, model_key, partition, version_key
from modelyard.catalogue.manifest_items import load_page
from modelyard.catalogue.model_items import locate
from modelyard.catalogue.receipts import keep_receipt, receipt_keys, receipt_puts, redeem
from modelyard.catalogue.subjects import require_version
from modelyard.catalogue.version_items import read_version, version_item
from modelyard.domain.digests import Digest
from modelyard.domain.errors import Contended, VersionNotReady
from modelyard.domain.journal import Caller, Draft, EntryType, maybe_instant
from modelyard.domain.manifests import File
from modelyard.domain.model import Model
from modelyard.domain.tickets import Ticket
from modelyard.domain.version import State, Version
from modelyard.ports import Blobs, Clock, Ids, Key, Put, Stat, Table, Write

TOGETHER = 16
MOST_REREAD = 32 * 1024**3
"""Bytes that one challenge reads again; a larger version is proven by storage's own checksums."""
MOST_REASONS = 20
MOST_HELD = 45
"""Blobs whose use a verdict writes in its own transaction: two writes each, of at most 100."""
DRIVEN_AGAIN = timedelta(minutes=20)
CHALLENGEABLE = frozenset({State.READY, State.REJECTED})


@dataclass(frozen=True, slots=True)
class Fault:
    """A file whose blob is absent or is not what the manifest says."""

    file: File
    reason: str


def prove_blob(*, table: Table, blobs: Blobs, clock: Clock, ids: Ids, digest: Digest) -> bool:
    """Record that a blob is stored, when storage vouches for just those bytes. Safe to repeat; False if it does not."""
    if find_proven(table, [digest]):
        return True
    stat = blobs.stat(digest)
    if stat is None or stat.digest != digest:
        return False
    save_proofs(table, [stat], clock=clock, ids=ids)
    return True


def challenge(
    *, table: Table, clock: Clock, ids: Ids, caller: Caller, ticket: Ticket | None, name: str, number: int
) -> Version:
    """Ask for proof of a version again; the answer comes as an event. Asking while one is open changes nothing.

    VersionNotReady when there is nothing to prove yet, or the upload expired.
    """

    def attempt(home: str) -> Version:
        keys = [model_key(home), version_key(home, number), *receipt_keys(ticket)]
        model_found, found, *receipts = table.get(keys)
        if answered := redeem(ticket, *receipts or [None]):
            return read_version(answered)
        (model, version), now = require_version(model_found, found, name, number), clock.now()
        _require_challengeable(version)
        if version.challenged is not None or version.state is State.VERIFYING:
            keep_receipt(table, ticket, version_item(version), now)
            return version
        after, draft = _asked(model, version, now)
        item = version_item(after)
        writes = [Put(item, version.revision), *receipt_puts(ticket, item, now)]
        commit(table, model, [draft], writes, caller=caller, now=now)
        return after

    return command(table, name, attempt, clock=clock, ids=ids)


def _asked(model: Model, version: Version, now: datetime, reason: str = "") -> tuple[Version, Draft]:
    revision = model.sequence + 1
    after = replace(version, revision=revision, challenged=revision, deadline=now + DRIVEN_AGAIN)
    changed = {"challenged": True, "deadline": maybe_instant(after.deadline)}
    return after, Draft(EntryType.VERSION_CHALLENGED, version.number, version.digest, after=changed, reason=reason)


def _require_challengeable(version: Version) -> None:
    if version.state is State.VERIFYING:
        return
    if version.state not in CHALLENGEABLE or version.refusal == ("upload_expired",):
        detail = f"{version.reference} is {version.state.value}: there are no bytes to prove"
        raise VersionNotReady(detail, state=version.state.value)


def prove_version(
    *, table: Table, blobs: Blobs, clock: Clock, ids: Ids, caller: Caller, name: str, number: int
) -> Version | None:
    """Decide a version that waits for its verdict: `ready` or `rejected`, in one transaction. None if it does not wait.

    A challenged version is read again byte by byte. Bytes that turn out wrong are taken out of use first, and every
    other ready version that uses them is challenged, so that dying in between leaves versions that are asked about
    again, never one that stays ready without its bytes.
    """
    home = locate(table, name)
    (found,) = table.get([version_key(home, number)])
    waiting = read_version(found) if found else None
    if waiting is None or not _waits(waiting):
        return None
    again = waiting.challenged is not None and waiting.size <= MOST_REREAD
    digests, faults = _examine(table, blobs, clock, ids, waiting, again=again)
    _take_out_of_use(table, blobs, clock, ids, faults)
    _challenge_sharers(table, clock, ids, caller=caller, version=waiting, faults=faults)
    if not faults:
        save_uses(table, home, number, digests[MOST_HELD:], clock=clock, ids=ids)
    proof = "bytes" if again else "storage"

    def attempt() -> Version | None:
        model_found, found = table.get([model_key(home), version_key(home, number)])
        if model_found is None or found is None:
            return None
        model, version = require_version(model_found, found, name, number)
        # A question asked meanwhile has an event of its own; what was seen before it is no answer.
        if not _waits(version) or version.challenged != waiting.challenged:
            return None
        now = clock.now()
        after, draft = _verdict(version, faults, revision=model.sequence + 1, proof=proof, now=now)
        held = [] if faults else _hold(table, ids, home, number, digests)
        writes: list[Write] = [Put(version_item(after), version.revision), *held]
        commit(table, _point(table, model, after), [draft], writes, caller=caller, now=now)
        return after

    return contended(attempt, clock=clock, ids=ids)


def _hold(table: Table, ids: Ids, home: str, number: int, digests: Sequence[Digest]) -> list[Write]:
    """Writes by which the verdict uses its blobs, and fails if a proof it rests on is dropped meanwhile.

    That is as far as a transaction goes: the other blobs' uses are written, and their proofs looked up, just before
    it. Contended when one is gone: the version is to be examined again.
    """
    others = digests[MOST_HELD:]
    if len(find_proven(table, others)) < len(others):
        raise Contended("a blob was taken out of use meanwhile", retry_after=1)
    return [write for digest in digests[:MOST_HELD] for write in use_writes(home, number, digest, ids)]


def _waits(version: Version) -> bool:
    return version.state is State.VERIFYING or version.challenged is not None


def _examine(
    table: Table, blobs: Blobs, clock: Clock, ids: Ids, version: Version, *, again: bool
) -> tuple[list[Digest], list[Fault]]:
    """The version's blobs, and its files whose blobs are not what they should be. The others are proven then."""
    digests: dict[Digest, None] = {}
    faults: list[Fault] = []
    for page in range(version.pages):
        listed = load_page(table, version.home, version.number, page)
        files = {file.digest: file for file in listed}
        proven = {} if version.challenged else find_proven(table, files)
        unproven = [file for file in files.values() if file.digest not in proven]
        stats = _ask(blobs.reread if again else lambda file: blobs.stat(file.digest), unproven)
        faults += _faults(listed, {digest: Stat(size, digest) for digest, size in proven.items()} | stats)
        vouched = [stat for digest, stat in stats.items() if stat.digest == digest]
        save_proofs(table, vouched, clock=clock, ids=ids)
        digests |= dict.fromkeys(files)
    return list(digests), faults


def _ask(look: Callable[[File], Stat | None], files: Sequence[File]) -> dict[Digest, Stat]:
    if not files:
        return {}
    with ThreadPoolExecutor(TOGETHER) as pool:
        found = zip(files, pool.map(look, files), strict=True)
        return {file.digest: stat for file, stat in found if stat is not None}


def _faults(files: Iterable[File], stats: Mapping[Digest, Stat]) -> list[Fault]:
    faults: list[Fault] = []
    for file in files:
        stat = stats.get(file.digest)
        if stat is None:
            faults.append(Fault(file, "missing"))
        elif stat.digest != file.digest:
            faults.append(Fault(file, "digest_mismatch"))
        elif stat.size != file.size:
            faults.append(Fault(file, "size_mismatch"))
    return faults


def _take_out_of_use(table: Table, blobs: Blobs, clock: Clock, ids: Ids, faults: Sequence[Fault]) -> None:
    """Each blob once, though several files may have it.

    Its proof goes first, so that nothing rests on bytes that are being taken away, and once more afterwards, since
    somebody may have proven it by storage's word in between. A manifest that gives a blob's size wrong takes nothing
    from the other versions that have the blob.
    """
    blamed = _blamed(faults, {"digest_mismatch", "missing"})
    drop_proofs(table, blamed, clock=clock, ids=ids)
    for digest in _blamed(faults, {"digest_mismatch"}):
        blobs.discard(digest)
    drop_proofs(table, blamed, clock=clock, ids=ids)


def _challenge_sharers(
    table: Table, clock: Clock, ids: Ids, *, caller: Caller, version: Version, faults: Sequence[Fault]
) -> None:
    """Ask for proof of every ready version that uses what was taken out of use. Safe to repeat."""
    for digest in _blamed(faults, {"digest_mismatch", "missing"}):
        reason = f"{digest} was found missing or wrong when {version.reference} was proven"
        for some in find_uses(table, digest):
            keys = [version_key(home, number) for home, number in some]
            ready = [item for item in table.get(keys) if item is not None and item.fields["state"] == State.READY]
            for item in ready:
                ask = partial(_challenge_ready, table, clock, caller, item.key, reason)
                contended(ask, clock=clock, ids=ids)


def _challenge_ready(table: Table, clock: Clock, caller: Caller, key: Key, reason: str) -> None:
    model_found, found = table.get([model_key(home_of(key.pk)), key])
    if model_found is None or found is None:
        return
    (model, version), now = require_version(model_found, found, key.pk, 0), clock.now()
    if version.state is State.READY and version.challenged is None:
        after, draft = _asked(model, version, now, reason)
        commit(table, model, [draft], [Put(version_item(after), version.revision)], caller=caller, now=now)


def _blamed(faults: Sequence[Fault], reasons: Container[str]) -> list[Digest]:
    return list(dict.fromkeys(fault.file.digest for fault in faults if fault.reason in reasons))


def _verdict(
    version: Version, faults: Sequence[Fault], *, revision: int, proof: str, now: datetime
) -> tuple[Version, Draft]:
    before: dict[str, Any] = {"state": version.state.value}
    settled = replace(version, revision=revision, deadline=None, challenged=None)
    if not faults:
        after = replace(settled, state=State.READY, verified_at=now, proof=proof, refusal=())
        facts = {"state": after.state.value, "proof": proof}
        return after, Draft(EntryType.VERSION_VERIFIED, version.number, version.digest, before, facts)
    refusal = tuple(f"{fault.reason}: {fault.file.path}" for fault in faults[:MOST_REASONS])
    after = replace(settled, state=State.REJECTED, verified_at=None, proof="", refusal=refusal)
    reason = f"{len(faults)} files are not what was declared"
    refused: dict[str, Any] = {"state": after.state.value, "refusal": list(refusal)}
    if version.aliases:  # they stay where they are, and whoever reads this is told that they lead nowhere
        refused["aliases"] = list(version.aliases)
    return after, Draft(EntryType.VERSION_REJECTED, version.number, version.digest, before, refused, reason)


def _point(table: Table, model: Model, version: Version) -> Model:
    """`model`, knowing its newest ready version once `version` is what it is now."""
    newest = model.newest_ready
    if version.state is State.READY and version.number > (newest or 0):
        return replace(model, newest_ready=version.number)
    if version.state is not State.READY and version.number == newest:
        return replace(model, newest_ready=_newest_below(table, version))
    return model


def _newest_below(table: Table, version: Version) -> int | None:
    key = version_key(version.home, version.number)
    while True:
        page = table.query(partition(version.home), prefix=VERSION_PREFIX, after=key, descending=True)
        for item in page.items:
            if item.fields["state"] == State.READY:
                return read_version(item).number
        if page.after is None:
            return None
        key = page.after
