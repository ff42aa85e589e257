"""Every view in both languages, and what a person does on it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pyarrow as pa
import pytest
from made_page import choose, figures, press, start, words
from test_line import write_run

from lepton_core.store import Store

VIEWS = ("line", "part", "threshold", "label", "teach")
_KEY = re.compile(r"\b(defect_detection|ui|queue)\.[a-z_]+\.[a-z_.]+")


@pytest.mark.parametrize("kind", ["surface", "anomaly"])
@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_view_opens_without_an_error_and_without_a_missing_sentence(
    view: str, language: str, kind: str
) -> None:
    page = start(view, language, kind)
    assert not page.exception
    assert not page.error
    told = words(page) + " ".join(m.label for m in page.metric)
    told += " ".join(button.label for button in page.button)
    assert _KEY.findall(told) == []
    is_chinese = any("\u4e00" <= letter <= "\u9fff" for letter in told)
    assert is_chinese == (language == "zh")


def test_the_counters_of_a_line_that_is_through_are_those_of_its_parts() -> None:
    page = start("line")
    (rate,) = [s for s in page.select_slider if s.key == "defect.line.rate"]
    page = rate.set_value(600).run()
    play = page.session_state["defect.play.made.surface.30.True"]
    page.session_state["defect.play.made.surface.30.True"] = type(play)(600.0, -1e6, 30.0)
    page = page.run()
    shown = figures(page)
    assert (shown["Parts"], shown["Pass"], shown["Fail"], shown["Unsure"]) == (
        "30",
        "10",
        "18",
        "2",
    )
    assert "All parts are through" in words(page)


def test_a_paused_line_stands_still() -> None:
    page = press(start("line"), "line.pause")
    before = figures(page)["Parts"]
    play = page.session_state["defect.play.made.surface.30.True"]
    assert play.is_paused
    page.session_state["defect.play.made.surface.30.True"] = type(play)(
        play.rate, play.since - 3600, play.done, True
    )
    assert figures(page.run())["Parts"] == before


def test_filters_of_parts_leave_what_they_say() -> None:
    page = choose(start("part"), "part.verdict", "unsure")
    assert "of 2" in words(page)
    assert "doubtful" in words(page)
    page = choose(page, "part.verdict", "pass")
    assert "looks good" in words(page)


def test_an_overruled_part_is_kept_in_the_store(store: Store) -> None:
    page = choose(start("part"), "part.verdict", "fail")
    (name,) = [field for field in page.text_input if field.label == "Your name"]
    page = name.set_value("Ana").run()
    name = re.search(r"line/\d+\.png", words(page))
    assert name is not None
    page = press(page, ".good")
    assert "contradicts the model" in words(page)
    (note,) = page.text_area
    page = note.set_value("only dust").run()
    press(page, ".good")
    (kept,) = store.verdicts("defect_detection/surface").to_pylist()
    assert (kept["record_id"], kept["verdict"], kept["who"]) == (name.group(), "good", "Ana")
    # A good part has a defect nowhere.
    assert json.loads(kept["marks"]) == []


def test_a_cheaper_threshold_counts_on_every_view_and_scores_nothing() -> None:
    page = start("threshold")
    page = press(page, "threshold.use_cheapest")
    assert "cheapest of these" in words(page)
    assert page.session_state["defect.decision.defect_detection/surface@made"] is not None
    page = press(page, "threshold.own")
    assert "defect.decision.defect_detection/surface@made" not in page.session_state


def test_another_false_reject_rate_promises_it_and_fails_more_good_parts() -> None:
    page = start("threshold", kind="anomaly")
    assert figures(page)["Promised"] == "5.00%"
    (asked,) = [s for s in page.select_slider if str(s.key).endswith(".asked")]
    page = asked.set_value(0.2).run()
    assert figures(page)["Promised"] == "20.00%"
    assert figures(page)["Needed for this rate"] == "4"


def test_without_known_parts_no_money_is_counted() -> None:
    page = start("threshold", labelled=False)
    assert "at least 5 of each are needed" in words(page)


def test_labelling_goes_on_to_the_next_picture_and_counts(store: Store) -> None:
    page = start("label", labelled=False)
    assert figures(page)["Waiting"] == "30"
    first = page.subheader[0].value
    (name,) = [field for field in page.text_input if field.label == "Your name"]
    page = name.set_value("Ana").run()
    page = press(page, ".good")
    assert figures(page)["Labelled"] == "1"
    assert figures(page)["Waiting"] == "29"
    assert page.subheader[0].value != first
    (kept,) = store.verdicts("defect_detection/surface").to_pylist()
    assert kept["record_id"] == first.replace("\\", "")


def test_a_skipped_picture_comes_last() -> None:
    page = start("label", labelled=False)
    first = page.subheader[0].value
    page = press(page, "label.skip")
    assert page.subheader[0].value != first
    assert figures(page)["Waiting"] == "30"


def test_pictures_with_labels_wait_only_when_asked() -> None:
    page = start("label")
    assert "No picture waits" in words(page)
    (toggle,) = [t for t in page.toggle if t.key == "defect.label.with_known"]
    assert figures(toggle.set_value(True).run())["Waiting"] == "30"


def test_a_watched_folder_is_followed_on_the_page_and_a_part_of_it_held(tmp_path: Path) -> None:
    watched, out = tmp_path / "in", tmp_path / "out"
    watched.mkdir()
    write_run(out, watched, ".parquet", [[0, 1, 2], [3, 4]]).close()
    page = choose(start("line"), "line.kind", "folder")
    assert "lepton score" in page.code[0].value
    (field,) = [field for field in page.text_input if field.key == "defect.line.out"]
    page = field.set_value(str(out)).run()
    assert figures(page)["Parts"] == "5"
    assert figures(page)["Refused"] == "2"
    (field,) = [field for field in page.text_input if field.key == "defect.line.out"]
    page = field.set_value(str(tmp_path)).run()
    assert "holds no run" in words(page)


def test_runs_of_the_store_are_shown_with_what_they_do_not_tell(store: Store) -> None:
    page = choose(start("line"), "line.kind", "store")
    assert "No run of this task" in words(page)
    number = store.add_run("defect_detection/surface", "defect_detection/surface@sample")
    table = pa.table(
        {
            "record_id": ["a", "b", "c"],
            "label": ["good", "spot", "good"],
            "review": [False, False, True],
        }
    )
    store.add_predictions(number, table)
    store.finish_run(number, {})
    shown = figures(page.run())
    assert [shown[name] for name in ("Pass", "Fail", "Unsure")] == ["1", "1", "1"]
