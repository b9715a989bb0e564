"""Files that are called what their bytes are not: readers go by one or the other, and nothing here could look inside.

To be tried after every other format.
"""

from modelyard.inspection.formats.matching import called, ends
from modelyard.inspection.formats.reading import shown
from modelyard.inspection.sight import Format, Sight

ENDINGS = (
    ".safetensors",
    ".gguf",
    ".onnx",
    ".h5",
    ".hdf5",
    ".keras",
    ".tflite",
    ".mlmodel",
    ".cbm",
    ".pb",
    ".ubj",
    ".safetensors.index.json",
)
NAMES = ("MLmodel", "config.json", "tokenizer_config.json", "tokenizer.json", "saved_model.pbtxt")


def look(sight: Sight) -> None:
    """Say that the file is not what it is called."""
    sight.note("format.not-as-called", shown(sight.name.rpartition("/")[2]))


FORMATS = (Format("", ends(*ENDINGS), look), Format("", called(*NAMES), look))
