"""How the model is split, measured, compared and explained."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from lepton_core.decision import ClassifyMany
from lepton_core.evaluation.classes import class_codes, class_names
from lepton_core.evaluation.measures import many_class_measures
from lepton_core.evaluation.picture_baselines import picture_baselines
from lepton_core.evaluation.picture_split import PictureSplit
from lepton_core.evaluation.report import Measured
from lepton_core.evaluation.rows import take_rows
from lepton_core.explain.occlusion_files import OcclusionOverlay
from lepton_core.training.job import TrainingJob

from .config import Config


class PictureExplainer(OcclusionOverlay):
    """The parts of a picture that its label rests on, as an overlay."""


class Split(PictureSplit):
    """A random part of each class; identical files stay together.

    Where one part, patient or day has several pictures, name it in a column of the Spec and use
    `lepton_core.evaluation.splitting.GroupSplit`: else the figures are too good.
    """

    def __init__(self, config: Config | None = None) -> None:
        shares = (config or Config()).split
        super().__init__("label", valid=shares.valid, test=shares.test, seed=shares.seed)


def measures(
    records: pa.Table, scores: np.ndarray, decision: ClassifyMany | None
) -> dict[str, Measured]:
    """Figures of scored test pictures: accuracy, mean F1 of the classes, and calibration.

    Args:
        records: the test pictures [n], with labels.
        scores: logits [n, classes].
        decision: a bundle's, which names its classes; None for those of the records' data set.

    Raises:
        DataError: `evaluate.unknown_class` for a label that the bundle does not know.
    """
    classes = None if decision is None else decision.classes
    return many_class_measures(class_codes(records, "label", classes), scores, decision)


def baselines(job: TrainingJob) -> dict[str, np.ndarray]:
    """The most frequent class, and a logistic regression on a grey copy of 8 x 8 pixels.

    Returns:
        name -> logits of each test picture [n, classes].
    """
    train, test = (take_rows(job.records, rows) for rows in (job.split.train, job.split.test))
    codes, classes = class_codes(train, "label"), class_names(job.records, "label")
    return picture_baselines(train.column("image"), codes, test.column("image"), classes)
