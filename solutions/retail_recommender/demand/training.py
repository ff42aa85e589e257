"""Trains the networks on a job's sales and gives the parts of the bundle."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from lepton_core.bundle import ScoringModel, Trained
from lepton_core.decision import Nearest
from lepton_core.training.job import TrainingJob

from .config import LEVELS, Config
from .correlation import correlation, standard_errors
from .model import quantiles, together
from .model import train as train_networks
from .preprocessing import FLAGS, Asked, DemandPreprocessor
from .sales import read_sales, truths
from .sample import generate


def train(job: TrainingJob) -> Trained:
    """Networks trained on the training rows; the intervals are set on the validation rows.

    Then, where ``model.refit`` asks for it, networks of the same settings learn from both parts and
    are kept: the latest sales tell most. The intervals stay those of networks that had not seen the
    validation rows. Without validation rows the decision is left unfitted.

    Args:
        job: checked records in order of time, and their split.
    """
    config: Config = job.config
    rows, valid = job.split.train, job.split.valid
    last = int(np.concatenate([rows, valid]).max())
    records = job.records.slice(0, last + 1)
    learner = Learner(records, config, job)
    preprocessor, model = learner.fit(rows)
    times = tuple(float(at) for at in range(1, config.data.horizon + 1))
    decision = Nearest(times, LEVELS, config.data.coverage, low_limit=0.0, flags=FLAGS)
    figures: dict[str, Any] = {
        "parameters": int(model.count_params()),
        "series": len(preprocessor.learned.series),
    }
    if len(valid):
        said, truth = learner.said(preprocessor, model, valid)
        decision = decision.fitted(said, truth, {"part": "validation"})
        error, size = np.abs(decision.ends(said)[1] - truth), np.abs(truth)
        known = np.isfinite(error)
        figures["valid_wape"] = float(error[known].sum() / max(size[known].sum(), 1e-9))
        errors = standard_errors(truth, *decision.ends(said))
        told = {
            "correlation": correlation(errors, *learner.moments(preprocessor, valid)),
            "refitted": config.model.refit,
        }
        figures["correlation"] = told["correlation"]
        decision = replace(decision, fitted_on={**decision.fitted_on, **told})
        if config.model.refit:
            preprocessor, model = learner.fit(np.sort(np.concatenate([rows, valid])), again=True)
    scoring = {"main": ScoringModel(model, ("score",), _parity(preprocessor, config))}
    target = read_sales(records).quantity[rows]
    reference = {"target_quantiles": np.quantile(target, np.linspace(0, 1, 11))}
    return Trained(preprocessor, decision, scoring, model, reference=reference, figures=figures)


class Learner:
    """Fits preprocessor and networks on some rows of a job's records.

    Args:
        records: checked records up to the last row learned from, in order of time.
        config: the task's settings.
        job: seed, and where checkpoints go.
    """

    def __init__(self, records: pa.Table, config: Config, job: TrainingJob) -> None:
        self._records, self._config, self._job = records, config, job
        self._sales = read_sales(records)

    def fit(self, rows: np.ndarray, again: bool = False) -> tuple[DemandPreprocessor, Any]:
        """Preprocessor and model of some rows.

        Args:
            rows: int64, ascending.
            again: whether this is a second training of the job, with checkpoints of its own.
        """
        job, model = self._job, self._config.model
        preprocessor = DemandPreprocessor(self._config.data)
        preprocessor.fit(self._records.take(pa.array(rows)))
        asked = preprocessor.read(self._records)
        rows = rows[np.isin(rows, asked.windows.kept)]
        short = rows[:: model.short_pasts] if model.short_pasts else rows[:0]
        shown = (asked.of(rows), _begun_late(asked.of(short), self._config, job.seed))
        parts = [preprocessor.arrays(one) for one in shown]
        arrays = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        truth = truths(self._sales, np.concatenate([rows, short]))
        learned = preprocessor.learned
        networks = train_networks(
            arrays,
            truth,
            model,
            self._config.data,
            (len(learned.series), len(learned.categories)),
            job.seed,
            run=job.run if job.run is None or not again else job.run.part("refit"),
            verbose=job.verbose,
        )
        return preprocessor, together(networks)

    def said(
        self, preprocessor: DemandPreprocessor, model: Any, rows: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """What networks say of some rows, [m, H, 5], and what is true of them, [m, H]; NaN where
        only the least is known."""
        asked = preprocessor.read(self._records)
        rows = rows[np.isin(rows, asked.windows.kept)]
        said = quantiles(model, preprocessor.arrays(asked.of(rows)))
        truth = np.where(self._sales.is_bound[rows], np.nan, self._sales.quantity[rows])
        return said, np.repeat(truth[:, None], said.shape[1], axis=1)

    def moments(
        self, preprocessor: DemandPreprocessor, rows: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Series and period of some rows, int64 [m] each."""
        some = self._records.take(pa.array(rows))
        return preprocessor.read(some).series, preprocessor.steps(some)


def _begun_late(asked: Asked, config: Config, seed: int) -> Asked:
    """The same records as of series that nobody knows and that began a short time before."""
    past = asked.windows.past
    length = past.shape[1]
    most = config.data.lags + config.data.horizon
    keep = np.random.default_rng(seed).integers(1, most, len(past), endpoint=True)
    there = np.arange(length) >= length - keep[:, None]
    windows = replace(asked.windows, past=np.where(there[:, :, None], past, np.nan))
    return replace(asked, windows=windows, series=np.full(len(past), -1))


def _parity(preprocessor: DemandPreprocessor, config: Config) -> dict[str, np.ndarray]:
    """Inputs for comparing runtimes, from our own generator: no real record enters a bundle."""
    data = config.data
    some = generate(seed=1, series=4, periods=data.lags + 32, step_minutes=data.step_minutes)
    arrays = preprocessor.arrays(preprocessor.read(some.slice(some.num_rows - 64)))
    # Known series too, so that learned vectors are compared.
    known = len(preprocessor.learned.series) + 1
    arrays["series"] = (np.arange(len(arrays["x"]))[:, None] % known).astype(np.int32)
    return arrays
