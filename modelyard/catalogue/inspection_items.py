"""Reports of inspections as items beside a blob's proof: one for each version of the rules and each name of a file.

A report is written in one transaction with the proof of the bytes that were read, which gets another revision: so there
is none of bytes that turned out wrong or are purged, and whoever drops the proof finds every report.
"""

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from modelyard.catalogue.blob_items import Proof, find_proofs
from modelyard.catalogue.commits import contended
from modelyard.catalogue.gathering import gather
from modelyard.catalogue.keys import INSPECTION_PREFIX, blob_key, inspection_key
from modelyard.domain.digests import Digest
from modelyard.domain.errors import Contended
from modelyard.domain.findings import Finding, Inspection, Severity, Verdict
from modelyard.domain.inspected import bounded, clean, plain
from modelyard.domain.manifests import File
from modelyard.ports import MAX_BATCH, Clock, Expect, Ids, Item, Key, Put, Table, TableConflict, Update, Write

LONGEST_NAME = 100
"""Characters of a file's name, its last ones, by which formats may know it."""

PACKED_FROM = 2_000
"""Bytes of JSON from which a report is compressed."""

MOST_BYTES = 60_000
"""Bytes of a report as it is kept; beyond that it keeps its worst findings."""

MOST_FACTS = 8 * 1024
MOST_UNREAD = 100

MOST_REPORTS = 1_000
"""Reports on one blob that are read to say whether it is suspect."""

FEWER = 40
Wanted = tuple[Digest, str]
"""A blob, and the name of the file by which it is looked at."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was seen, for whom, and the proof of the bytes that were read, as it was before."""

    wanted: Wanted
    inspection: Inspection
    proof: Proof


def name_of(path: str) -> str:
    """What matters of a file's path to what it is: its own name, or the end of it."""
    return path.rpartition("/")[2][-LONGEST_NAME:]


def wanted_of(file: File) -> Wanted:
    """For whom a file needs a report."""
    return file.digest, name_of(file.path)


def find_reports(table: Table, wanted: Iterable[Wanted], rules: int) -> dict[Wanted, Inspection]:
    """The reports by that version of the rules that are there. One call for each 100."""
    keys = {inspection_key(digest, rules, name): (digest, name) for digest, name in wanted}
    return {keys[key]: read_report(item) for key, item in gather(table, list(keys)).items()}


def find_suspects(table: Table, digests: Iterable[Digest]) -> frozenset[Digest]:
    """Those of the blobs that are not clean under some name, by the newest rules that looked at them under it.

    A blob with more than 1,000 reports counts as one. A call for each blob, and for each 100 reports on it.
    """
    return frozenset(digest for digest in digests if _is_suspect(table, digest))


def _is_suspect(table: Table, digest: Digest) -> bool:
    judged: set[str] = set()
    after: Key | None = None
    for _ in range(MOST_REPORTS // MAX_BATCH):
        pk = blob_key(digest).pk
        page = table.query(pk, prefix=INSPECTION_PREFIX, after=after, limit=MAX_BATCH, descending=True)
        for item in page.items:
            name = item.key.sk.removeprefix(INSPECTION_PREFIX).partition("#")[2]
            if name not in judged and item.fields["verdict"] != Verdict.CLEAN:
                return True
            judged.add(name)
        after = page.after
        if after is None:
            return False
    return True


def save_reports(table: Table, reports: Sequence[Report], *, rules: int, clock: Clock, ids: Ids) -> None:
    """Keep up to 20 reports; Contended when bytes that were read have been taken out of use since."""
    try:
        _save(table, reports, {report.wanted[0]: report.proof for report in reports}, rules)
    except TableConflict:
        contended(partial(_save_anew, table, reports, rules), clock=clock, ids=ids)


def _save_anew(table: Table, reports: Sequence[Report], rules: int) -> None:
    """Others used the blobs, or reported on them, meanwhile: their proofs have other revisions, or are gone."""
    proofs = find_proofs(table, [report.wanted[0] for report in reports])
    for report in reports:
        proof = proofs.get(report.wanted[0])
        if proof is None or proof.proven_at != report.proof.proven_at:
            raise Contended("a blob was taken out of use meanwhile", retry_after=1)
    _save(table, reports, proofs, rules)


def _save(table: Table, reports: Sequence[Report], proofs: Mapping[Digest, Proof], rules: int) -> None:
    touched = [Update(blob_key(digest), proof.rev, proof.rev + 1) for digest, proof in proofs.items()]
    kept = {inspection_key(*_placed(report, rules)): report.inspection for report in reports}
    writes: list[Write] = [Put(_item(key, inspection), Expect.ANYTHING) for key, inspection in kept.items()]
    table.write([*touched, *writes])


def _placed(report: Report, rules: int) -> tuple[Digest, int, str]:
    digest, name = report.wanted
    return digest, rules, name


def _item(key: Key, inspection: Inspection) -> Item:
    fields = {"verdict": inspection.verdict.value, "format": clean(inspection.format, 100)}
    return Item(key, rev=1, fields=fields, data=_pack(inspection))


def _pack(inspection: Inspection) -> bytes:
    data = _packed(inspection)
    if len(data) <= MOST_BYTES:
        return data
    worst = sorted(inspection.findings, key=lambda finding: _BADNESS[finding.severity])[:FEWER]
    unread = (*inspection.unread[:FEWER], "there was more to say than a report holds")
    return _packed(Inspection(inspection.format, {}, tuple(worst), unread))


_BADNESS = {Severity.MALICIOUS: 0, Severity.SUSPICIOUS: 1, Severity.INFO: 2}


def _packed(inspection: Inspection) -> bytes:
    data = json.dumps(report_facts(inspection), ensure_ascii=False, separators=(",", ":")).encode()
    return zlib.compress(data, 6) if len(data) > PACKED_FROM else data


def report_facts(inspection: Inspection) -> dict[str, Any]:
    """A report as JSON that can be kept."""
    return {
        "format": clean(inspection.format, 100),
        "facts": bounded(plain(inspection.facts), MOST_FACTS),
        "findings": [_finding_facts(finding) for finding in inspection.findings],
        "unread": [clean(text, 300) for text in inspection.unread[:MOST_UNREAD]],
    }


def _finding_facts(finding: Finding) -> dict[str, Any]:
    facts: dict[str, Any] = {"rule": finding.rule, "severity": finding.severity.value}
    facts["evidence"] = clean(finding.evidence, 200)
    if finding.member:
        facts["member"] = clean(finding.member, 300)
    if finding.offset is not None:
        facts["offset"] = finding.offset
    return facts


def read_report(item: Item) -> Inspection:
    """The report that was kept."""
    data = item.data if item.data[:1] == b"{" else zlib.decompress(item.data)
    return read_facts(json.loads(data))


def read_facts(facts: Mapping[str, Any]) -> Inspection:
    """The report that `report_facts` wrote."""
    findings = (Finding(**{**each, "severity": Severity(each["severity"])}) for each in facts["findings"])
    return Inspection(facts["format"], facts["facts"], tuple(findings), tuple(facts["unread"]))
