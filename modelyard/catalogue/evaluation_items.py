"""An evaluation as an item of its version's model, and back."""

import json
from typing import Any

from modelyard.catalogue.keys import evaluation_key
from modelyard.domain.digests import Digest
from modelyard.domain.evaluations import Direction, Evaluation, Measure, Report, Run, report_facts
from modelyard.domain.journal import instant, parse_instant
from modelyard.domain.manifests import File
from modelyard.ports import Item


def evaluation_item(home: str, evaluation: Evaluation) -> Item:
    """The item of an evaluation, which never changes."""
    facts = {
        **report_facts(evaluation.report),
        "comment": evaluation.report.comment,
        "created_at": instant(evaluation.created_at),
        "created_by": evaluation.created_by,
    }
    data = json.dumps(facts, ensure_ascii=False).encode()
    return Item(evaluation_key(home, evaluation.number, evaluation.sequence), rev=1, data=data)


def read_evaluation(item: Item) -> Evaluation:
    """The evaluation that `evaluation_item` wrote."""
    facts: dict[str, Any] = json.loads(item.data)
    _, number, sequence = item.key.sk.split("#")
    created_at, created_by = parse_instant(facts.pop("created_at")), facts.pop("created_by")
    return Evaluation(int(number), int(sequence), created_at, created_by, read_report(facts))


def read_report(facts: dict[str, Any]) -> Report:
    """The report that `report_facts` told, with its comment; `facts` is used up."""
    metrics = {name: _read_measure(measure) for name, measure in facts.pop("metrics").items()}
    attachments = facts.pop("attachments")
    return Report(
        metrics=metrics,
        run=Run(**facts.pop("run")),
        attachments=tuple(File(each["path"], each["size"], Digest(each["digest"])) for each in attachments),
        **facts,
    )


def _read_measure(facts: dict[str, Any]) -> Measure:
    direction = facts.get("direction")
    return Measure(facts["value"], facts.get("unit", ""), Direction(direction) if direction else None)
