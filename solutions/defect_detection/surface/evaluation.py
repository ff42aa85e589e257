"""How inspection is measured and compared."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.decision import Detect
from lepton_core.decision.detect import FAIL, PASS
from lepton_core.evaluation import metrics
from lepton_core.evaluation.classes import class_codes, class_names
from lepton_core.evaluation.detection import Boxes, boxes_of, detection_measures, match_boxes
from lepton_core.evaluation.intervals import bootstrap
from lepton_core.evaluation.measures import RESAMPLES, many_class_measures
from lepton_core.evaluation.part_split import together
from lepton_core.evaluation.picture_baselines import picture_baselines
from lepton_core.evaluation.pixels import PixelCounts, class_mask, pixel_measures
from lepton_core.evaluation.report import Measured
from lepton_core.evaluation.rows import in_steps, take_rows
from lepton_core.masks import read_mask
from lepton_core.pipeline import Pipeline, of_parts
from lepton_core.predictions import Predictions
from lepton_core.training.job import TrainingJob

from .classes import ordered_classes
from .learning import BOXES, LABEL, MASK
from .preprocessing import Preprocessor

PART = "part"
# Average precision asks for all that was found, however unlikely.
_FLOOR = 0.001
_COUNTS = "pixel_counts"


def measures(records: pa.Table, scores: np.ndarray, decision: Detect | None) -> dict[str, Measured]:
    """Figures of scored test parts as a whole: accuracy, mean F1 of the classes, image AUROC.

    Args:
        records: the test parts [n], with labels.
        scores: logits [n, 1 + C], no defect first.
        decision: a bundle's, which names its classes; None for those of the records' data set.

    Raises:
        DataError: `evaluate.unknown_class` for a label that the bundle does not know.
    """
    names = ordered_classes(class_names(records, LABEL)) if decision is None else decision.classes
    codes = class_codes(records, LABEL, names)
    groups = together(records, PART)
    found = many_class_measures(codes, scores, None, groups)
    defective = codes > 0
    if defective.any() and not defective.all():
        lead = np.logaddexp.reduce(scores[:, 1:].astype(np.float64), axis=1) - scores[:, 0]
        interval = bootstrap(metrics.auc, defective, lead, groups=groups, n=RESAMPLES)
        found["image_auroc"] = Measured.of(interval)
    return found


def figures(records: pa.Table, predictions: Predictions, pipeline: Pipeline) -> dict[str, Measured]:
    """What needs places and verdicts.

    Args:
        records: the test parts [n], one a prediction.
        predictions: of these parts.
        pipeline: what made them.

    Returns:
        ``map50`` and ``map50_95`` where records bring boxes and the network finds some;
        ``pixel_f1``, ``miou`` and their like where records bring masks and it tells pixels;
        ``escape`` (defective parts that pass), ``false_reject`` (good parts that fail) and
        ``review_share``, as far as there are such parts.
    """
    decision, preprocessor = pipeline.decision, pipeline.preprocessor
    assert isinstance(decision, Detect)
    assert isinstance(preprocessor, Preprocessor)
    codes = class_codes(records, LABEL, decision.classes)
    groups = together(records, PART)
    found = _verdicts(codes, predictions["verdict"], groups)
    if preprocessor.places == "candidates" and _any(records, BOXES):
        known = np.flatnonzero(pc.is_valid(records[BOXES]).to_numpy() | (codes == 0))
        truth = boxes_of(records[BOXES].take(pa.array(known)), decision.defects)
        told = _found(decision, predictions.raw["candidates"][known])
        matches = match_boxes(truth, told, decision.defects)
        found |= detection_measures(matches, groups[known])
    if preprocessor.places == "pixels" and _any(records, MASK):
        table = predictions.raw.get(_COUNTS)
        if table is None:
            table = counts(records, predictions, pipeline)[_COUNTS]
        known = np.flatnonzero(table[:, 0, 0] >= 0)
        found |= pixel_measures(table[known], groups[known])
    return found


def counts(
    records: pa.Table, predictions: Predictions, pipeline: Pipeline
) -> dict[str, np.ndarray]:
    """Pixels of each part by true and by found class, where the network tells pixels.

    Args:
        records: the test parts [n], one a prediction.
        predictions: of these parts.
        pipeline: what made them.

    Returns:
        ``pixel_counts`` int64 [n, 1 + C, 1 + C], -1 for a part whose mask is not known; nothing
        where there are no masks or no pixels are told.
    """
    decision, preprocessor = pipeline.decision, pipeline.preprocessor
    assert isinstance(decision, Detect)
    assert isinstance(preprocessor, Preprocessor)
    if preprocessor.places != "pixels" or not _any(records, MASK):
        return {}
    pixels, known = _pixels(records, class_codes(records, LABEL, decision.classes), pipeline)
    size = len(decision.classes)
    table = np.full((records.num_rows, size, size), -1, np.int64)
    table[known] = pixels.table()
    return {_COUNTS: table}


def _verdicts(codes: np.ndarray, verdicts: np.ndarray, groups: np.ndarray) -> dict[str, Measured]:
    def share(asked: np.ndarray) -> float:
        return float(asked.mean())

    shares = {
        "escape": (codes > 0, verdicts == PASS),
        "false_reject": (codes == 0, verdicts == FAIL),
        "review_share": (codes >= 0, (verdicts != PASS) & (verdicts != FAIL)),
    }
    return {
        key: Measured.of(bootstrap(share, hit[of], groups=groups[of], n=RESAMPLES))
        for key, (of, hit) in shares.items()
        if of.any()
    }


def _any(records: pa.Table, column: str) -> bool:
    return column in records.column_names and records[column].null_count < records.num_rows


def _found(decision: Detect, candidates: np.ndarray) -> list[Boxes]:
    """All candidates of each part, each once in each class."""
    found = decision.found(candidates, _FLOOR)
    ends = np.searchsorted(found.row, np.arange(len(candidates) + 1))
    return [
        Boxes(found.box[a:b], found.code[a:b] - 1, found.probability[a:b])
        for a, b in pairwise(ends.tolist())
    ]


def _pixels(
    records: pa.Table, codes: np.ndarray, pipeline: Pipeline
) -> tuple[PixelCounts, np.ndarray]:
    """Pixels of the parts whose mask is known, and which parts these are.

    A part's pixels do not stand in its predictions: it is run once more.
    """
    preprocessor, decision = pipeline.preprocessor, pipeline.decision
    assert isinstance(preprocessor, Preprocessor)
    assert isinstance(decision, Detect)
    counts, known = PixelCounts(decision.defects), []
    start = 0
    for some in in_steps(records, np.arange(records.num_rows)):
        for one in preprocessor.transform(some).singles():
            at = int(one.kept[0])
            code = int(codes[start + at])
            data = some[MASK][at].as_py()
            mask = read_mask(None if data is None else data["bytes"])
            if mask is None and code:
                continue
            found = preprocessor.defective_pixels(of_parts(pipeline.runtime, one), one)
            truth = np.zeros_like(found) if mask is None else class_mask(mask, code)
            if truth.shape == found.shape:
                counts.add(truth, found)
                known.append(start + at)
        start += some.num_rows
    return counts, np.array(known, np.int64)


def baselines(job: TrainingJob) -> dict[str, np.ndarray]:
    """The most frequent class, and a logistic regression on a grey copy of 8 x 8 pixels.

    Returns:
        name -> logits of each test part [n, 1 + C].
    """
    classes = ordered_classes(class_names(job.records, LABEL))
    train, test = (take_rows(job.records, rows) for rows in (job.split.train, job.split.test))
    codes = class_codes(train, LABEL, classes)
    return picture_baselines(train.column("image"), codes, test.column("image"), classes)
