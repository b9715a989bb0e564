"""Names and meaning of the environment variables. Read here only, when a function is first called, never at import."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from modelyard.domain.errors import Invalid

DATA = "MODELYARD_DATA"
PUBLIC_URL = "MODELYARD_PUBLIC_URL"
TABLE = "MODELYARD_TABLE"
BUCKET = "MODELYARD_BUCKET"
BUS = "MODELYARD_BUS"
TOPIC = "MODELYARD_TOPIC"
UPLOAD_HOURS = "MODELYARD_UPLOAD_HOURS"
LINK_SECONDS = "MODELYARD_LINK_SECONDS"
RETENTION_DAYS = "MODELYARD_RETENTION_DAYS"
TRUSTED_SIGNERS = "MODELYARD_TRUSTED_SIGNERS"

SIGNERS_FILE = "trusted-signers.json"
"""Where one machine looks for trusted signers in its data folder, unless another file is named."""

IN_FILES = {"key_file": "key", "roots_file": "roots", "trust_root_file": "trust_root"}
"""What trusted signers may name by a file beside them, and what it stands for."""

MOST_RETENTION = 36_500
"""Days: a century, so that the moment of a purge can be written."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long an unfinished upload is kept, a signed request is good for, and what is deleted can be restored."""

    upload: timedelta = timedelta(days=7)
    link: timedelta = timedelta(hours=1)
    retention: timedelta = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Embedded:
    """One machine: everything lies in the folder `data`; signed requests lead to `public_url`.

    `signers` is the file of trusted signers, where another than that of the data folder is named.
    """

    data: Path
    public_url: str
    limits: Limits
    signers: Path | None = None


@dataclass(frozen=True, slots=True)
class Aws:
    """Names of the table, bucket and bus, and the ARN of the topic. A function is given only what it may use."""

    table: str
    bucket: str
    bus: str
    topic: str
    limits: Limits
    signers: Path | None = None


def read_settings(environment: Mapping[str, str]) -> Embedded | Aws:
    """The settings in `environment`: embedded when MODELYARD_DATA is set, else AWS. Invalid names a bad variable."""
    limits = Limits(
        upload=timedelta(hours=_number(environment, UPLOAD_HOURS, 7 * 24)),
        link=timedelta(seconds=_number(environment, LINK_SECONDS, 3600)),
        retention=timedelta(days=_number(environment, RETENTION_DAYS, 30, most=MOST_RETENTION)),
    )
    named = environment.get(TRUSTED_SIGNERS)
    signers = Path(named) if named else None
    if data := environment.get(DATA):
        return Embedded(Path(data), environment.get(PUBLIC_URL, "http://127.0.0.1:8080"), limits, signers)
    table, bucket, bus, topic = (environment.get(name, "") for name in (TABLE, BUCKET, BUS, TOPIC))
    return Aws(table, bucket, bus, topic, limits, signers)


def _number(environment: Mapping[str, str], name: str, default: int, *, most: int = 10**9) -> int:
    text = environment.get(name, str(default))
    if not text.isdecimal() or not 1 <= int(text[:19]) <= most:
        raise Invalid(f"{name} is a whole number from 1 to {most}, not {text[:40]!r}", field=name)
    return int(text)


def load_signers(path: Path) -> bytes:
    """A file of trusted signers in JSON, with what it names by other files put in; Invalid where one cannot be read."""
    try:
        known = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise Invalid(f"{path} is no JSON that can be read: {error}", field=TRUSTED_SIGNERS) from error
    listed = known.get("signers") if isinstance(known, dict) else None
    for each in [known, *(listed if isinstance(listed, list) else [])]:
        if isinstance(each, dict):
            _put_in(each, path.parent)
    return json.dumps(known).encode()


def _put_in(told: dict[str, Any], folder: Path) -> None:
    for name, stands_for in IN_FILES.items():
        if name not in told:
            continue
        try:
            text = (folder / str(told.pop(name))).read_text()
            told[stands_for] = json.loads(text) if stands_for == "trust_root" else text
        except (OSError, ValueError) as error:
            raise Invalid(f"{name} of trusted signers cannot be read: {error}", field=name) from error
