"""From records to a bundle: what it is trained on, what it is tested on, and what it says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.bundle import load_bundle
from lepton_core.checking import check
from lepton_core.errors import DataError
from lepton_core.evaluation.run import evaluate_bundle
from lepton_core.settings import apply_settings
from lepton_core.solution import find_task
from lepton_core.training.job import TrainingJob
from lepton_core.training.run import make_bundle
from solutions.fraud_rnn.transactions.config import Config
from solutions.fraud_rnn.transactions.evaluation import ByDays, Handbook
from solutions.fraud_rnn.transactions.preprocessing import columns
from solutions.fraud_rnn.transactions.protocol import HandbookProtocol

TASK = find_task("fraud_rnn")
DAY_US = 86_400_000_000
SETTINGS = ["model.epochs=2", "model.gru_units=4", "model.dense_units=8", "model.head_units=8"]


@pytest.fixture(scope="module")
def config() -> Config:
    return apply_settings(Config(), SETTINGS)


@pytest.fixture(scope="module")
def records() -> pa.Table:
    """60 days of 120 cards, checked."""
    table = TASK.hook(TASK.sample)(seed=2, cards=120, terminals=60, days=60)
    return check(table, TASK.inputs).table


def days(records: pa.Table) -> np.ndarray:
    return columns(records)[2] // DAY_US


def test_the_windows_do_not_overlap_and_leave_the_delay_out(records: pa.Table) -> None:
    split = ByDays().split(records)
    day = days(records) - days(records).min()
    parts = [(int(day[part].min()), int(day[part].max())) for part in (split.train, split.valid)]
    assert parts == [(14, 38), (39, 45)]
    # Days 46 to 52 are the delay: their labels are not known when the first test day begins.
    assert (int(day[split.test].min()), int(day[split.test].max())) == (53, 59)
    known = np.concatenate([split.train, split.valid, split.test])
    assert len(np.unique(known)) == len(known)
    in_windows = (day >= 14) & ((day < 46) | (day >= 53))
    assert np.array_equal(np.sort(known), np.flatnonzero(in_windows))


def test_rows_without_a_label_are_in_no_part(records: pa.Table) -> None:
    label = records.column("label").to_numpy().astype(float)
    label[::3] = np.nan
    at = records.schema.get_field_index("label")
    partly = records.set_column(at, "label", pa.array(label, from_pandas=True).cast(pa.int64()))
    split = ByDays().split(partly)
    for part in (split.train, split.valid, split.test):
        assert len(part)
        assert (part % 3 != 0).all()


def test_too_few_days_are_told_with_how_many_are_needed(records: pa.Table) -> None:
    day = days(records) - days(records).min()
    # 14 to warm up, 7 to train, 7 to validate, 7 of delay, 7 to test.
    assert len(ByDays().split(records.filter(pa.array(day < 42))).test)
    with pytest.raises(DataError) as caught:
        ByDays().split(records.filter(pa.array(day < 41)))
    assert (caught.value.values["expected"], caught.value.values["received"]) == (42, 41)
    for language in ("en", "zh"):
        assert "42" in caught.value.text(language)
        assert "41" in caught.value.text(language)


def train(records: pa.Table, split_of: pa.Table, config: Config) -> list[np.ndarray]:
    """Weights, scaling and calibration of a training."""
    job = TrainingJob(TASK, config, 0, records, ByDays(config).split(split_of))
    trained = TASK.hook(TASK.trainer)(job)
    _, arrays = trained.preprocessor.state()
    decision = trained.decision
    outlier = trained.preprocessor.config.outlier_amount
    fitted = np.array([decision.slope, decision.offset, decision.threshold, outlier])
    return [*trained.source.get_weights(), *arrays.values(), fitted]


def flipped(records: pa.Table, rows: np.ndarray) -> pa.Table:
    label = records.column("label").to_numpy().copy()
    label[rows] = 1 - label[rows]
    at = records.schema.get_field_index("label")
    return records.set_column(at, "label", pa.array(label))


@pytest.mark.slow
def test_nothing_of_the_test_and_the_delay_reaches_training(
    records: pa.Table, config: Config
) -> None:
    config = replace(config, model=replace(config.model, epochs=1))
    split = ByDays(config).split(records)
    after = np.arange(int(split.valid.max()) + 1, len(records))
    assert set(split.test) <= set(after)
    first = train(records, records, config)
    # Other labels, and amounts that would shift every scale and bin.
    other_end = flipped(records, after)
    amount = records.column("amount").to_numpy().copy()
    amount[after] *= 100.0
    at = records.schema.get_field_index("amount")
    other_end = other_end.set_column(at, "amount", pa.array(amount))
    again = train(other_end, records, config)
    assert len(first) == len(again)
    for mine, theirs in zip(first, again, strict=True):
        assert np.array_equal(mine, theirs)
    # The labels of training rows do reach it: what is compared above can tell.
    other = train(flipped(records, split.train[::50]), records, config)
    assert any(not np.array_equal(a, b) for a, b in zip(first, other, strict=True))


@pytest.mark.slow
def test_a_bundle_says_what_it_is_worth_and_keeps_it(
    records: pa.Table, config: Config, tmp_path: Path
) -> None:
    told: list[str] = []
    out = make_bundle(
        TASK,
        records,
        ByDays(config),
        config,
        seed=0,
        out=tmp_path / "mine",
        data={"name": "tiny", "licence": "ours", "source": "-"},
        command="lepton train fraud_rnn --data tiny",
        note=told.append,
        folder=tmp_path / "run",
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "run"]
    pipeline = load_bundle(out)
    assert pipeline.address == "fraud_rnn/transactions@mine"
    card = pipeline.card
    assert set(TASK.headline) <= set(card["metrics"])
    for figures in (card["metrics"], *card["baselines"].values()):
        for figure in figures.values():
            assert figure["low"] <= figure["value"] <= figure["high"]
    compared = {"logistic_regression", "gradient_boosting", "card_or_terminal"}
    assert set(card["baselines"]) == compared
    assert all(set(TASK.headline) <= set(figures) for figures in card["baselines"].values())
    split = ByDays(config).split(records)
    assert card["protocol"]["test_records"] == len(split.test)
    assert card["protocol"]["train_records"] == len(split.train)
    for key, told_of in TASK.about.items():
        assert card[key] == told_of
    page = (out / "CARD.md").read_text(encoding="utf-8")
    assert "gradient_boosting" in page
    assert "lepton train fraud_rnn --data tiny" in page

    report = evaluate_bundle(pipeline, records, "tiny", ByDays(config))
    assert report.n == len(split.test)
    assert {key: figure.to_json() for key, figure in report.metrics.items()} == card["metrics"]
    assert set(report.baselines) == set(card["baselines"])
    # The same data under another split is not what the card speaks of.
    longer = apply_settings(config, ["split.test_days=6"])
    with pytest.raises(DataError) as caught:
        evaluate_bundle(pipeline, records, "tiny", ByDays(longer))
    assert caught.value.key == "evaluate.other_split"


def test_a_fold_with_all_weeks_learns_from_its_week_and_all_before_and_is_tested_alike(
    records: pa.Table,
) -> None:
    rule = HandbookProtocol(("2026-02-08",))
    one_week = Handbook(Config(), rule).folds(records)[0].split
    all_weeks = apply_settings(Config(), ["split.all_weeks=true"])
    protocol = Handbook(all_weeks, rule)
    split = protocol.folds(records)[0].split
    day = days(records) - days(records).min()
    assert (day[one_week.train].min(), day[one_week.train].max()) == (38, 44)
    # The first 14 days only fill the histories.
    assert (day[split.train].min(), day[split.train].max()) == (14, 44)
    assert set(one_week.train) < set(split.train)
    assert np.array_equal(split.test, one_week.test)
    assert day[split.test].min() == 52
    assert protocol.describe()["train_days"] == "all"
