"""What can be searched: the fields of versions and of models, their other names, and what values they take."""

from collections.abc import Mapping
from enum import Enum

TAGS, PARAMS, METRICS = "tags", "params", "metrics"
FACTS, INSPECTED = "facts", "inspected"
SIGNED, PROVENANCE = "signed", "provenance"


class Takes(Enum):
    """What a field is compared with."""

    TEXT = "a quoted text"
    NUMBER = "a number"
    MOMENT = "a quoted date or time, such as '2026-03-01' or '2026-03-01T12:00:00Z'"
    EITHER = "a quoted text or a number"
    """Texts, which are read as numbers when they are compared with one."""


Fields = Mapping[str, Takes]

_BOTH = {
    "name": Takes.TEXT,
    TAGS: Takes.EITHER,
    "owner": Takes.TEXT,
    "author": Takes.TEXT,
    "description": Takes.TEXT,
    "created_at": Takes.MOMENT,
    "updated_at": Takes.MOMENT,
    "stage": Takes.TEXT,
    "alias": Takes.TEXT,
}

VERSION_FIELDS: Fields = {
    **_BOTH,
    "version": Takes.NUMBER,
    "state": Takes.TEXT,
    PARAMS: Takes.EITHER,
    METRICS: Takes.NUMBER,
    FACTS: Takes.EITHER,
    INSPECTED: Takes.EITHER,
    SIGNED: Takes.EITHER,
    PROVENANCE: Takes.EITHER,
    "dataset": Takes.TEXT,
    "data": Takes.TEXT,
    "commit": Takes.TEXT,
    "base": Takes.TEXT,
    "digest": Takes.TEXT,
    "size": Takes.NUMBER,
    "files": Takes.NUMBER,
    "verified_at": Takes.MOMENT,
}
"""Of a version. `owner` is its model's; `data` is a dataset's digest; `stage` is where it stands."""

MODEL_FIELDS: Fields = {**_BOTH, "versions": Takes.NUMBER}
"""Of a model. `stage` is any serving stage in which one of its versions stands; `versions` counts them."""

KEYED = frozenset({TAGS, PARAMS, METRICS, FACTS, INSPECTED, SIGNED, PROVENANCE})
"""Fields that are asked for with a key."""

OTHER_NAMES = {
    "tag": TAGS,
    "param": PARAMS,
    "parameter": PARAMS,
    "parameters": PARAMS,
    "metric": METRICS,
    "version_number": "version",
    "number": "version",
    "current_stage": "stage",
    "status": "state",
    "created_by": "author",
    "user_id": "author",
    "aliases": "alias",
    "datasets": "dataset",
    "dataset_digest": "data",
    "source_commit": "commit",
    "bases": "base",
    "file_count": "files",
    "created": "created_at",
    "updated": "updated_at",
}
"""Other names of fields: MLflow's, and those of answers."""

LOWER = frozenset({"stage", "state"})
"""Fields whose values are lower case; what they are compared with is made so."""
