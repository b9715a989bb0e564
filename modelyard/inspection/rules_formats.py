"""Rules about model formats."""

from modelyard.domain.findings import Severity
from modelyard.inspection.rules import Rule

FORMATS = {
    "format.two-formats": Rule(
        Severity.SUSPICIOUS,
        "the bytes are a file of one format, and an archive or HDF5 file to whoever reads them as that",
        "write the file again with its framework's own function",
    ),
    "format.not-as-called": Rule(
        Severity.SUSPICIOUS,
        "the file's name promises a format that its bytes are not, so that nothing could be inspected",
        "give the file the name of what it is, or write it again",
    ),
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
    "keras.malformed": Rule(
        Severity.SUSPICIOUS,
        "the model's configuration cannot be read as JSON that all readers understand alike",
        "save the model again",
    ),
    "keras.lambda": Rule(
        Severity.SUSPICIOUS,
        "a Lambda layer brings Python bytecode or a function by name, which loading or calling the model runs",
        "write the layer as a class of its own and save again; or let a reviewer read the layer's code and release it",
    ),
    "keras.dangerous-code": Rule(
        Severity.MALICIOUS,
        "bytecode in the model's configuration names what reaches commands, files, networks or Python's insides",
        "find out who made the file; take the layer out",
    ),
    "keras.dangerous-object": Rule(
        Severity.MALICIOUS,
        "loading the model makes an object of Python's library, or calls a part of Keras that fetches or loads",
        "find out who made the file; a model is made of layers alone (CVE-2025-1550 and those that followed)",
    ),
    "keras.foreign-object": Rule(
        Severity.SUSPICIOUS,
        "the configuration has an object of a module that is no part of Keras, imported when the model is loaded",
        "let a reviewer check that the module is yours; register the class and pass it as a custom object",
    ),
    "keras.custom-object": Rule(
        Severity.INFO,
        "the model needs a class or function that whoever loads it must bring; the file holds no code of it",
        "nothing needs to be done",
    ),
    "keras.loads-more": Rule(
        Severity.SUSPICIOUS,
        "a layer loads another model from a pickle, a path or a function (CVE-2025-49655)",
        "save the inner model in its own safe format",
    ),
    "keras.reads-file": Rule(
        Severity.SUSPICIOUS,
        "a layer reads its vocabulary from a path of the machine that loads it (CVE-2025-12058)",
        "save the model with the vocabulary within",
    ),
    "tensorflow.malformed": Rule(
        Severity.SUSPICIOUS, "a part of the graph cannot be read as the format requires", "export the model again"
    ),
    "tensorflow.calls-python": Rule(
        Severity.MALICIOUS,
        "an operator calls Python while the graph runs",
        "export the graph with operators of TensorFlow alone",
    ),
    "tensorflow.writes-files": Rule(
        Severity.MALICIOUS,
        "an operator writes files of the machine that runs the graph",
        "take the operator out of what is exported",
    ),
    "tensorflow.reads-files": Rule(
        Severity.SUSPICIOUS,
        "an operator reads files or addresses while the graph runs",
        "export the model so that it takes data, not paths; or let a reviewer release it",
    ),
    "tensorflow.custom-operator": Rule(
        Severity.INFO,
        "an operator comes from a library that TensorFlow does not bring; without it the model does not load",
        "install the library only from a source that you trust",
    ),
    "coreml.malformed": Rule(
        Severity.SUSPICIOUS, "a part of the model cannot be read as the format requires", "convert the model again"
    ),
    "coreml.custom": Rule(
        Severity.INFO,
        "a layer or the model is a class that the app brings; the file holds no code of it",
        "nothing needs to be done",
    ),
    "coreml.linked": Rule(
        Severity.SUSPICIOUS,
        "the model is looked for in another file when it is loaded",
        "put the linked model into this one",
    ),
    "tflite.malformed": Rule(
        Severity.SUSPICIOUS, "offsets in the FlatBuffer do not fit the file", "convert the model again"
    ),
    "tflite.custom-operator": Rule(
        Severity.INFO,
        "an operator is not TFLite's own; without its library the model does not load",
        "install the library only from a source that you trust",
    ),
    "hdf5.malformed": Rule(
        Severity.SUSPICIOUS,
        "an address or length in the HDF5 file does not fit; libraries in C have been broken by such files",
        "write the file again with h5py",
    ),
    "hdf5.external": Rule(
        Severity.SUSPICIOUS,
        "a group or dataset lies in another file: whoever loads the model reads that file of the machine",
        "write the file again with everything in it",
    ),
    "hdf5.prefix": Rule(
        Severity.SUSPICIOUS,
        "there are bytes before the HDF5 file begins: programs do not agree on what the file is",
        "write the file again without a user block",
    ),
    "hdf5.filter": Rule(
        Severity.INFO,
        "data is compressed by a filter that is no part of HDF5: reading it loads a plugin that is installed",
        "nothing needs to be done where the plugin is known",
    ),
    "json.malformed": Rule(
        Severity.SUSPICIOUS,
        "a configuration cannot be read as JSON that all readers understand alike (a key twice, no UTF-8, cut short)",
        "write the file again",
    ),
    "huggingface.own-code": Rule(
        Severity.INFO,
        "the configuration names Python code beside the weights, which is run when whoever loads the model trusts it",
        "read the code before you trust it, or use an architecture that the library brings",
    ),
    "huggingface.foreign-code": Rule(
        Severity.SUSPICIOUS,
        "the configuration names Python code of another repository, or says itself that it is trusted",
        "put the code beside the weights, where it is inspected and cannot change",
    ),
    "catboost.malformed": Rule(
        Severity.SUSPICIOUS, "the file is shorter than it says", "save the model again with CatBoost"
    ),
    "yaml.malformed": Rule(
        Severity.SUSPICIOUS,
        "a YAML file cannot be read, or uses aliases, which can grow beyond all bounds",
        "write the file again without aliases",
    ),
    "yaml.python-tag": Rule(
        Severity.MALICIOUS,
        "a YAML file makes Python objects when it is loaded in the unsafe way",
        "find out who made the file; take the tags out",
    ),
    "mlflow.loader": Rule(
        Severity.SUSPICIOUS,
        "the model is loaded by a module that is not MLflow's own: importing it runs whatever it holds",
        "log the model with a flavor of MLflow; or let a reviewer read the module and release it",
    ),
    "mlflow.code": Rule(
        Severity.INFO,
        "Python code comes with the model and is importable while the model is loaded",
        "read the code before you trust it",
    ),
    "mlflow.outside": Rule(
        Severity.MALICIOUS,
        "the MLmodel names a path outside of its folder: loading would read another file of the machine",
        "log the model again",
    ),
    "packages.elsewhere": Rule(
        Severity.SUSPICIOUS,
        "a package is to be installed from an address that is no public index, by which anything could be run",
        "depend on released packages by name and version",
    ),
    "packages.channel": Rule(
        Severity.INFO,
        "packages are to come from a conda channel that is not widely known",
        "check who owns the channel",
    ),
    "config.target": Rule(
        Severity.INFO,
        "a configuration names a class or function that is called when a program instantiates it (`_target_`)",
        "instantiate only what you expect",
    ),
    "config.dangerous-target": Rule(
        Severity.MALICIOUS,
        "a configuration names a part of Python's library that reaches commands, files or networks, to be called",
        "find out who made the file (CVE-2025-23304)",
    ),
    "huggingface.foreign-module": Rule(
        Severity.SUSPICIOUS,
        "a part of the model is of a module outside of the libraries that write such files; loading imports it",
        "let a reviewer check that the module is yours",
    ),
}
