"""Which releases of which frameworks the lists are made from, and which parts of them."""

from dataclasses import dataclass

NOT_FOR_MODELS = (
    r"(^|\.)(tests?|_?testing\w*|conftest|_build_utils|build_tools|distutils|f2py|setup|datasets|externals|benchmarks?"
    r"|__main__|_pytest|cli|commands|_version\w*|_show_versions|show_versions|__config__|scripts|examples|vendored?"
    r"|callbacks?|spark|dask|plotting|_plot\w*)(\.|$)"
)
"""Modules of which no model's pickle has a name."""


NO_MODELS = frozenset(
    {"LazyLoader", "_TempFile", "_StreamLikeWrapper", "_CustomLoggersStack", "_TrainCallbacksWrapper"}
)
"""Classes that hold files, streams or modules."""


@dataclass(frozen=True, slots=True)
class Framework:
    """A distribution, the releases that are read, and the modules whose classes and functions are listed."""

    name: str
    versions: tuple[str, ...]
    classes: str = ".*"
    functions: str = "(?!)"
    never: str = "(?!)"
    calls: str = "(?!)"
    guarded: str = "(?!)"
    """Modules of classes that run what they are given as a state, which the inspection looks at (`gadgets.py`)."""


FRAMEWORKS = (
    Framework(
        "scikit-learn",
        ("1.0.2", "1.1.3", "1.2.2", "1.3.2", "1.4.2", "1.5.2", "1.6.1", "1.7.2", "1.8.0", "1.9.1"),
        functions=r"sklearn\.(metrics|feature_selection|preprocessing|utils\.extmath|covariance|decomposition|kernel)",
        never=r"sklearn\.(utils\.(_mocking|_estimator_html|deprecation|parallel|_joblib)|_config|_distributor_init)",
    ),
    Framework(
        "numpy",
        ("1.21.6", "1.22.4", "1.23.5", "1.24.4", "1.26.4", "2.0.2", "2.1.3", "2.2.6", "2.3.5", "2.4.6", "2.5.5"),
        classes=r"numpy\.(core\.records|_core\.records|ma\.core|matrixlib|polynomial|random|lib\.index_tricks)",
        never=r"numpy\.(ma\.mrecords|lib\.npyio)",
    ),
    Framework(
        "scipy",
        ("1.7.3", "1.9.3", "1.11.4", "1.13.1", "1.15.3", "1.16.3", "1.17.1", "1.18.1"),
        classes=r"scipy\.(sparse|stats|interpolate|spatial|optimize|special|linalg|cluster|signal)",
        functions=r"scipy\.(stats|special|spatial\.distance)",
        guarded=r"scipy\.stats\.(_continuous_distns|_discrete_distns|_distn_infrastructure|_multivariate)",
    ),
    Framework(
        "pandas",
        ("1.3.5", "1.4.4", "1.5.3", "2.0.3", "2.1.4", "2.2.3", "2.3.3", "3.0.0", "3.1.1"),
        classes=r"pandas\.(core\.(arrays|dtypes|indexes|internals|frame|series|generic|base|flags)|_libs|_libs\.tslibs)",
        calls=r"pandas(\..*)?\.(\w+Dtype|(Single)?BlockManager|BlockPlacement|Interval|Period|_?\w*Block)"
        r"|pandas\._libs\.tslibs\.offsets\.\w+",
    ),
    Framework(
        "xgboost",
        ("1.5.2", "1.6.2", "1.7.6", "2.0.3", "2.1.4", "3.0.5", "3.2.0", "3.4.1"),
        classes=r"xgboost\.(sklearn|core|compat|_typing|data)",
        never=r"xgboost\.(federated|collective|rabit|tracker)",
    ),
    Framework(
        "lightgbm", ("3.3.5", "4.0.0", "4.3.0", "4.5.0", "4.6.0", "4.7.0"), classes=r"lightgbm\.(sklearn|basic|compat)"
    ),
    Framework("catboost", ("1.1.1", "1.2.5", "1.2.7", "1.2.8", "1.2.10"), classes=r"(catboost\.core|_catboost)"),
    Framework(
        "torch",
        ("1.13.1", "2.1.2", "2.4.1", "2.6.0", "2.8.0", "2.9.1", "2.13.0"),
        classes=r"torch\.(nn\.modules|nn\.parameter|nn\.utils\.parametriz|optim|ao\.nn|nn\.quant|distributions)",
        never=r"torch\.(nn\.modules\.lazy|optim\._multi_tensor)",
    ),
    Framework(
        "transformers",
        ("4.30.2", "4.41.2", "4.48.3", "4.53.3", "4.57.6", "5.0.0", "5.23.0"),
        classes=r"transformers\.(models\..*(configuration|modeling|tokenization|processing|feature_extraction)_\w+"
        r"|training_args\w*|trainer_utils|trainer_pt_utils|tokenization_utils\w*|configuration_utils|modeling_outputs"
        r"|generation\.configuration_utils|utils\.(quantization_config|generic)|integrations\.deepspeed)",
        never=r".*_(tf|flax)_",
    ),
    Framework("joblib", ("1.0.1", "1.1.1", "1.2.0", "1.3.2", "1.4.2", "1.5.3", "1.6.0"), classes="(?!)"),
)
