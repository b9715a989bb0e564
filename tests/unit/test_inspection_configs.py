import json

import pytest

from tests.corpora.looked_at import looked_at, rules


def config(**more):
    known = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "torch_dtype": "bfloat16",
        "transformers_version": "4.44.0",
        "max_position_embeddings": 8192,
        "num_hidden_layers": 32,
        "vocab_size": 128256,
    }
    return json.dumps(known | more).encode()


def test_a_configuration_of_hugging_face_is_described():
    seen = looked_at(config(quantization_config={"quant_method": "gptq", "bits": 4}), "folder/config.json")
    assert seen.verdict == "clean"
    assert seen.facts == {
        "format": "huggingface-config",
        "framework": "transformers",
        "framework_version": "4.44.0",
        "architecture": "LlamaForCausalLM",
        "quantization": "gptq 4-bit",
        "context_length": 8192,
        "layers": 32,
        "vocabulary": 128256,
        "dtype": "bfloat16",
    }


@pytest.mark.parametrize(
    ("more", "severity"),
    [
        ({"auto_map": {"AutoModel": "modeling_x.XModel"}}, "info"),
        ({"auto_map": {"AutoModel": "someone/else--modeling_x.XModel"}}, "suspicious"),
        ({"custom_pipelines": {"p": {"impl": "p.P"}}}, "info"),
        ({"trust_remote_code": True}, "suspicious"),
        ({"inner": [{"auto_map": {"AutoModel": "a/b--c.D"}}]}, "suspicious"),
        ({"chat_template": "{{ x.__globals__ }}"}, "malicious"),
        ({"chat_template": [{"name": "a", "template": "{{ x.__globals__ }}"}]}, "malicious"),
        ({"chat_template": {"a": "{{ x.__globals__ }}"}}, "malicious"),
        ({"chat_template": "{{ messages }}"}, "info"),
    ],
)
def test_code_and_templates_in_configurations_are_seen(more, severity):
    for name in ("config.json", "tokenizer_config.json"):
        assert set(rules(looked_at(config(**more), name)).values()) == {severity}


def test_strange_values_are_no_facts():
    strange = {
        "model_max_length": 10**30,
        "architectures": [3],
        "vocab_size": True,
        "torch_dtype": 4,
        "quantization_config": [],
    }
    seen = looked_at(json.dumps({"model_type": "x\x1b[2J\ud800"} | strange).encode(), "config.json")
    assert seen.facts == {
        "format": "huggingface-config",
        "framework": "transformers",
        "architecture": "x\ufffd[2J\ufffd",
    }


def test_a_tokenizer_tells_its_vocabulary():
    raw = json.dumps({"version": "1.0", "model": {"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": []}}).encode()
    seen = looked_at(raw, "tokenizer.json")
    assert (seen.verdict, seen.facts) == ("clean", {"format": "tokenizer", "vocabulary": 2, "architecture": "BPE"})


def test_a_tokenizer_too_large_to_parse_is_no_reason_for_concern():
    raw = b'{"model": {"vocab": {' + b" " * (17 * 1024**2) + b"}}}"
    assert looked_at(raw, "tokenizer.json").verdict == "clean"


def test_a_configuration_too_large_to_parse_is_said_to_be_unread():
    assert looked_at(b'{"a": "' + b" " * (17 * 1024**2) + b'"}', "config.json").verdict == "incomplete"


def test_what_is_called_a_configuration_and_is_none_is_suspicious():
    assert rules(looked_at(b"\xff\xfe{\0}\0", "config.json")) == {"format.not-as-called": "suspicious"}
    hidden = "a: !!python/name:os.system x".encode("utf-16")
    assert rules(looked_at(hidden, "a.yaml")) == {"format.not-as-called": "suspicious"}


def test_templates_in_files_of_their_own_are_judged():
    assert rules(looked_at(b"{{ messages }}", "chat_template.jinja")) == {"template.present": "info"}
    assert rules(looked_at(b"{{ ''.__class__ }}", "chat_template.jinja")) == {"template.escape": "malicious"}


MLMODEL = """
artifact_path: model
flavors:
  python_function:
    env: {conda: conda.yaml, virtualenv: python_env.yaml}
    loader_module: mlflow.sklearn
    model_path: model.pkl
    predict_fn: predict
    python_version: 3.11.7
  sklearn:
    code: null
    pickled_model: model.pkl
    serialization_format: cloudpickle
    sklearn_version: 1.5.0
mlflow_version: 2.14.0
signature:
  inputs: '[{"type": "double", "name": "x"}]'
"""


def test_an_mlmodel_is_described():
    seen = looked_at(MLMODEL.encode(), "model/MLmodel")
    assert seen.verdict == "clean"
    assert seen.facts == {
        "format": "mlmodel",
        "flavors": ["python_function", "sklearn"],
        "framework": "sklearn",
        "framework_version": "1.5.0",
        "python": "3.11.7",
    }


@pytest.mark.parametrize(
    ("before", "after", "rule", "severity"),
    [
        ("mlflow.sklearn", "my_loader", "mlflow.loader", "suspicious"),
        ("mlflow.sklearn", "os", "mlflow.loader", "suspicious"),
        ("code: null", "code: code", "mlflow.code", "info"),
        ("pickled_model: model.pkl", "pickled_model: ../../x", "mlflow.outside", "malicious"),
        ("artifact_path: model", "artifact_path: !!python/object/apply:os.system [x]", "yaml.python-tag", "malicious"),
        ("artifact_path: model", "a: &x [1]\nb: [*x, *x]", "yaml.malformed", "suspicious"),
        ("artifact_path: model", "a: [[[" * 20_000, "yaml.malformed", "suspicious"),
        ("flavors:", "flavours:", "yaml.malformed", "suspicious"),
        ("artifact_path: model", "{a: b}: c", "yaml.malformed", "suspicious"),
    ],
)
def test_what_an_mlmodel_reaches_for_is_seen(before, after, rule, severity):
    seen = looked_at(MLMODEL.replace(before, after).encode(), "MLmodel")
    assert rules(seen)[rule] == severity


def test_requirements_are_told_and_those_from_elsewhere_noted():
    good = b"# made by mlflow\nmlflow==2.14.0\nscikit-learn==1.5.0 ; python_version > '3'\n--extra-index-url https://download.pytorch.org/whl/cpu\n"
    seen = looked_at(good, "requirements.txt")
    assert (seen.verdict, seen.facts["packages"]) == ("clean", ["mlflow==2.14.0", "scikit-learn==1.5.0"])


@pytest.mark.parametrize(
    "line",
    [
        "evil @ https://evil.example/evil.whl",
        "git+https://github.com/x/y",
        "--index-url http://evil.example/simple",
        "-i http://evil.example",
        "-e ./here",
        "--find-links /tmp",
        "--trusted-host evil.example",
        "evil @ file:///tmp/x",
        "--extra-index-url \\\nhttps://evil.example",
        "--extra-index-url https://pypi.org.evil.example/simple",
    ],
)
def test_a_requirement_from_elsewhere_is_suspicious(line):
    assert rules(looked_at(line.encode(), "requirements.txt")) == {"packages.elsewhere": "suspicious"}


def test_a_conda_environment_is_told():
    text = "channels: [conda-forge, someone]\nname: e\ndependencies:\n"
    text += "- python=3.11.7\n- pip<=24\n- pip:\n  - mlflow==2\n  - git+https://x.example/y\n"
    seen = looked_at(text.encode(), "conda.yaml")
    assert rules(seen) == {"packages.channel": "info", "packages.elsewhere": "suspicious"}
    assert (seen.facts["python"], seen.facts["packages"]) == ("3.11.7", ["python=3.11.7", "pip<=24", "mlflow==2"])


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("a: !!python/object/apply:os.system [x]", "yaml.python-tag"),
        ("a: !<tag:yaml.org,2002:python/name:os.system> x", "yaml.python-tag"),
        ("%TAG !y! tag:yaml.org,2002:pyth\n---\na: !y!on/name:os.system x", "yaml.python-tag"),
        ("model: {_target_: os.system, command: x}", "config.dangerous-target"),
        ('model:\n  "_targ\\x65t_": subprocess.run', "config.dangerous-target"),
        ("model:\n  _target_: builtins.eval", "config.dangerous-target"),
        ("#" + "x" * 200_000 + "\na:\n  _target_: os.system", "config.dangerous-target"),
        ("model:\n  _target_: nemo.collections.asr.models.EncDecCTCModel", "config.target"),
    ],
)
def test_what_yaml_would_make_is_seen_in_any_file(text, rule):
    assert rule in rules(looked_at(text.encode(), "model_config.yaml"))


def test_ordinary_yaml_with_anchors_is_clean():
    text = "a: &x {b: 1}\nc: *x\nd: {{ template }}\n"
    assert looked_at(text.encode(), "values.yaml").findings == ()


@pytest.mark.parametrize(
    ("known", "name", "verdict"),
    [
        ({"_diffusers_version": "0.30", "unet": ["diffusers", "UNet2DConditionModel"]}, "model_index.json", "clean"),
        ({"_diffusers_version": "0.30", "unet": ["my_unet", "MyUNet"]}, "model_index.json", "suspicious"),
        ([{"idx": 0, "type": "sentence_transformers.models.Transformer"}], "modules.json", "clean"),
        ([{"idx": 0, "type": "os.system"}], "modules.json", "suspicious"),
        (
            {"auto_mapping": {"parent_library": "transformers.models.bert.modeling_bert"}},
            "adapter_config.json",
            "clean",
        ),
        ({"auto_mapping": {"parent_library": "evil"}}, "adapter_config.json", "suspicious"),
        ({"model": {"_target_": "os.system"}}, "config.json", "malicious"),
    ],
)
def test_modules_that_are_imported_by_name_are_judged(known, name, verdict):
    assert looked_at(json.dumps(known).encode(), name).verdict == verdict


def test_a_pointer_of_git_lfs_is_told_as_what_it_is():
    seen = looked_at(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n", "model.safetensors")
    assert "git LFS" in seen.findings[0].evidence


def test_a_pickle_that_is_called_a_text_is_a_pickle():
    for name in ("MLmodel", "requirements.txt", "conda.yaml", "a.yaml", "chat_template.jinja"):
        assert looked_at(b"cos\nsystem\n(S'true'\ntR.", name).verdict == "malicious", name


def test_an_mlmodel_with_thousands_of_columns_is_read():
    columns = json.dumps([{"name": f"column_{number}", "type": "double"} for number in range(10_000)])
    text = MLMODEL.replace('[{"type": "double", "name": "x"}]', columns)
    assert (len(text) > 300_000, looked_at(text.encode(), "MLmodel").verdict) == (True, "clean")


def test_yaml_of_very_many_values_is_said_to_be_unread():
    text = "flavors: {}\na: [" + "1," * 60_000 + "]"
    assert looked_at(text.encode(), "MLmodel").verdict == "incomplete"
