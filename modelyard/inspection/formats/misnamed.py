"""Files that are called what their bytes are not: readers go by one or the other, and nothing here could look inside.

To be tried after every other format.
"""

from modelyard.inspection.formats import configs
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
    ".ubj",
    ".index.json",
    ".yaml",
    ".yml",
)
NAMES = ("MLmodel", "saved_model.pbtxt", "tokenizer.json", *configs.NAMES)
POINTER = b"version https://git-lfs.github.com/spec/"


def look(sight: Sight) -> None:
    """Say that the file is not what it is called."""
    name = sight.name.rpartition("/")[2]
    pointer = sight.source.read(0, len(POINTER)) == POINTER
    sight.note("format.not-as-called", shown(f"{name}: a pointer of git LFS, not the file itself" if pointer else name))


FORMATS = (Format("", ends(*ENDINGS), look), Format("", called(*NAMES), look))
