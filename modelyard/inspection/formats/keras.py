"""Keras: what a model's configuration makes when it is loaded, which is more than layers.

Layers, functions and other objects are named by `module` and `class_name` and imported when the model is loaded
(keras/src/saving/serialization_lib.py); a Lambda layer brings Python bytecode. Bytecode is never run nor read as such:
that it is there is suspicious, and malicious when it names what reaches the system.
"""

import base64
import binascii
import sys
from collections.abc import Iterator
from typing import Any

from modelyard.inspection.formats.matching import both, called, is_json
from modelyard.inspection.formats.reading import MAX_JSON, all_of, parse_json, shown, tell
from modelyard.inspection.sight import Format, Malformed, Sight

RULE = "keras.malformed"
OWN = ("keras", "tensorflow.keras", "tensorflow.python.keras", "tf_keras", "keras_hub", "keras_nlp", "keras_cv")
"""Packages of Keras itself: what they name is a part of the framework."""
UNSAFE = ("keras.config", "keras.src.config", "keras.utils", "keras.src.utils", "keras.saving", "keras.src.saving")
"""Parts of Keras that configurations were abused to call: get_file, enable_unsafe_deserialization, load_model
(CVE-2025-1550, CVE-2025-8747, CVE-2025-9906)."""
UNSAFE_FUNCTIONS = {"get_file", "load_model", "enable_unsafe_deserialization", "load_weights", "load_img", "legacy"}
HARMLESS_UTILS = {"FeatureSpace", "Cross", "Feature"}
SMUGGLERS = {"TorchModuleWrapper", "JaxLayer", "FlaxLayer", "TFSMLayer"}
"""Layers that load something else by a pickle, a path or a function (CVE-2025-49655)."""
LOOKUPS = {"StringLookup", "IntegerLookup", "TextVectorization", "IndexLookup", "Hashing", "CategoryEncoding"}
REACHES = (
    "os", "posix", "sys", "system", "popen", "subprocess", "Popen", "check_output", "eval", "exec", "compile",
    "__import__", "import_module", "importlib", "open", "socket", "urllib", "urlopen", "requests", "shutil", "ctypes",
    "pickle", "marshal", "builtins", "__builtins__", "getattr", "globals", "pty", "runpy", "base64", "__globals__",
    "__subclasses__", "codecs", "webbrowser", "execv", "spawnv", "fork", "unlink", "rmtree", "environ",
)  # fmt: skip


def check_model(sight: Sight, config: Any, facts: dict[str, Any]) -> None:
    """Judge every object of a configuration, and tell what the layers are."""
    layers: dict[str, int] = {}
    for node, is_layer in _nodes(sight, config):
        name = node.get("class_name")
        if isinstance(name, str):
            _judge(sight, name, node)
            if is_layer:
                _count(layers, name)
        if isinstance(node.get("batch_input_shape", node.get("batch_shape")), list):
            facts.setdefault("inputs", []).append(_input(node))
    top = config.get("class_name") if isinstance(config, dict) else None
    told = {"architecture": shown(top)} if isinstance(top, str) else {}
    tell(sight, {"framework": "keras", "layers": sum(layers.values()), "layer_types": layers, **told, **facts})


def _count(layers: dict[str, int], name: str) -> None:
    if name in layers or len(layers) < 200:
        layers[shown(name)] = layers.get(shown(name), 0) + 1


def _nodes(sight: Sight, config: Any) -> Iterator[tuple[dict[str, Any], bool]]:
    """Every object in the configuration, and whether it stands in a list of layers."""
    waiting: list[tuple[Any, bool]] = [(config, False)]
    while waiting:
        value, is_layer = waiting.pop()
        sight.budget.spend("opcodes")
        if isinstance(value, dict):
            yield value, is_layer
            waiting += [(inner, key == "layers") for key, inner in value.items()]
        elif isinstance(value, list):
            waiting += [(inner, is_layer) for inner in value]
        elif isinstance(value, str) and len(value) > 40:
            _judge_text(sight, value)


def _judge(sight: Sight, name: str, node: dict[str, Any]) -> None:
    module, inner = node.get("module"), node.get("config")
    if name in {"Lambda", "__lambda__"} or name.endswith(">Lambda"):
        sight.note("keras.lambda", shown(f"{name} {_name_of(inner)}"))
    if name in SMUGGLERS:
        sight.note("keras.loads-more", shown(f"{name} {_name_of(inner)}"))
    if isinstance(module, str) and module:
        _judge_module(sight, module, name, inner)
    if name.rpartition(">")[2] in LOOKUPS and isinstance(inner, dict) and isinstance(inner.get("vocabulary"), str):
        sight.note("keras.reads-file", shown(f"{name}: {inner['vocabulary']}"))
    registered = node.get("registered_name")
    if isinstance(registered, str) and ">" in registered:
        sight.note("keras.custom-object", shown(registered))


def _name_of(config: Any) -> str:
    return str(config.get("name", "")) if isinstance(config, dict) else ""


def _judge_module(sight: Sight, module: str, name: str, inner: Any) -> None:
    """What a module and a name in it lead to when the model is loaded."""
    called_function = inner if name == "function" and isinstance(inner, str) else ""
    what = shown(f"{module}.{called_function or name}")
    if module == "builtins" and called_function and called_function.isidentifier():
        if called_function in REACHES:
            sight.note("keras.dangerous-object", what)
        else:
            sight.note("keras.custom-object", what)
    elif not _is_in(module, OWN):
        known = module.partition(".")[0] in sys.stdlib_module_names or not module.replace(".", "").isidentifier()
        sight.note("keras.dangerous-object" if known else "keras.foreign-object", what)
    elif (_is_in(module, UNSAFE) and name not in HARMLESS_UTILS) or called_function in UNSAFE_FUNCTIONS:
        sight.note("keras.dangerous-object", what)


def _is_in(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(package + ".") for package in packages)


def _judge_text(sight: Sight, text: str) -> None:
    """Note marshalled code in base64, however it got into the configuration."""
    if text.lstrip()[:1] not in {"4", "Y"}:
        return
    try:
        code = base64.b64decode("".join(text.split()), validate=True)
    except (ValueError, binascii.Error):
        return
    if code[:1] in {b"\xe3", b"\x63"}:
        judge_code(sight, code)


def judge_code(sight: Sight, code: bytes) -> None:
    """Note marshalled bytecode: malicious when one of its names reaches the system."""
    reached = [name for name in REACHES if _names(code, name.encode())]
    if reached:
        sight.note("keras.dangerous-code", shown("names " + ", ".join(reached)))
    else:
        sight.note("keras.lambda", f"{len(code):,} bytes of bytecode")


def _names(code: bytes, name: bytes) -> bool:
    """Whether the name stands in marshalled code: a length of one byte or four, then the text."""
    return bytes([len(name)]) + name in code or len(name).to_bytes(4, "little") + name in code


def _input(node: dict[str, Any]) -> dict[str, Any]:
    shape = node.get("batch_input_shape", node.get("batch_shape", []))[:64]
    kept = [each if isinstance(each, int) else None for each in shape]
    dtype = node.get("dtype")
    return {
        "name": shown(str(node.get("name", ""))),
        "dtype": shown(dtype) if isinstance(dtype, str) else "",
        "shape": kept,
    }


def look_metadata(sight: Sight) -> None:
    """`metadata.json` of a `.keras` archive."""
    match parse_json(all_of(sight, MAX_JSON), RULE):
        case {"keras_version": str(version)}:
            tell(sight, {"framework": "keras", "framework_version": shown(version)})
        case _:
            pass


def check_text(sight: Sight, raw: bytes, facts: dict[str, Any]) -> None:
    """Judge a configuration that is still JSON text."""
    config = parse_json(raw, RULE)
    if not isinstance(config, dict):
        raise Malformed(RULE, "a configuration is an object")
    check_model(sight, config, facts)


FORMATS = (Format("keras-metadata", both(called("metadata.json"), is_json), look_metadata),)
