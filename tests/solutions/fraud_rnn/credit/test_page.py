"""The credit page: what it shows agrees with the bundle, in both languages, for any file."""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
import pytest
from streamlit.testing.v1 import AppTest

from lepton_core.data.reading import load_records
from lepton_core.pipeline import Pipeline
from lepton_core.solution import Task
from solutions.fraud_rnn.credit.clients import Clients


def draw() -> None:
    # Runs as a script of its own, which sees nothing of this module.
    from lepton_core.solution import load_solution
    from lepton_core.ui.frame import guard, set_up

    set_up()
    with guard():
        load_solution("fraud_rnn")
        from solutions.fraud_rnn.dashboard_credit import credit_page

        credit_page()


def start(language: str = "en") -> AppTest:
    page = AppTest.from_function(draw, default_timeout=180)
    page.query_params["lang"] = language
    return page.run()


def told(page: AppTest) -> list[str]:
    return [one.value for one in (*page.exception, *page.error)]


def figures(page: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in page.metric}


@pytest.mark.parametrize(("language", "word"), [("en", "Defaults"), ("zh", "违约")])
def test_the_sample_is_drawn(language: str, word: str, pipeline: Pipeline, task: Task) -> None:
    page = start(language)
    assert not told(page)
    sample = load_records(task.sample_data, task.inputs).table
    called = int((pipeline.score(sample)["label"] == "defaults").sum())
    assert figures(page)[word] == f"{called:,}"
    headings = [one.value for one in page.subheader]
    assert len(headings) >= 5


def test_groups_are_counted_on_the_test_part(pipeline: Pipeline) -> None:
    page = start()
    page.session_state["credit.view"] = "groups"
    page.run()
    assert not told(page)
    (table,) = (frame.value for frame in page.dataframe)
    row = table[(table["Attribute"] == "Sex") & (table["Group"] == "All")]
    assert row["Records"].item() == pipeline.card["protocol"]["test_records"]
    card = next(one for one in pipeline.card["groups"] if one["group"] == "female")
    women = table[table["Group"] == "Women"]
    assert women["Selected"].item().startswith(f"{card['selection_rate']:.1%}")


def test_another_threshold_calls_others() -> None:
    page = start()
    before = int(figures(page)["Defaults"].replace(",", ""))
    page.slider[0].set_value(80.0).run()
    assert int(figures(page)["Defaults"].replace(",", "")) < before


def test_a_file_with_other_names_gets_a_form(clients: pa.Table) -> None:
    other = clients.rename_columns([f"their_{name}" for name in clients.column_names])
    sink = io.BytesIO()
    csv.write_csv(other, sink)
    page = start()
    page.radio[0].set_value("file").run()
    page.file_uploader[0].set_value(("theirs.csv", sink.getvalue(), "text/csv")).run()
    assert len(page.selectbox) > 20
    assert not page.metric


def test_a_file_without_labels_is_scored(clients: pa.Table) -> None:
    sink = io.BytesIO()
    csv.write_csv(clients.drop_columns(["default", "sex", "age"]), sink)
    page = start()
    page.radio[0].set_value("file").run()
    page.file_uploader[0].set_value(("ours.csv", sink.getvalue(), "text/csv")).run()
    assert not told(page)
    assert figures(page)["Records"] == f"{len(clients):,}"
    page.session_state["credit.view"] = "groups"
    page.run()
    assert not told(page)
    (table,) = (frame.value for frame in page.dataframe)
    assert set(table[table["Attribute"] == "Sex"]["Group"]) == {"All", "Not known"}
    assert set(table["True positive rate"]) == {"-"}


def test_months_are_drawn_oldest_first(clients: pa.Table) -> None:
    from solutions.fraud_rnn.dashboard_credit_charts import months_chart

    one = Clients.of(clients.slice(3, 1))
    chart = months_chart(one)
    assert list(chart.data[0].y) == one.bill[0].tolist()
    late = np.maximum(one.delay[0], 0)
    assert np.round(chart.data[-1].y).tolist() == late.tolist()
