"""Rules about model formats."""

from modelyard.domain.findings import Severity
from modelyard.inspection.rules import Rule

FORMATS = {
    "safetensors.malformed": Rule(
        Severity.SUSPICIOUS,
        "the header does not describe the bytes, as the format requires",
        "write the file again with the safetensors library",
    ),
    "safetensors.outside": Rule(
        Severity.MALICIOUS,
        "an index names a file that is not beside it: whoever loads the model would read another file of the machine",
        "name the shards by file names alone",
    ),
    "gguf.malformed": Rule(
        Severity.SUSPICIOUS,
        "counts, lengths or offsets in a GGUF file do not fit the file; loaders in C have been broken by such files",
        "write the file again with the gguf library or llama.cpp",
    ),
    "template.present": Rule(
        Severity.INFO,
        "the file holds a chat template: a small program in Jinja that is run for each conversation",
        "nothing needs to be done; render templates in a sandboxed environment",
    ),
    "template.escape": Rule(
        Severity.MALICIOUS,
        "a chat template reaches for Python's insides, as templates do that leave their sandbox (CVE-2024-34359)",
        "take the template out, or take it from whoever made the model",
    ),
    "onnx.malformed": Rule(
        Severity.SUSPICIOUS,
        "a part of the ONNX file cannot be read as the format requires",
        "export the model again",
    ),
    "onnx.external-data-outside": Rule(
        Severity.MALICIOUS,
        "weights are said to lie in a file that is not beside the model: loading reads other files of the machine",
        "save the weights in a file beside the model, named without folders above it",
    ),
    "onnx.custom-domain": Rule(
        Severity.INFO,
        "operators come from a library that ONNX does not bring; the file holds no code, and does not load without it",
        "install the library only from a source that you trust",
    ),
    "onnx.python-operator": Rule(
        Severity.SUSPICIOUS,
        "an operator calls a Python function by name while the model runs",
        "export the model with operators of ONNX",
    ),
}
