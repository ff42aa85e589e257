"""Trains on a job's cases and gives the parts of the bundle."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from lepton_core.bundle import ScoringModel, Trained
from lepton_core.decision import Computed, Told
from lepton_core.errors import DataError
from lepton_core.training.job import TrainingJob

from .config import Config
from .forecast import Forecast
from .model import scores
from .model import train as train_model
from .preprocessing import CustomerPreprocessor
from .sample import generate
from .task import COLUMNS, ERRORS, SEGMENTS

_KINDS = {"segment": Told("segment", "word", SEGMENTS), "orders": Told("orders", "count")}
_LEAST_CASES = 40


def targets(cases: pa.Table, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whether there was an order, bool [n], and what was spent, float64 [n], of some cases."""
    ordered = cases.column("orders_next").to_numpy()[rows] > 0
    return ordered, cases.column("value_next").to_numpy()[rows].astype(np.float64)


def train(job: TrainingJob) -> Trained:
    """Lifetime model and network from the training cases; validation weighs them and calibrates.

    Args:
        job: cases of the protocol, and their split.

    Raises:
        DataError: ``retail_recommender.customers.error.few_cases`` where a part has too few
            customers who order, or too few who do not.
    """
    config: Config = job.config
    train, valid = (job.records.take(pa.array(r)) for r in (job.split.train, job.split.valid))
    for part, cases in (("train", train), ("valid", valid)):
        ordered, _ = targets(cases, np.arange(cases.num_rows))
        if min(ordered.sum(), (~ordered).sum()) < _LEAST_CASES:
            told = {"ordered": int(ordered.sum()), "not_ordered": int((~ordered).sum())}
            raise DataError(f"{ERRORS}.few_cases", part=part, least=_LEAST_CASES, **told)
    preprocessor = CustomerPreprocessor(config.data).fit(train)
    x, y, _ = _inputs(preprocessor, train)
    held = _inputs(preprocessor, valid)
    model = train_model(x, y, held[:2], config.model, job.seed, job.run, job.verbose)
    ordered, value = targets(valid, np.arange(valid.num_rows))
    said = preprocessor.said(scores(model, held[0]), held[2])
    preprocessor.forecast, tried = Forecast.fit(said, ordered, value)
    # What customers have done is known when validation is asked; no outcome is needed for it.
    preprocessor.fit_segments(valid)
    columns = tuple(_KINDS.get(name, Told(name)) for name in COLUMNS)
    decision = Computed(columns, fitted_on={"part": "validation", "n": valid.num_rows})
    figures = {
        "parameters": int(model.count_params()),
        "train_ordered": round(float(y[:, 0].mean()), 4),
        "valid_ordered": round(float(ordered.mean()), 4),
        "network_in_risk": preprocessor.forecast.risk_share,
        "network_in_value": preprocessor.forecast.value_share,
        **{name: round(found, 4) for name, found in tried.items()},
    }
    reference = {"feature_quantiles": np.quantile(x, np.linspace(0, 1, 11), axis=0)}
    parity = preprocessor.transform(generate(seed=1, customers=48)).arrays
    scoring = {"main": ScoringModel(model, ("score",), parity)}
    return Trained(preprocessor, decision, scoring, model, reference, figures)


def _inputs(
    preprocessor: CustomerPreprocessor, cases: pa.Table
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """``x`` [n, F], targets [n, 3] of the network, and what is known beside them [n, 5]."""
    prepared = preprocessor.transform(cases)
    ordered, value = targets(cases, prepared.kept)
    centre, spread = preprocessor.value
    paid = ordered & (value > 0)
    logs = np.where(paid, (np.log(np.maximum(value, 1e-9)) - centre) / spread, 0.0)
    y = np.stack([ordered, logs, paid], axis=1).astype(np.float32)
    return prepared.arrays["x"], y, prepared.notes["known"]
