"""What must hold of a registry at rest, whatever happened to it: read from the table and storage, not from the API."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from modelyard.catalogue.blob_items import find_proven, find_uses
from modelyard.catalogue.card_items import read_card
from modelyard.catalogue.deletion_items import DELETED
from modelyard.catalogue.entry_items import event_of, read_entry
from modelyard.catalogue.evaluation_items import read_evaluation
from modelyard.catalogue.inspection_items import find_reports, wanted_of
from modelyard.catalogue.keys import (
    ENTRY_PREFIX,
    FEED_HEAD,
    FEED_PARTITION,
    NAMES_PARTITION,
    PURGED_PARTITION,
    UNPLACED_PARTITION,
    VERSION_PREFIX,
    card_key,
    evaluation_prefix,
    files_key,
    partition,
    stage_partition,
    use_key,
)
from modelyard.catalogue.manifest_items import read_files
from modelyard.catalogue.model_items import read_model
from modelyard.catalogue.shape import FEED, NAMES, PENDING, STAGES, SUBJECTS
from modelyard.catalogue.version_items import ATTESTED, WAITING, read_version
from modelyard.domain.canonical import canonical
from modelyard.domain.cards import card_digest
from modelyard.domain.evaluations import Evaluation, report_facts
from modelyard.domain.inspected import Tally, state_for
from modelyard.domain.journal import Entry, find_break
from modelyard.domain.lineage import read_lineage
from modelyard.domain.manifests import File, manifest_digest
from modelyard.domain.model import Model
from modelyard.domain.replaying import Replayed, replay, replay_version, resume
from modelyard.domain.stages import DEFAULT_LIFECYCLE
from modelyard.domain.version import State, Version
from modelyard.ports import Blobs, Item, Key, Table
from tests.schemas import check_event

Told = Sequence[Mapping[str, Any]]
MADE = {"model.created", "version.registered"}
FACTS = ("state", "stage", "description", "tags", "owner", "refusal", "proof")


def items_of(table: Table, pk: str, *, prefix: str = "", index: str | None = None) -> Iterator[Item]:
    """Every item of a partition, page by page."""
    after: Key | None = None
    while True:
        page = table.query(pk, prefix=prefix, index=index, after=after, limit=1000)
        yield from page.items
        if page.after is None:
            return
        after = page.after


def models_of(table: Table) -> list[Model]:
    """Every model that is not purged."""
    return [read_model(item) for item in items_of(table, NAMES_PARTITION, index=NAMES)]


def purged_of(table: Table) -> list[Model]:
    """Every model of which only the journal is left, or will be."""
    return [read_model(item) for item in items_of(table, PURGED_PARTITION, index=NAMES)]


def versions_of(table: Table, model: Model) -> list[Version]:
    return [read_version(item) for item in items_of(table, partition(model.home), prefix=VERSION_PREFIX)]


def entries_of(table: Table, model: Model) -> list[Entry]:
    return [read_entry(item) for item in items_of(table, partition(model.home), prefix=ENTRY_PREFIX)]


def files_of(table: Table, version: Version) -> list[File]:
    """All files of a version; every page of its manifest is there."""
    keys = [files_key(version.home, version.number, page) for page in range(version.pages)]
    return [file for item in table.get(keys) for file in read_files(item)]


def check_table(table: Table) -> list[Entry]:
    """Every model's journal, items and indexes agree with one another. The entries of all models."""
    entries: list[Entry] = []
    for model in models_of(table):
        journal = entries_of(table, model)
        versions = versions_of(table, model)
        check_journal(model, journal)
        check_changes(model, versions, journal)
        check_replay(model, versions, journal)
        check_model(model, versions)
        check_aliases(model, versions, journal)
        check_evaluations(table, model, versions, journal)
        check_indexes(table, model, versions, journal)
        for version in versions:
            assert manifest_digest(files_of(table, version)) == version.digest
            assert card_digest(read_card(*table.get([card_key(version.home, version.number)]))) == version.card_digest
        entries += journal
    for model in purged_of(table):
        journal = entries_of(table, model)
        check_journal(model, journal)
        replayed = replay(map(event_of, journal), home=model.home)
        assert replayed is not None
        assert (replayed.model, replayed.versions) == (model, {})
        entries += journal
    check_pending(table)
    return entries


def check_journal(model: Model, journal: Sequence[Entry]) -> None:
    """Gapless, chained, as the schemas say, and the model's head is its last entry."""
    events = [event_of(entry) for entry in journal]
    assert find_break(events) is None
    assert len(journal) == model.sequence
    assert journal[-1].hash == model.head
    assert {event["model"]["id"] for event in events} == {model.id}
    assert [entry.type.value for entry in journal] == [event["type"] for event in events]
    for event in events:
        check_event(event)


def check_changes(model: Model, versions: Sequence[Version], journal: Sequence[Entry]) -> None:
    """Playing the journal gives just the items that are there, and each entry began where the one before it ended."""
    known: dict[int | None, dict[str, Any]] = {}
    last: dict[int | None, int] = {}
    for event in map(event_of, journal):
        number = event["version"]
        made = event["type"] in MADE
        assert made == (number not in known), f"{event['id']} {event['type']} of {number}"
        facts = known.setdefault(number, {})
        before = {name: fact for name, fact in event["before"].items() if name in FACTS}
        assert before.items() <= facts.items() or before == {name: facts.get(name) for name in before}, event
        assert made or event["type"].endswith((".redriven", ".verified")) or event["before"] != event["after"]
        facts |= event["after"]
        last[number] = event["sequence"]
    own = known.pop(None)
    assert (own["description"], own["owner"], own["tags"]) == (model.description, model.owner, dict(model.tags))
    assert sorted(known) == list(range(1, model.last_number + 1))
    purged = {number for number, facts in known.items() if facts.get("purged")}
    assert sorted(known.keys() - purged) == [version.number for version in versions]
    for version in versions:
        facts = known[version.number]
        assert (version.state, version.stage) == (facts["state"], facts["stage"]), version.reference
        assert (version.description, dict(version.tags)) == (facts["description"], facts["tags"])
        assert version.revision == last[version.number]
        assert read_lineage(facts) == {name: getattr(version, name) for name in read_lineage(facts)}
        assert card_digest(facts.get("card", "")) == version.card_digest


def check_replay(model: Model, versions: Sequence[Version], journal: Sequence[Entry]) -> None:
    """The journal alone gives every stored fact of the model and of each version."""
    replayed = replay(map(event_of, journal), home=model.home)
    assert replayed is not None
    assert replayed.model == model
    assert list(replayed.versions.values()) == [replace(version, name=model.name) for version in versions]
    for number, version in replayed.versions.items():
        own = [event_of(entry) for entry in journal if entry.version in {None, number}]
        assert replay_version(own, home=model.home, number=number) == version
    for cut in {1, len(journal) // 2, len(journal) - 1} - {0}:
        check_resumed(replayed, [event_of(entry) for entry in journal], cut)


def check_resumed(whole: Replayed, events: Sequence[Mapping[str, Any]], cut: int) -> None:
    """The journal up to a cut, and from there on the versions that the rest speaks of, give what the whole gives."""
    first, rest = replay(events[:cut], home=whole.model.home), events[cut:]
    assert first is not None
    touched = {event["version"] for event in rest}
    known = {number: version for number, version in first.versions.items() if number in touched}
    resumed = resume(replace(first, versions=known), rest, home=whole.model.home)
    assert resumed is not None
    if resumed.model.newest_ready is None:
        resumed = replace(resumed, model=replace(resumed.model, newest_ready=whole.model.newest_ready))
    assert resumed.model == whole.model
    assert resumed.versions == {n: version for n, version in whole.versions.items() if n in touched}


def check_model(model: Model, versions: Sequence[Version]) -> None:
    """What the model knows of its versions is so."""
    standing: dict[str, dict[int, str]] = {}
    for version in versions:
        if DEFAULT_LIFECYCLE.serves(version.stage):
            standing.setdefault(version.stage, {})[version.number] = version.digest
    assert model.standing == standing
    ready = [version.number for version in versions if version.state is State.READY]
    assert model.newest_ready == max(ready, default=None)


def check_aliases(model: Model, versions: Sequence[Version], journal: Sequence[Entry]) -> None:
    """Playing the journal gives the aliases that the model has, and each version has just those that stand for it."""
    stacks: dict[str, tuple[int, ...]] = {}
    held: dict[int, set[str]] = {version.number: set() for version in versions}
    for event in map(event_of, journal):
        if not event["type"].startswith("alias."):
            continue
        name, after = event["after"]["alias"], event["after"]
        if event["type"] != "alias.replaced":
            number, *previous = stacks.get(name, (None,))
            assert event["before"] == {"alias": name, "version": number, "previous": previous}
        stacks[name] = (after["version"], *after["previous"])
        (held[event["version"]].add if event["type"] == "alias.set" else held[event["version"]].discard)(name)
        if after["version"] is None:
            del stacks[name]
    assert model.aliases == stacks
    for version in versions:
        standing = sorted(name for name, numbers in stacks.items() if numbers[0] == version.number)
        assert list(version.aliases) == standing == sorted(held[version.number]), version.reference


def check_evaluations(table: Table, model: Model, versions: Sequence[Version], journal: Sequence[Entry]) -> None:
    """Playing the journal gives each version's metrics and reports, and the directions that the model knows."""
    metrics: dict[int, dict[str, float]] = {}
    directions: dict[str, str] = {}
    reports: dict[int, list[tuple[int, Any]]] = {version.number: [] for version in versions}
    for entry in journal:
        event = event_of(entry)
        number, before, after = event["version"], event["before"], event["after"]
        if event["type"] == "version.registered":
            metrics[number] = dict(after["metrics"])
        elif event["type"] == "version.evaluated":
            known = metrics[number]
            assert before["metrics"] == {name: known[name] for name in after["metrics"] if name in known}
            known |= after["metrics"]
            reports.setdefault(number, []).append((entry.sequence, after["evaluation"] | {"comment": event["reason"]}))
        directions |= after.get("directions", {})
    assert model.directions == directions
    for version in versions:
        assert version.metrics == metrics[version.number], version.reference
        kept = items_of(table, partition(model.home), prefix=evaluation_prefix(version.number))
        found = [(each.sequence, facts_of(each)) for each in map(read_evaluation, kept)]
        assert found == reports[version.number]
        attached = {file["digest"] for _, report in found for file in report["attachments"]}
        for digest in attached | {each.digest for each in version.attestations}:
            (use,) = table.get([use_key(digest, version.home, version.number)])
            assert use is not None, "a purge must find that the version uses what is attached"


def facts_of(evaluation: Evaluation) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(canonical(report_facts(evaluation.report)))
    return facts | {"comment": evaluation.report.comment}


def check_indexes(table: Table, model: Model, versions: Sequence[Version], journal: Sequence[Entry]) -> None:
    """Each index leads to just the items that belong there."""
    for stage in DEFAULT_LIFECYCLE.stages:
        found = [
            read_version(item).number for item in items_of(table, stage_partition(model.home, stage), index=STAGES)
        ]
        assert found == [version.number for version in versions if version.stage == stage]
    for number in (None, *(version.number for version in versions)):
        place = f"{model.home}/{number or 0:010d}"
        found = [read_entry(item).sequence for item in items_of(table, place, index=SUBJECTS)]
        assert found == [entry.sequence for entry in journal if entry.version == number]


def check_pending(table: Table) -> None:
    """Whoever waits is found by the sweep, and nobody else."""
    pending = {item.key for kind in WAITING for item in items_of(table, kind, index=PENDING)}
    versions = [version for model in models_of(table) for version in versions_of(table, model)]
    waiting = {State.UPLOADING, State.VERIFYING}
    living = [version for version in versions if version.deleted is None]
    expected = [version for version in living if version.state in waiting or version.challenged]
    unchecked = [version for version in living if version.unchecked and version not in expected]
    assert len(pending) == len(expected) + len(unchecked)
    assert all(version.deadline for version in expected)
    assert all(version.check_by for version in unchecked)
    checked = [v for v in living if v.attestations and v not in expected and v not in unchecked]
    assert len(list(items_of(table, ATTESTED, index=PENDING))) == len(checked)
    deleted = [*models_of(table), *versions]
    assert len(list(items_of(table, DELETED, index=PENDING))) == sum(each.deleted is not None for each in deleted)


def check_feed(table: Table, entries: Sequence[Entry]) -> None:
    """Every entry has one place in the feed, without a gap, in order per model."""
    feed = [read_entry(item) for item in items_of(table, FEED_PARTITION, index=FEED)]
    assert [entry.position for entry in feed] == list(range(1, len(entries) + 1))
    (head,) = table.get([FEED_HEAD])
    assert (head.fields["position"] if head else 0) == len(entries)
    assert list(items_of(table, UNPLACED_PARTITION, index=FEED)) == []
    assert Counter((entry.home, entry.sequence) for entry in feed) == Counter(
        (entry.home, entry.sequence) for entry in entries
    )
    for home in {entry.home for entry in feed}:
        sequences = [entry.sequence for entry in feed if entry.home == home]
        assert sequences == sorted(sequences)


def check_published(entries: Sequence[Entry], published: Told) -> None:
    """Every entry went out at least once, always as the same event under one id, and first in order per model.

    Those that were imported did not: the world was told of them where they were written.
    """
    news = [event_of(entry) for entry in entries if not entry.imported]
    events = {f"{event['model']['id']}-{event['sequence']}": event for event in news}
    told: dict[str, Mapping[str, Any]] = {}
    for event in published:
        assert told.setdefault(event["id"], event) == event
    assert told == events
    for model in {event["model"]["id"] for event in events.values()}:
        sequences = [event["sequence"] for event in told.values() if event["model"]["id"] == model]
        assert sequences == sorted(sequences)


def check_announced(entries: Sequence[Entry], announced: Sequence[tuple[str, str, Mapping[str, str]]]) -> None:
    """People were told of every version that changed its stage or was rejected, of every alias, and of nothing else."""
    out_of_use = {"version.rejected", "version.quarantined"}
    telling = {"version.promoted", "version.replaced", *out_of_use, "alias.set", "alias.removed"}
    news = [event_of(entry) for entry in entries if not entry.imported]
    expected = {event["id"] for event in news if event["type"] in telling}
    assert {json.loads(message)["id"] for _, message, _ in announced} == expected


def check_blobs(table: Table, blobs: Blobs) -> None:
    """No version is ready with a blob that has no proof or does not know it, or whose bytes are not the manifest's.

    Nor is one quarantined with such a blob, and of each file there is a report by the rules that the version tells of.
    Whatever is reported on is proven, or about to be removed.
    """
    for model in models_of(table):
        for version in versions_of(table, model):
            if version.state not in {State.READY, State.QUARANTINED} or version.challenged:
                continue
            assert version.verified_at is not None
            files = files_of(table, version)
            check_reports(table, version, files)
            proven = find_proven(table, [file.digest for file in files])
            for file in files:
                assert proven.get(file.digest) == file.size, f"{version.reference} {file.path}: no proof"
                used = [use for some in find_uses(table, file.digest) for use in some]
                assert (version.home, version.number) in used, f"{version.reference} {file.path}: no use"
                stat = blobs.reread(file)
                assert stat is not None, f"{version.reference} {file.path}: no bytes"
                assert (stat.digest, stat.size) == (file.digest, file.size)


def check_reports(table: Table, version: Version, files: Sequence[File]) -> None:
    """The reports on a version's files come to just what the version says of them."""
    if version.inspected is None or was_inspected_elsewhere(table, version):
        return
    wanted = {wanted_of(file) for file in files}
    reports = find_reports(table, wanted, version.inspected.rules)
    assert reports.keys() == wanted, f"{version.reference}: files without a report"
    tally = Tally()
    for each, report in reports.items():
        tally.add(report, [file.path for file in files if wanted_of(file) == each], each[0])
    judged = tally.judge(version.inspected.rules)
    assert (judged.inspected, judged.facts) == (version.inspected, version.facts)
    assert state_for(judged, version.review) is version.state


def was_inspected_elsewhere(table: Table, version: Version) -> bool:
    """Whether what is said of a version's files was imported."""
    place = f"{version.home}/{version.number:010d}"
    entries = [read_entry(item) for item in items_of(table, place, index=SUBJECTS)]
    told = [entry for entry in entries if "inspected" in event_of(entry)["after"]]
    return bool(told[-1].imported)


def check_names(table: Table) -> None:
    """Every version knows what its model is called now."""
    for model in models_of(table):
        assert {version.name for version in versions_of(table, model)} <= {model.name}


def check_all(yard: Any) -> list[Entry]:
    """Everything above, of a yard at rest."""
    entries = check_table(yard.ports.table)
    check_names(yard.ports.table)
    check_feed(yard.ports.table, entries)
    check_published(entries, yard.bus.published)
    check_announced(entries, yard.topic.announced)
    check_blobs(yard.ports.table, yard.store)
    return entries
