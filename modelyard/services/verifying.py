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

from modelyard.catalogue.blob_items import (
    drop_proofs,
    find_proofs,
    find_proven,
    find_uses,
    read_proof,
    require_proofs,
    save_proofs,
    save_uses,
    use_writes,
)
from modelyard.catalogue.changing import Change, change_version
from modelyard.catalogue.commits import commit, contended
from modelyard.catalogue.keys import blob_key, home_of, model_key, version_key
from modelyard.catalogue.manifest_items import load_page
from modelyard.catalogue.model_items import locate
from modelyard.catalogue.newest import point
from modelyard.catalogue.subjects import find_both
from modelyard.catalogue.version_items import read_version, version_item
from modelyard.domain.digests import Digest
from modelyard.domain.errors import VersionNotReady
from modelyard.domain.inspected import Judgement, Unfinished, inspected_facts, state_for
from modelyard.domain.journal import Caller, Draft, EntryType, maybe_instant
from modelyard.domain.manifests import File
from modelyard.domain.model import Model
from modelyard.domain.stages import DEFAULT_LIFECYCLE
from modelyard.domain.tickets import Ticket
from modelyard.domain.version import Reviewed, State, Version
from modelyard.ports import Blobs, Clock, Ids, Item, Key, Put, Stat, Table, Write

TOGETHER = 16
MOST_REREAD = 32 * 1024**3
"""Bytes that one challenge reads again; a larger version is proven by storage's own checksums."""
MOST_REASONS = 20
MOST_HELD = 45
"""Blobs whose use a verdict writes in its own transaction: two writes each, of at most 100."""
DRIVEN_AGAIN = timedelta(minutes=20)
CHALLENGEABLE = frozenset({State.READY, State.QUARANTINED, State.REJECTED})
HELD = frozenset({State.READY, State.QUARANTINED})
"""States in which a version's bytes are looked after."""

Inspector = Callable[[Version], Judgement | Unfinished]
"""Inspects the files of a version whose bytes are proven, or goes on with it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A file whose blob is absent or is not what the manifest says."""

    file: File
    reason: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found out about a version: its faults, or what an inspection came to; and how its bytes are proven."""

    faults: Sequence[Fault]
    judgement: Judgement | Unfinished | None
    proof: str

    @property
    def settles(self) -> bool:
        """Whether the version's bytes are proven, and inspected to the end."""
        return isinstance(self.judgement, Judgement)


def prove_blob(*, table: Table, blobs: Blobs, clock: Clock, ids: Ids, digest: Digest) -> bool:
    """Record that a blob is stored, when storage vouches for just those bytes. Safe to repeat; False if it does not."""
    if find_proven(table, [digest]):
        return True
    stat = blobs.stat(digest)
    if stat is None or stat.digest != digest:
        return False
    return digest in save_proofs(table, [stat], look=blobs.stat, clock=clock, ids=ids)


def challenge(
    *, table: Table, clock: Clock, ids: Ids, caller: Caller, ticket: Ticket | None, name: str, number: int
) -> Version:
    """Ask for proof of a version again; the answer comes as an event. Asking while one is open changes nothing.

    VersionNotReady when there is nothing to prove yet, or the upload expired.
    """

    def make(model: Model, version: Version, now: datetime) -> Change | None:
        _require_challengeable(version)
        asked = version.challenged is not None and not version.reinspect
        if asked or version.state is State.VERIFYING:
            return None
        after, draft = _asked(model, version, now)
        return Change(model, after, [draft])

    who: dict[str, Any] = {"caller": caller, "ticket": ticket, "name": name, "number": number}
    return change_version(make, table=table, clock=clock, ids=ids, **who)


def _asked(model: Model, version: Version, now: datetime, reason: str = "") -> tuple[Version, Draft]:
    revision = model.sequence + 1
    after = replace(version, revision=revision, challenged=revision, reinspect=False, deadline=now + DRIVEN_AGAIN)
    changed = {"challenged": True, "deadline": maybe_instant(after.deadline)}
    return after, Draft(EntryType.VERSION_CHALLENGED, version.number, version.digest, after=changed, reason=reason)


def _require_challengeable(version: Version) -> None:
    if version.state is State.VERIFYING:
        return
    if version.state not in CHALLENGEABLE or version.refusal == ("upload_expired",):
        detail = f"{version.reference} is {version.state.value}: there are no bytes to prove"
        raise VersionNotReady(detail, state=version.state.value)


def prove_version(
    *, table: Table, blobs: Blobs, clock: Clock, ids: Ids, caller: Caller, name: str, number: int, inspector: Inspector
) -> Version | None:
    """Decide a version that waits for its verdict, in one transaction. None if it does not wait.

    A challenged version is read again byte by byte. Bytes that turn out wrong are taken out of use first, and every
    other version that uses them is challenged, so that dying in between leaves versions that are asked about again,
    never one that stays ready without its bytes. Bytes that are what was declared are then inspected; when that takes
    longer than the time there is, the version is driven again, to go on with what is left.
    """
    home = locate(table, name)
    (found,) = table.get([version_key(home, number)])
    waiting = read_version(found) if found else None
    if waiting is None or not _waits(waiting):
        return None
    again = waiting.challenged is not None and not waiting.reinspect and waiting.size <= MOST_REREAD
    digests, faults = _examine(table, blobs, clock, ids, waiting, again=again)
    _take_out_of_use(table, blobs, clock, ids, faults)
    _challenge_sharers(table, clock, ids, caller=caller, version=waiting, faults=faults)
    judgement = None if faults else inspector(waiting)
    if not faults and not isinstance(judgement, Unfinished):
        save_uses(table, home, number, digests[MOST_HELD:], clock=clock, ids=ids)
    seen = Seen(faults, judgement, "bytes" if again else "storage")

    def attempt() -> Version | None:
        held = [blob_key(digest) for digest in digests[:MOST_HELD]] if seen.settles else []
        model_found, found, *proofs = table.get([model_key(home), version_key(home, number), *held])
        both = find_both(model_found, found)
        if both is None:
            return None
        model, version = both
        # A question asked meanwhile has an event of its own; what was seen before it is no answer.
        if not _waits(version) or version.challenged != waiting.challenged:
            return None
        now = clock.now()
        after, draft = _next_step(version, seen, revision=model.sequence + 1, now=now)
        uses = _hold(table, version, digests, proofs) if seen.settles else []
        writes: list[Write] = [Put(version_item(after), version.revision), *uses]
        commit(table, point(table, model, after), [draft], writes, caller=caller, now=now)
        return after

    return contended(attempt, clock=clock, ids=ids)


def _hold(table: Table, version: Version, digests: Sequence[Digest], found: Sequence[Item | None]) -> list[Write]:
    """Writes by which the verdict uses its first blobs, whose proofs are `found`, and fails if one is dropped since.

    That is as far as a transaction goes: the other blobs' uses are written, and their proofs looked up, just before
    it. Contended when one is gone: the version is to be examined again.
    """
    first, others = digests[:MOST_HELD], digests[MOST_HELD:]
    require_proofs(find_proofs(table, others), others)
    read = {digest: read_proof(item) for digest, item in zip(first, found, strict=True)}
    proofs = require_proofs({digest: proof for digest, proof in read.items() if proof}, first)
    return [write for d in first for write in use_writes(version.home, version.number, d, proofs[d])]


def _waits(version: Version) -> bool:
    waits = version.state is State.VERIFYING or version.challenged is not None
    return waits and version.deleted is None


def _examine(
    table: Table, blobs: Blobs, clock: Clock, ids: Ids, version: Version, *, again: bool
) -> tuple[list[Digest], list[Fault]]:
    """The version's blobs, and its files whose blobs are not what they should be. The others are proven then."""
    digests: dict[Digest, None] = {}
    faults: list[Fault] = []
    for page in range(version.pages):
        listed = load_page(table, version.home, version.number, page)
        files = {file.digest: file for file in listed}
        standing = find_proven(table, files)
        proven = {} if version.challenged and not version.reinspect else standing
        unproven = [file for file in files.values() if file.digest not in proven]
        stats = _ask(blobs.reread if again else lambda file: blobs.stat(file.digest), unproven)
        vouched = [stat for digest, stat in stats.items() if stat.digest == digest and digest not in standing]
        saved = standing.keys() | save_proofs(table, vouched, look=blobs.stat, clock=clock, ids=ids)
        seen = {digest: stat for digest, stat in stats.items() if stat.digest != digest or digest in saved}
        faults += _faults(listed, {digest: Stat(size, digest) for digest, size in proven.items()} | seen)
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
    """Ask for proof of every version that uses what was taken out of use and could be pulled. Safe to repeat."""
    for digest in _blamed(faults, {"digest_mismatch", "missing"}):
        reason = f"{digest} was found missing or wrong when {version.reference} was proven"
        for some in find_uses(table, digest):
            keys = [version_key(home, number) for home, number in some]
            held = [item for item in table.get(keys) if item is not None and item.fields["state"] in HELD]
            for item in held:
                ask = partial(_challenge_held, table, clock, caller, item.key, reason)
                contended(ask, clock=clock, ids=ids)


def _challenge_held(table: Table, clock: Clock, caller: Caller, key: Key, reason: str) -> None:
    model_found, found = table.get([model_key(home_of(key.pk)), key])
    both = find_both(model_found, found)
    if both is None:
        return
    (model, version), now = both, clock.now()
    if version.state in HELD and (version.challenged is None or version.reinspect):
        after, draft = _asked(model, version, now, reason)
        commit(table, model, [draft], [Put(version_item(after), version.revision)], caller=caller, now=now)


def _blamed(faults: Sequence[Fault], reasons: Container[str]) -> list[Digest]:
    return list(dict.fromkeys(fault.file.digest for fault in faults if fault.reason in reasons))


def _next_step(version: Version, seen: Seen, *, revision: int, now: datetime) -> tuple[Version, Draft]:
    settled = replace(version, revision=revision, deadline=None, challenged=None, reinspect=False)
    match seen.judgement:
        case Unfinished(done, total):
            return _go_on(version, f"inspection goes on: {done} of {total} files", revision=revision, now=now)
        case Judgement() as judgement:
            return _judge(version, settled, judgement, proof=seen.proof, now=now)
    refusal = tuple(f"{fault.reason}: {fault.file.path}" for fault in seen.faults[:MOST_REASONS])
    after = replace(settled, state=State.REJECTED, verified_at=None, proof="", refusal=refusal)
    refused = {"state": after.state.value, "refusal": list(refusal), **_left(version)}
    reason = f"{len(seen.faults)} files are not what was declared"
    return after, Draft(EntryType.VERSION_REJECTED, version.number, version.digest, _before(version), refused, reason)


def _go_on(version: Version, reason: str, *, revision: int, now: datetime) -> tuple[Version, Draft]:
    after = replace(version, revision=revision, deadline=now + DRIVEN_AGAIN)
    changed = {"deadline": maybe_instant(after.deadline)}
    return after, Draft(EntryType.VERSION_REDRIVEN, version.number, version.digest, after=changed, reason=reason)


def _judge(
    version: Version, settled: Version, judgement: Judgement, *, proof: str, now: datetime
) -> tuple[Version, Draft]:
    """The verdict on proven bytes, by what is in them and what a reviewer said of it."""
    state = state_for(judgement, version.review)
    seen: dict[str, Any] = {"inspected": inspected_facts(judgement.inspected), "facts": dict(judgement.facts)}
    known = replace(settled, state=state, inspected=judgement.inspected, facts=judgement.facts)
    proven, told = _proven(version, proof, now)
    if state is State.READY:
        facts = {"state": state.value, **told, **seen}
        after = replace(known, refusal=(), **proven)
        return after, Draft(EntryType.VERSION_VERIFIED, version.number, version.digest, _before(version), facts)
    refusal = _reasons(version, judgement)
    facts = {"state": state.value, "refusal": list(refusal), **seen, **_left(version)}
    if state is State.QUARANTINED:
        after, facts = replace(known, refusal=refusal, **proven), facts | told
        kind, reason = EntryType.VERSION_QUARANTINED, "an inspection found what a person must judge"
    else:
        after = replace(known, refusal=refusal, verified_at=None, proof="")
        kind, reason = EntryType.VERSION_REJECTED, "an inspection found what is dangerous"
    return after, Draft(kind, version.number, version.digest, _before(version), facts, reason)


def _proven(version: Version, proof: str, now: datetime) -> tuple[dict[str, Any], dict[str, Any]]:
    """Since when and how the bytes are proven, as facts and as an entry tells them.

    Who asked for an inspection alone asked for no other proof than there was.
    """
    if version.reinspect and version.verified_at is not None:
        told = {"proof": version.proof, "verified_at": maybe_instant(version.verified_at)}
        return {"proof": version.proof, "verified_at": version.verified_at}, told
    return {"proof": proof, "verified_at": now}, {"proof": proof}


def _reasons(version: Version, judgement: Judgement) -> tuple[str, ...]:
    review = version.review
    if review is not None and review.decision is Reviewed.REJECTED:
        return (f"rejected by {review.by}: {review.reason}", *judgement.reasons)[:MOST_REASONS]
    return judgement.reasons


def _before(version: Version) -> dict[str, Any]:
    """The state that ends, and the stage, for whoever must know that something serves no more."""
    before = {"state": version.state.value}
    return before | ({"stage": version.stage} if DEFAULT_LIFECYCLE.serves(version.stage) else {})


def _left(version: Version) -> dict[str, Any]:
    """Aliases stay where they are, and whoever reads this is told that they lead nowhere."""
    return {"aliases": list(version.aliases)} if version.aliases else {}
