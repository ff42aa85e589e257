"""From a folder of files to everything that is written, which knows people by pseudonym alone."""

from __future__ import annotations

import json
import re
import shutil
import warnings
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pydicom
import pytest
from chest_file import BIRTH, NAMES, PLANTED, UIDS, as_bytes, chest
from reading_task import TASK, reading_pipeline

from lepton_core.decision import ClassifyMany
from lepton_core.errors import LeptonError
from lepton_core.explain.files import Asked, Explained, explain_files
from lepton_core.pipeline import Pipeline
from lepton_core.records import open_records
from solutions.medical_imaging.xray.explainer import Explainer
from solutions.medical_imaging.xray.output import fonts_pdf

pytest.importorskip("highdicom")
pytest.importorskip("reportlab")

ALL = ("overlay", "csv", "json", "pdf", "sc", "sr")


def asked(
    source: Path, formats: tuple[str, ...], language: str = "en", identified: bool = False
) -> Asked:
    reopen = partial(open_records, source, TASK.inputs, labels=False)
    return Asked(formats, language, reopen if identified else None)


def explained(
    source: Path,
    out: Path,
    formats: tuple[str, ...] = ALL,
    pipeline: Pipeline | None = None,
    **more: Any,
) -> Explained:
    pipeline = pipeline or reading_pipeline()
    explainer = Explainer(pipeline, asked(source, formats, **more))
    with open_records(source, TASK.inputs, labels=False) as reader:
        return explain_files(pipeline, explainer, reader, out)


@pytest.fixture
def ward(tmp_path: Path) -> Path:
    """Two patients' files in folders that name them, and what is no chest X-ray."""
    folder = tmp_path / "in" / "Zzyzx Quilluma"
    folder.mkdir(parents=True)
    (folder / "Quilluma_chest.dcm").write_bytes(as_bytes(chest()))
    other = chest(2, SOPInstanceUID="1.2.826.0.1.3680043.10.999.2.7")
    (folder / "two frames.dcm").write_bytes(as_bytes(other))
    (folder / "cut off.dcm").write_bytes(as_bytes(chest(SOPInstanceUID="1.2.3.9"))[:2000])
    (folder / "notes.txt").write_text("about Quilluma")
    return tmp_path / "in"


def texts_in(path: Path) -> Iterator[bytes]:
    """All that a file says: its bytes, and for packed formats what is packed in them."""
    data = path.read_bytes()
    yield data
    yield path.name.encode()
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", data, re.DOTALL):
        try:
            yield zlib.decompress(stream)
        except zlib.error:
            yield stream
    if path.suffix == ".dcm":
        for element in pydicom.dcmread(path).iterall():
            yield repr(element.value).encode()


def planted_in(paths: list[Path]) -> set[tuple[str, str]]:
    return {
        (name, path.name)
        for path in paths
        for text in texts_in(path)
        for name in PLANTED
        if name.encode() in text
    }


@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_that_is_written_names_a_patient(
    ward: Path,
    tmp_path: Path,
    language: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    drawn: list[str] = []
    plain = fonts_pdf.shown
    # A PDF holds glyph numbers and not letters, so its texts are taken where they go in.
    monkeypatch.setattr(fonts_pdf, "shown", lambda text: drawn.append(text) or plain(text))
    out = tmp_path / "out"
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        done = explained(ward, out, language=language)
    done.rejects.write(out / "_rejected.jsonl")
    assert (done.explained, len(done.rejects)) == (3, 1)
    paths = [path for path in out.rglob("*") if path.is_file()]
    assert len(paths) == 3 * 4 + 3 + 1
    assert planted_in(paths) == set()
    said = " ".join([*drawn, *capfd.readouterr(), *(str(one.message) for one in heard)])
    assert drawn
    assert not [name for name in PLANTED if name in said]


def test_results_name_the_patient_only_where_that_is_asked_for(ward: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = explained(ward, out, identified=True)
    assert done.explained == 3
    results = sorted(out.glob("*.dcm"))
    assert len(results) == 6
    for path in results:
        made = pydicom.dcmread(path)
        assert str(made.PatientName) == NAMES["PatientName"]
        assert made.PatientID == NAMES["PatientID"]
        assert made.PatientBirthDate == BIRTH
        assert made.StudyInstanceUID == UIDS["StudyInstanceUID"]
        assert made.AccessionNumber == NAMES["AccessionNumber"]
    others = [path for path in out.iterdir() if path.suffix != ".dcm"]
    assert planted_in(others) == set()


def test_frames_of_one_file_are_told_apart(ward: Path, tmp_path: Path) -> None:
    explained(ward, tmp_path / "out", ("sc",), identified=True)
    made = [pydicom.dcmread(path) for path in (tmp_path / "out").glob("*.sc.dcm")]
    frames = [one.SourceImageSequence[0].get("ReferencedFrameNumber") for one in made]
    assert sorted(frames, key=str) == [1, 2, None]


def test_a_file_of_the_same_uid_of_another_patient_is_not_taken(tmp_path: Path) -> None:
    for folder, patient in (("scored", "FIRST-1"), ("exchanged", "SECOND-2")):
        (tmp_path / folder).mkdir()
        data = as_bytes(chest(names={"PatientID": patient}))
        (tmp_path / folder / "a.dcm").write_bytes(data)
    pipeline = reading_pipeline()
    explainer = Explainer(pipeline, asked(tmp_path / "exchanged", ("sr",), identified=True))
    with open_records(tmp_path / "scored", TASK.inputs, labels=False) as reader:
        done = explain_files(pipeline, explainer, reader, tmp_path / "out")
    assert done.rejects.counts() == {"not_explained": 1}
    assert not list(tmp_path.rglob("*.sr.dcm"))


def test_originals_are_found_behind_refused_and_repeated_records(
    ward: Path, tmp_path: Path
) -> None:
    (ward / "a copy.dcm").write_bytes(as_bytes(chest()))
    (ward / "z.dcm").write_bytes(as_bytes(chest(SOPInstanceUID="1.2.3.4.5")))
    done = explained(ward, tmp_path / "out", ("sr",), identified=True)
    assert (done.explained, len(done.rejects)) == (4, 2)
    made = [pydicom.dcmread(path) for path in (tmp_path / "out").glob("*.dcm")]
    evidence = [one.CurrentRequestedProcedureEvidenceSequence[0] for one in made]
    found = {
        one.ReferencedSeriesSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID
        for one in evidence
    }
    assert {UIDS["SOPInstanceUID"], "1.2.3.4.5"} <= found


def test_a_zip_has_originals_too(ward: Path, tmp_path: Path) -> None:
    packed = shutil.make_archive(str(tmp_path / "ward"), "zip", ward)
    done = explained(Path(packed), tmp_path / "out", ("sr",), identified=True)
    assert done.explained == 3
    (made, *_) = (pydicom.dcmread(path) for path in (tmp_path / "out").glob("*.dcm"))
    assert made.PatientID == NAMES["PatientID"]


@pytest.mark.parametrize("identified", [False, True])
def test_a_picture_that_is_no_dicom_has_no_dicom_result(tmp_path: Path, identified: bool) -> None:
    source = tmp_path / "in"
    source.mkdir()
    cv2.imwrite(str(source / "a.png"), np.full((40, 40), 90, np.uint8))
    (source / "b.dcm").write_bytes(as_bytes(chest()))
    done = explained(source, tmp_path / "out", ("overlay", "sr"), identified=identified)
    assert done.explained == 1
    (reject,) = done.rejects
    assert reject.record_id == "a.png"
    assert "leave the formats sc and sr out" in json.dumps(reject.to_json())
    assert not list((tmp_path / "out").glob("a.png*"))


def test_an_original_that_is_gone_is_told(ward: Path, tmp_path: Path) -> None:
    pipeline = reading_pipeline()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    cv2.imwrite(str(elsewhere / "other.png"), np.zeros((40, 40), np.uint8))
    explainer = Explainer(pipeline, asked(elsewhere, ("sr",), identified=True))
    with open_records(ward, TASK.inputs, labels=False) as reader:
        done = explain_files(pipeline, explainer, reader, tmp_path / "out")
    assert done.explained == 0
    assert "is not there any more" in json.dumps([r.to_json() for r in done.rejects])


def test_a_picture_is_explained_as_it_was_scored(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    grey = np.full((64, 64), 40, np.uint8)
    grey[:16, 48:] = 250
    cv2.imwrite(str(source / "a.png"), grey)
    explained(source, tmp_path / "out", ("overlay", "json"))
    (found,) = json.loads((tmp_path / "out/findings.json").read_text(encoding="utf-8"))["findings"]
    assert (found["label"], found["finding"]) == ("normal", "pneumonia")
    assert (found["policy"], found["policy_value"], found["threshold"]) == ("recall", 0.95, 0.42)
    seen = cv2.imread(str(tmp_path / "out/a.png.overlay.png")).astype(int)
    assert seen.shape[1] == 480  # enlarged, so that the words below can be read
    tint = seen.max(axis=-1) - seen.min(axis=-1)
    assert tint[30, 440] > 60
    assert not tint[240:480, :240].any()


def test_several_classes(ward: Path, tmp_path: Path) -> None:
    pipeline = reading_pipeline(ClassifyMany(("bacteria", "normal", "virus")))
    done = explained(ward, tmp_path / "out", pipeline=pipeline)
    assert done.explained == 3
    (found, *_) = json.loads((tmp_path / "out/findings.json").read_text(encoding="utf-8"))[
        "findings"
    ]
    assert found["finding"] == found["label"]
    assert found["threshold"] is None


def test_without_the_pseudonyms_key_nothing_is_written(
    ward: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEPTON_PSEUDONYM_KEY", "short")
    with pytest.raises(LeptonError, match="key"):
        explained(ward, tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


def test_a_strange_name_is_not_repeated_in_a_warning(tmp_path: Path) -> None:
    odd = chest(names={"PatientName": "Quilluma", "ReferringPhysicianName": "Ostrowicz"})
    (tmp_path / "a.dcm").write_bytes(as_bytes(odd))
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        explained(tmp_path / "a.dcm", tmp_path / "out", ("sc", "sr"), identified=True)
    assert not [one for one in heard if "Quilluma" in str(one.message)]
