"""Versions and models as a person reads them. The commands that show them share this."""

import re
from collections.abc import Iterable, Mapping

from modelyard.cli.output import ago, count, fields, moment, pairs, plain, short, size, table
from modelyard.contract.responses import (
    BaseResponse,
    DatasetResponse,
    DeletionResponse,
    EnvironmentResponse,
    EventResponse,
    FileResponse,
    ModelResponse,
    VersionResponse,
)
from modelyard.contract.vouched import SignedByResponse

_NO_DETAIL = frozenset({"tags", "params", "metrics", "datasets", "refusal", "card", "previous", "facts"})
_FEW = 5
_HINT = re.compile("[0-9a-f]{64}")
"""How a bundle names a key: nothing for a person to read."""


def version_line(version: VersionResponse) -> str:
    """A version in one line."""
    name = f"{plain(version.name)}/{version.version}"
    extent = f"{count(version.file_count, 'file')}, {size(version.size)}"
    return f"{name} is {plain(version.state)} in {plain(version.stage)}: {extent}, {short(version.digest)}"


def version_table(versions: Iterable[VersionResponse]) -> str:
    """Versions in a table."""
    rows = [
        (v.version, v.state, v.stage, v.file_count, size(v.size), pairs(v.metrics), ago(v.created_at), v.created_by)
        for v in versions
    ]
    return table(("VERSION", "STATE", "STAGE", "FILES", "SIZE", "METRICS", "CREATED", "BY"), rows)


def version_text(version: VersionResponse) -> str:
    """Everything about a version but its files."""
    proven = f"{ago(version.verified_at)} ({version.proof})" if version.verified_at else ""
    return fields(
        {
            "version": f"{version.name}/{version.version}",
            "state": version.state + (", proof pending" if version.proof_pending else ""),
            "deleted": deletion(version.deleted),
            "stage": version.stage,
            "aliases": "  ".join(version.aliases),
            "refused for": "; ".join(version.refusal),
            "inspected": inspected_line(version),
            "reviewed": review_line(version),
            "signed": signed_line(version),
            "provenance": provenance_line(version),
            "digest": version.digest,
            "size": f"{size(version.size)} in {count(version.file_count, 'file')}",
            "facts": facts_line(version),
            "description": version.description,
            "tags": pairs(version.tags),
            "params": pairs(version.params),
            "metrics": pairs(version.metrics),
            "source": source_line(version),
            "evaluated on": ", ".join(
                " ".join(filter(None, (d.dataset or d.digest, d.split))) for d in version.evaluated
            ),
            "datasets": "  ".join(map(dataset_line, version.datasets)),
            "made out of": "  ".join(map(base_line, version.bases)),
            "run": " ".join(filter(None, (version.run.system, version.run.id, version.run_url))),
            "environment": environment_line(version.environment),
            "card": version.card_digest and "`modelyard card` shows it",
            "created": f"{ago(version.created_at)} by {version.created_by}",
            "verified": proven,
        }
    )


def inspected_line(version: VersionResponse) -> str:
    """What was seen in a version's files, in a few words."""
    seen = version.inspected
    if seen is None:
        return ""
    told = [count(number, f"{severity} finding") for severity, number in seen.findings.items() if number]
    told += [f"{count(seen.incomplete, 'file')} not fully inspected"] if seen.incomplete else []
    return f"{seen.verdict} by rules {seen.rules}{': ' if told else ''}{', '.join(told)}"


def review_line(version: VersionResponse) -> str:
    """What a reviewer decided, in a few words."""
    review = version.review
    return f"{review.decision} by {review.by}: {review.reason}" if review else ""


def signed_line(version: VersionResponse) -> str:
    """What its signatures come to, in a few words."""
    known = version.signed
    if known is None:
        return ""
    by = f" by {known.by}" if known.by else ""
    identity = f" ({known.identity})" if known.identity and not _HINT.fullmatch(known.identity) else ""
    return f"{known.verdict}{by}{identity}{_checked(version, known)}"


def provenance_line(version: VersionResponse) -> str:
    """Where it is said to come from, in a few words."""
    known = version.provenance
    if known is None:
        return ""
    said = ", ".join(filter(None, (known.builder, known.build_type, known.source)))
    by = f", signed by {known.by}" if known.by else ", signed by nobody who is trusted"
    return f"{known.verdict}{f': {said}' if said else ''}{by}{_checked(version, known)}"


def _checked(version: VersionResponse, known: SignedByResponse) -> str:
    files = f": {covered_line(known.files)}" if known.files else ""
    when = f", checked {ago(known.checked_at)}" if known.checked_at else ""
    return f"{files}{when}{', to be checked' if version.check_pending else ''}"


def covered_line(files: Mapping[str, int]) -> str:
    """How many files something vouches for, and how many it does not."""
    return ", ".join(f"{count(number, 'file')} {word}" for word, number in files.items())


def facts_line(version: VersionResponse) -> str:
    """What is known of a version's files, but for what takes more than a few words."""
    short_ones = {name: fact for name, fact in version.facts.items() if isinstance(fact, str | int | float)}
    lists = {name: ", ".join(map(str, fact)) for name, fact in version.facts.items() if _is_short(fact)}
    return pairs({**short_ones, **lists})


def _is_short(fact: object) -> bool:
    return isinstance(fact, list) and len(fact) <= _FEW and all(isinstance(each, str) for each in fact)


def deletion(deleted: DeletionResponse | None) -> str:
    """When and by whom something was deleted, and until when it can be restored."""
    if deleted is None:
        return ""
    return f"{ago(deleted.at)} by {deleted.by}; can be restored until {moment(deleted.purge_at)}"


def source_line(version: VersionResponse) -> str:
    """The code a version was made from."""
    source = version.source
    changed = {True: "with changes", False: "unchanged", None: ""}[source.dirty]
    return " ".join(filter(None, (version.source_commit, source.repository, source.path, changed)))


def dataset_line(data: DatasetResponse) -> str:
    """A dataset in a few words."""
    rows = "" if data.rows is None else f"({count(data.rows, 'row')})"
    return " ".join(filter(None, (data.role and f"{data.role}:", data.name, data.uri, data.digest, rows)))


def base_line(base: BaseResponse) -> str:
    """What a version was made out of, and how."""
    return f"{base.relation} of {base.uri or f'{base.name}/{base.version}'}"


def environment_line(made: EnvironmentResponse) -> str:
    """Where a version was made."""
    python = f"Python {made.python}" if made.python else ""
    packages = count(len(made.packages), "package") if made.packages else ""
    return ", ".join(filter(None, (python, packages, made.image_digest, made.hardware)))


def file_table(files: Iterable[FileResponse]) -> str:
    """Files in a table."""
    return table(("SIZE", "DIGEST", "PATH"), ((size(f.size), short(f.digest), f.path) for f in files))


def model_table(models: Iterable[ModelResponse]) -> str:
    """Models in a table."""
    rows = ((m.name, m.versions, m.newest_ready or "", stages(m), m.owner, ago(m.updated_at)) for m in models)
    return table(("NAME", "VERSIONS", "READY", "STAGES", "OWNER", "UPDATED"), rows)


def model_text(model: ModelResponse) -> str:
    """Everything about a model but its versions."""
    return fields(
        {
            "model": model.name,
            "deleted": deletion(model.deleted),
            "id": model.id,
            "description": model.description,
            "owner": model.owner,
            "tags": pairs(model.tags),
            "stages": stages(model),
            "aliases": "  ".join(f"{alias} {number}" for alias, number in model.aliases.items()),
            "newest ready": model.newest_ready,
            "created": f"{ago(model.created_at)} by {model.created_by}",
            "updated": ago(model.updated_at),
        }
    )


def stages(model: ModelResponse) -> str:
    """Who stands where, in one line."""
    return "  ".join(f"{stage} {','.join(map(str, there))}" for stage, there in model.stages.items() if there)


def event_details(event: EventResponse) -> str:
    """What an event changed, and why, in one line."""
    changed = [
        f"{name} {event.before[name]} → {value}"
        for name, value in event.after.items()
        if name in event.before and name not in _NO_DETAIL and event.before[name] != value
    ]
    if isinstance(alias := event.after.get("alias"), str):
        then, now = (facts.get("version") or "nobody" for facts in (event.before, event.after))
        changed = [f"@{alias} {then} → {now}"]
    if isinstance(evaluation := event.after.get("evaluation"), dict):
        changed = [f"{name} {measure['value']}" for name, measure in evaluation["metrics"].items()]
    if isinstance(kept := event.after.get("attestation"), dict):
        changed = [f"{kept['kind']} {kept['path']}"]
    if isinstance(results := event.after.get("results"), dict):
        changed = [f"{each['verdict']} {each.get('by', '')}".strip() for each in results.values()]
    refusal = event.after.get("refusal")
    if isinstance(refusal, list):
        changed += map(str, refusal)
    return plain(", ".join(changed) + (f' "{event.reason}"' if event.reason else "")).strip()
