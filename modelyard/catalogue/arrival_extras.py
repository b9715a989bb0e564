"""What imported entries keep in items of their own, beside the model's and its versions': cards, reports, uses.

A new kind of such item is a new row of `EXTRAS`; everything else that an entry says is replayed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from modelyard.catalogue.arrivals import Stretch
from modelyard.catalogue.attached import use_attached
from modelyard.catalogue.card_items import card_writes
from modelyard.catalogue.evaluation_items import evaluation_item, read_report
from modelyard.catalogue.keys import blob_key
from modelyard.domain.attestations import check_attached
from modelyard.domain.cards import check_card
from modelyard.domain.digests import Digest
from modelyard.domain.errors import Invalid
from modelyard.domain.evaluations import Evaluation, Report, check_report, report_facts
from modelyard.domain.journal import EntryType, parse_instant
from modelyard.domain.replaying import Event
from modelyard.domain.version import Version
from modelyard.ports import Expect, Put, Table, Write


@dataclass(frozen=True, slots=True)
class Extras:
    """The writes beside a stretch's own."""

    table: Table
    stretch: Stretch

    def writes(self) -> list[Write]:
        """Of every entry; of versions that are gone again by the end of the stretch nothing."""
        writes: list[Write] = []
        for event in self.stretch.events:
            extra = EXTRAS.get(EntryType(event["type"]))
            version = self.stretch.after.versions.get(event["version"])
            if extra is not None and version is not None:
                writes += extra(self, version, event)
        return writes

    def card(self, version: Version, event: Event) -> list[Write]:
        """The card that an entry brings or takes away."""
        if "card" not in event["after"]:
            return []
        text = event["after"]["card"]
        if not isinstance(text, str):
            raise Invalid("a card is text", field=_where(event))
        known = replace(version, revision=event["sequence"])
        return card_writes(known, check_card(text, field=_where(event)))

    def evaluation(self, version: Version, event: Event) -> list[Write]:
        """The report that an entry brings, and that the version uses what is attached to it."""
        report = _read(event)
        at = parse_instant(event["time"])
        item = evaluation_item(version.home, Evaluation(version.number, event["sequence"], at, event["actor"], report))
        return [Put(item, Expect.ABSENT), *self._uses(version, [file.digest for file in report.attachments])]

    def attestation(self, version: Version, event: Event) -> list[Write]:
        """That the version uses what an entry attaches."""
        told = event["after"]["attestation"]
        return self._uses(version, [check_attached(told["path"], told["size"], told["digest"]).digest])

    def _uses(self, version: Version, digests: Sequence[Digest]) -> list[Write]:
        some = list(dict.fromkeys(digests))
        found = self.table.get([blob_key(digest) for digest in some]) if some else []
        return use_attached(version.home, version.number, dict(zip(some, found, strict=True)))


def _read(event: Event) -> Report:
    """The report in an entry, held to what one that is taken here is held to."""
    try:
        report = check_report(read_report({**event["after"]["evaluation"], "comment": event["reason"]}))
    except (TypeError, ValueError, LookupError, AttributeError) as error:
        raise Invalid(f"the report is none: {error}", field=_where(event)) from error
    if report_facts(report) != event["after"]["evaluation"]:
        raise Invalid("the report says more than one can", field=_where(event))
    return report


def _where(event: Event) -> str:
    return f"events.{event['sequence']}"


EXTRAS: Mapping[EntryType, Callable[[Extras, Version, Event], list[Write]]] = {
    EntryType.VERSION_REGISTERED: Extras.card,
    EntryType.VERSION_UPDATED: Extras.card,
    EntryType.VERSION_EVALUATED: Extras.evaluation,
    EntryType.ATTESTATION_ADDED: Extras.attestation,
}
"""What each type of entry keeps beside the facts that it is replayed to."""
