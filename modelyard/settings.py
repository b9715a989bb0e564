"""Names and meaning of the environment variables. Read here only, when a function is first called, never at import."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from modelyard.domain.errors import Invalid

DATA = "MODELYARD_DATA"
PUBLIC_URL = "MODELYARD_PUBLIC_URL"
TABLE = "MODELYARD_TABLE"
BUCKET = "MODELYARD_BUCKET"
BUS = "MODELYARD_BUS"
TOPIC = "MODELYARD_TOPIC"
UPLOAD_HOURS = "MODELYARD_UPLOAD_HOURS"
LINK_SECONDS = "MODELYARD_LINK_SECONDS"


@dataclass(frozen=True, slots=True)
class Limits:
    """How long an unfinished upload is kept, and how long a signed request is good for."""

    upload: timedelta = timedelta(days=7)
    link: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Embedded:
    """One machine: everything lies in the folder `data`; signed requests lead to `public_url`."""

    data: Path
    public_url: str
    limits: Limits


@dataclass(frozen=True, slots=True)
class Aws:
    """Names of the table, bucket and bus, and the ARN of the topic. A function is given only what it may use."""

    table: str
    bucket: str
    bus: str
    topic: str
    limits: Limits


def read_settings(environment: Mapping[str, str]) -> Embedded | Aws:
    """The settings in `environment`: embedded when MODELYARD_DATA is set, else AWS. Invalid names a bad variable."""
    limits = Limits(
        upload=timedelta(hours=_number(environment, UPLOAD_HOURS, 7 * 24)),
        link=timedelta(seconds=_number(environment, LINK_SECONDS, 3600)),
    )
    if data := environment.get(DATA):
        return Embedded(Path(data), environment.get(PUBLIC_URL, "http://127.0.0.1:8080"), limits)
    table, bucket, bus, topic = (environment.get(name, "") for name in (TABLE, BUCKET, BUS, TOPIC))
    return Aws(table, bucket, bus, topic, limits)


def _number(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name, str(default))
    if not text.isdecimal() or int(text) < 1:
        raise Invalid(f"{name} is a whole number above 0, not {text!r}", field=name)
    return int(text)
