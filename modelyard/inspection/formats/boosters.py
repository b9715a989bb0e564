"""Gradient boosting: the native files of XGBoost, LightGBM and CatBoost. They hold numbers and no code.

https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html (JSON, UBJSON, and the binary format until 3.0),
LightGBM's src/boosting/gbdt_model_text.cpp, CatBoost's catboost/libs/model/model.cpp ("CBM1").
Large ones are told by their first and last bytes: a model of a gigabyte need not be parsed to be known.
"""

import re
import struct
from typing import Any

from modelyard.inspection.formats.matching import begins
from modelyard.inspection.formats.reading import Cursor, shown, spelled, tell
from modelyard.inspection.sight import Format, Sight

EDGE = 64 * 1024
MAX_HEADER = 1024**2
LEARNER = b"{L\0\0\0\0\0\0\0\x07learner"
_VERSION = re.compile(rb'"version"\s*:\s*\[\s*(\d{1,4})\s*,\s*(\d{1,4})\s*,\s*(\d{1,4})\s*\]')
_SAID = re.compile(rb'"(num_feature|num_class|num_trees)"\s*:\s*"(\d{1,18})"')
_OBJECTIVE = re.compile(rb'"objective"\s*:\s*\{\s*"name"\s*:\s*"([\w:]{1,60})"')
_SAID_BINARY = re.compile(rb"(num_feature|num_class|num_trees)SL\0{7}[\x01-\x12](\d{1,18})", re.DOTALL)
_NAME_BINARY = re.compile(rb"objective\{L\0{7}\x04nameSL\0{7}.([\w:]{1,60}?)(?=L\0|\})", re.DOTALL)
_VERSION_BINARY = re.compile(rb"version\[(?:\$(.))?#L\0{7}\x03(.{3,24})", re.DOTALL)
FACTS = {b"num_feature": "features", b"num_class": "classes", b"num_trees": "trees"}
BOOSTERS = (b"gbtree", b"gblinear", b"dart")


def _edges(sight: Sight) -> bytes:
    """The first bytes and the last ones."""
    size = sight.source.size
    return sight.source.read(0, EDGE) + (sight.source.read(max(EDGE, size - EDGE), EDGE) if size > EDGE else b"")


def look_json(sight: Sight) -> None:
    """XGBoost's JSON."""
    edges = _edges(sight)
    version, objective = _VERSION.search(edges), _OBJECTIVE.search(edges)
    tell(sight, {
        **_xgboost(_SAID.findall(edges), objective),
        "framework_version": b".".join(version.groups()).decode() if version else None,
    })  # fmt: skip


def look_ubj(sight: Sight) -> None:
    """XGBoost's UBJSON, its format since 2.1."""
    edges = _edges(sight)
    facts = _xgboost(_SAID_BINARY.findall(edges), _NAME_BINARY.search(edges))
    if version := _VERSION_BINARY.search(edges):
        facts["framework_version"] = _version(version[1], version[2])
    tell(sight, facts)


def _version(kind: bytes | None, raw: bytes) -> str | None:
    """Three numbers: each with its type, or of one type for all."""
    shapes = {b"i": "b", b"U": "B", b"I": "h", b"l": "i", b"L": "q"}
    numbers: list[int] = []
    while len(numbers) < 3:
        known, raw = (kind, raw) if kind else (raw[:1], raw[1:])
        shape = struct.Struct(">" + shapes.get(known, "b"))
        if len(raw) < shape.size:
            return None
        numbers.append(shape.unpack_from(raw)[0])
        raw = raw[shape.size :]
    return ".".join(map(str, numbers))


def _xgboost(said: list[tuple[bytes, bytes]], objective: re.Match[bytes] | None) -> dict[str, Any]:
    numbers = {FACTS[name]: int(value) for name, value in reversed(said)}
    facts: dict[str, Any] = {"format": "xgboost", "framework": "xgboost"}
    facts["objective"] = objective[1].decode() if objective else None
    return {**facts, **{name: value for name, value in numbers.items() if value}}


def _is_binary(head: bytes, _sight: Sight) -> bool:
    """Parameters of 136 bytes, then two names: what is optimised, and how."""
    names = _binary_names(head)
    return len(names) == 2 and names[1] in BOOSTERS


def _binary_names(head: bytes) -> list[bytes]:
    place, names = 136 + 4 * head.startswith(b"binf"), []
    for _ in range(2):
        length = int.from_bytes(head[place : place + 8], "little")
        if not 0 < length < 100:
            return []
        names.append(head[place + 8 : place + 8 + length])
        place += 8 + length
    return names


def look_binary(sight: Sight) -> None:
    """XGBoost's former binary format."""
    head = sight.source.read(0, 512)
    start = 4 * head.startswith(b"binf")
    features, classes = struct.unpack_from("<Ii", head, start + 4)
    objective = spelled(_binary_names(head)[0])
    facts = {"format": "xgboost", "framework": "xgboost", "features": features, "objective": objective}
    tell(sight, {**facts, "classes": classes if classes > 0 else None})


def look_lightgbm(sight: Sight) -> None:
    """LightGBM's text: lines of key and value, up to an empty one."""
    header = sight.source.read(0, MAX_HEADER).partition(b"\n\n")[0]
    said = dict(line.partition(b"=")[::2] for line in header.splitlines() if b"=" in line)
    facts: dict[str, Any] = {
        "format": "lightgbm",
        "framework": "lightgbm",
        "format_version": spelled(said.get(b"version", b"")),
        "objective": spelled(said.get(b"objective", b"").partition(b" ")[0]),
        "trees": len(said.get(b"tree_sizes", b"").split()),
    }
    features, classes = said.get(b"max_feature_idx", b""), said.get(b"num_class", b"")
    facts["features"] = int(features) + 1 if features.isdigit() and len(features) < 10 else None
    facts["classes"] = int(classes) if classes.isdigit() and classes != b"1" and len(classes) < 10 else None
    tell(sight, facts)


def look_catboost(sight: Sight) -> None:
    """CatBoost's binary: a size, then a FlatBuffer."""
    cursor = Cursor(sight.source, "catboost.malformed", 4)
    size = cursor.number("<I")
    if size > cursor.left:
        raise cursor.wrong(shown(f"a model of {size:,} bytes in a file of {sight.source.size:,}"))
    tell(sight, {"format": "catboost", "framework": "catboost"})


_JSON = re.compile(rb'\s*\{\s*"(?:learner|version)"\s*:\s*[\[{]')


def _is_json(head: bytes, _sight: Sight) -> bool:
    return _JSON.match(head) is not None and b'"learner"' in head


FORMATS = (
    Format("xgboost-json", _is_json, look_json),
    Format("xgboost-ubj", begins(LEARNER), look_ubj),
    Format("lightgbm", begins(b"tree\nversion=", b"tree\r\nversion="), look_lightgbm),
    Format("catboost", begins(b"CBM1"), look_catboost),
    Format("xgboost-binary", _is_binary, look_binary),
)
