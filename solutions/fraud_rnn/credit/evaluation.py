"""How the model is split, measured and compared."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from lepton_core.decision import Classify
from lepton_core.evaluation.baselines import classification_baselines
from lepton_core.evaluation.file_split import FileSplit
from lepton_core.evaluation.measures import classification_measures
from lepton_core.evaluation.protocols import Protocol
from lepton_core.evaluation.report import Measured
from lepton_core.evaluation.splitting import RandomSplit
from lepton_core.tabular import labels_of
from lepton_core.training.job import TrainingJob

from .config import Config
from .preprocessing import CreditPreprocessor

# As the core's tables: so many deviations say "far out" and no more.
_CUT = 10.0


def fixed(config: Config) -> Protocol:
    """The UCI data's own split, which its file decides; several seeds with ``--train``."""
    return FileSplit("credit_default", "default", config.split.seeds)


def at_random(config: Config) -> Protocol:
    """A random part of the clients each, with the same share of defaults in all.

    Where the data holds several dates, the later ones belong in the test: map a date to a column
    of your own and take ``lepton_core.evaluation.splitting.TimeSplit``.
    """
    return RandomSplit("default", config.split.valid_share, config.split.test_share)


def measures(
    records: pa.Table, scores: np.ndarray, decision: Classify | None
) -> dict[str, Measured]:
    """Figures of labelled test records, with intervals.

    Args:
        records: the test records [n].
        scores: logits [n].
        decision: the fitted one; None for a baseline.
    """
    return classification_measures(labels_of(records, "default"), scores, decision)


def baselines(job: TrainingJob) -> dict[str, np.ndarray]:
    """Logistic regression and gradient boosting on the same features, months side by side.

    Returns:
        name -> score of each test record [n], higher for a default.
    """
    known, asked = (job.records.take(pa.array(rows)) for rows in (job.split.train, job.split.test))
    preprocessor = CreditPreprocessor(job.config.features).fit(known)
    prepared = preprocessor.transform(known)
    x, y = flat(prepared.arrays), labels_of(known, "default")[prepared.kept]
    mean, spread = x.mean(axis=0), x.std(axis=0)
    spread[spread < 1e-6] = 1.0
    tested = preprocessor.transform(asked)
    train_x, test_x = (
        np.clip((values - mean) / spread, -_CUT, _CUT) for values in (x, flat(tested.arrays))
    )
    found = classification_baselines(train_x, y, test_x, job.seed)
    if len(tested.kept) == asked.num_rows:
        return found
    # A record that cannot be read gets the lowest score: every test row has one.
    whole = {}
    for name, scores in found.items():
        whole[name] = np.full(asked.num_rows, scores.min())
        whole[name][tested.kept] = scores
    return whole


def flat(arrays: dict[str, np.ndarray]) -> np.ndarray:
    """All of a client's features in one row, float32 [n, 6 * F + S]."""
    months = arrays["months"].reshape(len(arrays["months"]), -1)
    return np.concatenate([months, arrays["client"]], axis=1)
