"""Trains the networks on a job's counts and gives the parts of the bundle."""

from __future__ import annotations

import numpy as np

from lepton_core.bundle import ScoringModel, Trained
from lepton_core.decision import Ahead
from lepton_core.training.job import TrainingJob

from .config import LEVELS, Config
from .model import quantiles, together
from .model import train as train_networks
from .preprocessing import FLAGS, CountsPreprocessor
from .sample import generate
from .truths import truths

_NEW = -1


def train(job: TrainingJob) -> Trained:
    """Networks trained on the training rows; the intervals are set on the validation rows.

    Some training records are shown again with a short past, and some as of a station that nobody
    knows, so that both are forecast soberly. Without validation rows the decision is left unfitted.

    Args:
        job: checked records in order of time, with their truths, and their split.
    """
    config: Config = job.config
    rows, valid_rows = job.split.train, job.split.valid
    last = int(np.concatenate([rows, valid_rows]).max())
    records = job.records.slice(0, last + 1)
    target = truths(records, config.data)
    preprocessor = CountsPreprocessor(config.data)
    preprocessor.fit(records.take(rows))
    windows = preprocessor.pasts(records)
    steps, places = preprocessor.steps(records), preprocessor.places(records)

    def past(some: np.ndarray) -> np.ndarray:
        return windows.past[np.searchsorted(windows.kept, some), :, 0]

    cut, new = _some(rows, config.model.short_pasts), _some(rows, config.model.new_stations)
    shown = np.concatenate([rows, cut, new])
    pasts = np.concatenate([past(rows), _shorten(past(cut), job.seed), past(new)])
    of = np.concatenate([places[rows], places[cut], np.full(len(new), _NEW)])
    learned = preprocessor.arrays(pasts, of, steps[shown]), target[shown]
    valid = None
    if len(valid_rows):
        known = preprocessor.arrays(past(valid_rows), places[valid_rows], steps[valid_rows])
        valid = known, target[valid_rows]
    stations = len(preprocessor.usual.names)
    networks = train_networks(
        learned, valid, config.model, stations, job.seed, run=job.run, verbose=job.verbose
    )
    model = together(networks)
    decision = Ahead(
        config.data.ahead_minutes, LEVELS, config.data.coverage, low_limit=0.0, flags=FLAGS
    )
    figures: dict[str, float] = {"parameters": int(model.count_params()), "stations": stations}
    if valid is not None:
        said = quantiles(model, valid[0])
        decision = decision.fitted(said, valid[1], {"part": "validation"})
        error = decision.ends(said)[1] - valid[1]
        figures |= {
            "valid_mae": float(np.nanmean(np.abs(error))),
            "valid_rmse": float(np.sqrt(np.nanmean(np.square(error)))),
        }
        for name, column in zip(decision.names, error.T, strict=True):
            figures[f"valid_mae_{name}min"] = float(np.nanmean(np.abs(column)))
            figures[f"valid_rmse_{name}min"] = float(np.sqrt(np.nanmean(np.square(column))))
    # Inputs for comparing runtimes, from our own generator: no real record enters a bundle.
    some = generate(seed=1, stations=4, days=1, step_minutes=config.data.step_minutes)
    windows = preprocessor.pasts(some.slice(0, 256))
    new = np.full(len(windows.kept), _NEW)
    parity = preprocessor.arrays(windows.past[:, :, 0], new, preprocessor.steps(some)[windows.kept])
    # Known stations too, so that learned vectors are compared.
    parity["station"] = (np.arange(len(new))[:, None] % (stations + 1)).astype(np.int32)
    scoring = {"main": ScoringModel(model, ("score",), parity)}
    reference = {"target_quantiles": np.nanquantile(target[rows], np.linspace(0, 1, 11))}
    return Trained(preprocessor, decision, scoring, model, reference=reference, figures=figures)


def _some(rows: np.ndarray, every: int) -> np.ndarray:
    return rows[::every] if every else rows[:0]


def _shorten(past: np.ndarray, seed: int) -> np.ndarray:
    """The pasts [n, lags] as after a gap: a random number of counts at their end."""
    length = past.shape[1]
    keep = np.random.default_rng(seed).integers(1, length, len(past), endpoint=True)
    return np.where(np.arange(length) >= length - keep[:, None], past, np.nan)
