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
    *templates.FORMATS,
    *mlflow.FORMATS,
    *packages.FORMATS,
    *yaml_files.FORMATS,
)
"""Formats that are known by their bytes, or by names that programs look for."""

LAST_FORMATS: tuple[Format, ...] = (*hdf5.BEHIND, *misnamed.FORMATS)
"""What is tried when nothing else matched."""
