"""Rules about pickles."""

from modelyard.domain.findings import Severity
from modelyard.inspection.rules import Rule

PICKLES = {
    "pickle.dangerous-import": Rule(
        Severity.MALICIOUS,
        "a pickle names something that runs commands, code or files when it is loaded",
        "find out who made the file; export the model again from a source that you trust, best as safetensors or ONNX",
    ),
}
