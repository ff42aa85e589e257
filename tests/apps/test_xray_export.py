"""What is taken along from the X-ray page: whole, at its operating point, and naming nobody."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from xray_page import IDENTITY, dicom, png, xray

from lepton_core.bundle import load_bundle
from lepton_core.decision import Classify
from lepton_core.solution import find_task
from lepton_core.ui.scored import score_table
from lepton_core.ui.threshold import at
from lepton_core.ui.uploaded import read_uploaded
from lepton_core.ui.uploader import Source
from solutions.medical_imaging.dashboard_worklist_export import packed
from solutions.medical_imaging.dashboard_xray_desk import Desk
from solutions.medical_imaging.dashboard_xray_readings import Readings
from solutions.medical_imaging.dashboard_xray_status import Statuses
from solutions.medical_imaging.xray import explainer
from solutions.medical_imaging.xray.output import export

TASK = find_task("medical_imaging/xray")
pytestmark = pytest.mark.skipif(
    "sample" not in TASK.bundles(), reason="no sample bundle is shipped"
)


def file(name: str, content: bytes) -> Any:
    return SimpleNamespace(name=name, getbuffer=lambda: content)


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A DICOM file that names its patient, and a PNG, at another threshold than the bundle's."""
    monkeypatch.setenv("LEPTON_PSEUDONYM_KEY", "a key of these tests")
    uploaded = [file("MercyWard_Planta.dcm", dicom(xray())), file("a.png", png(xray(1)))]
    table = read_uploaded(TASK, uploaded)
    folder = TASK.bundle("sample")
    pipeline = load_bundle(folder)
    scored = score_table(pipeline, table, "your upload", "k")
    assert isinstance(pipeline.decision, Classify)
    readings = Readings.of(TASK, scored, at(pipeline.decision, 0.75))
    source = Source("your upload", "k", table, False)
    return Desk(scored, source, folder, readings, Statuses.of(readings, None))


def names_in(data: bytes) -> tuple[list[str], bytes]:
    """Names of a zip's files, and all that stands in them."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        names = archive.namelist()
        return names, b"".join(archive.read(name) for name in names)


def test_all_files_come_in_one_zip_and_name_nobody(desk: Desk) -> None:
    data, lacking = packed(desk, np.array([0, 1]), ("pdf", "overlay", "sc", "sr"))
    names, told = names_in(data)
    count = {
        end: sum(name.endswith(end) for name in names) for end in (".png", ".sc.dcm", ".sr.dcm")
    }
    # The picture that is no DICOM has its other files all the same, and is told to lack these.
    assert count == {".png": 2, ".sc.dcm": 1, ".sr.dcm": 1}
    assert list(lacking) == ["a.png"]
    assert {"readings.csv", "readings.json", "findings.json", "worklist.pdf"} <= set(names)
    told += " ".join(names).encode()
    assert [word for word in IDENTITY if word.lower().encode() in told.lower()] == []


def test_files_stand_at_the_pages_operating_point(desk: Desk) -> None:
    data, _ = packed(desk, np.array([1]), ("overlay",))
    with zipfile.ZipFile(BytesIO(data)) as archive:
        (finding,) = json.loads(archive.read("findings.json"))["findings"]
        (reading,) = json.loads(archive.read("readings.json"))["readings"]
    assert finding["threshold"] == reading["threshold"] == 0.75
    assert finding["label"] == reading["label"]
    assert finding["probability"] == pytest.approx(reading["probability"], abs=1e-6)


def test_a_picture_is_decoded_and_coloured_once_for_all_kinds_and_never_for_tables(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def counted(module: Any, name: str) -> None:
        real = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *a, **k: done.append(name) or real(*a, **k))

    counted(explainer, "decode_frame")
    counted(export, "overlay")
    packed(desk, np.array([0]), ("pdf", "overlay", "sc", "sr"))
    assert sorted(done) == ["decode_frame", "overlay"]
    packed(desk, np.array([0]), ("sr",))
    assert done.count("overlay") == 1


def test_progress_is_told_to_its_end(desk: Desk) -> None:
    told: list[float] = []
    packed(desk, np.array([0, 1]), ("overlay",), told.append)
    assert told == [0.5, 1.0]
