"""The X-ray page for a client's bundle of several classes: simpler, and nothing fails."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from xray_page import figures, picture_of, words, worklist

from lepton_core.ui import reviewer


def draw(view: str) -> None:
    """Scored pictures of three classes in one view of the page."""
    from pathlib import Path

    import numpy as np
    import pyarrow as pa
    import streamlit as st
    from xray_page import png, xray

    from lepton_core.decision import ClassifyMany
    from lepton_core.messages import set_language
    from lepton_core.records.pictures import IMAGE_TYPE
    from lepton_core.rejects import Rejects
    from lepton_core.solution import find_task
    from lepton_core.ui.scored import Scored
    from lepton_core.ui.uploader import Source
    from solutions.medical_imaging import dashboard_viewer_picture, dashboard_viewer_result
    from solutions.medical_imaging.dashboard_viewer import show_viewer
    from solutions.medical_imaging.dashboard_worklist import show_worklist
    from solutions.medical_imaging.dashboard_xray_desk import Desk
    from solutions.medical_imaging.dashboard_xray_point import choose_point
    from solutions.medical_imaging.dashboard_xray_quality import show_quality
    from solutions.medical_imaging.dashboard_xray_status import Statuses
    from solutions.medical_imaging.xray.output.overlay import Scale

    set_language("en")
    # No bundle stands behind these scores.
    dashboard_viewer_result.varied_scores = lambda *given: np.zeros((0, 3), np.float32)
    dashboard_viewer_picture.heat_scale = lambda folder: Scale(5.0)
    import solutions.medical_imaging.dashboard_viewer_image as image

    image.heat_scale = lambda folder: Scale(5.0)
    classes = ("bacteria", "normal", "virus")
    rng = np.random.default_rng(3)
    labels = [classes[number % 3] for number in range(60)]
    scores = rng.normal(size=(60, 3)).astype(np.float32)
    scores[np.arange(60), np.arange(60) % 3] += 2
    data = png(xray())
    ids = [f"{label}/{number}.png" for number, label in enumerate(labels)]
    images = [{"path": name, "bytes": data, "sha256": name} for name in ids]
    records = pa.table({"record_id": ids, "image": pa.array(images, IMAGE_TYPE), "label": labels})
    decision = ClassifyMany(classes, review_below=0.6)
    scored = Scored(
        "k",
        "a client's",
        "medical_imaging/xray@client",
        records,
        np.arange(60),
        scores,
        decision,
        {},
        Rejects(),
        60,
        raw={"map": np.broadcast_to(scores[:, None, None], (60, 4, 4, 3))},
    )
    readings = choose_point(find_task("medical_imaging/xray"), scored)
    statuses = Statuses.of(readings, None)
    source = Source("a client's", "k", records, False)
    desk = Desk(scored, source, Path("nowhere"), readings, statuses)
    st.session_state.setdefault("xray.view", view)
    {"worklist": show_worklist, "viewer": show_viewer, "quality": show_quality}[view](desk)


@pytest.fixture(autouse=True)
def store(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEPTON_STORE", str(tmp_path / "store.sqlite"))
    monkeypatch.setattr(reviewer, "known_reviewer", lambda: "")


def shown(view: str) -> AppTest:
    page = AppTest.from_function(draw, kwargs={"view": view}, default_timeout=60).run()
    assert not page.exception
    assert not page.error
    return page


def test_the_worklist_begins_with_the_least_sure_and_has_no_operating_point() -> None:
    page = shown("worklist")
    list_ = worklist(page)
    assert list_["probability"][:3].tolist() == sorted(list_["probability"][:3])
    assert list_["status"][0] == ["Needs review"]
    assert "Pneumonia" not in figures(page)
    assert not [group for group in page.button_group if str(group.key).endswith(".way")]


def test_the_viewer_takes_a_verdict_for_each_class() -> None:
    page = shown("viewer")
    name = picture_of(page)
    labels = [button.label for button in page.button]
    assert sum(label.startswith("Agree: ") for label in labels) == 1
    assert sum(label.startswith("Override: ") for label in labels) == 2
    assert "Likeliest:" in words(page)
    assert name


def test_the_figures_show_what_is_taken_for_what() -> None:
    page = shown("quality")
    headings = [heading.value for heading in page.subheader]
    assert "What is taken for what" in headings
    assert "Operating curve" not in headings
