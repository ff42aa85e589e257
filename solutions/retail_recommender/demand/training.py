"""Trains the forecast on a job's records and gives the parts of its bundle."""

from __future__ import annotations

import numpy as np

from lepton_core.bundle import ScoringModel, Trained
from lepton_core.decision import Interval
from lepton_core.training.job import TrainingJob

from .config import Config
from .model import LEVELS, quantiles
from .model import train as train_model
from .preprocessing import ForecastPreprocessor
from .sample import generate


def train(job: TrainingJob) -> Trained:
    """A network trained on the training rows; the interval is set on the validation rows.

    Where there are no validation rows, the decision is left unfitted and all epochs are trained.

    Args:
        job: checked records in order of time, with their truth in ``target``, and their split.
    """
    config: Config = job.config
    rows, valid_rows = job.split.train, job.split.valid
    last = int(np.concatenate([rows, valid_rows]).max())
    records = job.records.slice(0, last + 1)
    target = records.column("target").to_numpy()
    preprocessor = ForecastPreprocessor(config.series)
    windows, steps = preprocessor.pasts(records), preprocessor.steps(records)

    def pasts(some: np.ndarray) -> np.ndarray:
        return windows.past[np.searchsorted(windows.kept, some)]

    preprocessor.fit_pasts(pasts(rows))
    cut = rows[:: config.model.short_pasts] if config.model.short_pasts else rows[:0]
    shown = np.concatenate([rows, cut])
    past = np.concatenate([pasts(rows), _shorten(pasts(cut), job.seed)])
    learned = preprocessor.arrays(past, steps[shown]), target[shown]
    valid = None
    if len(valid_rows):
        valid = preprocessor.arrays(pasts(valid_rows), steps[valid_rows]), target[valid_rows]
    model = train_model(learned, valid, config.model, job.seed, run=job.run, verbose=job.verbose)
    low_limit = None if config.series.may_be_negative else 0.0
    decision = Interval(LEVELS, low_limit=low_limit)
    if valid is not None:
        scores, about = quantiles(model, valid[0]), {"part": "validation"}
        decision = Interval.fit(
            scores, valid[1], levels=LEVELS, low_limit=low_limit, fitted_on=about
        )
    # Inputs for comparing runtimes, from our own generator: no real record enters a bundle.
    parity = preprocessor.transform(generate(seed=1, series=4, weeks=2).slice(0, 64)).arrays
    scoring = {"main": ScoringModel(model, ("score",), parity)}
    reference = {"target_quantiles": np.quantile(target[rows], np.linspace(0, 1, 11))}
    figures = {"parameters": int(model.count_params())}
    return Trained(preprocessor, decision, scoring, model, reference, figures)


def _shorten(past: np.ndarray, seed: int) -> np.ndarray:
    """The pasts [n, window, 2] as a young series has them: a random number of steps at the end."""
    length = past.shape[1]
    keep = np.random.default_rng(seed).integers(1, length, len(past), endpoint=True)
    there = np.arange(length) >= length - keep[:, None]
    return np.where(there[:, :, None], past, np.nan)
