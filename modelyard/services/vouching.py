"""Vouching: what a version's signatures and provenance are worth, told by a check of their bytes against its manifest.

A question is open from the entry that asks it until one that answers it. Who dies in between leaves it open, for the
sweep to ask again; an answer that comes late, or twice, changes nothing.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from typing import Any

from modelyard.catalogue.blob_items import find_proven, save_proofs
from modelyard.catalogue.commits import commit, contended
from modelyard.catalogue.keys import model_key, version_key
from modelyard.catalogue.manifest_items import load_page
from modelyard.catalogue.model_items import locate
from modelyard.catalogue.shape import PENDING
from modelyard.catalogue.subjects import find_both
from modelyard.catalogue.version_items import ATTESTED, read_version, version_item
from modelyard.domain.attestations import (
    Attestation,
    Checked,
    Worth,
    all_checked,
    answered,
    checked_by,
    checked_facts,
)
from modelyard.domain.digests import Digest
from modelyard.domain.journal import Caller, Draft, EntryType, maybe_instant
from modelyard.domain.manifests import File
from modelyard.domain.version import Version
from modelyard.ports import Blobs, Clock, Ids, Put, Table

CHECKED_WITHIN = timedelta(minutes=5)
MOST_AT_ONCE = 200
"""Versions that one round asks about from each end of the index."""


@dataclass(frozen=True, slots=True)
class Checker:
    """Tells what an attestation's bytes are worth for a manifest at a moment; `signers` names who is trusted."""

    signers: str
    check: Callable[[Attestation, bytes, Sequence[File], datetime], Checked]


def vouch(
    *,
    table: Table,
    blobs: Blobs,
    clock: Clock,
    ids: Ids,
    caller: Caller,
    name: str,
    number: int,
    checker: Checker,
    awaited: timedelta,
) -> Version | None:
    """Answer what a version's attestations are worth, in one transaction. None when nobody asks, or nothing is new.

    Those whose bytes are not there yet are left open, until they were `awaited` for as long.
    """
    home = locate(table, name)
    (found,) = table.get([version_key(home, number)])
    waiting = read_version(found) if found else None
    if waiting is None or waiting.unchecked is None or waiting.deleted:
        return None
    results = _check(waiting, checker, _World(table, blobs, clock, ids), awaited)
    if not _is_news(waiting, results):
        return None

    def attempt() -> Version | None:
        both = find_both(*table.get([model_key(home), version_key(home, number)]))
        # A question asked meanwhile has an event of its own; what was seen before it is no answer.
        if both is None or both[1].unchecked != waiting.unchecked or both[1].deleted:
            return None
        (model, version), now = both, clock.now()
        after, draft = _answer(version, results, revision=model.sequence + 1)
        commit(table, model, [draft], [Put(version_item(after), version.revision)], caller=caller, now=now)
        return after

    return contended(attempt, clock=clock, ids=ids)


def _answer(version: Version, results: Mapping[int, Checked], *, revision: int) -> tuple[Version, Draft]:
    every = answered(version.attestations, results)
    after = replace(version, attestations=every, revision=revision)
    if all_checked(every):
        after = replace(after, unchecked=None, check_by=None)
    known = {each.id: each.verdict.value for each in version.attestations if each.id in results}
    before = {"verdicts": {str(number): verdict for number, verdict in known.items()}}
    told = {"results": {str(number): checked_facts(result) for number, result in results.items()}}
    return after, Draft(EntryType.ATTESTATION_CHECKED, version.number, version.digest, before, told)


def _is_news(version: Version, results: Mapping[int, Checked]) -> bool:
    """Whether the results answer the question, or tell more than was known."""
    if not results:
        return False
    every = answered(version.attestations, results)
    pairs = ((was.checked, now.checked) for was, now in zip(version.attestations, every, strict=True))
    changed = any(now and (was is None or replace(now, at=was.at) != was) for was, now in pairs)
    return changed or all_checked(every)


class _World:
    """The effects of a check."""

    def __init__(self, table: Table, blobs: Blobs, clock: Clock, ids: Ids) -> None:
        self.table, self.blobs, self.clock, self.ids = table, blobs, clock, ids

    def files(self, version: Version) -> list[File]:
        """The version's manifest."""
        pages = (load_page(self.table, version.home, version.number, page) for page in range(version.pages))
        return list(chain.from_iterable(pages))

    def fetch(self, attestation: Attestation) -> bytes | None:
        """The bytes as storage has them; None when they are not there, or storage does not vouch for them."""
        digest = attestation.digest
        if not find_proven(self.table, [digest]) and not self._prove(digest):
            return None
        try:
            return self.blobs.read(digest, 0, attestation.size)
        except FileNotFoundError:
            return None

    def _prove(self, digest: Digest) -> bool:
        stat = self.blobs.stat(digest)
        if stat is None or stat.digest != digest:
            return False
        return digest in save_proofs(self.table, [stat], look=self.blobs.stat, clock=self.clock, ids=self.ids)


def _check(version: Version, checker: Checker, world: _World, awaited: timedelta) -> dict[int, Checked]:
    """What each attestation is worth whose bytes are there, or do not come any more."""
    files, now = world.files(version), world.clock.now()
    results: dict[int, Checked] = {}
    for each in version.attestations:
        raw = world.fetch(each)
        if raw is not None:
            results[each.id] = _checked(each, raw, files, checker, now)
        elif now - each.added_at >= awaited:
            results[each.id] = _invalid(checker, now, "its bytes did not come in time")
    return results


def _checked(attestation: Attestation, raw: bytes, files: Sequence[File], checker: Checker, now: datetime) -> Checked:
    if f"sha256:{hashlib.sha256(raw).hexdigest()}" != attestation.digest:
        return _invalid(checker, now, "storage gives other bytes than were attached")
    try:
        return checker.check(attestation, raw, files, now)
    except Exception as trouble:  # noqa: BLE001  # of a hostile file anything may come, each time it is read
        return _invalid(checker, now, f"the check failed: {type(trouble).__name__}")


def _invalid(checker: Checker, now: datetime, why: str) -> Checked:
    return Checked(Worth.INVALID, now, checker.signers, why=(why,))


def ask_stale(*, table: Table, clock: Clock, ids: Ids, caller: Caller, signers: str) -> int:
    """Ask again about versions that were checked when others were trusted; how many. `signers` are those of today.

    One that fails keeps nobody behind it waiting; an ExceptionGroup then tells of those that did.
    """
    asked, failures = 0, list[Exception]()
    for version in _stale(table, signers):
        try:
            asked += contended(partial(_ask, table, clock, caller, version, signers), clock=clock, ids=ids)
        except Exception as failure:  # noqa: BLE001  # raised below
            failures.append(failure)
    if failures:
        raise ExceptionGroup(f"{len(failures)} versions could not be asked about", failures)
    return asked


def _stale(table: Table, signers: str) -> Iterator[Version]:
    """From both ends of the index, which is in the order of settings; those of today lie in between."""
    below = table.query(ATTESTED, index=PENDING, through=signers, limit=MOST_AT_ONCE).items
    above = table.query(ATTESTED, index=PENDING, limit=MOST_AT_ONCE, descending=True).items
    versions = {item.key: read_version(item) for item in (*below, *above)}
    return (each for each in versions.values() if checked_by(each.attestations) != signers)


def _ask(table: Table, clock: Clock, caller: Caller, stale: Version, signers: str) -> bool:
    both = find_both(*table.get([model_key(stale.home), version_key(stale.home, stale.number)]))
    if both is None:
        return False
    (model, version), now = both, clock.now()
    answered_today = checked_by(version.attestations) == signers
    if version.deleted or version.unchecked is not None or answered_today:
        return False
    revision, due = model.sequence + 1, now + CHECKED_WITHIN
    after = replace(version, unchecked=revision, check_by=due, revision=revision)
    facts: dict[str, Any] = {"check_by": maybe_instant(due)}
    reason = "others are trusted to sign than when it was checked"
    draft = Draft(EntryType.ATTESTATION_ASKED, version.number, version.digest, after=facts, reason=reason)
    commit(table, model, [draft], [Put(version_item(after), version.revision)], caller=caller, now=now)
    return True
