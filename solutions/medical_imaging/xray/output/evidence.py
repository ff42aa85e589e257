"""From the model's map to what each place of the picture says by itself."""

from __future__ import annotations

import numpy as np

from lepton_core.decision import Classify, ClassifyMany, Decision
from lepton_core.errors import DataError


def evidence(decision: Decision, values: np.ndarray, label: str) -> np.ndarray:
    """Calibrated log odds of a class at every place, were the whole picture like that place.

    The score is the mean of the map, so a place's own value is a score too and takes the same
    calibration: 0 is a probability of 50%, 2 one of 88%, 5 one of 99.3%. It does not depend on the
    operating point, which may be moved without a picture changing.

    Args:
        decision: of the model.
        values: float32 [rows, columns, 1], the model's output ``map``; one channel a class where
            there are more than two.
        label: the class; of two classes, what speaks for the second.

    Returns:
        float32 [rows, columns] in logits; above 0 where the place speaks for the class.

    Raises:
        DataError: ``medical_imaging.output.error.no_map``, where the decision has no classes or
            the map is of another shape.

    Example:
        >>> two = Classify(("normal", "pneumonia"), slope=2.0, offset=-1.0)
        >>> evidence(two, np.float32([[[1.0], [0.5]]]), "pneumonia").tolist()
        [[1.0, 0.0]]
    """
    if isinstance(decision, Classify) and values.ndim == 3 and values.shape[-1] == 1:
        return (decision.slope * values[..., 0] + decision.offset).astype(np.float32)
    if isinstance(decision, ClassifyMany) and values.shape[-1] == len(decision.classes):
        logits = values.astype(np.float64) / decision.temperature
        number = decision.classes.index(label)
        others = np.delete(logits, number, axis=-1)
        highest = others.max(axis=-1, keepdims=True)
        rest = highest[..., 0] + np.log(np.exp(others - highest).sum(axis=-1))
        return (logits[..., number] - rest).astype(np.float32)
    raise DataError("medical_imaging.output.error.no_map", received=list(values.shape))
