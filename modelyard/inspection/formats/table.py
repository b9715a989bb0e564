"""Every model format that is known, in the order in which they are tried."""

from modelyard.inspection.formats import (
    boosters,
    configs,
    coreml,
    gguf,
    hdf5,
    keras,
    misnamed,
    mlflow,
    onnx,
    packages,
    safetensors,
    templates,
    tensorflow,
    tflite,
    yaml_files,
)
from modelyard.inspection.sight import Format

KNOWN_FORMATS: tuple[Format, ...] = (
    *gguf.FORMATS,
    *safetensors.FORMATS,
    *onnx.FORMATS,
    *hdf5.FORMATS,
    *tflite.FORMATS,
    *tensorflow.FORMATS,
    *coreml.FORMATS,
    *boosters.FORMATS,
    *keras.FORMATS,
    *configs.FORMATS,
)
"""Formats that are known by their bytes, or by names and first bytes that nothing else has."""

LAST_FORMATS: tuple[Format, ...] = (
    *templates.FORMATS,
    *mlflow.FORMATS,
    *packages.FORMATS,
    *yaml_files.FORMATS,
    *hdf5.BEHIND,
    *misnamed.FORMATS,
)
"""What is tried when nothing else matched: text is known by its name alone, and could be a pickle of the old kind."""
