"""How the model is split, measured and compared."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.decision import Classify
from lepton_core.evaluation.baselines import classification_baselines, gradient_boosting
from lepton_core.evaluation.file_split import FileSplit
from lepton_core.evaluation.measures import classification_measures
from lepton_core.evaluation.protocols import Fold, Protocol
from lepton_core.evaluation.report import Measured
from lepton_core.evaluation.splitting import GroupSplit
from lepton_core.tabular import labels_of
from lepton_core.training.job import TrainingJob
from lepton_core.training.splits import Split

from .config import Config
from .features import directions
from .impossible import possible
from .patients import Patients, with_truth
from .preprocessing import PatientPreprocessor

# As the core's tables: so many deviations say "far out" and no more.
_CUT = 10.0


class PatientSplit(Protocol):
    """Another protocol's split, of records whose truth may stand in ``no_disease``.

    Args:
        inner: what splits.
        numbered: whether the split's file names records by their row, counted from 0, where ours
            are called ``row-1``, ``row-2``...
    """

    def __init__(self, inner: Protocol, numbered: bool = False) -> None:
        self._inner, self._numbered, self.name = inner, numbered, inner.name

    def with_truth(self, records: pa.Table) -> pa.Table:
        """The records with ``disease`` filled where ``no_disease`` tells it."""
        return with_truth(records)

    def split(self, records: pa.Table) -> Split:
        """Labelled rows by part."""
        return self._inner.split(self._named(records))

    def folds(self, records: pa.Table) -> list[Fold]:
        return self._inner.folds(self._named(records))

    def describe(self) -> dict[str, Any]:
        return self._inner.describe()

    def _named(self, records: pa.Table) -> pa.Table:
        records = with_truth(records)
        if not self._numbered:
            return records
        rows = pc.utf8_replace_slice(records["record_id"], 0, len("row-"), "").cast(pa.int64())
        ids = pc.subtract(rows, 1).cast(pa.string())
        return records.set_column(records.column_names.index("record_id"), "record_id", ids)


def cardio(config: Config) -> Protocol:
    """The split that cardio's file decides; several seeds with ``--train``."""
    return PatientSplit(FileSplit("cardio", "disease", config.split.seeds))


def cleveland(config: Config) -> Protocol:
    """The split that the Cleveland data's file decides, by row."""
    return PatientSplit(FileSplit("heart_cleveland", "disease", config.split.seeds), numbered=True)


def by_patient(config: Config) -> Protocol:
    """A random part of the patients each; all visits of one stay together."""
    split = config.split
    return PatientSplit(GroupSplit("disease", "patient", split.valid_share, split.test_share))


def measures(
    records: pa.Table, scores: np.ndarray, decision: Classify | None
) -> dict[str, Measured]:
    """Figures of labelled test records, with intervals; impossible ones are nobody's test.

    Args:
        records: the test records [n].
        scores: logits [n].
        decision: the fitted one; None for a baseline.
    """
    sound = possible(Patients.of(records))
    truth = labels_of(records, "disease")[sound]
    named = np.asarray(pc.coalesce(records["patient"], records["record_id"]).to_pylist())[sound]
    several = len(np.unique(named)) < len(named)
    return classification_measures(
        truth, np.asarray(scores)[sound], decision, groups=named if several else None
    )


def baselines(job: TrainingJob) -> dict[str, np.ndarray]:
    """Logistic regression and gradient boosting on the same features of the same patients.

    Boosting is given once as it is, and once held to the directions that the network is held to.

    Returns:
        name -> score of each test record [n], higher for a disease.
    """
    known, asked = (job.records.take(pa.array(rows)) for rows in (job.split.train, job.split.test))
    preprocessor = PatientPreprocessor(job.config.patients).fit(known)
    prepared, tested = preprocessor.transform(known), preprocessor.transform(asked)
    x, y = prepared.arrays["x"], labels_of(known, "disease")[prepared.kept]
    mean, spread = x.mean(axis=0), x.std(axis=0)
    spread[spread < 1e-6] = 1.0
    train_x, test_x = (
        np.clip((values - mean) / spread, -_CUT, _CUT) for values in (x, tested.arrays["x"])
    )
    found = classification_baselines(train_x, y, test_x, job.seed)
    allowed = directions(preprocessor.factors, preprocessor.needed)
    found["directed_boosting"] = gradient_boosting(train_x, y, test_x, job.seed, allowed)
    if len(tested.kept) == asked.num_rows:
        return found
    # A record that cannot be read gets the lowest score: every test row has one.
    whole = {}
    for name, scores in found.items():
        whole[name] = np.full(asked.num_rows, scores.min())
        whole[name][tested.kept] = scores
    return whole
