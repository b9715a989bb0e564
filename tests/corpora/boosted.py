"""Made `samples/`: the smallest models of three libraries that are too large to install for a test.

Run with xgboost (3.2), lightgbm (4.7), catboost (1.2) and scikit-learn: python tests/corpora/boosted.py
"""

import pathlib

import catboost
import lightgbm
import numpy as np
import xgboost

HERE = pathlib.Path(__file__).parent / "samples"


def make():
    rows = np.random.default_rng(0).normal(size=(40, 3))
    labels = (rows[:, 0] > 0).astype(int)
    booster = xgboost.XGBClassifier(n_estimators=2, max_depth=1).fit(rows, labels)
    booster.save_model(HERE / "xgboost.json")
    booster.save_model(HERE / "xgboost.ubj")
    forest = lightgbm.LGBMClassifier(n_estimators=2, num_leaves=2, min_child_samples=5, verbose=-1).fit(rows, labels)
    forest.booster_.save_model(HERE / "lightgbm.txt")
    cat = catboost.CatBoostClassifier(iterations=2, depth=1, verbose=0, allow_writing_files=False).fit(rows, labels)
    cat.save_model(HERE / "catboost.cbm")


if __name__ == "__main__":
    make()
