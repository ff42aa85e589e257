"""What the networks are compared with: the mean, a line, and trees, on the same features."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from lepton_core.evaluation.baselines import THREADS
from lepton_core.training.job import TrainingJob

from .config import LEVELS, Config
from .preprocessing import LifePreprocessor
from .truth import unit_codes

_RIDGE = 10.0


def baselines(job: TrainingJob) -> dict[str, np.ndarray]:
    """The mean of the training cycles, ridge regression, and gradient boosting.

    Line and trees see each record's levels and trends of now, as the network does.

    Returns:
        name -> the value of each test row [n], as all its quantiles [n, 5]: none has intervals.
    """
    config: Config = job.config
    cap = config.data.cap
    codes, _ = unit_codes(job.records)
    learned = np.concatenate([job.split.train, job.split.valid])
    rows = np.flatnonzero(np.isin(codes, codes[learned]))
    fitted = LifePreprocessor(config.data).fit(job.records.take(pa.array(rows)))
    prepared = fitted.transform(job.records)
    now = np.zeros((job.records.num_rows, prepared.arrays["x"].shape[2]), np.float32)
    now[prepared.kept] = prepared.arrays["x"][:, -1]
    learned = learned[np.isin(learned, prepared.kept)]
    x, asked = now[learned], now[job.split.test]
    truth = np.minimum(job.records.column("rul").to_numpy()[learned], cap)
    found = {
        "mean": np.full(len(asked), truth.mean()),
        "linear": _line(x, truth, asked),
        "gradient_boosting": _trees(x, truth, asked, job.seed),
    }
    told = {name: np.clip(value, 0.0, cap) for name, value in found.items()}
    return {name: np.repeat(value[:, None], len(LEVELS), axis=1) for name, value in told.items()}


def _line(x: np.ndarray, y: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Ridge regression [m]."""
    a = np.concatenate([x, np.ones((len(x), 1))], axis=1, dtype=np.float64)
    weights = np.linalg.solve(a.T @ a + _RIDGE * np.eye(a.shape[1]), a.T @ y)
    return np.concatenate([asked, np.ones((len(asked), 1))], axis=1) @ weights


def _trees(x: np.ndarray, y: np.ndarray, asked: np.ndarray, seed: int) -> np.ndarray:
    """LightGBM [m]."""
    import lightgbm

    settings = {
        "objective": "l2",
        "learning_rate": 0.05,
        "num_leaves": 15,
        "min_child_samples": 100,
        "feature_fraction": 0.4,
        "bagging_fraction": 0.7,
        "bagging_freq": 1,
        "lambda_l2": 10.0,
        "num_threads": THREADS,
        "deterministic": True,
        "seed": seed,
        "verbose": -1,
    }
    return lightgbm.train(settings, lightgbm.Dataset(x, y), num_boost_round=200).predict(asked)
