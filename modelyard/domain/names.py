"""What may be a name, a tag, a parameter or a metric, and how a reference names a version."""

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modelyard.domain.canonical import canonical
from modelyard.domain.errors import Invalid, TooLarge

MAX_NAME = 256
MAX_TAGS = 100
MAX_TAG_KEY = 250
MAX_TAG_VALUE = 5_000
MAX_PARAMS = 1_000
MAX_PARAM_VALUE = 6_000
MAX_METRICS = 1_000
MAX_DESCRIPTION = 20_000
MAX_TEXT = 2_000
MAX_FACTS = 128 * 1024
MAX_NUMBER = 10**10 - 1
_FORBIDDEN_IN_NAME = frozenset("/:@")
_ULID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
_NUMBER = re.compile(r"[1-9][0-9]{0,9}")
_PASSWORD = re.compile(
    r"//[^/?#\s]*:[^/?#\s]*@|\bhttps?://[^/?#\s]+@"
    r"|[?&#;](?:[\w.-]*(?:token|signature|password|passwd|secret|api[_-]?key|access[_-]?key|credentials?)|sig|pwd|auth)=[^&#;\s]",
    re.IGNORECASE,
)
"""A password in an address, a user of the web (who is a token most of the time), or a parameter that lets one in."""
_STAGE = re.compile(r"[a-z][a-z0-9_-]{0,63}")


def has_control(text: str) -> bool:
    """Whether `text` holds a control character, a line separator or a lone surrogate."""
    return any(unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"} for letter in text)


def has_invisible(text: str) -> bool:
    """Whether `text` holds a character that nobody sees, or that turns others around: such names look like others."""
    return any(unicodedata.category(letter) == "Cf" for letter in text)


def parse_name(text: str, *, field: str = "name") -> str:
    """A model's name in Unicode NFC: 1 to 256 characters, no `/`, `:`, `@`, control or invisible characters.

    Names that a URL or an id would swallow are refused as well: `.`, `..`, blanks at either end, and 26 characters
    that read as a ULID.
    """
    name = unicodedata.normalize("NFC", text)
    if not 1 <= len(name) <= MAX_NAME:
        raise Invalid(f"a name has 1 to {MAX_NAME} characters, not {len(name)}", field=field)
    if has_control(name) or has_invisible(name) or _FORBIDDEN_IN_NAME & set(name):
        raise Invalid("a name has no '/', ':', '@', control or invisible characters", field=field)
    if name != name.strip():
        raise Invalid("a name neither begins nor ends with a blank", field=field)
    if name in {".", ".."} or is_model_id(name):
        raise Invalid("a name is not '.', '..' or shaped like a model id", field=field)
    return name


def is_model_id(text: str) -> bool:
    """Whether `text` is shaped like a model's immutable id, a ULID (https://github.com/ulid/spec)."""
    return _ULID.fullmatch(text) is not None


def parse_stage(text: str, *, field: str = "stage") -> str:
    """A stage's name: lower-case letters, digits, `_` and `-`, beginning with a letter, at most 64."""
    if not _STAGE.fullmatch(text):
        raise Invalid("a stage is 1 to 64 of a-z, 0-9, '_' and '-', beginning with a letter", field=field)
    return text


def check_text(text: str, *, field: str, longest: int = MAX_TEXT) -> str:
    """Free text of at most `longest` characters; new lines and tabs are its only control characters."""
    if len(text) > longest:
        raise TooLarge(f"{field} has at most {longest} characters, not {len(text)}", field=field)
    if has_control(text.translate({9: None, 10: None, 13: None})):
        raise Invalid(f"{field} has control characters", field=field)
    return text


def check_place(text: str, *, field: str) -> str:
    """Where something is: free text without a password or a token, which would stay in the journal for good."""
    if _PASSWORD.search(check_text(text, field=field)):
        raise Invalid(f"{field} holds a password or a token; leave it out", field=field)
    return text


def check_pairs(
    pairs: Mapping[str, str], *, field: str, most: int = MAX_TAGS, longest: int = MAX_TAG_VALUE
) -> dict[str, str]:
    """Tags or parameters: at most `most`, keys of 1 to 250 characters, values of at most `longest`."""
    if len(pairs) > most:
        raise TooLarge(f"at most {most} {field}, not {len(pairs)}", field=field)
    for key, value in pairs.items():
        _check_key(key, field=field)
        check_text(value, field=f"{field}.{key}", longest=longest)
    return dict(sorted(pairs.items()))


def check_number(number: int, *, field: str = "version") -> int:
    """The number of a version, as any version may have it."""
    if not 1 <= number <= MAX_NUMBER:
        raise Invalid(f"a version's number is from 1 to {MAX_NUMBER}", field=field)
    return number


def check_metrics(metrics: Mapping[str, float]) -> dict[str, float]:
    """Metrics: at most 1,000 finite numbers."""
    if len(metrics) > MAX_METRICS:
        raise TooLarge(f"at most {MAX_METRICS} metrics, not {len(metrics)}", field="metrics")
    for key, value in metrics.items():
        _check_key(key, field="metrics")
        if not math.isfinite(value):
            raise Invalid("a metric is a finite number", field=f"metrics.{key}")
    return dict(sorted(metrics.items()))


def check_facts(facts: Mapping[str, Any]) -> None:
    """Facts travel whole in one item, one entry and one event, so their sum is bounded as well as each."""
    if (size := len(canonical(dict(facts)))) > MAX_FACTS:
        raise TooLarge(f"{', '.join(facts)} take {size} bytes; at most {MAX_FACTS} together")


def _check_key(key: str, *, field: str) -> None:
    if not 1 <= len(key) <= MAX_TAG_KEY or has_control(key) or has_invisible(key):
        raise Invalid(f"a key has 1 to {MAX_TAG_KEY} characters, no control and no invisible ones", field=field)


@dataclass(frozen=True, slots=True)
class Reference:
    """What a user types for a version: `churn/3`, `churn/production`, `churn@champion` or `churn`.

    At most one of number, stage and alias is set; none means the newest ready version.
    """

    name: str
    number: int | None = None
    stage: str | None = None
    alias: str | None = None

    def __str__(self) -> str:
        if self.alias is not None:
            return f"{self.name}@{self.alias}"
        return self.name if self.selector is None else f"{self.name}/{self.selector}"

    @property
    def selector(self) -> str | None:
        """The part after the slash, as text."""
        return self.stage if self.number is None else str(self.number)


def parse_reference(text: str, *, field: str = "reference") -> Reference:
    """A reference as users write it, with or without MLflow's `models:/` before it."""
    name, slash, selector = text.removeprefix("models:/").partition("/")
    name, at, alias = name.partition("@")
    name = name if is_model_id(name) else parse_name(name, field=field)
    if at and (slash or not alias):
        raise Invalid("a reference is NAME, NAME/NUMBER, NAME/STAGE or NAME@ALIAS", field=field)
    if at:
        return Reference(name, alias=parse_alias(alias, field=field))
    if not slash:
        return Reference(name)
    if _NUMBER.fullmatch(selector):
        return Reference(name, number=int(selector))
    return Reference(name, stage=parse_stage(selector.lower(), field=field))


def parse_alias(text: str, *, field: str = "alias") -> str:
    """An alias: 1 to 255 of letters, digits, `_` and `-` (MLflow's rule)."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", text):
        raise Invalid("an alias is 1 to 255 letters, digits, '_' and '-'", field=field)
    return text
