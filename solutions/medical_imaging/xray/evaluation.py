"""How the model is measured and compared."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from lepton_core.decision import Classify, ClassifyMany
from lepton_core.evaluation import metrics
from lepton_core.evaluation.classes import class_codes, class_names
from lepton_core.evaluation.intervals import bootstrap
from lepton_core.evaluation.measures import (
    RESAMPLES,
    classification_measures,
    many_class_measures,
)
from lepton_core.evaluation.picture_baselines import picture_baselines
from lepton_core.evaluation.report import Measured
from lepton_core.evaluation.rows import take_rows
from lepton_core.training.job import TrainingJob

from .classes import ordered_classes
from .preprocessing import FORMATS
from .splits import people


def measures(
    records: pa.Table, scores: np.ndarray, decision: Classify | ClassifyMany | None
) -> dict[str, Measured]:
    """Figures of scored test pictures; intervals resample patients where they are known.

    Args:
        records: the test pictures [n], with labels.
        scores: logits [n], or [n, classes] where there are more than two.
        decision: a bundle's, which names its classes; None for those of the records' data set.

    Raises:
        DataError: `evaluate.unknown_class` for a label that the bundle does not know.
    """
    names = ordered_classes(class_names(records, "label")) if decision is None else decision.classes
    codes = class_codes(records, "label", names)
    groups = people(records)
    if scores.ndim == 2:
        many = decision if isinstance(decision, ClassifyMany) else None
        return many_class_measures(codes, scores, many, groups)
    two = decision if isinstance(decision, Classify) else None
    found = classification_measures(codes, scores, two, groups)
    called = scores >= 0 if two is None else two.probability(scores) >= np.float32(two.threshold)
    return found | {
        name: Measured.of(bootstrap(metric, codes, called, groups=groups, n=RESAMPLES))
        for name, metric in (("accuracy", metrics.accuracy), ("specificity", metrics.specificity))
    }


def baselines(job: TrainingJob) -> dict[str, np.ndarray]:
    """The most frequent class, and a logistic regression on a grey copy of 8 x 8 pixels.

    Returns:
        name -> logits of each test picture, [n] for two classes, otherwise [n, classes].
    """
    classes = ordered_classes(class_names(job.records, "label"), job.config.decision.positive)
    train, test = (take_rows(job.records, rows) for rows in (job.split.train, job.split.test))
    codes = class_codes(train, "label", classes)
    found = picture_baselines(
        train.column("image"), codes, test.column("image"), classes, formats=FORMATS
    )
    if len(classes) > 2:
        return found
    return {name: logits[:, 1] - logits[:, 0] for name, logits in found.items()}
