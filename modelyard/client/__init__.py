"""The Python SDK: `Registry` speaks to a registry, `Registry.push` and `Registry.pull` move whole models.

    from modelyard.client import Registry

    with Registry() as registry:
        version = registry.push("churn", "model.joblib", metrics={"auc": 0.91})
        registry.transition("churn", version.version, "production", comment="beats v0")
        registry.pull("churn/production", "out")

`modelyard.client.filling.fill` finds out what can be said of a push besides (code, environment, what files in the
folder say), to look at and to give to `push`: `registry.push("churn", "out", **fill("out").facts)`.

Names that are not in `__all__` are the SDK's own and may change.
"""

from modelyard.client.errors import ModelyardError, Refused, Unreachable, VersionRefused
from modelyard.client.progress import Progress
from modelyard.client.pulling import Pulled
from modelyard.client.registry import Registry
from modelyard.client.retrying import Backoff
from modelyard.client.transport import Answer, Outgoing, Transport

__all__ = [
    "Answer",
    "Backoff",
    "ModelyardError",
    "Outgoing",
    "Progress",
    "Pulled",
    "Refused",
    "Registry",
    "Transport",
    "Unreachable",
    "VersionRefused",
]
