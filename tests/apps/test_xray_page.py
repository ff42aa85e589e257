"""The X-ray page: the worklist's order and filters, the operating point, uploads, what is told."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from xray_page import (
    IDENTITY,
    ROOT,
    choose,
    dicom,
    figures,
    no_more,
    picture_of,
    png,
    press,
    start,
    upload,
    words,
    worklist,
    xray,
)

from lepton_core.decision import Classify
from lepton_core.pipeline import Session
from lepton_core.solution import find_task
from lepton_core.store import Store
from lepton_core.ui import reviewer
from solutions.medical_imaging.dashboard_xray_desk import Desk

TASK = find_task("medical_imaging/xray")
pytestmark = pytest.mark.skipif(
    "sample" not in TASK.bundles(), reason="no sample bundle is shipped"
)


@pytest.fixture(autouse=True)
def store(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Store:
    """An empty store and a pseudonym key of this test alone, and nobody signed in."""
    file = str(tmp_path / "store.sqlite")
    monkeypatch.setenv("LEPTON_STORE", file)
    monkeypatch.setenv("LEPTON_PSEUDONYM_KEY", "a key of these tests")
    monkeypatch.setattr(reviewer, "known_reviewer", lambda: "")
    return Store.open(file)


@pytest.mark.parametrize("view", ["worklist", "viewer", "quality"])
@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "It assists a reader and does not diagnose."), ("zh", "它辅助阅片者，不作诊断。")],
)
def test_every_view_says_that_it_does_not_diagnose(view: str, language: str, sentence: str) -> None:
    page = start(language, view)
    assert not page.exception
    assert not page.error
    assert sentence in words(page)


def test_the_worklist_has_what_the_model_is_unsure_of_first_then_the_finding() -> None:
    from lepton_core.bundle import load_bundle
    from lepton_core.data.reading import load_records

    pipeline = load_bundle(TASK.bundle("sample"))
    scored = pipeline.score(load_records(TASK.sample_data, TASK.inputs).table)
    rank = np.where(scored["review"], 0, np.where(scored["label"] == "pneumonia", 1, 2))
    order = np.lexsort((-scored["probability"], rank))
    expected = np.array(scored.columns["record_id"].to_pylist())[order]
    shown = worklist(start())
    assert shown["record_id"].tolist() == expected[: len(shown)].tolist()


def test_counts_agree_with_the_predictions() -> None:
    from lepton_core.bundle import load_bundle
    from lepton_core.data.reading import load_records

    pipeline = load_bundle(TASK.bundle("sample"))
    scored = pipeline.score(load_records(TASK.sample_data, TASK.inputs).table)
    shown = figures(start())
    assert shown["Pneumonia"] == f"{(scored['label'] == 'pneumonia').sum():,}"
    assert shown["To read"] == f"{len(scored['label']):,}"
    assert shown["Needs review"] == f"{scored['review'].sum():,}"


def test_filters_leave_what_they_say_and_the_viewer_steps_through_it() -> None:
    page = start()
    (taken_for,) = [box for box in page.selectbox if box.label == "Taken for"]
    taken_for.set_value(0).run()
    rows = worklist(page)
    assert {label for labels in rows["label"] for label in labels} == {"Normal"}
    (search,) = [field for field in page.text_input if field.label == "Search"]
    search.set_value("normal/000").run()
    names = worklist(page)["record_id"].tolist()
    assert names
    assert all(name.startswith("normal/000") for name in names)
    page = press(page, "xray.start")
    assert picture_of(page) == names[0]
    assert picture_of(press(page, "xray.next")) == names[1]
    assert picture_of(press(page, "xray.previous")) == names[0]
    # Back in the list, the filters are as they were.
    assert worklist(press(page, "xray.back"))["record_id"].tolist() == names


# The worklist draws the clicked picture at a glance, which is not remembered.
@pytest.mark.parametrize(("view", "most"), [("worklist", 1), ("viewer", 0)])
def test_a_rerun_reads_no_remembered_picture(
    view: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = start(view=view)
    rows: list[int] = []
    image = Desk.image
    monkeypatch.setattr(Desk, "image", lambda desk, row: rows.append(row) or image(desk, row))
    page.run()
    assert not page.error
    assert len(rows) == most


def test_a_search_without_a_hit_says_so() -> None:
    page = start()
    (search,) = [field for field in page.text_input if field.label == "Search"]
    search.set_value("no such picture").run()
    assert any("No picture passes these filters" in info.value for info in page.info)
    assert not page.exception


def test_another_operating_point_changes_labels_and_scores_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = start()
    before = int(figures(page)["Pneumonia"])
    monkeypatch.setattr(Session, "step", no_more("scoring"))
    page = choose(page, ".way", "hand")
    (slider,) = [slider for slider in page.slider if str(slider.key).endswith(".hand")]
    slider.set_value(99.0).run()
    strict = int(figures(page)["Pneumonia"])
    assert strict < before
    page = choose(page, ".way", "own")
    assert int(figures(page)["Pneumonia"]) == before


def test_a_higher_sensitivity_finds_more_pictures() -> None:
    page = choose(start(), ".way", "sensitivity")
    found = []
    for end in (0, -1):
        (slider,) = [s for s in page.select_slider if str(s.key).endswith(".sensitivity")]
        page = slider.set_value(int(slider.options[end].rstrip("%"))).run()
        found.append(int(figures(page)["Pneumonia"]))
    assert found[0] < found[1]
    assert "sensitivity of" in words(page)


def test_an_uploaded_dicom_shows_and_keeps_no_name(store: Store) -> None:
    name = "MercyWard_Planta_Ophelia.dcm"
    page = upload(start(), (name, dicom(xray()), "application/dicom"))
    assert not page.exception
    assert figures(page)["Pictures"] == "1"
    told = everything(page)
    page = press(page, "xray.start")
    told += everything(page)
    assert not page.exception
    (field,) = [field for field in page.text_input if field.label == "Your name"]
    field.set_value("Ana").run()
    (agree,) = [button for button in page.button if button.label.startswith("Agree")]
    agree.click().run()
    (kept,) = store.verdicts(TASK.name).to_pylist()
    told += json.dumps(kept, default=str)
    assert [word for word in IDENTITY if word.lower() in told.lower()] == []
    # What the session holds of the upload has no name either.
    held = repr(page.session_state).encode()
    for image in page.session_state["ui.kept.medical_imaging/xray"]["table"]["image"].to_pylist():
        held += image["path"].encode() + image["bytes"]
    assert [word for word in IDENTITY if word.lower().encode() in held.lower()] == []


def everything(page: Any) -> str:
    """All that a page sends to the browser, but the choice of language and the like."""
    return words(page) + " ".join(str(element.proto) for element in page.main) + str(page.main)


def test_a_zip_that_cannot_be_opened_is_told_without_its_name() -> None:
    page = upload(start(), ("MercyWard_Planta.zip", b"no zip at all", "application/zip"))
    assert not page.exception
    told = " ".join(error.value for error in page.error)
    assert "Your upload" in told
    assert [word for word in IDENTITY if word.lower() in told.lower()] == []


def test_a_damaged_file_is_refused_with_its_reason_and_the_rest_is_read() -> None:
    good = png(xray())
    page = upload(
        start(),
        ("a.png", good, "image/png"),
        ("b.png", good[: len(good) // 2], "image/png"),
        ("c.dcm", dicom(xray(1))[:300], "application/dicom"),
    )
    shown = figures(page)
    assert shown["Pictures"] == "3"
    assert shown["Refused"] == "2"
    assert any("2 of 3" in expander.label for expander in page.expander)
    assert worklist(page)["record_id"].tolist() == ["a.png"]


def test_the_simulated_model_warns_of_itself_on_real_pictures_alone() -> None:
    page = start()
    assert not any("simulated pictures" in box.value for box in page.warning)
    page = upload(page, ("a.png", png(xray()), "image/png"))
    assert any("simulated pictures" in box.value for box in page.warning)


def test_pictures_without_labels_claim_nothing_about_them() -> None:
    page = upload(start(), ("a.png", png(xray()), "image/png"))
    page = choose(page, "xray.view", "quality")
    assert not page.exception
    assert any("Too few labelled pictures" in info.value for info in page.info)
    assert "Sensitivity" not in figures(page)


def test_figures_on_the_sample_count_its_test_pictures_alone() -> None:
    page = start(view="quality")
    n = find_bundle_card()["protocol"]["test_records"]
    assert f"its {n:,} test pictures alone" in words(page)
    sensitivity = figures(page)["Sensitivity"]
    recall = find_bundle_card()["metrics"]["recall"]["value"]
    assert sensitivity == f"{recall:.1%}"


def find_bundle_card() -> dict[str, Any]:
    path = TASK.bundle("sample") / "card.json"
    return dict(json.loads(path.read_text(encoding="utf-8")))


def test_the_own_operating_point_is_the_bundles() -> None:
    decision = Classify.from_json(
        json.loads((TASK.bundle("sample") / "decision.json").read_text(encoding="utf-8"))
    )
    assert f"**{decision.threshold:.1%}**" in words(start())


def test_no_view_loads_what_trains() -> None:
    program = f"""
import sys
sys.path.insert(0, {str(ROOT / "tests/apps")!r})
from xray_page import press, start
press(start(), "xray.start")
start(view="quality")
heavy = ("keras", "tensorflow", "torch", "jax", "sklearn", "lightgbm", "highdicom", "reportlab")
print([name for name in heavy if name in sys.modules])
"""
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert run.stdout.strip().splitlines()[-1:] == ["[]"], run.stderr[-2000:]
