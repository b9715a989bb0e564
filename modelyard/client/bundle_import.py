"""An import, whole: the bundle is checked to its last byte, then sent; what the registry has already is passed over.

A model that cannot be brought is left behind with the reason, and keeps nobody else back.
"""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from modelyard.client.api import Api
from modelyard.client.bundle_checking import (
    Checked,
    CheckedModel,
    as_hashed,
    batches,
    check_bundle,
    fresh_blobs,
    read_events,
    read_files,
)
from modelyard.client.bundle_reading import Bundle, open_bundle
from modelyard.client.errors import AlreadyExists, BadAnswer, Gone, NotFound, Refused
from modelyard.client.import_calls import ImportCalls
from modelyard.client.model_calls import ModelCalls
from modelyard.client.progress import SILENT, Progress, Running
from modelyard.client.sending import Sending
from modelyard.contract.responses import ModelResponse
from modelyard.domain.digests import Digest
from modelyard.domain.manifests import File

BROUGHT, THERE, PLANNED, LEFT = "brought", "there", "planned", "left"
"""Brought now, or before; would be brought; left behind."""

MOST_EVENTS = 500
MOST_BYTES = 4 * 1024**2
"""Of one request: a function is given at most 6 MB."""

_MOST_ROUNDS = 5
"""How often something may be missing after everything that was asked for was sent."""

RENAME = ": rename the model there, export it anew, and import that"
_REGISTERED = "version.registered"


@dataclass(slots=True)
class ImportedModel:
    """What became of a model; `entries` counts those that came now, `withheld` are versions that have no bytes.

    `deleted` says until when it can be restored, where it is deleted. `names_left` are former names of it that another
    model has here.
    """

    id: str
    name: str
    sequence: int
    outcome: str = LEFT
    reason: str = ""
    entries: int = 0
    withheld: list[int] = field(default_factory=list)
    deleted: str = ""
    names_left: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Imported:
    """What an import did once the bundle was found to hold, or what it would do."""

    bundle: Path
    dry_run: bool
    checked: Checked
    models: list[ImportedModel] = field(default_factory=list)

    def count(self, outcome: str) -> int:
        """How many models had this outcome."""
        return sum(model.outcome == outcome for model in self.models)


def import_bundle(
    api: Api,
    path: str | os.PathLike[str],
    *,
    connections: int,
    dry_run: bool = False,
    checking: Progress = SILENT,
    sending: Progress = SILENT,
) -> Imported:
    """As Registry.import_bundle says."""
    with open_bundle(Path(path)) as bundle:
        checked = check_bundle(bundle, progress=checking)
        imported = Imported(Path(path), dry_run, checked)
        seen: set[Digest] = set()
        for model in checked.models:
            one = _Import(api, bundle, model, connections, Running(sending))
            imported.models.append(one.plan() if dry_run else one.bring(seen))
        return imported


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the journal, the files of the version that it registers, and about how many bytes they take."""

    event: dict[str, Any]
    files: Sequence[File] | None
    size: int


class _Import:
    """A model of the bundle on its way."""

    def __init__(self, api: Api, bundle: Bundle, model: CheckedModel, connections: int, progress: Progress) -> None:
        self._api = api
        self._bundle = bundle
        self._model = model
        self._connections = connections
        self._progress = progress
        self._calls, self._models = ImportCalls(api), ModelCalls(api)
        self._called = ""
        listed = model.model
        self._report = ImportedModel(
            listed.id, listed.name, listed.sequence, withheld=list(model.withheld), deleted=model.deleted
        )

    def plan(self) -> ImportedModel:
        """What would become of it, as far as can be told without doing it."""
        report = self._report
        there = self._there(report.id)
        report.outcome = PLANNED if there < report.sequence else THERE
        report.entries = max(0, report.sequence - there)
        if not there and self._there(report.name):
            report.outcome, report.reason = LEFT, f"there is another model {report.name!r} already{RENAME}"
        report.names_left = self._find_names_left()
        return report

    def _there(self, name: str) -> int:
        found = self._find(name)
        return found.sequence if found else 0

    def _find(self, name: str) -> ModelResponse | None:
        try:
            return self._models.get_model(name)
        except (NotFound, Gone):
            return None

    def _find_names_left(self) -> list[str]:
        """Former names that lead to another model here."""
        former = [name for name in self._model.names if name != self._report.name]
        return [name for name in former if (found := self._find(name)) and found.id != self._report.id]

    def bring(self, seen: set[Digest]) -> ImportedModel:
        """Bytes first, then entries. Where the journal is here already, its last entry is compared."""
        report = self._report
        try:
            there = self._there(report.id)
            if there < report.sequence:
                for some in batches(fresh_blobs(self._bundle, self._model, seen)):
                    self._send(some)
            self._append_all(min(there, report.sequence))
            report.names_left = self._find_names_left()
            report.entries = max(0, report.sequence - there)
            report.outcome = BROUGHT if report.entries else THERE
        except AlreadyExists as error:
            report.outcome, report.reason = LEFT, error.detail + RENAME
        except Refused as error:
            report.outcome, report.reason = LEFT, error.detail
        return report

    def _append_all(self, first: int) -> None:
        """The entries from one on. Where a name is another model's, it will do if the model's last one is free."""
        try:
            for request in self._requests(first):
                self._append(request)
        except AlreadyExists:
            if self._called or len(self._model.names) == 1:
                raise
            self._called = self._report.name
            self._append_all(first)

    def _send(self, files: Sequence[File]) -> None:
        """The bytes of some blobs, as far as the registry misses them."""
        hashed = as_hashed(self._bundle, files)
        sending = Sending(
            self._api.transport, self._api.backoff, hashed, connections=self._connections, progress=self._progress
        )
        pages = partial(self._calls.import_blobs, files)
        for _ in range(_MOST_ROUNDS):
            sending.send_missing(pages)
            if not self._calls.complete_blobs(files):
                return
        raise BadAnswer("storage took the bytes, and the registry still misses them")

    def _requests(self, first: int) -> Iterator[list[Entry]]:
        """The entries from one on, as many at once as a request takes."""
        request: list[Entry] = []
        size = 0
        for event in read_events(self._bundle, self._report.id):
            if event["sequence"] < first:
                continue
            entry = self._entry(event)
            if request and (len(request) == MOST_EVENTS or size + entry.size > MOST_BYTES):
                yield request
                request, size = [], 0
            request.append(entry)
            size += entry.size
        if request:
            yield request

    def _entry(self, event: dict[str, Any]) -> Entry:
        """An entry, with the files of the version that it registers, if it does and they are listed."""
        files = None
        if event["type"] == _REGISTERED:
            files = read_files(self._bundle, self._report.id, event["version"])
        listed = sum(len(file.path) + 67 * len(file.parts) + 150 for file in files or ())
        return Entry(event, files, len(json.dumps(event)) + listed)

    def _append(self, request: list[Entry]) -> None:
        """Append entries, in as many requests as it takes."""
        while request:
            numbers = {entry.event["version"] for entry in request}
            answer = self._calls.import_journal(
                self._report.id,
                [entry.event for entry in request],
                {entry.event["version"]: entry.files for entry in request if entry.files},
                sorted(numbers.intersection(self._model.withheld)),
                called=self._called,
            )
            rest = [entry for entry in request if entry.event["sequence"] > answer.sequence]
            if len(rest) == len(request):
                raise BadAnswer(f"the registry takes no entry of {self._report.name!r}, and does not say why")
            request = rest
