"""The view that teaches a product: pictures in, what is wrong with them, every step, the end."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from made_page import press, start, words
from test_teach import png

from lepton_core.ui.training_job import PageTraining
from solutions.defect_detection import dashboard_teach
from solutions.defect_detection.anomaly.task import TASK
from solutions.defect_detection.dashboard_teach_products import PRODUCTS


@pytest.fixture(autouse=True)
def with_anomaly(monkeypatch: pytest.MonkeyPatch) -> None:
    """The task is there, and no process is started: tests write what one would tell."""
    monkeypatch.setattr(
        dashboard_teach, "load_solution", lambda name: SimpleNamespace(tasks=(TASK,))
    )
    monkeypatch.setattr(PageTraining, "go_on", lambda product: None)


def tell(folder: Path, *lines: dict[str, Any]) -> None:
    """What a worker tells."""
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "progress.jsonl").write_text(text, encoding="utf-8")


def with_pictures(n: int, *others: tuple[str, bytes, str]) -> Any:
    """The page with pictures of good parts."""
    page = start("teach")
    files = [(f"{row}.png", png(row), "image/png") for row in range(n)]
    page.file_uploader[0].set_value([*files, *others])
    return page.run()


def start_button(page: Any) -> Any:
    """The button that begins."""
    (button,) = [button for button in page.button if button.key == "defect.teach.start"]
    return button


def test_too_few_pictures_and_no_name_cannot_be_taught() -> None:
    page = with_pictures(5)
    assert "too few" in words(page)
    assert start_button(page).disabled
    page = with_pictures(12)
    assert start_button(page).disabled
    (name,) = [field for field in page.text_input if field.key == "defect.teach.name"]
    page = name.set_value("Housing 7").run()
    assert not start_button(page).disabled
    # So few promise little, which is said before anything begins.
    assert "for 5.0%" not in words(page)
    assert "was asked for" in words(page)


def test_a_file_that_is_no_picture_is_named() -> None:
    page = with_pictures(12, ("half.png", png(1)[:60], "image/png"))
    assert not page.exception
    assert "half" in words(page)


def test_a_zip_that_is_none_is_told() -> None:
    page = start("teach")
    page.file_uploader[0].set_value([("parts.zip", b"no zip", "application/zip")])
    page = page.run()
    assert not page.exception
    assert page.error


def test_every_step_is_shown_and_what_went_wrong_is_told() -> None:
    page = with_pictures(12)
    (name,) = [field for field in page.text_input if field.key == "defect.teach.name"]
    page = start_button(name.set_value("Housing 7").run()).click().run()
    folder = PRODUCTS.home / "Housing_7"
    asked = json.loads((folder / "asked.json").read_text())
    rates = ["decision.false_reject=0.05", "decision.unsure=0.1"]
    assert asked["settings"] == ["method=contrast", *rates]
    assert "stopped before it was done" in words(page)
    steps = [
        {"step": "start", "done": 0, "total": 1},
        {"step": "read", "done": 6, "total": 12},
        {"step": "read", "done": 12, "total": 12},
    ]
    told = {"en": "It cannot be.", "zh": "不可以。"}
    tell(folder, *steps, {"error": "x.y", "text": told})
    page = page.run()
    assert not page.exception
    assert "It cannot be." in words(page)
    # Another page finds it again, and lets it go.
    page = start("teach")
    (product,) = [box for box in page.selectbox if box.key == "defect.teach.product"]
    page = product.set_value("Housing_7").run()
    assert "It cannot be." in words(page)
    page = press(page, "teach.remove")
    assert not folder.exists()
    assert not page.exception
