"""The fraud page: what it shows agrees with what the bundle says about the same records."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fraud_page import LAUNCHER, ROOT, SAMPLE, as_csv, choose, figures, start, upload
from streamlit.testing.v1 import AppTest

from lepton_core.solution import find_task

TASK = find_task("fraud_rnn")

pytestmark = pytest.mark.skipif(
    "sample" not in TASK.bundles(), reason="no sample bundle is shipped"
)


@pytest.fixture(scope="module")
def client() -> pa.Table:
    """A client's 2,000 transactions of the sample's last days, without labels."""
    columns = ["record_id", "time", "card", "terminal", "amount"]
    table = pq.read_table(SAMPLE, columns=columns)
    return table.slice(table.num_rows - 2000)


def errors(page: AppTest) -> str:
    """What the page's errors say, Markdown's escapes taken out."""
    return re.sub(r"\\(.)", r"\1", " ".join(error.value for error in page.error))


def text(page: AppTest) -> str:
    return " ".join(element.value for element in page.markdown)


def test_the_days_figures_are_those_of_the_predictions(client: pa.Table) -> None:
    from lepton_core.bundle import load_bundle

    page = choose(upload(start(), "client.csv", as_csv(client)), ".way", "probability")
    shown = figures(page)
    pipeline = load_bundle(TASK.bundle())
    predictions = pipeline.score(client)
    day = client.column("time").to_numpy().astype("datetime64[D]")
    on_day = day == day[-1]
    alerts = on_day & (predictions["label"] == "fraud")
    amount = client.column("amount").to_numpy()[alerts].sum()
    assert shown["Transactions"] == f"{on_day.sum():,}"
    assert shown["Alerts"] == f"{alerts.sum():,}"
    assert shown["Amount at alert"] == f"{amount:,.2f}"
    # Nothing is claimed about frauds where no outcome is known.
    assert "Frauds caught" not in shown


def test_a_threshold_changes_the_alerts_without_scoring_again(
    client: pa.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lepton_core.pipeline import Session

    page = choose(upload(start(), "client.csv", as_csv(client)), ".way", "probability")
    before = figures(page)

    def never(*given: Any, **named: Any) -> None:
        raise AssertionError("scored again")

    monkeypatch.setattr(Session, "step", never)
    page.slider[0].set_value(0.1).run()
    lowest = figures(page)
    page.slider[0].set_value(99.9).run()
    highest = figures(page)
    counts = [int(shown["Alerts"].replace(",", "")) for shown in (highest, before, lowest)]
    assert counts == sorted(counts)
    assert counts[0] < counts[2]
    assert highest["Transactions"] == before["Transactions"]


def test_a_day_without_alerts_says_so(client: pa.Table) -> None:
    page = choose(upload(start(), "client.csv", as_csv(client)), ".way", "probability")
    page.slider[0].set_value(99.9).run()
    day = client.column("time").to_numpy().astype("datetime64[D]")[-1]
    assert any(f"No alert on {day}" in info.value for info in page.info)


def test_the_previous_day_is_one_step_away(client: pa.Table) -> None:
    page = upload(start(), "client.csv", as_csv(client))
    days = np.unique(client.column("time").to_numpy().astype("datetime64[D]"))
    page.button[0].click().run()
    (chosen,) = [box.value for box in page.selectbox if box.label == "Day (UTC)"]
    assert str(chosen) == str(days[-2])
    counted = (client.column("time").to_numpy().astype("datetime64[D]") == days[-2]).sum()
    assert figures(page)["Transactions"] == f"{counted:,}"


def test_the_embedded_sample_knows_its_frauds_and_what_was_learned_from() -> None:
    page = start()
    shown = figures(page)
    assert {"Frauds caught", "Alert precision"} <= set(shown)
    test_day = pq.read_table(SAMPLE, columns=["time"]).column("time")[
        int(card()["protocol"]["test_rows_from"])
    ]
    assert f"From {str(test_day)[:10]} on, which the bundle did not learn from" in text(page)
    (day,) = [box for box in page.selectbox if box.label == "Day (UTC)"]
    day.select_index(0).run()
    assert any("was trained and tuned on days before" in c.value for c in page.caption)


def card() -> dict[str, Any]:
    from lepton_core.ui.loader import read_card

    return read_card(TASK.bundles()["sample"])


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (
            "lacks.csv",
            b"record_id,time,card\nt1,2026-01-01,c1\n",
            "lacks.csv lacks required columns: amount. Expected record_id, time, card, amount; "
            "found record_id, time, card.",
        ),
        ("empty.csv", b"", "empty.csv holds no records"),
        ("header.csv", b"record_id,time,card,amount\n", "header.csv holds no records"),
        (
            "words.csv",
            b"record_id,time,card,amount\nt1,2026-01-01,c1,much\nt2,2026-01-02,c1,more\n",
            "Column amount of words.csv cannot be read as float64",
        ),
        ("cut.parquet", b"PAR1\x00\x00\x00", "cut.parquet cannot be read as Parquet"),
    ],
    ids=["column", "empty", "header", "type", "parquet"],
)
def test_a_bad_file_is_told_in_one_sentence(name: str, content: bytes, said: str) -> None:
    page = upload(start(), name, content)
    assert not page.exception
    assert said in errors(page)
    assert not page.metric


def test_errors_speak_the_pages_language() -> None:
    page = upload(start("zh"), "lacks.csv", b"record_id,time,card\nt1,2026-01-01,c1\n")
    assert "lacks.csv 缺少必需的列：amount" in errors(page)
    assert page.title[0].value == "银行卡欺诈"


def test_bad_rows_are_counted_and_the_others_scored(client: pa.Table) -> None:
    table = client.to_pandas()
    table["amount"] = table["amount"].astype(str)
    table.loc[table.index[3], "amount"] = "-5"
    table.loc[table.index[4], "amount"] = "many"
    table.loc[table.index[6], "record_id"] = table.loc[table.index[5], "record_id"]
    page = upload(start(), "dirty.csv", table.to_csv(index=False).encode())
    assert figures(page)
    assert any(e.label == "3 of 2,000 records were refused" for e in page.expander)
    assert "value too low: 1" in text(page)


def test_a_file_with_the_newest_first_can_be_put_in_order(client: pa.Table) -> None:
    backwards = client.take(np.arange(client.num_rows)[::-1])
    page = upload(start(), "backwards.csv", as_csv(backwards))
    assert any("not in order of time" in warning.value for warning in page.warning)
    (sort,) = [b for b in page.button if b.label.startswith("Put the file in order")]
    sort.click().run()
    assert not page.warning
    in_order = upload(start(), "client.csv", as_csv(client))
    by = (".way", "probability")
    assert figures(choose(page, *by)) == figures(choose(in_order, *by))


def test_columns_of_a_known_data_set_are_recognised(client: pa.Table) -> None:
    theirs = client.rename_columns(
        ["TRANSACTION_ID", "TX_DATETIME", "CUSTOMER_ID", "TERMINAL_ID", "TX_AMOUNT"]
    ).append_column("TX_FRAUD", pa.nulls(client.num_rows, pa.int64()))
    page = upload(start(), "handbook.csv", as_csv(theirs))
    assert figures(page) == figures(upload(start(), "client.csv", as_csv(client)))
    assert any("fraud_handbook" in expander.label for expander in page.expander)


def test_columns_are_assigned_by_hand_and_none_twice(client: pa.Table) -> None:
    theirs = client.rename_columns(["no", "at", "plastic", "shop", "eur"])
    page = upload(start(), "client.csv", as_csv(theirs))
    assert "lacks required columns" in errors(page)
    choice = {box.label.partition(" (")[0]: box for box in page.selectbox}
    for label, column in (("Transaction", "no"), ("Time", "at"), ("Card", "plastic")):
        choice[label].set_value(column)
    choice["Amount"].set_value("no")
    (use,) = [button for button in page.button if button.label == "Use these columns"]
    use.click().run()
    assert "Chosen more than once: no" in errors(page)
    choice = {box.label.partition(" (")[0]: box for box in page.selectbox}
    choice["Amount"].set_value("eur")
    choice["Terminal"].set_value("shop")
    (use,) = [button for button in page.button if button.label == "Use these columns"]
    use.click().run()
    assert figures(page) == figures(upload(start(), "client.csv", as_csv(client)))


def test_a_card_number_is_shown_as_it_is(client: pa.Table) -> None:
    names = [f"**{card}** ![x](http://example.org/x.png)" for card in client["card"].to_pylist()]
    place = client.column_names.index("card")
    page = upload(start(), "odd.csv", as_csv(client.set_column(place, "card", pa.array(names))))
    assert figures(page)
    headings = [heading.value for heading in page.subheader]
    assert any(r"Card \*\*c" in value for value in headings)
    assert not any("![" in value.replace(r"\!\[", "") for value in headings)


def test_a_page_that_ran_loaded_nothing_heavy() -> None:
    program = f"""
import sys
from streamlit.testing.v1 import AppTest
page = AppTest.from_file({str(LAUNCHER)!r}, default_timeout=120).run()
assert page.metric and not page.exception and not page.error, page
heavy = ("keras", "tensorflow", "torch", "jax", "sklearn", "lightgbm", "transformers")
print([name for name in heavy if name in sys.modules])
"""
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert run.stdout.strip().splitlines()[-1:] == ["[]"], run.stderr[-2000:]
