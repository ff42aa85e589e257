"""History features: the same in batch and online, and never ahead of their time."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from solutions.fraud_rnn.transactions.config import FeatureConfig
from solutions.fraud_rnn.transactions.features import (
    FeatureEngine,
    fit_scaling,
    learn_outlier_amount,
    scale,
)

DAY_US = 86_400_000_000


class Stream:
    """A random stream: 40 days, few cards and terminals, some rows late or without terminal."""

    def __init__(self, n=1500, seed=0):
        rng = np.random.default_rng(seed)
        self.time_us = np.sort(rng.integers(0, 40 * DAY_US, n))
        late = rng.random(n) < 0.05
        self.time_us[late] -= rng.integers(0, 9 * DAY_US, late.sum())
        self.cards = pa.array([f"card{i}" for i in rng.integers(0, 25, n)])
        shops = rng.integers(0, 30, n)
        self.terminals = pa.array([None if i == 0 else f"shop{i}" for i in shops])
        self.amount = np.round(rng.lognormal(3, 1, n), 2)
        self.label = rng.choice(np.array([0, 1, -1], np.int8), n, p=[0.7, 0.2, 0.1])
        self.n = n

    def features(self, cuts=(), engine=None):
        engine = engine or FeatureEngine(FeatureConfig(outlier_amount=150.0))
        bounds = [0, *cuts, self.n]
        return np.concatenate([self.step(engine, a, b) for a, b in pairwise(bounds)])

    def step(self, engine, a, b):
        return engine.step(
            self.cards[a:b],
            self.terminals[a:b],
            self.time_us[a:b],
            self.amount[a:b],
            self.label[a:b],
        )


def one_shop(days, labels, amounts=None, shop="shop"):
    """Features of a stream of different cards at one terminal."""
    n = len(days)
    engine = FeatureEngine(FeatureConfig(outlier_amount=150.0))
    x = engine.step(
        pa.array([f"card{i}" for i in range(n)]),
        pa.array([shop] * n, pa.string()),
        (np.asarray(days) * DAY_US).astype(np.int64),
        np.asarray(amounts if amounts is not None else [20.0] * n, dtype=float),
        np.asarray(labels, np.int8),
    )
    return {name: x[:, i] for i, name in enumerate(engine.names)}


@pytest.mark.parametrize("cut", ["row by row", "random", "with empty batches"])
def test_features_do_not_depend_on_how_the_stream_is_cut(cut):
    stream = Stream()
    cuts = {
        "row by row": range(1, stream.n),
        "random": np.sort(np.random.default_rng(2).integers(0, stream.n, 60)),
        "with empty batches": [0, 10, 10, 700, stream.n],
    }[cut]
    np.testing.assert_allclose(stream.features(cuts), stream.features(), rtol=0, atol=1e-6)


def test_a_future_transaction_never_reaches_a_feature():
    stream = Stream()
    x = stream.features()
    other = Stream()
    other.amount[800:] *= 7
    other.label[800:] = 1
    np.testing.assert_array_equal(other.features()[:800], x[:800])


def test_a_label_changes_nothing_until_its_delay_has_passed_on_the_clock_of_the_stream():
    stream = Stream()
    x = stream.features()
    row = 300
    stream.label[row] = 1 - max(stream.label[row], 0)
    clock = np.maximum.accumulate(stream.time_us)
    changed = np.flatnonzero((stream.features() != x).any(axis=1))
    assert len(changed) > 0
    assert clock[changed[0]] >= stream.time_us[row] + 7 * DAY_US


def test_a_label_counts_from_the_very_moment_its_delay_has_passed():
    just_before = np.nextafter(7.0, 0) - 1e-9
    x = one_shop([0.0, just_before, 7.0], [1, -1, -1])
    assert x["terminal_last_is_fraud"].tolist() == [0, 0, 1]


def test_a_row_that_comes_after_its_own_delay_does_not_see_its_own_label():
    x = one_shop([20.0, 1.0, 20.0], [-1, 1, -1])
    assert x["terminal_last_is_fraud"].tolist() == [0, 0, 1]


def test_the_clock_of_the_stream_never_goes_back_between_batches():
    stream = Stream(4)
    stream.time_us = np.array([20, 1, 2, 3]) * DAY_US
    stream.cards, stream.terminals = pa.array(list("abcd")), pa.array(["shop"] * 4)
    stream.amount, stream.label = np.full(4, 20.0), np.array([-1, 1, -1, -1], np.int8)
    column = FeatureEngine(FeatureConfig()).names.index("terminal_last_is_fraud")
    assert stream.features([1, 2, 3])[:, column].tolist() == [0, 0, 1, 1]
    assert stream.features()[:, column].tolist() == [0, 0, 1, 1]


def test_a_run_of_frauds_has_length_and_age_and_ends_with_a_genuine_one():
    days = [0, 1, 2, 3, 10, 10.5, 11]
    x = one_shop(days, [0, 1, 1, 0, -1, -1, -1])
    assert x["terminal_last_is_fraud"][4:].tolist() == [0, 0, 0]
    x = one_shop(days, [0, 1, 1, 1, -1, -1, -1])
    assert x["terminal_last_is_fraud"][4:].tolist() == [1, 1, 1]
    np.testing.assert_allclose(np.expm1(x["terminal_run_length"][4:]), [3, 3, 3], rtol=1e-6)
    np.testing.assert_allclose(x["terminal_run_age"][4:], [9, 9.5, 10])
    np.testing.assert_allclose(x["terminal_genuine_age"][4:], [10, 10.5, 11])


def test_a_fraud_that_its_amount_explains_says_nothing_about_the_terminal():
    x = one_shop([0, 10], [1, -1], amounts=[500.0, 20.0])
    assert x["terminal_last_is_fraud"][1] == 0
    assert x["terminal_no_label"][1] == 1
    assert x["terminal_anomalies"][1] > 0


def test_a_missing_terminal_looks_like_one_never_seen_and_is_not_shared():
    x = one_shop([0, 1, 10], [1, 1, -1], shop=None)
    fresh = one_shop([10], [-1])
    for name in x:
        if name.startswith("terminal_"):
            assert (x[name] == fresh[name][0]).all(), name


def test_the_usual_amount_leaves_outliers_out_but_follows_a_new_habit():
    engine = FeatureEngine(FeatureConfig())
    amount = np.array([10.0] * 20 + [100.0] + [10.0] + [100.0] * 40)
    n = len(amount)
    x = engine.step(
        pa.array(["c"] * n),
        pa.array([None] * n, pa.string()),
        np.arange(n) * DAY_US,
        amount,
        np.full(n, -1, np.int8),
    )
    ratio = np.exp(x[:, engine.names.index("amount_ratio_log")])
    np.testing.assert_allclose(ratio[20:22], [10, 1], rtol=1e-5)
    assert ratio[-1] < 2


def test_a_transaction_before_the_cards_last_one_counts_as_no_time_passed():
    engine = FeatureEngine(FeatureConfig())
    x = engine.step(
        pa.array(["c", "c"]),
        pa.array(["s", "s"]),
        np.array([5 * DAY_US, 3 * DAY_US]),
        np.array([10.0, 10.0]),
        np.array([-1, -1], np.int8),
    )
    same_moment = np.float32(np.log(1e-3))
    assert x[1, engine.names.index("card_gap_log")] == same_moment
    assert x[1, engine.names.index("terminal_gap_log")] == same_moment


@pytest.mark.parametrize("hard", [0.0, 1e12], ids=["zero", "huge"])
def test_features_stay_finite(hard):
    stream = Stream(200)
    stream.amount[::3] = hard
    assert np.isfinite(stream.features()).all()


def test_state_saved_and_restored_goes_on_as_if_unbroken(tmp_path):
    stream = Stream()
    engine = FeatureEngine(FeatureConfig(outlier_amount=150.0))
    whole = stream.features()
    stream.step(engine, 0, 700)
    np.savez(tmp_path / "state.npz", **engine.export())
    other = FeatureEngine(FeatureConfig(outlier_amount=150.0))
    with np.load(tmp_path / "state.npz", allow_pickle=False) as arrays:
        other.restore(arrays)
    np.testing.assert_array_equal(stream.step(other, 700, stream.n), whole[700:])


def test_waiting_labels_are_bounded_by_the_delay():
    stream = Stream()
    engine = FeatureEngine(FeatureConfig())
    stream.features(range(1, stream.n), engine)
    clock = stream.time_us.max() / DAY_US
    waiting = engine.export()["terminals.pending.release"]
    assert 0 < len(waiting) < stream.n / 4
    # The last rows' labels wait although they are due: the next row of the stream takes them.
    assert (waiting > clock).sum() >= len(waiting) - 1


def test_scaled_training_rows_have_mean_0_and_no_feature_is_cut_on_them():
    x = Stream().features()
    mean, std = fit_scaling(x)
    z = scale(x, mean, std)
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(z * std + mean, x, atol=1e-3)
    assert np.abs(scale(x * 1e6, mean, std)).max() <= 10


@pytest.mark.parametrize(
    ("amount", "label", "expected"),
    [
        ([10, 20, 300, 400], [1, 0, 1, 1], 300),
        ([10, 20, 300, 300], [1, 0, 1, 0], np.inf),
        ([10, 20, 300, 400], [1, 0, -1, 1], 400),
        ([10, 20], [0, 0], np.inf),
        ([], [], np.inf),
    ],
)
def test_the_outlier_amount_is_where_frauds_take_over(amount, label, expected):
    found = learn_outlier_amount(np.asarray(amount, float), np.asarray(label, np.int8))
    assert found == expected


def test_a_run_of_frauds_is_open_for_28_days_from_a_start_between_the_last_good_and_its_first():
    # Genuine on day 0, fraud on day 4: it began in between, so ends between day 28 and day 32.
    x = one_shop([0, 4, 20, 28, 29, 31, 32, 40], [0, 1, -1, -1, -1, -1, -1, -1])
    np.testing.assert_allclose(x["terminal_run_open"], [0, 0, 1, 1, 0.75, 0.25, 0, 0], atol=1e-6)
