"""The report shows its letters on any computer, in both languages, and says what it is not."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from chest_file import finding

from lepton_core.messages import catalogue
from solutions.medical_imaging.xray.output.findings import Finding
from solutions.medical_imaging.xray.output.fonts_pdf import shown
from solutions.medical_imaging.xray.output.overlay import Scale, overlay
from solutions.medical_imaging.xray.output.pdf_report import Page, write_report, write_worklist

pytest.importorskip("reportlab")

MESSAGES = Path(__file__).parents[4] / "solutions/medical_imaging/messages"
FIGURES = {"auc": {"value": 0.981, "low": 0.97, "high": 0.99}}


@pytest.fixture
def page(picture: np.ndarray, hot: np.ndarray) -> Page:
    scale = Scale(5.0)
    return Page(finding(), picture, overlay(picture, hot, scale), scale, FIGURES)


def text_of(path: Path) -> str:
    """What a PDF says, as a viewer would copy it."""
    if shutil.which("pdftotext") is None:
        pytest.skip("needs pdftotext (Debian: poppler-utils)")
    run = subprocess.run(
        ["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True
    )
    assert "Error" not in run.stderr
    return " ".join(run.stdout.split())


def test_english_page_says_all_that_a_reader_needs(page: Page, tmp_path: Path) -> None:
    write_report(tmp_path / "r.pdf", page)
    text = text_of(tmp_path / "r.pdf")
    for part in (
        "It assists a reader and does not diagnose",
        "probability 87% (95% interval of the calibration 80% – 92%)",
        "operating point of 42.0%",
        "sensitivity of at least 95%",
        "medical_imaging/xray@sample (2026-11-25.0123456789ab)",
        "2026-11-25 12:30 UTC",
        "auc 0.981 (0.970 – 0.990)",
        "Intended use",
        "Limits",
        "full colour from log odds 5.0 (probability 99%) on",
        "p-0",
    ):
        assert part in text, part


def test_chinese_letters_are_in_the_file(page: Page, tmp_path: Path) -> None:
    write_report(tmp_path / "r.pdf", page, "zh")
    text = text_of(tmp_path / "r.pdf").replace(" ", "")
    assert "协助阅片者，不作诊断" in text
    assert "验证数据上灵敏度不低于95%" in text
    # Embedded, so that no viewer has to have a Chinese typeface of its own.
    assert b"/FontFile2" in (tmp_path / "r.pdf").read_bytes()


def test_every_letter_of_the_catalogues_can_be_drawn() -> None:
    for language in ("en", "zh"):
        for key, sentence in catalogue(MESSAGES, language).items():
            if key.startswith(("medical_imaging.output", "medical_imaging.xray.class")):
                assert shown(sentence) == sentence, key


def test_a_long_or_strange_name_does_not_break_the_page(page: Page, tmp_path: Path) -> None:
    record_id = "<b>&ward</b>/" + "x" * 300 + "囍\x00\ud800"
    strange = Page(finding(record_id=record_id), *list(vars(page).values())[1:])
    write_report(tmp_path / "r.pdf", strange)
    assert "<b>&ward</b>" in text_of(tmp_path / "r.pdf")
    assert "[U+56CD]" in text_of(tmp_path / "r.pdf").replace(" ", "")


@pytest.mark.parametrize("shape", [(2000, 40), (40, 2000), (16, 16)])
def test_pictures_of_any_shape_fit(shape: tuple[int, int], tmp_path: Path) -> None:
    grey = np.zeros(shape, np.uint8)
    page = Page(finding(), grey, grey[..., None].repeat(3, axis=-1), Scale(5.0), {})
    write_report(tmp_path / "r.pdf", page)
    assert "no figures yet" in text_of(tmp_path / "r.pdf")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"review": True}, "Too unsure to take a side"),
        ({"label": "normal", "probability": 0.02}, "does not rule the finding out"),
        ({"threshold": None, "policy": "likeliest"}, "Likeliest class"),
        ({"low": None, "high": None}, "probability 87%"),
        ({"probability": 1.0, "low": None}, "probability >99%"),
    ],
)
def test_a_page_says_what_the_probability_means(
    page: Page, tmp_path: Path, changed: dict[str, object], said: str
) -> None:
    other = Page(finding(**changed), *list(vars(page).values())[1:])
    write_report(tmp_path / "r.pdf", other)
    assert said in text_of(tmp_path / "r.pdf")


def test_a_worklist_begins_with_what_a_person_has_to_see(tmp_path: Path) -> None:
    def one(record_id: str, probability: float, review: bool) -> Finding:
        label = "pneumonia" if probability >= 0.42 else "normal"
        return finding(record_id=record_id, probability=probability, review=review, label=label)

    some = [one("low", 0.05, False), one("high", 0.97, False), one("unsure", 0.4, True)]
    write_worklist(tmp_path / "w.pdf", some)
    found = re.findall(r"\b(low|high|unsure) p-0", text_of(tmp_path / "w.pdf"))
    assert found == ["unsure", "high", "low"]


def test_a_worklist_goes_on_over_pages(tmp_path: Path) -> None:
    some = [finding(record_id=f"picture-{n:03d}") for n in range(200)]
    write_worklist(tmp_path / "w.pdf", some, "zh")
    text = text_of(tmp_path / "w.pdf")
    assert all(f"picture-{n:03d}" in text for n in range(200))
    assert text.count("患者（化名）") > 2
