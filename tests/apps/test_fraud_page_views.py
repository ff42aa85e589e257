"""The views of the fraud page: each keeps what was chosen, and says what the numbers say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from fraud_page import as_csv, choose, client, figures, press, start, upload, words
from streamlit.testing.v1 import AppTest

from lepton_core.solution import find_task

pytestmark = pytest.mark.skipif(
    "sample" not in find_task("fraud_rnn").bundles(), reason="no sample bundle is shipped"
)
VIEWS = ("queue", "alert", "curves", "rules", "weeks")


@pytest.fixture
def page() -> AppTest:
    return start()


def day_of(page: AppTest) -> Any:
    (box,) = [box for box in page.selectbox if box.label == "Day (UTC)"]
    return box


def capacity(page: AppTest) -> Any:
    (slider,) = [s for s in page.slider if s.label == "Cards the team can look at a day"]
    return slider


def number(text: str) -> float:
    return float(text.replace(",", "").rstrip("%"))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_view_draws_in_both_languages(language: str) -> None:
    page = start(language)
    for view in VIEWS:
        choose(page, "view", view)
        assert not page.exception
        assert not page.error
        assert "fraud_rnn." not in words(page), "a message is missing"
        assert page.title


def test_views_keep_day_capacity_and_way(page: AppTest) -> None:
    day_of(page).select_index(20).run()
    capacity(page).set_value(9).run()
    before = figures(page)
    for view in VIEWS[1:]:
        choose(page, "view", view)
        assert capacity(page).value == 9
    assert figures(choose(page, "view", "queue")) == before
    assert day_of(page).index == 20


def test_more_capacity_gives_more_alerts_and_never_more_cards_than_asked_for(
    page: AppTest,
) -> None:
    from lepton_core.bundle import load_bundle
    from lepton_core.data.reading import load_records
    from lepton_core.decision.policies import capacity_threshold

    task = find_task("fraud_rnn")
    records = load_records(task.sample_data, task.inputs).table
    predictions = load_bundle(task.bundles()["sample"]).score(records)
    day = records["time"].to_numpy().astype("datetime64[D]").astype(int)
    probability = np.asarray(predictions["probability"])
    cards = records["card"].to_pylist()
    for asked in (2, 12):
        capacity(page).set_value(asked).run()
        alert = probability >= np.float32(capacity_threshold(probability, day, cards, asked))
        assert number(figures(page)["Alerts"]) == (alert & (day == day[-1])).sum()
        pairs = {(d, c) for d, c, a in zip(day, cards, alert, strict=True) if a}
        assert len(pairs) / len(set(day)) <= asked


def test_the_queue_holds_as_many_cards_as_the_team_can_look_at(page: AppTest) -> None:
    for asked in (1, 5, 30):
        capacity(page).set_value(asked).run()
        choose(page, "fraud.queue.view.4", "capacity")
        assert page.dataframe[0].value["card"].nunique() == asked


def test_the_expected_amount_is_that_of_the_shown_alerts(page: AppTest) -> None:
    shown = figures(choose(page, "fraud.queue.view.4", "alerts"))
    table = page.dataframe[0].value
    expected = (table["probability"] / 100 * table["amount"]).sum()
    assert number(shown["Expected to catch"]) == pytest.approx(expected, abs=0.01)
    assert number(shown["Amount at alert"]) == pytest.approx(table["amount"].sum(), abs=0.01)


def test_cost_and_precision_choose_other_thresholds(page: AppTest) -> None:
    said = {}
    for way in ("capacity", "cost", "precision", "probability"):
        choose(page, ".way", way)
        assert not page.exception
        said[way] = words(page)
    assert "Alerts begin at" in said["cost"]
    assert said["cost"] != said["precision"]
    choose(page, ".way", "cost")
    dear = next(box for box in page.number_input if box.label == "Cost of a review")
    cheap = number(figures(page)["Alerts"])
    dear.set_value(500.0).run()
    assert number(figures(page)["Alerts"]) <= cheap


def test_the_cost_of_the_best_threshold_is_never_above_that_of_another(page: AppTest) -> None:
    choose(page, "view", "curves")
    by_capacity = figures(page)
    best = number(by_capacity["At the best threshold"])
    assert best <= number(by_capacity["At the chosen threshold"])
    assert best <= number(by_capacity["Without any review"])
    by_cost = figures(press(page, "use_best"))
    assert number(by_cost["At the chosen threshold"]) == pytest.approx(best, abs=0.01)


def test_curves_count_only_days_that_the_bundle_did_not_learn_from(page: AppTest) -> None:
    choose(page, "view", "curves")
    assert "which the bundle did not learn from: " in words(page)


def test_weeks_whose_labels_wait_are_not_zero(page: AppTest) -> None:
    choose(page, "view", "weeks")
    table = page.dataframe[0].value
    waiting = table[[state == ["Not known yet"] for state in map(list, table["state"])]]
    assert len(waiting) == 2
    assert waiting["precision"].isna().all()
    assert waiting["recall"].isna().all()
    assert (waiting["alerts"] > 0).all()
    assert table["precision"].notna().sum() == len(table) - 2


def test_a_condition_shows_its_hits_and_a_wrong_one_what_is_wrong(page: AppTest) -> None:
    choose(page, "view", "rules")
    (field,) = [field for field in page.text_input if field.label == "Condition"]
    field.set_value("amount > 400").run()
    few = number(figures(page)["Hits"])
    (field,) = [field for field in page.text_input if field.label == "Condition"]
    field.set_value("amount > 40").run()
    assert number(figures(page)["Hits"]) > few > 0
    (field,) = [field for field in page.text_input if field.label == "Condition"]
    field.set_value("amuont > 40").run()
    assert not page.exception
    assert "amuont" in page.error[0].value
    (field,) = [field for field in page.text_input if field.label == "Condition"]
    field.set_value("__import__('os')").run()
    assert not page.exception
    assert page.error


def test_a_kept_condition_stands_in_the_table(page: AppTest) -> None:
    choose(page, "view", "rules")
    (field,) = [field for field in page.text_input if field.label == "Condition"]
    field.set_value("amount > 123").run()
    hits = number(figures(page)["Hits"])
    press(page, "fraud.rules.keep")
    assert page.dataframe[0].value["hits"][0] == hits
    choose(page, "view", "weeks")
    choose(page, "view", "rules")
    assert page.dataframe[0].value["hits"][0] == hits


def rules_file(page: AppTest, content: bytes) -> AppTest:
    choose(page, "view", "rules")
    page.file_uploader[-1].set_value(("mine.yaml", content, "application/yaml"))
    return page.run()


def test_an_uploaded_rules_file_is_shown_instead(page: AppTest) -> None:
    rules_file(page, b"rules: [{name: mine, when: amount > 300}]")
    assert page.dataframe[0].value["rule"].tolist() == ["mine"]
    press(page, "fraud.rules.shipped")
    assert "mine" not in page.dataframe[0].value["rule"].tolist()


def test_a_bad_rules_file_tells_every_fault(page: AppTest) -> None:
    rules_file(page, b"rules:\n  - {name: a, when: amuont > 3}\n  - {name: b}\n")
    assert not page.exception
    told = page.error[0].value
    assert "mine" in told
    assert "amuont" in told
    assert "lacks when" in told


@pytest.mark.parametrize("view", VIEWS)
def test_a_file_without_labels_leaves_no_view_empty_or_broken(page: AppTest, view: str) -> None:
    upload(page, "client.csv", as_csv(client()))
    choose(page, "view", view)
    assert not page.exception
    assert not page.error
    if view in ("curves", "weeks"):
        assert page.info
    assert "Frauds caught" not in figures(page)


def test_a_single_transaction_is_enough_for_every_view(page: AppTest) -> None:
    table = client(1)
    upload(page, "one.csv", as_csv(table.drop_columns(["terminal"])))
    for view in VIEWS:
        choose(page, "view", view)
        assert not page.exception
        assert not page.error


def messy(table: pa.Table) -> bytes:
    """As a bank's export: other names, currency signs and thousands separators."""
    frame = table.to_pandas()
    frame["amount"] = [f"€ {amount:,.2f}" for amount in 40 * frame["amount"]]
    names = ["Txn No.", "Booked at", "Card (PAN)", "Shop / terminal", "Value EUR", "Fraud?"]
    frame.columns = names
    frame.insert(2, "Branch", "Nürnberg")
    return frame.to_csv(index=False).encode()


def test_a_banks_export_with_its_own_names_and_currency_signs(page: AppTest) -> None:
    upload(page, "Export März.csv", messy(client(labels=True)))
    boxes = {box.label.partition(" (")[0]: box for box in page.selectbox}
    boxes["Transaction"].set_value("Txn No.")
    boxes["Time"].set_value("Booked at")
    boxes["Card"].set_value("Card (PAN)")
    boxes["Terminal"].set_value("Shop / terminal")
    boxes["Amount"].set_value("Value EUR")
    boxes["Known fraud"].set_value("Fraud?")
    next(button for button in page.button if button.label == "Use these columns").click().run()
    shown = figures(page)
    assert not page.error
    assert {"Transactions", "Alerts", "Frauds caught"} <= set(shown)
    for view in VIEWS:
        choose(page, "view", view)
        assert not page.exception
        assert not page.error


def test_the_shipped_rules_are_there() -> None:
    folder = Path(__file__).resolve().parents[2] / "solutions/fraud_rnn"
    assert (folder / "rules.yaml").exists()


def test_the_other_task_is_one_click_away_and_back_nothing_is_lost(page: AppTest) -> None:
    capacity(page).set_value(9).run()
    choose(page, "fraud.task", "credit")
    assert not page.exception
    assert page.title[0].value == "Card fraud"
    assert not [slider for slider in page.slider if "Cards the team" in slider.label]
    choose(page, "fraud.task", "transactions")
    assert capacity(page).value == 9
