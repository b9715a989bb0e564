"""Rules about model formats."""

from modelyard.domain.findings import Severity
from modelyard.inspection.rules import Rule

FORMATS = {
    "safetensors.malformed": Rule(
        Severity.SUSPICIOUS,
        "the header does not describe the bytes, as the format requires",
        "write the file again with the safetensors library",
    ),
}
