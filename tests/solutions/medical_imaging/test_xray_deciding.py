"""How an X-ray decision is made from validation pictures, split and told by group."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.decision import Classify, ClassifyMany
from lepton_core.errors import DataError
from solutions.medical_imaging.xray import deciding
from solutions.medical_imaging.xray.config import DecisionConfig
from solutions.medical_imaging.xray.operating_points import stated_points
from solutions.medical_imaging.xray.splits import MedMnistSplit
from solutions.medical_imaging.xray.subgroups import report

CLASSES = ("normal", "pneumonia")


class Told:
    """Predictions as far as a report by subgroup reads them."""

    def __init__(self, scores: np.ndarray, labels: list[str]) -> None:
        self.raw, self._labels = {"score": scores}, np.array(labels)

    def __getitem__(self, name: str) -> np.ndarray:
        assert name == "label"
        return self._labels


@pytest.fixture
def pictures(monkeypatch: pytest.MonkeyPatch) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Flat pictures whose lightness is their score, their classes, and whose they are.

    Light ones have the finding, with overlap; two pictures of each person, alike.
    """
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(150) % 2, 2)
    level = 120 + 24 * codes + np.repeat(rng.normal(0, 12, 150), 2)
    x = np.tile(level.round().astype(np.uint8)[:, None, None, None], (1, 16, 16, 1))
    monkeypatch.setattr(
        deciding, "score", lambda model, x: (x.mean(axis=(1, 2, 3)) - 132).astype(np.float32) / 6
    )
    return x, codes, np.repeat(np.arange(150), 2).astype(str)


def decided(pictures: tuple[np.ndarray, ...], **changed: float) -> Classify:
    made = deciding.decide(None, *pictures, CLASSES, replace(DecisionConfig(), **changed))
    assert isinstance(made, Classify)
    return made


def test_the_threshold_is_the_highest_that_keeps_the_sensitivity(pictures) -> None:
    x, codes, _ = pictures
    decision = decided(pictures, sensitivity=0.9)
    probability = decision.probability(deciding.score(None, x))[codes == 1]
    assert (probability >= decision.threshold).mean() >= 0.9
    # One person's two pictures more left out, and it would not hold.
    higher = np.unique(probability[probability >= decision.threshold])[1]
    assert (probability >= higher).mean() < 0.9
    assert [point.sensitivity >= 0.9 for point in stated_points(decision)][2:] == [True] * 6


def test_the_prevalence_moves_every_probability_by_its_odds_and_no_rank(pictures) -> None:
    few, half = decided(pictures, prevalence=0.1), decided(pictures, prevalence=0.5)
    assert half.offset - few.offset == pytest.approx(np.log(9))
    assert half.slope == few.slope
    # The same pictures lie above both thresholds.
    scores = deciding.score(None, pictures[0])
    called = [one.probability(scores) >= np.float32(one.threshold) for one in (few, half)]
    np.testing.assert_array_equal(*called)


def test_the_calibration_is_humbler_than_the_pictures_as_they_are_would_make_it(pictures) -> None:
    """Corrupted copies are told apart worse, and their share in the calibration shows."""
    x, codes, _ = pictures
    plain = Classify.fit(deciding.score(None, x), codes, classes=CLASSES)
    decision = decided(pictures)
    assert decision.slope < 0.9 * plain.slope
    assert decision.fitted_on["corrupted_copies"] == 12


def test_two_pictures_of_a_person_do_not_count_twice(pictures) -> None:
    x, codes, people = pictures
    by_person = decided((x, codes, people))
    by_picture = decided((x, codes, np.arange(len(x)).astype(str)))
    assert by_person.spread is not None
    assert by_picture.spread is not None
    assert by_person.spread[2] > 1.3 * by_picture.spread[2]


def test_the_review_band_holds_to_the_stated_coverage(pictures) -> None:
    x, codes, _ = pictures
    decision = decided(pictures, coverage=0.8)
    sets = decision.sets(deciding.score(None, x))
    assert sets is not None
    for code in (0, 1):
        assert 0.8 <= sets[codes == code, code].mean() < 0.87


def test_three_classes_get_prediction_sets_of_their_own(
    pictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, _, people = pictures
    codes = np.digitize(x.mean(axis=(1, 2, 3)), [120, 145])
    monkeypatch.setattr(
        deciding,
        "score",
        lambda model, x: -np.abs(x.mean(axis=(1, 2, 3))[:, None] - [105, 132, 160]),
    )
    many = deciding.decide(None, x, codes, people, ("a", "b", "c"), DecisionConfig())
    assert isinstance(many, ClassifyMany)
    assert many.conformal is not None


def test_the_parts_of_a_medmnist_file_stand_in_its_ids() -> None:
    names = ["test/0", "train/0", "val/0", "train/1", "test/1", "val/1"]
    records = pa.table({"record_id": names, "label": ["a", "b"] * 3})
    split = MedMnistSplit().split(records)
    assert [part.tolist() for part in (split.train, split.valid, split.test)] == [
        [1, 3],
        [2, 5],
        [0, 4],
    ]
    with pytest.raises(DataError) as caught:
        MedMnistSplit().split(records.slice(0, 2))
    assert caught.value.values["part"] == "val"


def test_rates_are_told_by_subgroup_and_not_where_there_is_one() -> None:
    pytest.importorskip("fairlearn")
    labels = ["normal", "pneumonia", "pneumonia", "normal", "pneumonia"]
    told = ["normal", "pneumonia", "normal", "pneumonia", "pneumonia"]
    groups = ["old", "old", "old", "new", "new"]
    scored = Told(np.array([-2.0, 2.0, -1.0, 1.0, 3.0]), told)
    records = pa.table({"record_id": list("abcde"), "label": labels, "subgroup": groups})
    rows = {row["group"]: row for row in report(records, scored).to_pylist()}
    assert rows["old"]["true_positive_rate"] == pytest.approx(0.5)
    assert rows["old"]["false_positive_rate"] == 0
    assert rows["new"]["true_positive_rate"] == 1
    assert rows["new"]["false_positive_rate"] == 1
    alone = records.set_column(2, "subgroup", pa.array(["old"] * 5))
    assert report(alone, scored).num_rows == 0
