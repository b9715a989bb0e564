"""Core ML: the specification's version, the type of model, and classes that an app has to bring.

https://github.com/apple/coremltools/blob/main/mlmodel/format/Model.proto
"""

from typing import Any

from modelyard.inspection.formats.protobuf import BYTES, Message, packed, top_fields, whole
from modelyard.inspection.formats.reading import tell
from modelyard.inspection.sight import Format, Sight

RULE = "coreml.malformed"
MAX_DEPTH = 8
KINDS = {
    200: "pipelineClassifier", 201: "pipelineRegressor", 202: "pipeline", 300: "glmRegressor",
    301: "supportVectorRegressor", 302: "treeEnsembleRegressor", 303: "neuralNetworkRegressor",
    304: "bayesianProbitRegressor", 400: "glmClassifier", 401: "supportVectorClassifier", 402: "treeEnsembleClassifier",
    403: "neuralNetworkClassifier", 404: "kNearestNeighborsClassifier", 500: "neuralNetwork",
    501: "itemSimilarityRecommender", 502: "mlProgram", 555: "customModel", 556: "linkedModel",
    560: "classConfidenceThresholding", 600: "oneHotEncoder", 601: "imputer", 602: "featureVectorizer",
    603: "dictVectorizer", 604: "scaler", 606: "categoricalMapping", 607: "normalizer", 609: "arrayFeatureExtractor",
    610: "nonMaximumSuppression", 900: "identity", 2000: "textClassifier", 2001: "wordTagger", 2002: "visionFeature",
    2003: "soundAnalysisPreprocessing", 2004: "gazetteer", 2005: "wordEmbedding", 2006: "audioFeaturePrint",
    3000: "serializedModel",
}  # fmt: skip
PIPELINES = {200, 201, 202}
NETWORKS = {303, 403, 500}
CUSTOM, LINKED = 555, 556
ARRAYS = {65552: "FLOAT16", 65568: "FLOAT32", 65600: "DOUBLE", 131104: "INT32", 131080: "INT8"}
PLAIN = {1: "INT64", 2: "DOUBLE", 3: "STRING", 4: "IMAGE", 6: "DICTIONARY", 7: "SEQUENCE", 8: "STATE"}


def matches(head: bytes, sight: Sight) -> bool:
    """A version, a description, and one type."""
    if head[:1] != b"\x08":
        return False
    fields = top_fields(sight, 64)
    if fields is None or not any(each.number in KINDS and each.wire == BYTES for each in fields):
        return False
    return fields[0].value < 1000 and all(each.number in {1, 2, 10} or each.number in KINDS for each in fields)


def look(sight: Sight) -> None:
    """Tell what the model is, and note what an app or another file brings to it."""
    facts: dict[str, Any] = {"format": "coreml", "framework": "coreml", "inputs": [], "outputs": []}
    _model(whole(sight, RULE), facts, 0)
    tell(sight, facts)


def _model(message: Message, facts: dict[str, Any], depth: int) -> None:
    if depth > MAX_DEPTH:
        raise message.wrong("pipelines within pipelines, deeper than anyone writes them")
    for each in message.fields():
        if each.number == 1 and depth == 0:
            facts["spec_version"] = each.value
        elif each.number == 2 and depth == 0:
            _description(message.inner(each), facts)
        elif each.number in KINDS:
            facts.setdefault("architecture", KINDS[each.number])
            _kind(message.inner(each), each.number, facts, depth)


def _kind(message: Message, kind: int, facts: dict[str, Any], depth: int) -> None:
    if kind == CUSTOM:
        message.sight.note("coreml.custom", "a custom model of class " + _text(message, 10))
    elif kind == LINKED:
        message.sight.note("coreml.linked", "the model lies in another file")
    elif kind in NETWORKS:
        for layer in message.inners(1):
            _layer(layer)
    elif kind in PIPELINES:
        for inner in message.inners(1):
            _pipeline(inner, kind, facts, depth)


def _pipeline(message: Message, kind: int, facts: dict[str, Any], depth: int) -> None:
    """A pipeline's models; a pipeline that classifies has a pipeline in it."""
    if kind == 202:
        _model(message, facts, depth + 1)
        return
    for inner in message.inners(1):
        _model(inner, facts, depth + 1)


def _layer(message: Message) -> None:
    for each in message.fields():
        if each.number == 500:
            message.sight.note("coreml.custom", "a custom layer of class " + _text(message.inner(each), 10))


def _text(message: Message, number: int) -> str:
    return next((message.text(each) for each in message.fields() if each.number == number), "")


def _description(message: Message, facts: dict[str, Any]) -> None:
    for each in message.fields():
        if each.number in {1, 10}:
            values = facts["inputs" if each.number == 1 else "outputs"]
            if len(values) < 100:
                values.append(_feature(message.inner(each)))


def _feature(message: Message) -> dict[str, Any]:
    told: dict[str, Any] = {"name": "", "dtype": "", "shape": None}
    for each in message.fields():
        if each.number == 1:
            told["name"] = message.text(each)
        elif each.number == 3:
            _type(message.inner(each), told)
    return told


def _type(message: Message, told: dict[str, Any]) -> None:
    for each in message.fields():
        if each.number == 5:
            _array(message.inner(each), told)
        elif each.number in PLAIN:
            told["dtype"] = PLAIN[each.number]


def _array(message: Message, told: dict[str, Any]) -> None:
    shape: list[int] = []
    for each in message.fields():
        if each.number == 1:
            shape += packed(message, each, 64)
        elif each.number == 2:
            told["dtype"] = ARRAYS.get(each.value, "")
    told["shape"] = shape[:64]


FORMATS = (Format("coreml", matches, look),)
