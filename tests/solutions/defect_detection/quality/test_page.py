"""The quality view in both languages, with a person's file, good and bad."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from lepton_core.messages import LANGUAGES
from lepton_core.store import Store
from solutions.defect_detection.quality.sample import generate_parts

TABS = ("chart", "pareto", "capability", "plan", "study")
COUNTS = "day,n,bad\n" + "".join(f"2026-01-{d:02d},100,{4 + d % 3}\n" for d in range(1, 30))
WIDE = "a,b,c\n" + "".join(f"{10 + d % 3},{11 - d % 2},{10.5 + d % 5}\n" for d in range(30))


def _draw() -> None:
    from lepton_core.solution import load_solution
    from lepton_core.ui.frame import guard, set_up
    from solutions.defect_detection.dashboard_quality import view

    load_solution("defect_detection")
    set_up()
    with guard():
        view()


def page(tab: str, language: str = "en") -> AppTest:
    found = AppTest.from_function(_draw, default_timeout=180)
    found.query_params["lang"] = language
    found.query_params["quality"] = tab
    return found.run()


def with_file(tab: str, text: str, name: str = "mine.csv") -> AppTest:
    drawn = page(tab)
    drawn.sidebar.radio[0].set_value("file").run()
    return drawn.file_uploader[0].set_value((name, text.encode(), "text/csv")).run()


def errors(drawn: AppTest) -> list[Any]:
    return [one.value for one in (*drawn.exception, *drawn.error)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("tab", TABS)
def test_every_tab_draws_the_sample(tab: str, language: str) -> None:
    drawn = page(tab, language)
    assert not errors(drawn)
    assert drawn.metric


def test_a_file_with_its_own_names_is_charted_once_its_columns_are_chosen() -> None:
    drawn = with_file("chart", COUNTS)
    chosen = {box.key.rpartition(".")[2]: box for box in drawn.selectbox}
    chosen["inspected"].set_value("n")
    chosen["defective"].set_value("bad")
    chosen["verdict"].set_value("")
    chosen["label"].set_value("")
    drawn.run()
    assert not errors(drawn)
    assert drawn.metric[0].value == "29"


def test_a_line_in_control_does_not_hide_another_that_signals() -> None:
    rows = [
        f"r{d}{line},{line},200,{30 if line == 'B' and d > 20 else 4 + d % 3}"
        for d in range(30)
        for line in "AB"
    ]
    drawn = with_file("chart", "\n".join(["record_id,line,inspected,defective", *rows]))
    assert not errors(drawn)
    assert len(drawn.success) == 1  # line A is shown, and calm
    assert any("other lines: B (9)" in one.value for one in drawn.caption)


def test_measured_values_may_stand_in_several_columns() -> None:
    drawn = with_file("capability", WIDE)
    for box in drawn.selectbox:
        box.set_value("")
    drawn.multiselect[0].set_value(["a", "b", "c"]).run()
    drawn.number_input[0].set_value(5.0)
    drawn.number_input[1].set_value(20.0)
    drawn.run()
    assert not errors(drawn)
    assert drawn.metric[0].value == "90"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("record_id,inspected,defective\na,0,0\nb,50,60\nc,50,2\nd,50,3\ne,50,1\n", "nothing was"),
        ("record_id,inspected,defective\na,50,1\n", "20 to 25 are usual"),
        ("record_id,inspected,defective\na,50,0\nb,50,0\nc,50,0\nd,50,0\n", "longer baseline"),
        ("record_id,inspected,defective\na,many,few\nb,x,y\n", "inspected"),
    ],
)
def test_a_file_that_cannot_be_charted_says_what_to_do(text: str, part: str) -> None:
    drawn = with_file("chart", text)
    assert not drawn.exception
    told = [one.value for one in (*drawn.error, *drawn.warning, *drawn.info)]
    assert any(part in one for one in told), told


def test_without_limits_capability_asks_for_them() -> None:
    drawn = with_file(
        "capability", "record_id,value\n" + "".join(f"{i},{i % 7}\n" for i in range(40))
    )
    assert any("specification limit" in one for one in errors(drawn))


def test_frozen_limits_are_those_of_the_bundle() -> None:
    drawn = page("chart")
    drawn.toggle[0].set_value(True).run()
    assert not errors(drawn)
    # The sample's bundle was made from its first half, as the page's own baseline is.
    assert drawn.metric[2].value == page("chart").metric[2].value


def test_recorded_runs_are_charted_all_of_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Runs of one minute are called alike but for their number."""
    monkeypatch.setenv("LEPTON_STORE", str(tmp_path / "runs.sqlite"))
    store, task = Store.open(), "defect_detection/surface"
    parts = generate_parts(parts=100)
    for number in range(4):
        run = store.add_run(task, f"{task}@sample")
        ids = [f"{number}-{name}" for name in parts["record_id"].to_pylist()]
        labels = ["dent"] * 5 + ["good"] * 95
        store.add_predictions(run, pa.table({"record_id": ids, "label": labels}))
    drawn = page("chart")
    drawn.sidebar.radio[0].set_value("runs").run()
    assert not errors(drawn)
    assert drawn.metric[0].value == "8"
    by = next(box for box in drawn.selectbox if box.key.endswith(".by"))
    by.set_value("subgroup").run()
    assert not errors(drawn)
    assert drawn.metric[0].value == "4"


def test_an_agreement_study_judges_each_appraiser() -> None:
    drawn = page("study")
    drawn.session_state["defect_detection.quality.study.kind"] = "agreement"
    drawn.run()
    assert not drawn.exception
    assert len(drawn.success) + len(drawn.warning) + len(drawn.error) == 3
