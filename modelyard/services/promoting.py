"""Promoting: moving a version to another stage, decided on facts that have not changed when the move is written."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from modelyard.catalogue.changing import Change, change_version
from modelyard.catalogue.version_items import restage
from modelyard.domain.errors import TransitionRefused
from modelyard.domain.journal import Caller, Draft, EntryType
from modelyard.domain.model import Model
from modelyard.domain.names import check_text, parse_stage
from modelyard.domain.revisions import check_revision
from modelyard.domain.stages import DEFAULT_LIFECYCLE, Decision, decide, move
from modelyard.domain.tickets import Ticket
from modelyard.domain.version import Version
from modelyard.ports import Clock, Expect, Ids, Table, Update


def promote(
    *,
    table: Table,
    clock: Clock,
    ids: Ids,
    caller: Caller,
    ticket: Ticket | None,
    name: str,
    number: int,
    stage: str,
    comment: str = "",
    replaces: bool = False,
    expected: int | None = None,
) -> Version:
    """The version, standing in `stage`; with `replaces`, whoever stood there rests in the last stage.

    TransitionRefused lists each requirement with what was asked and what is; PreconditionFailed tells of a revision
    other than the expected one. A move to where it stands is no entry.
    """
    to = parse_stage(stage)
    reason = check_text(comment, field="comment")

    def make(model: Model, version: Version, _now: datetime) -> Change | None:
        check_revision(version.revision, expected)
        decision = decide(DEFAULT_LIFECYCLE, model, version, to, replace=replaces)
        _refuse(decision, version, to)
        if version.stage == to and not decision.replaced:
            return None
        moved = replace(version, stage=to, revision=model.sequence + 1)
        itself = restage(model.home, number, to, expect=version.revision, revision=moved.revision)
        drafts = _drafts(model, version, to, decision.replaced, reason)
        stands = _stand(model, moved, decision.replaced)
        return Change(stands, moved, drafts, [itself, *_replace(model, decision.replaced)])

    who: dict[str, Any] = {"caller": caller, "ticket": ticket, "name": name, "number": number}
    return change_version(make, table=table, clock=clock, ids=ids, **who)


def _refuse(decision: Decision, version: Version, to: str) -> None:
    if decision.allowed:
        return
    requirements = [asdict(requirement) for requirement in decision.requirements]
    unmet = [requirement.name for requirement in decision.requirements if not requirement.held]
    detail = f"{version.reference} may not move to {to!r}: {', '.join(unmet)}"
    raise TransitionRefused(detail, field="stage", requirements=requirements)


def _drafts(model: Model, version: Version, to: str, replaced: Sequence[int], reason: str) -> list[Draft]:
    before, after = {"stage": version.stage}, {"stage": to}
    drafts = [Draft(EntryType.VERSION_PROMOTED, version.number, version.digest, before, after, reason)]
    why = f"replaced by {version.reference}"
    rest = {"stage": DEFAULT_LIFECYCLE.final}
    standing = model.standing.get(to, {})
    drafts += [Draft(EntryType.VERSION_REPLACED, n, standing[n], {"stage": to}, rest, why) for n in replaced]
    return drafts


def _replace(model: Model, replaced: Sequence[int]) -> list[Update]:
    revisions = enumerate(replaced, start=model.sequence + 2)
    final = DEFAULT_LIFECYCLE.final
    return [restage(model.home, n, final, expect=Expect.ANYTHING, revision=revision) for revision, n in revisions]


def _stand(model: Model, moved: Version, replaced: Sequence[int]) -> Model:
    standing = move(DEFAULT_LIFECYCLE, model.standing, moved.number, moved.digest, moved.stage)
    for number in replaced:
        standing = move(DEFAULT_LIFECYCLE, standing, number, moved.digest, DEFAULT_LIFECYCLE.final)
    return replace(model, standing=standing)
