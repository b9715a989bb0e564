"""Reviewing: what was found in a version's files, what a reviewer decides on it, and asking for another inspection."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from modelyard.catalogue.blob_items import find_proofs
from modelyard.catalogue.changing import Change, Make, change_version
from modelyard.catalogue.file_links import Links, link_held
from modelyard.catalogue.gathering import gather
from modelyard.catalogue.homes import at_home
from modelyard.catalogue.inspection_items import Wanted, find_reports, report_facts, wanted_of
from modelyard.catalogue.keys import files_key, model_key, use_key, version_key
from modelyard.catalogue.manifest_items import load_page, read_files
from modelyard.catalogue.newest import point
from modelyard.catalogue.subjects import look_up_version, require_version
from modelyard.domain.canonical import canonical
from modelyard.domain.errors import Invalid, VersionNotReady
from modelyard.domain.findings import Inspection
from modelyard.domain.inspected import review_facts
from modelyard.domain.journal import Caller, Draft, EntryType, maybe_instant
from modelyard.domain.manifests import File
from modelyard.domain.model import Model
from modelyard.domain.names import check_text
from modelyard.domain.tickets import Ticket
from modelyard.domain.version import Inspected, Review, Reviewed, State, Version
from modelyard.ports import Blobs, Clock, Ids, Item, Table

DRIVEN_AGAIN = timedelta(minutes=20)
STEP = 100
"""Files whose reports are read at once."""

MOST_BYTES = 1_500_000
"""Bytes of reports on a page, but for the last file's."""

UNINSPECTED = Inspected(rules=0, verdict="", files=0)


@dataclass(frozen=True, slots=True)
class Seen:
    """Files of a version with the reports on them, None where there is none; and where the next page begins."""

    files: Sequence[tuple[File, Inspection | None]]
    following: tuple[int, int] | None


def release(
    *, table: Table, clock: Clock, ids: Ids, caller: Caller, ticket: Ticket | None, name: str, number: int, reason: str
) -> Version:
    """The quarantined version, ready now: what was found in it is no reason to keep it from use any more.

    VersionNotReady when it is not quarantined, or was imported without its bytes.
    """
    why = _reason(reason)

    def make(model: Model, version: Version, _now: datetime) -> Change:
        _require_bytes(table, version)
        review = _review(version, Reviewed.RELEASED, caller, why)
        after = replace(version, state=State.READY, refusal=(), review=review, revision=model.sequence + 1)
        before = {"state": version.state.value, "refusal": list(version.refusal)}
        facts: dict[str, Any] = {"state": after.state.value, "refusal": [], "review": review_facts(review)}
        draft = Draft(EntryType.VERSION_RELEASED, number, version.digest, before, facts, why)
        return Change(point(table, model, after), after, [draft])

    which: dict[str, Any] = {"name": name, "number": number, "caller": caller, "ticket": ticket}
    return _decide(make, table=table, clock=clock, ids=ids, **which)


def reject(
    *, table: Table, clock: Clock, ids: Ids, caller: Caller, ticket: Ticket | None, name: str, number: int, reason: str
) -> Version:
    """The quarantined version, rejected for good. VersionNotReady when it is not quarantined."""
    why = _reason(reason)

    def make(model: Model, version: Version, _now: datetime) -> Change:
        review = _review(version, Reviewed.REJECTED, caller, why)
        refusal = (f"rejected by {caller.actor}: {why}", *version.refusal)[:20]
        settled = replace(version, deadline=None, challenged=None, reinspect=False, verified_at=None, proof="")
        after = replace(settled, state=State.REJECTED, refusal=refusal, review=review, revision=model.sequence + 1)
        facts: dict[str, Any] = {"state": after.state.value, "refusal": list(refusal), "review": review_facts(review)}
        left = {"aliases": list(version.aliases)} if version.aliases else {}
        before = {"state": version.state.value}
        draft = Draft(EntryType.VERSION_REJECTED, number, version.digest, before, facts | left, why)
        return Change(point(table, model, after), after, [draft])

    which: dict[str, Any] = {"name": name, "number": number, "caller": caller, "ticket": ticket}
    return _decide(make, table=table, clock=clock, ids=ids, **which)


def _require_bytes(table: Table, version: Version) -> None:
    """Each blob is proven and known to be used by the version, so that it is asked about when one turns out wrong."""
    for page in range(version.pages):
        files = load_page(table, version.home, version.number, page)
        digests = list(dict.fromkeys(file.digest for file in files))
        uses = gather(table, (use_key(digest, version.home, version.number) for digest in digests))
        if len(uses) < len(digests) or len(find_proofs(table, digests)) < len(digests):
            detail = f"{version.reference} has bytes that are not proven here: have it verified first"
            raise VersionNotReady(detail, state=version.state.value, refusal=version.refusal)


def _reason(text: str) -> str:
    reason = check_text(text, field="reason").strip()
    if not reason:
        raise Invalid("say why: it stays in the history", field="reason")
    return reason


def _review(version: Version, decision: Reviewed, caller: Caller, reason: str) -> Review:
    seen = version.inspected or UNINSPECTED
    return Review(decision, caller.actor, reason, seen.rules, seen.found)


def _decide(make: Make, **which: Any) -> Version:
    """As `change_version`, of a quarantined version."""

    def checked(model: Model, version: Version, now: datetime) -> Change | None:
        if version.state is not State.QUARANTINED:
            detail = f"{version.reference} is {version.state.value}, not quarantined: there is nothing to decide"
            raise VersionNotReady(detail, state=version.state.value, refusal=version.refusal)
        return make(model, version, now)

    return change_version(checked, **which)


def ask_inspection(
    *, table: Table, clock: Clock, ids: Ids, caller: Caller, ticket: Ticket | None, name: str, number: int, rules: int
) -> Version:
    """Ask for an inspection by `rules`, the version of the rules of today; the answer comes as an event.

    Nothing changes when there was one by them, or one is to come anyway. VersionNotReady when there are no bytes to
    look into, or a reviewer has rejected them.
    """

    def make(model: Model, version: Version, now: datetime) -> Change | None:
        _require_inspectable(version)
        seen = version.inspected is not None and version.inspected.rules >= rules
        if seen or version.challenged is not None or version.state is State.VERIFYING:
            return None
        revision = model.sequence + 1
        asked = replace(version, challenged=revision, reinspect=True, deadline=now + DRIVEN_AGAIN, revision=revision)
        facts = {"challenged": True, "reinspect": True, "deadline": maybe_instant(asked.deadline)}
        reason = f"inspection by version {rules} of the rules"
        draft = Draft(EntryType.VERSION_CHALLENGED, number, version.digest, after=facts, reason=reason)
        return Change(point(table, model, asked), asked, [draft])

    which: dict[str, Any] = {"name": name, "number": number, "caller": caller, "ticket": ticket}
    return change_version(make, table=table, clock=clock, ids=ids, **which)


def _require_inspectable(version: Version) -> None:
    """What was rejected for what was found in it may have been misjudged; a person's word, and lost bytes, stand."""
    judged = version.state is State.REJECTED and version.inspected is not None and version.review is None
    if judged or version.state in {State.READY, State.QUARANTINED, State.VERIFYING}:
        return
    detail = f"{version.reference} is {version.state.value}: there is nothing to inspect"
    raise VersionNotReady(detail, state=version.state.value, refusal=version.refusal)


def list_findings(*, table: Table, name: str, number: int, start: tuple[int, int] = (0, 0)) -> Seen:
    """Files of a version from a page of its manifest and a place there, with the reports that the verdict rests on.

    A page ends with the manifest's, or when it is long.
    """
    page, place = start

    def work(home: str) -> Seen:
        keys = [model_key(home), version_key(home, number), files_key(home, number, page)]
        model_found, found, files = table.get(keys)
        _, version = look_up_version(model_found, found, name, number)
        return _seen(table, version, files, page, place)

    return at_home(table, name, work)


def _seen(table: Table, version: Version, found: Item | None, page: int, place: int) -> Seen:
    files = read_files(found)[place:] if found else []
    rules = (version.inspected or UNINSPECTED).rules
    told: list[tuple[File, Inspection | None]] = []
    size = 0
    for first in range(0, len(files), STEP):
        some = files[first : first + STEP]
        reports: Mapping[Wanted, Inspection] = find_reports(table, map(wanted_of, some), rules) if rules else {}
        for file in some:
            report = reports.get(wanted_of(file))
            told.append((file, report))
            size += 200 + len(file.path) + (len(canonical(report_facts(report))) if report else 0)
            if size > MOST_BYTES and len(told) < len(files):
                return Seen(told, (page, place + len(told)))
    return Seen(told, (page + 1, 0) if page + 1 < version.pages else None)


def list_quarantined(*, table: Table, blobs: Blobs, name: str, number: int, page: int) -> Links:
    """A page (from 0) of a quarantined version's files, to be fetched by whoever is to judge them.

    VersionNotReady when it is not quarantined.
    """

    def work(home: str) -> Links:
        keys = [model_key(home), version_key(home, number), files_key(home, number, page)]
        model_found, found, files = table.get(keys)
        _, version = require_version(model_found, found, name, number)
        if version.state is not State.QUARANTINED:
            detail = f"{version.reference} is {version.state.value}, not quarantined"
            raise VersionNotReady(detail, state=version.state.value, refusal=version.refusal)
        return link_held(blobs, version, files, page)

    return at_home(table, name, work)
