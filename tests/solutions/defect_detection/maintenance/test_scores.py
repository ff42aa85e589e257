"""What the sample bundle says of presses that it does not know."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.checking import check
from lepton_core.testing.scoring import check_scoring
from solutions.defect_detection.maintenance.config import Config
from solutions.defect_detection.maintenance.evaluation import by_unit, random_cuts
from solutions.defect_detection.maintenance.reasons import SensorOcclusion, contributions
from solutions.defect_detection.maintenance.sample import generate
from solutions.defect_detection.maintenance.task import INPUTS


@pytest.fixture(scope="module")
def scored(sample):
    protocol = by_unit(Config())
    fleet = generate(seed=9, units=40)
    records = protocol.with_truth(check(fleet, INPUTS).table)
    return records, sample.score(fleet)


def test_a_press_near_its_end_is_told_so_and_a_new_one_is_not(scored):
    records, found = scored
    left, value = records["rul"].to_numpy(), found["value"]
    # Two of forty have a sensor that does not move, and are no measure here.
    sound = ~np.array([r.startswith("stuck") for r in found["reason"].tolist()])
    assert np.median(value[sound & (left < 10)]) < 20
    assert np.median(value[sound & (left > 110)]) > 90


def test_the_interval_holds_nine_in_ten_of_moments_at_random(scored):
    records, found = scored
    known = np.flatnonzero(np.isfinite(records["rul"].to_numpy()))
    rows = known[random_cuts(records.take(pa.array(known)), Config(), 8, 3)]
    truth = np.minimum(records["rul"].to_numpy()[rows], 125)
    inside = (found["low"][rows] <= truth) & (truth <= found["high"][rows])
    assert 0.8 <= inside.mean() <= 0.98


def test_what_is_worn_is_named_and_what_says_nothing_is_not(sample, presses):
    explained = SensorOcclusion().explain(sample, presses.slice(0, 200))
    assert explained
    named = [reason.values["sensor"] for one in explained for reason in one.reasons]
    assert {"heat", "pressure"} & set(named)
    assert named.count("flow") < 0.1 * len(named)
    assert "cycles" in explained[0].reasons[0].text("en")


def test_a_sensor_that_is_as_usual_contributes_nothing(sample):
    x = np.zeros((1, 4, 16), np.float32)
    x[0, :, 1::5] = 2.0
    shares = contributions(sample, x)[0]
    assert shares[0] == shares[2] == 0
    assert shares[1] != 0


def test_scoring_keeps_every_promise(sample, presses):
    check_scoring(sample, presses.slice(0, 300))
