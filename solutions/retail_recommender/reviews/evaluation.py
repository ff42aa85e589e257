"""How reviews are split, and how a model is measured and compared."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.decision import Classify
from lepton_core.errors import DataError
from lepton_core.evaluation import metrics
from lepton_core.evaluation.intervals import bootstrap
from lepton_core.evaluation.measures import RESAMPLES, classification_measures
from lepton_core.evaluation.protocols import Fold, Protocol
from lepton_core.evaluation.report import Measured
from lepton_core.tabular import labels_of
from lepton_core.training.job import TrainingJob
from lepton_core.training.splits import Split, group_split

from .config import Config, GramConfig
from .evidence import Evidence
from .tokens import normaliser, prepared

_LABEL = "positive"


class TextSplit(Protocol):
    """The parts that the reviews' own column names; else a random part each, same texts together.

    Customers copy each other, and shops import reviews twice: a text that stands in two parts would
    be known by heart in the test.

    Args:
        config: the task's settings.
    """

    name = "by_text"

    def __init__(self, config: Config) -> None:
        self._split = config.split

    def split(self, records: pa.Table) -> Split:
        """Labelled rows by part.

        Raises:
            DataError: ``split.no_labels``, ``split.empty_part``.
        """
        labelled = np.flatnonzero(pc.is_valid(records.column(_LABEL)).to_numpy())
        if not len(labelled):
            raise DataError("split.no_labels", column=_LABEL, n=records.num_rows)
        parts = self._given(records, labelled)
        if parts is None:
            texts = pc.utf8_trim_whitespace(pc.coalesce(records["text"], ""))
            groups = np.array(texts.take(pa.array(labelled)).to_pylist(), object)
            shares = {"valid": self._split.valid_share, "test": self._split.test_share}
            drawn = group_split(groups.astype(str), **shares, seed=0)
            parts = Split(*(labelled[rows] for rows in (drawn.train, drawn.valid, drawn.test)))
        for part in ("train", "test"):
            if not len(getattr(parts, part)):
                raise DataError("split.empty_part", part=part, n=len(labelled))
        return parts

    def _given(self, records: pa.Table, labelled: np.ndarray) -> Split | None:
        """The parts that the data set fixes; None where it fixes none."""
        if "part" not in records.column_names:
            return None
        told = pc.fill_null(records["part"], "").to_numpy(zero_copy_only=False)[labelled]
        if not (told == "test").any():
            return None
        return Split(*(labelled[told == part] for part in ("train", "valid", "test")))

    def folds(self, records: pa.Table) -> list[Fold]:
        split = self.split(records)
        return [Fold(f"seed {number}", split, seed=number) for number in range(self._split.seeds)]

    def describe(self) -> dict[str, Any]:
        split = self._split
        return {
            "name": self.name,
            "parts": "the data set's own, else at random with same texts together",
            "valid_share": split.valid_share,
            "test_share": split.test_share,
        }


def by_text(config: Config) -> TextSplit:
    """The protocol with the task's settings."""
    return TextSplit(config)


def measures(
    records: pa.Table, scores: np.ndarray, decision: Classify | None
) -> dict[str, Measured]:
    """Figures of labelled test records, with intervals.

    Args:
        records: the test records [n].
        scores: logits [n].
        decision: the fitted one; None for a baseline, which calls a positive from 0 on.

    Returns:
        ``accuracy f1`` (the mean of both classes) ``auc`` and, with a decision, ``ece
        calibration_ratio brier_skill`` and those of its review band.
    """
    truth = labels_of(records, _LABEL)
    called = scores > 0
    if decision is not None:
        called = decision.probability(scores) >= np.float32(decision.threshold)
    found = {
        key: Measured.of(bootstrap(metric, truth, called.astype(np.int64), n=RESAMPLES))
        for key, metric in (("accuracy", metrics.accuracy), ("f1", metrics.macro_f1))
    }
    others = classification_measures(truth, scores, decision)
    # Of one class alone these say little where both matter alike.
    left_out = ("f1", "precision", "recall", "ap")
    return found | {key: one for key, one in others.items() if key not in left_out}


def baselines(job: TrainingJob) -> dict[str, np.ndarray]:
    """Bags of single words and of their pairs: naive Bayes, and with ratios in a regression.

    Returns:
        name -> score of each test record [n], higher for a positive.
    """
    known, asked = (job.records.take(pa.array(rows)) for rows in (job.split.train, job.split.test))
    config: Config = job.config
    normal = normaliser(config.text)
    texts, test = (
        [normal.normalize_str(prepared(text, config.text)) for text in part["text"].to_pylist()]
        for part in (known, asked)
    )
    labels = labels_of(known, _LABEL)
    found = {}
    for name, words in (("bag_of_words", 1), ("nbsvm", 2)):
        grams = GramConfig(words=words, letters=(0, 0), least=1, strength=1.0)
        found[name] = Evidence.fit(texts, labels, grams).logits(test)
    return found
