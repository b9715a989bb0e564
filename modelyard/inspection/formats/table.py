"""Every model format that is known, in the order in which they are tried."""

from modelyard.inspection.formats import gguf, onnx, safetensors, templates
from modelyard.inspection.sight import Format

KNOWN_FORMATS: tuple[Format, ...] = (
    *gguf.FORMATS,
    *safetensors.FORMATS,
    *onnx.FORMATS,
    *templates.FORMATS,
)
"""Formats that are known by their bytes, or by names that programs look for."""
