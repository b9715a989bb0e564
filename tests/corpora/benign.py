"""Files as the frameworks themselves write them, which must pass.

`python tests/corpora/benign.py FOLDER` writes them with whatever releases are installed, so that other releases'
files can be inspected too.
"""

import collections
import datetime as dt
import decimal
import io
import pickle
import sys
import uuid
import warnings
import zipfile
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from scipy import interpolate, sparse, stats
from scipy.spatial import cKDTree
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import RandomForestClassifier, StackingClassifier, VotingClassifier
from sklearn.feature_selection import SelectKBest, mutual_info_classif
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, WhiteKernel
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.svm import SVC
from sklearn.utils import all_estimators

try:
    import xgboost
except ImportError:
    xgboost = None
try:
    import lightgbm
except ImportError:
    lightgbm = None

JOBLIB = (0, ("zlib", 3), ("gzip", 3), ("bz2", 3), ("lzma", 3), ("xz", 3))


def estimators():
    """Every estimator of scikit-learn that can be fitted with no arguments, or with a simple estimator, fitted."""
    generator = np.random.RandomState(0)
    data, kinds = generator.rand(40, 4), np.array(["no", "yes"] * 20)
    for name, made in all_estimators():
        for arguments in ({}, {"estimator": LogisticRegression()}, {"estimator": Ridge()}):
            for target in (kinds, data[:, 0], np.where(kinds == "yes", 1, 0)):
                fitted = _fit(made, arguments, data, target)
                if fitted is not None:
                    break
            else:
                continue
            yield name, fitted
            break


def _fit(made, arguments, data, target):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return made(**arguments).fit(data, target)
    except Exception:  # noqa: BLE001 -- what cannot be fitted so is no sample
        return None


def composed():
    """Pipelines, searches and the like."""
    generator = np.random.RandomState(0)
    data, kinds = generator.rand(40, 4), np.array([0, 1] * 20)
    forest, logistic = RandomForestClassifier(5, random_state=0), LogisticRegression()
    columns = ColumnTransformer([("a", StandardScaler(), [0, 1]), ("b", OneHotEncoder(handle_unknown="ignore"), [2])])
    yield "pipeline", make_pipeline(StandardScaler(), forest).fit(data, kinds)
    yield "columns", make_pipeline(columns, logistic).fit(data, kinds)
    yield "grid", GridSearchCV(SVC(), {"C": [1, 2]}, cv=2).fit(data, kinds)
    yield "random search", RandomizedSearchCV(logistic, {"C": [0.1, 1.0]}, n_iter=2, cv=2).fit(data, kinds)
    yield "voting", VotingClassifier([("a", forest), ("b", logistic)]).fit(data, kinds)
    yield "stacking", StackingClassifier([("a", forest), ("b", logistic)], cv=2).fit(data, kinds)
    yield "function", FunctionTransformer(np.log1p, inverse_func=np.expm1).fit(data)
    yield "select", SelectKBest(mutual_info_classif, k=2).fit(data, kinds)
    yield "union", FeatureUnion([("a", StandardScaler()), ("b", SelectKBest(k=1))]).fit(data, kinds)
    yield "gaussian", GaussianProcessRegressor(RBF() + WhiteKernel()).fit(data, data[:, 0])
    yield (
        "target",
        TransformedTargetRegressor(LinearRegression(), func=np.log1p, inverse_func=np.expm1).fit(data, kinds),
    )


def arrays():
    """numpy, scipy and pandas."""
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"], "c": pd.to_datetime(["2026-01-01", "2026-01-02"])})
    yield "array", np.arange(10.0)
    yield "strings", np.array(["a", "bc"])
    yield "objects", np.array([1, "a", None], dtype=object)
    yield "fields", np.zeros(3, dtype=[("a", "<f8"), ("b", "S3"), ("c", "<i4", (2,))])
    yield "fortran", np.asfortranarray(np.ones((3, 4), dtype=np.float32))
    yield "empty", np.zeros((0, 3))
    yield "scalar array", np.array(3)
    yield "scalars", [np.float64(1), np.int32(2), np.bool_(True), np.str_("a"), np.datetime64("2026-01-01")]
    yield "complex", np.array([1j, 2])
    yield "dates", np.array(["2026-01-01"], dtype="M8[D]")
    yield "masked", np.ma.array([1, 2], mask=[True, False])
    yield "records", np.rec.array([(1, 2.0)], dtype=[("a", int), ("b", float)])
    yield "matrix sparse csr", sparse.csr_matrix(np.eye(3))
    yield "matrix sparse coo", sparse.coo_matrix(np.eye(3))
    yield "matrix sparse lil", sparse.lil_matrix(np.eye(3))
    yield "array sparse", sparse.csr_array(np.eye(3))
    yield "frozen distribution", stats.norm(0, 1)
    yield "spline", interpolate.CubicSpline([0, 1, 2], [0, 1, 4])
    yield "interpolation", interpolate.interp1d([0, 1, 2], [0, 1, 4])
    yield "tree", cKDTree(np.random.RandomState(0).rand(10, 2))
    yield "random state", np.random.RandomState(0)
    yield "generator", np.random.default_rng(0)
    yield "polynomial", np.polynomial.Polynomial([1, 2])
    yield "frame", frame
    yield "frame with index", frame.set_index("c")
    yield "frame of categories", frame.astype({"b": "category"})
    yield "frame of many types", frame.convert_dtypes()
    yield "series", frame["a"]
    yield "multi index", frame.set_index(["a", "b"])
    yield "timestamps", [pd.Timestamp("2026-01-01"), pd.Timedelta("1d"), pd.NaT, pd.Period("2026-01", "M")]
    yield "intervals", pd.interval_range(0, 3)
    yield "ranges", pd.date_range("2026-01-01", periods=3, tz="UTC")


def boosted():
    """Xgboost and lightgbm, where they are installed."""
    generator = np.random.RandomState(0)
    data, kinds = generator.rand(60, 4), np.array([0, 1] * 30)
    if xgboost:
        yield "xgboost classifier", xgboost.XGBClassifier(n_estimators=3).fit(data, kinds)
        yield "xgboost regressor", xgboost.XGBRegressor(n_estimators=3).fit(data, kinds)
        yield "xgboost booster", xgboost.train({}, xgboost.DMatrix(data, kinds), 3)
    if lightgbm:
        yield "lightgbm classifier", lightgbm.LGBMClassifier(n_estimators=3, verbose=-1).fit(data, kinds)
        yield "lightgbm regressor", lightgbm.LGBMRegressor(n_estimators=3, verbose=-1).fit(data, kinds)
        yield "lightgbm booster", lightgbm.train({"verbose": -1}, lightgbm.Dataset(data, kinds), 3)


def plain():
    """Values of Python itself that are kept beside models."""
    yield "values", {"a": [1, 2.5, None, True, b"x", "y", 10**30, 1j], "b": (1, 2), "c": {3, 4}, "d": frozenset({5})}
    yield "collections", [collections.OrderedDict(a=1), collections.Counter("aab"), collections.deque([1, 2])]
    yield "defaults", collections.defaultdict(list, {"a": [1]})
    yield (
        "times",
        [dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.timedelta(1), dt.date(2026, 1, 1)],
    )
    yield (
        "others",
        [decimal.Decimal("1.5"), uuid.UUID(int=5), range(3), slice(1, 2), bytearray(b"abc"), len, type(None)],
    )
    yield "sentences", ["Ends with a dot.\nAnd another line.", "cats\nand dogs\n.", b"\x80 is no pickle."]
    yield "a long text", "word " * 10_000


def objects():
    """Everything that is pickled."""
    for source in (estimators, composed, arrays, boosted, plain):
        yield from source()


def pickled(value, protocols=(2, 4, 5)):
    """A value as each writer writes it: how, the file's name, its bytes."""
    for protocol in protocols:
        try:
            yield f"protocol {protocol}", "model.pkl", pickle.dumps(value, protocol)
        except (pickle.PicklingError, TypeError, AttributeError):
            return
    for compression in JOBLIB:
        data = io.BytesIO()
        joblib.dump(value, data, compress=compression)
        yield f"joblib {compression}", "model.joblib", data.getvalue()


def files():
    """What numpy and zip write by themselves."""
    for mode, save in (("npz", np.savez), ("compressed npz", np.savez_compressed)):
        data = io.BytesIO()
        save(data, a=np.arange(5), b=np.array(["x"]), c=np.array([1, None], dtype=object))
        yield mode, "a.npz", data.getvalue()
    for value in (np.arange(5), np.array([1, None], dtype=object), np.zeros(2, dtype=[("a", "f4"), ("b", "U3")])):
        data = io.BytesIO()
        np.save(data, value)
        yield f"npy {value.dtype}", "a.npy", data.getvalue()
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("folder/", "")
        archive.writestr("folder/a.txt", "hello")
        archive.writestr("model.pkl", pickle.dumps({"a": 1}))
    yield "zip", "a.zip", data.getvalue()


def main(folder):
    """Write every sample into a folder."""
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    for name, value in objects():
        for how, path, data in pickled(value):
            safe = f"{name} {how}".replace(" ", "_").replace("(", "").replace(")", "").replace("'", "").replace(",", "")
            (place / f"{safe}{Path(path).suffix}").write_bytes(data)


if __name__ == "__main__":
    main(sys.argv[1])
