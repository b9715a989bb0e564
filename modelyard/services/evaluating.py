"""Evaluating: taking reports of how well a version does, with files attached, and finding those files again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from modelyard.catalogue.attached import Attachment, link_attached, sign_missing_attached, use_attached
from modelyard.catalogue.blob_items import read_proof
from modelyard.catalogue.commits import commit
from modelyard.catalogue.evaluation_items import evaluation_item, read_evaluation
from modelyard.catalogue.homes import at_home, command
from modelyard.catalogue.keys import blob_key, evaluation_key, model_key, version_key
from modelyard.catalogue.receipts import receipt_keys, receipt_puts, redeem
from modelyard.catalogue.subjects import require_version
from modelyard.catalogue.version_items import version_item
from modelyard.domain.digests import Digest
from modelyard.domain.errors import DigestMismatch, NotFound, VersionNotReady
from modelyard.domain.evaluations import (
    Directions,
    Evaluation,
    Report,
    add_directions,
    check_report,
    report_facts,
    roll_up,
    stated,
)
from modelyard.domain.journal import Caller, Draft, EntryType
from modelyard.domain.lineage import bounded_facts
from modelyard.domain.manifests import File
from modelyard.domain.measuring import note_data
from modelyard.domain.model import Model
from modelyard.domain.names import check_facts
from modelyard.domain.tickets import Ticket
from modelyard.domain.version import Evaluated, State, Version
from modelyard.ports import Blobs, Clock, Expect, Ids, Item, Put, SignedRequest, Table, Write

__all__ = ["Attachment", "evaluate", "list_attachments", "missing_attachments"]

PAST_USE = frozenset({State.REJECTED, State.DELETED})


def evaluate(
    *,
    table: Table,
    clock: Clock,
    ids: Ids,
    caller: Caller,
    ticket: Ticket | None,
    name: str,
    number: int,
    report: Report,
) -> Evaluation:
    """Take a report on a version. The version's metrics then have the values that the report gives.

    DirectionConflict when it says of a metric that other values are better than was said before; VersionNotReady for
    a version that is rejected.
    """
    checked = check_report(report)
    digests = list(dict.fromkeys(file.digest for file in checked.attachments))

    def attempt(home: str) -> Evaluation:
        keys = [model_key(home), version_key(home, number), *map(blob_key, digests), *receipt_keys(ticket)]
        model_found, found, *others = table.get(keys)
        if answered := redeem(ticket, others[-1] if ticket else None):
            return read_evaluation(answered)
        model, version = require_version(model_found, found, name, number)
        now = clock.now()
        _require_evaluable(version)
        proofs = dict(zip(digests, others, strict=False))
        _check_sizes(checked.attachments, proofs)
        changed = roll_up(version.metrics, checked)
        after = _measured(version, checked, changed, revision=model.sequence + 1)
        evaluation = Evaluation(number, model.sequence + 1, now, caller.actor, checked)
        item = evaluation_item(home, evaluation)
        directions = add_directions(model.directions, stated(checked))
        writes: list[Write] = [Put(version_item(after), version.revision), Put(item, Expect.ABSENT)]
        writes += [*use_attached(home, number, proofs), *receipt_puts(ticket, item, now)]
        draft = _draft(model, version, checked, changed, directions)
        commit(table, replace(model, directions=directions), [draft], writes, caller=caller, now=now)
        return evaluation

    return command(table, name, attempt, clock=clock, ids=ids)


def _require_evaluable(version: Version) -> None:
    if version.state in PAST_USE:
        detail = f"{version.reference} is {version.state.value}: there is nothing to evaluate"
        raise VersionNotReady(detail, state=version.state.value, refusal=version.refusal)


def _check_sizes(files: Sequence[File], proofs: Mapping[Digest, Item | None]) -> None:
    for file in files:
        proof = read_proof(proofs[file.digest])
        if proof is not None and proof.size != file.size:
            raise DigestMismatch(f"{file.path!r} has another size than its bytes", field="attachments.size")


def _measured(version: Version, report: Report, changed: Mapping[str, float], *, revision: int) -> Version:
    metrics = dict(sorted({**version.metrics, **changed}.items()))
    on = Evaluated(report.dataset, report.dataset_digest, report.split)
    units = {name: measure.unit for name, measure in report.metrics.items()}
    evaluated, measured = note_data(version.evaluated, version.measured, on, units, part=bool(report.slice))
    after = replace(version, metrics=metrics, evaluated=evaluated, measured=measured, revision=revision)
    if after != replace(version, revision=revision):
        check_facts(bounded_facts(after))
    return after


def _draft(
    model: Model, version: Version, report: Report, changed: Mapping[str, float], directions: Directions
) -> Draft:
    before = {"metrics": {name: version.metrics[name] for name in changed if name in version.metrics}}
    after: dict[str, Any] = {"evaluation": report_facts(report), "metrics": changed}
    if new := {name: direction for name, direction in directions.items() if name not in model.directions}:
        after["directions"] = new
    return Draft(EntryType.VERSION_EVALUATED, version.number, version.digest, before, after, report.comment)


def missing_attachments(*, table: Table, blobs: Blobs, evaluation: Evaluation) -> list[tuple[File, SignedRequest]]:
    """The attachments of a report just taken that are to be sent, by the table's proofs alone, each blob once."""
    return sign_missing_attached(table, blobs, evaluation.report.attachments)


def list_attachments(
    *, table: Table, blobs: Blobs, clock: Clock, ids: Ids, name: str, number: int, sequence: int
) -> list[Attachment]:
    """The files attached to evaluation `sequence` of a version. What storage holds by now is proven on the way."""

    def work(home: str) -> Sequence[File]:
        (found,) = table.get([evaluation_key(home, number, sequence)])
        if found is None:
            raise NotFound(f"version {number} of {name!r} has no evaluation {sequence}", field="evaluation")
        return read_evaluation(found).report.attachments

    return link_attached(table, blobs, clock, ids, at_home(table, name, work))
