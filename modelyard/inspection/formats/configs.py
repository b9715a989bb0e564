"""JSON beside the weights: configurations of Hugging Face and Keras, and tokenizers."""

from typing import Any

from modelyard.inspection.formats.keras import check_model
from modelyard.inspection.formats.matching import both, called, ends, is_json
from modelyard.inspection.formats.reading import MAX_JSON, all_of, parse_json, shown, tell
from modelyard.inspection.formats.templates import check_template
from modelyard.inspection.formats.yaml_files import check_target
from modelyard.inspection.sight import Format, Malformed, Sight

RULE = "json.malformed"
LENGTHS = ("max_position_embeddings", "n_positions", "max_seq_len", "seq_length", "n_ctx", "model_max_length")
LIBRARIES = {"diffusers", "onnxruntime", "optimum", "peft", "sentence_transformers", "transformers"}
DEPTHS = ("num_hidden_layers", "n_layer", "num_layers", "n_layers", "encoder_layers")
NAMES = (
    "adapter_config.json",
    "chat_template.json",
    "config.json",
    "config_sentence_transformers.json",
    "feature_extractor_config.json",
    "generation_config.json",
    "image_processor_config.json",
    "model_index.json",
    "modules.json",
    "preprocessor_config.json",
    "processor_config.json",
    "tokenizer_config.json",
    "video_preprocessor_config.json",
)


def look(sight: Sight) -> None:
    """A configuration: Keras' own when it names a class to make, otherwise one of Hugging Face."""
    config = parse_json(all_of(sight, MAX_JSON), RULE)
    if isinstance(config, dict) and "class_name" in config:
        check_model(sight, config, {"format": "keras-config"})
        return
    if not isinstance(config, dict | list):
        raise Malformed(RULE, "a configuration is an object")
    _note(sight, config)
    _note_modules(sight, config)
    if isinstance(config, dict):
        tell(sight, _said(config))


def _note(sight: Sight, config: Any) -> None:
    """Code that is to be fetched and run when the model is loaded, templates, and modules by name."""
    waiting: list[Any] = [config]
    while waiting:
        value = waiting.pop()
        sight.budget.spend("opcodes")
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            _note_object(sight, value)
            waiting += value.values()


def _note_modules(sight: Sight, config: Any) -> None:
    """Modules that are imported by name: parts of diffusers' pipelines and of sentence-transformers, PEFT's library."""
    match config:
        case {"_diffusers_version": _}:
            pairs = [each for each in config.values() if isinstance(each, list) and len(each) == 2]
            named = [each[0] for each in pairs if isinstance(each[0], str)]
        case {"auto_mapping": {"parent_library": str(library)}}:
            named = [library]
        case list():
            named = [each["type"] for each in config if isinstance(each, dict) and isinstance(each.get("type"), str)]
        case _:
            named = []
    for name in named:
        if name.partition(".")[0] not in LIBRARIES:
            sight.note("huggingface.foreign-module", shown(name))


def _note_object(sight: Sight, value: dict[str, Any]) -> None:
    for name in ("auto_map", "custom_pipelines"):
        if mapped := value.get(name):
            away = "--" in str(mapped) or "://" in str(mapped)
            sight.note("huggingface.foreign-code" if away else "huggingface.own-code", shown(f"{name}: {mapped}"))
    target = value.get("_target_")
    if isinstance(target, str):
        check_target(sight, target)
    if value.get("trust_remote_code") is True:
        sight.note("huggingface.foreign-code", "trust_remote_code is true")
    for template in _templates(value.get("chat_template")):
        check_template(sight, template)


def _templates(value: Any) -> list[str]:
    """Templates: one, several by name, or a list of them with names."""
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        value = [value]
    found = [each.get("template") if isinstance(each, dict) else each for each in value]
    return [each for each in found if isinstance(each, str)]


def _said(config: dict[str, Any]) -> dict[str, Any]:
    text = config.get("text_config")
    inner = {**text, **config} if isinstance(text, dict) else config
    return {
        "format": "huggingface-config",
        "framework": "transformers" if _text(config, "transformers_version") or "model_type" in config else None,
        "framework_version": _text(config, "transformers_version"),
        "architecture": _first(config.get("architectures")) or _text(config, "model_type"),
        "quantization": _quantization(config.get("quantization_config")),
        "context_length": _number(inner, *LENGTHS),
        "layers": _number(inner, *DEPTHS),
        "vocabulary": _number(inner, "vocab_size"),
        "dtype": _text(inner, "torch_dtype") or _text(inner, "dtype"),
        "base": _text(config, "base_model_name_or_path") or _text(config, "_name_or_path"),
    }


def _text(config: dict[str, Any], name: str) -> str | None:
    value = config.get(name)
    return shown(value) if isinstance(value, str) and value else None


def _number(config: dict[str, Any], *names: str) -> int | None:
    """The first of the numbers that is there; what tokenizers write for "no limit" is none."""
    found = (config.get(name) for name in names)
    return next((each for each in found if type(each) is int and 0 < each < 2**53), None)


def _first(value: Any) -> str | None:
    return shown(value[0]) if isinstance(value, list) and value and isinstance(value[0], str) else None


def _quantization(value: Any) -> str | None:
    if not isinstance(value, dict):
        return None
    bits = next((each for each in (value.get("bits"), value.get("w_bit")) if type(each) is int), None)
    method = value.get("quant_method")
    name = method if isinstance(method, str) else "4-bit" if value.get("load_in_4bit") is True else "quantized"
    return shown(f"{name} {bits}-bit" if bits else name)


def look_tokenizer(sight: Sight) -> None:
    """`tokenizer.json`: what kind it is and how many tokens it knows; beyond what is parsed, nothing of it is told."""
    facts: dict[str, Any] = {"format": "tokenizer"}
    if sight.source.size <= MAX_JSON:
        known = parse_json(sight.source.read(0, MAX_JSON), RULE)
        model = known.get("model") if isinstance(known, dict) else None
        if not isinstance(model, dict):
            raise Malformed(RULE, "a tokenizer has a model")
        vocabulary = model.get("vocab")
        facts["vocabulary"] = len(vocabulary) if isinstance(vocabulary, dict | list) else None
        facts["architecture"] = _text(model, "type")
    tell(sight, facts)


FORMATS = (
    Format("json-config", both(called(*NAMES), is_json), look),
    Format("tokenizer", both(ends("tokenizer.json"), is_json), look_tokenizer),
)
