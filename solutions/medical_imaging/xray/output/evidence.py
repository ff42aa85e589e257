"""From the model's map to what each place of the picture says by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lepton_core.bundle_files import read_arrays
from lepton_core.decision import Classify, ClassifyMany, Decision
from lepton_core.errors import DataError

from .overlay import Scale

if TYPE_CHECKING:
    from lepton_core.pipeline import Pipeline

# Log odds of full colour where the bundle has none of its own: a probability of 99.3%.
FULL = 5.0
# Name of the bundle's own in its reference.npz.
HIGH = "evidence_high"


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


def scale_of(pipeline: Pipeline) -> Scale:
    """The scale of a model's heatmaps, the same for every picture of that model.

    Full colour is the evidence that the bundle keeps as ``evidence_high`` in its reference (see
    :func:`high_evidence`), or ``FULL`` log odds where it keeps none.
    """
    path = None if pipeline.folder is None else pipeline.folder / "reference.npz"
    kept = read_arrays(path).get(HIGH) if path is not None and path.is_file() else None
    full = float(kept) if kept is not None else FULL
    return Scale(full if 0 < full < np.inf else FULL)


def high_evidence(decision: Decision, maps: np.ndarray) -> float:
    """The evidence that one in a hundred places exceeds, for a bundle's reference.

    How large evidence gets is a matter of the network: the mean of few large values is as good as
    that of many small ones. A scale of the model's own keeps its pictures comparable and the
    strongest places apart.

    Args:
        decision: of the model.
        maps: float32 [n, rows, columns, 1 or K] of validation pictures.

    Returns:
        calibrated log odds, at least 1.

    Example:
        >>> maps = np.linspace(-4, 12, 1600, dtype=np.float32).reshape(100, 4, 4, 1)
        >>> round(high_evidence(Classify(), maps), 1)
        11.8
    """
    labels: tuple[str, ...] = decision.classes[1:] if isinstance(decision, Classify) else ()
    if isinstance(decision, ClassifyMany):
        labels = decision.classes
    found = [evidence(decision, values, label) for values in maps for label in labels]
    return max(float(np.quantile(np.stack(found), 0.99)), 1.0) if found else FULL
