"""One alert on the fraud page: its reasons, and a person's verdict on it."""

from __future__ import annotations

from pathlib import Path

import pytest
from fraud_page import as_csv, choose, client, figures, press, start, upload, words
from streamlit.testing.v1 import AppTest

from lepton_core.solution import find_task
from lepton_core.store import Store
from lepton_core.ui import reviewer

TASK = "fraud_rnn/transactions"
pytestmark = pytest.mark.skipif(
    "sample" not in find_task("fraud_rnn").bundles(), reason="no sample bundle is shipped"
)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """An empty store of this test alone, and nobody signed in."""
    file = str(tmp_path / "store.sqlite")
    monkeypatch.setenv("LEPTON_STORE", file)
    monkeypatch.setattr(reviewer, "known_reviewer", lambda: "")
    return Store.open(file)


def opened(page: AppTest) -> AppTest:
    """The page at the first alert of its day."""
    return press(page, "fraud.queue.open")


def record_of(page: AppTest) -> str:
    heading = next(h.value for h in page.subheader if h.value.startswith("Transaction "))
    return heading.split()[1]


def name(page: AppTest, who: str) -> AppTest:
    (field,) = [field for field in page.text_input if field.label == "Your name"]
    return field.set_value(who).run()


def find(page: AppTest, record: str) -> AppTest:
    """The alert's view with a transaction looked up by its number."""
    choose(page, "view", "alert")
    (field,) = [field for field in page.text_input if field.label == "Number of a transaction"]
    return field.set_value(record).run()


def test_an_alert_tells_reasons_in_sentences(store: Store) -> None:
    from lepton_core.bundle import load_bundle
    from lepton_core.data.reading import load_records

    page = opened(start())
    assert not page.exception
    task = find_task("fraud_rnn")
    pipeline = load_bundle(task.bundles()["sample"])
    records = load_records(task.sample_data, task.inputs).table
    (found,) = task.hook(task.explainer)().explain(pipeline, records, [record_of(page)])
    drawn = [proto for proto in page.get("plotly_chart") if "+" in str(proto.proto)]
    assert drawn
    assert found.reasons
    assert found.reasons[0].text() in str(drawn[0].proto.spec)


def test_the_next_alert_of_a_day_is_explained_without_reading_the_past_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from solutions.fraud_rnn.transactions.reasons import TransactionExplainer

    page = opened(start())
    first = record_of(page)

    def never(*given: object) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr(TransactionExplainer, "explain", never)
    press(page, "fraud.alert.next")
    assert not page.exception
    assert not page.error
    assert record_of(page) != first


def test_a_verdict_without_a_name_is_not_stored_and_keeps_its_note(store: Store) -> None:
    page = opened(start())
    page.text_area[0].set_value("called the holder").run()
    press(page, ".fraud")
    assert any("needs the name" in error.value for error in page.error)
    assert page.text_area[0].value == "called the holder"
    assert store.verdicts(TASK).num_rows == 0


def test_a_confirmed_alert_is_confirmed_for_everybody(store: Store) -> None:
    page = name(opened(start()), "Ana")
    page.text_area[0].set_value("called the holder: *not* theirs").run()
    press(page, ".fraud")
    assert not page.error
    (row,) = store.verdicts(TASK).to_pylist()
    assert (row["record_id"], row["who"], row["verdict"]) == (record_of(page), "Ana", "fraud")
    assert row["note"] == "called the holder: *not* theirs"
    assert row["bundle"] == "fraud_rnn/transactions@sample"
    assert page.text_area[0].value == ""
    other = opened(start())
    assert any("Confirm fraud" in s.value and "Ana" in s.value for s in other.success)
    assert "Confirmed" in next(h.value for h in other.subheader if "Transaction" in h.value)


def test_open_only_leaves_out_what_was_judged_and_a_reopened_one_comes_back(store: Store) -> None:
    page = name(opened(start()), "Ana")
    record = record_of(page)
    press(page, ".genuine")
    press(page, "fraud.alert.back")
    every = len(page.dataframe[0].value)
    page.toggle[0].set_value(True).run()
    assert len(page.dataframe[0].value) == every - 1
    page.toggle[0].set_value(False).run()
    statuses = [list(status) for status in page.dataframe[0].value["status"]]
    assert statuses.count(["Dismissed"]) == 1
    find(page, record)
    press(page, ".withdrawn")
    press(page, "fraud.alert.back")
    statuses = [list(status) for status in page.dataframe[0].value["status"]]
    assert statuses == [["Open"]] * every


def test_next_open_passes_over_judged_alerts(store: Store) -> None:
    page = start()
    (slider,) = [s for s in page.slider if s.label == "Cards the team can look at a day"]
    slider.set_value(20).run()
    name(opened(page), "Ana")
    first = record_of(page)
    press(page, ".fraud")
    press(page, "fraud.alert.next_open")
    second = record_of(page)
    assert second != first
    press(page, "fraud.alert.previous")
    assert record_of(page) == first
    press(page, "fraud.alert.next_open")
    assert record_of(page) == second


def test_any_transaction_is_found_by_its_number(store: Store) -> None:
    page = find(start(), "t000500")
    assert record_of(page) == "t000500"
    find(page, "nowhere")
    assert any("nowhere" in error.value for error in page.error)
    assert record_of(page) == "t000500"


def test_the_alert_view_shows_what_stood_beside_the_queue(store: Store) -> None:
    page = opened(start())
    first = record_of(page)
    press(page, "fraud.alert.back")
    (day,) = [box for box in page.selectbox if box.label == "Day (UTC)"]
    day.select_index(30).run()
    card = next(h.value for h in page.subheader if h.value.startswith("Card "))
    choose(page, "view", "alert")
    assert record_of(page) != first
    assert card in [heading.value for heading in page.subheader]


@pytest.mark.parametrize("view", ["queue", "alert", "weeks"])
def test_a_store_that_cannot_be_opened_leaves_the_page_usable(
    view: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEPTON_STORE", "oracle://x/y")
    page = choose(start(), "view", view)
    assert not page.exception
    assert any("Verdicts cannot be read or stored now" in w.value for w in page.warning)
    assert "secret" not in words(page)
    assert figures(page)


def test_verdicts_are_the_labels_of_a_file_without_labels(store: Store) -> None:
    from lepton_core.store import Verdict

    table = client()
    ids = table["record_id"].to_pylist()
    store.add_verdicts([Verdict(TASK, "", record, "ana", "genuine") for record in ids])
    page = upload(start(), "client.csv", as_csv(table))
    choose(page, "view", "weeks")
    shown = page.dataframe[0].value
    assert (shown["alerts"] > 0).all()
    # Every alert is judged, none was fraud; what was missed nobody knows.
    assert (shown["precision"] == 0.0).all()
    assert shown["recall"].isna().all()
