"""What imported entries keep in items of their own, beside the model's and its versions': cards, and reports.

A new kind of such item is a new row of `EXTRAS`; everything else that an entry says is replayed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from modelyard.catalogue.arrivals import Stretch
from modelyard.catalogue.blob_items import read_proof, use_writes, use_writes_ahead
from modelyard.catalogue.card_items import card_writes
from modelyard.catalogue.evaluation_items import evaluation_item, read_report
from modelyard.catalogue.keys import blob_key
from modelyard.domain.cards import check_card
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
        digests = list(dict.fromkeys(file.digest for file in report.attachments))
        found = self.table.get([blob_key(digest) for digest in digests]) if digests else []
        writes: list[Write] = [Put(item, Expect.ABSENT)]
        for digest, there in zip(digests, found, strict=True):
            which, proof = (version.home, version.number, digest), read_proof(there)
            writes += use_writes(*which, proof) if proof else use_writes_ahead(*which, there)
        return writes


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
}
"""What each type of entry keeps beside the facts that it is replayed to."""
