"""What goes back to an archive: filed with its picture, coded rightly, plainly no diagnosis."""

from __future__ import annotations

import shutil
import subprocess
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chest_file import CR, MULTI_FRAME, NAMES, UIDS, as_bytes, chest, finding

from lepton_core.errors import DataError
from solutions.medical_imaging.xray.output.dicom_source import Series, Source
from solutions.medical_imaging.xray.output.findings import Finding
from solutions.medical_imaging.xray.output.secondary_capture import write_secondary_capture
from solutions.medical_imaging.xray.output.structured_report import write_structured_report

pydicom = pytest.importorskip("pydicom")
pytest.importorskip("highdicom")
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

SERIES = "AI reading aid, not for primary diagnosis"


def written(
    folder: Path, kind: str, source: Source | None = None, found: Finding | None = None, **more: Any
) -> Any:
    """A result as another program reads it."""
    source, found = source or Source(chest()), found or finding(**more)
    series, path = Series(found.bundle, found.bundle_version), folder / f"x.{kind}.dcm"
    if kind == "sc":
        pixels = np.random.default_rng(0).integers(0, 255, (60, 50, 3), np.uint8)
        write_secondary_capture(path, pixels, source, series, found)
    else:
        write_structured_report(path, source, series, found)
    return pydicom.dcmread(path)


def items(content: Any, value: str) -> list[Any]:
    """All content items below one whose concept has this code."""
    found = []
    for item in content.get("ContentSequence", []):
        names = item.get("ConceptNameCodeSequence", [])
        if names and names[0].CodeValue == value:
            found.append(item)
        found += items(item, value)
    return found


@pytest.mark.parametrize("kind", ["sc", "sr"])
def test_a_result_is_filed_in_the_study_of_its_picture(tmp_path: Path, kind: str) -> None:
    made = written(tmp_path, kind)
    for name in ("StudyInstanceUID", "StudyDate", "StudyID", "AccessionNumber"):
        assert made[name].value == chest()[name].value, name
    for name in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex"):
        assert made[name].value == chest()[name].value, name
    assert made.SeriesInstanceUID != UIDS["SeriesInstanceUID"]
    assert made.SOPInstanceUID != UIDS["SOPInstanceUID"]
    assert made.SeriesDescription == SERIES
    assert made.Manufacturer == "Lepton"


def test_the_capture_refers_to_the_picture_and_is_no_original(tmp_path: Path) -> None:
    made = written(tmp_path, "sc")
    assert made.SOPClassUID == "1.2.840.10008.5.1.4.1.1.7"
    assert made.ImageType[:2] == ["DERIVED", "SECONDARY"]
    (reference,) = made.SourceImageSequence
    assert reference.ReferencedSOPClassUID == CR
    assert reference.ReferencedSOPInstanceUID == UIDS["SOPInstanceUID"]
    assert "ReferencedFrameNumber" not in reference
    assert "PixelSpacing" not in made
    assert made.pixel_array.shape == (60, 50, 3)
    assert list(made.PatientOrientation) == ["L", "F"]
    assert "BurnedInAnnotation" not in made  # nobody knows


def test_the_report_says_what_was_found_by_what_and_how_sure(tmp_path: Path) -> None:
    made = written(tmp_path, "sr")
    assert made.SOPClassUID == "1.2.840.10008.5.1.4.1.1.88.33"
    assert made.ContentTemplateSequence[0].TemplateIdentifier == "1500"
    assert (made.CompletionFlag, made.VerificationFlag) == ("PARTIAL", "UNVERIFIED")
    assert made.PreliminaryFlag == "PRELIMINARY"
    (evaluation,) = items(made, "233604007")
    assert evaluation.ConceptNameCodeSequence[0].CodingSchemeDesignator == "SCT"
    assert evaluation.ConceptCodeSequence[0].CodeMeaning == "Present"
    (number,) = (
        i
        for i in items(made, "126010")[0].ContentSequence[0].ContentSequence
        if i.ValueType == "NUM"
    )
    assert number.ConceptNameCodeSequence[0].CodeMeaning == "Probability of Pneumonia"
    measured = number.MeasuredValueSequence[0]
    assert float(measured.NumericValue) == 87.0
    assert measured.MeasurementUnitsCodeSequence[0].CodeValue == "%"
    assert items(made, "111001")[0].TextValue == "medical_imaging/xray@sample"
    assert items(made, "111003")[0].TextValue == "2026-11-25.0123456789ab"
    assert "does not diagnose" in items(made, "121106")[0].TextValue
    assert items(made, "121005")[0].ConceptCodeSequence[0].CodeMeaning == "Device"
    schemes = {s.CodingSchemeDesignator for s in made.CodingSchemeIdentificationSequence}
    assert "99LEPTON" in schemes


def test_the_report_refers_to_the_picture_and_keeps_it_in_its_library(tmp_path: Path) -> None:
    made = written(tmp_path, "sr")
    (evidence,) = made.CurrentRequestedProcedureEvidenceSequence
    assert evidence.StudyInstanceUID == UIDS["StudyInstanceUID"]
    series = evidence.ReferencedSeriesSequence[0]
    assert series.SeriesInstanceUID == UIDS["SeriesInstanceUID"]
    assert series.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == UIDS["SOPInstanceUID"]
    (library,) = items(made, "111028")
    (entry,) = items(library, "260753009")
    assert entry.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == UIDS["SOPInstanceUID"]
    containers = [i.ConceptNameCodeSequence[0].CodeValue for i in made.ContentSequence]
    assert containers.index("111028") < containers.index("126010")


@pytest.mark.parametrize(
    ("changed", "meaning"),
    [
        ({"label": "normal", "probability": 0.1, "low": None}, "Absent"),
        ({"review": True}, "Undetermined"),
        ({"label": "normal", "review": True}, "Undetermined"),
    ],
)
def test_what_the_model_leaves_to_a_person_is_neither_present_nor_absent(
    tmp_path: Path, changed: dict[str, Any], meaning: str
) -> None:
    made = written(tmp_path, "sr", **changed)
    (evaluation,) = items(made, "233604007")
    assert evaluation.ConceptCodeSequence[0].CodeMeaning == meaning


def test_of_several_classes_the_likeliest_is_the_finding(tmp_path: Path) -> None:
    several = {"threshold": None, "policy": "likeliest", "policy_value": None}
    made = written(tmp_path, "sr", label="肺不张", finding="肺不张", **several)
    (evaluation,) = items(made, "121071")
    assert evaluation.ConceptCodeSequence[0].CodeMeaning == "肺不张"
    assert evaluation.ConceptCodeSequence[0].CodingSchemeDesignator == "99LEPTON"
    made = written(tmp_path, "sr", label="normal", finding="normal", review=True, **several)
    (evaluation,) = items(made, "121071")
    assert evaluation.ConceptCodeSequence[0].CodeMeaning == "Undetermined"


@pytest.mark.parametrize("kind", ["sc", "sr"])
def test_the_frame_that_was_scored_is_named(tmp_path: Path, kind: str) -> None:
    made = written(tmp_path, kind, Source(chest(frames=3), frame=2))
    if kind == "sc":
        assert made.SourceImageSequence[0].ReferencedFrameNumber == 2
        assert made.SourceImageSequence[0].ReferencedSOPClassUID == MULTI_FRAME
        return
    for code in ("121112", "260753009"):
        for item in items(made, code):
            assert item.ReferencedSOPSequence[0].ReferencedFrameNumber == 2


@pytest.mark.parametrize("kind", ["sc", "sr"])
def test_names_in_chinese_stay_readable(tmp_path: Path, kind: str) -> None:
    source = chest(names={"PatientName": "Wang^XiaoDong=王^小东"})
    source.SpecificCharacterSet = "GB18030"
    source = pydicom.dcmread(BytesIO(as_bytes(source)))
    made = written(tmp_path, kind, Source(source))
    assert made.PatientName.ideographic == "王^小东"


@pytest.mark.parametrize("kind", ["sc", "sr"])
def test_a_picture_that_tells_little_is_enough(tmp_path: Path, kind: str) -> None:
    bare = pydicom.Dataset()
    bare.SOPClassUID, bare.Rows, bare.Columns = CR, 10, 10
    for name, value in UIDS.items():
        setattr(bare, name, value)
    made = written(tmp_path, kind, Source(bare))
    assert made.PatientID in ("", None)


@pytest.mark.parametrize("name", list(UIDS))
def test_without_uids_there_is_nothing_to_refer_to(name: str) -> None:
    source = chest()
    delattr(source, name)
    with pytest.raises(DataError, match=name):
        Source(source)


def test_results_of_a_study_share_a_series_and_no_two_are_one() -> None:
    series, first = Series("m", "1"), Source(chest())
    other = Source(chest(StudyInstanceUID="1.2.3.4"))
    made = [series.next(source, "sc") for source in (first, first, other)] + [
        series.next(first, "sr")
    ]
    assert made[0]["series_instance_uid"] == made[1]["series_instance_uid"]
    assert len({m["series_instance_uid"] for m in made}) == 3
    assert [m["instance_number"] for m in made] == [1, 2, 1, 1]
    assert len({m["sop_instance_uid"] for m in made}) == 4


def test_private_tags_and_notes_of_the_source_are_not_taken_over(tmp_path: Path) -> None:
    for kind in ("sc", "sr"):
        written(tmp_path, kind)
        data = (tmp_path / f"x.{kind}.dcm").read_bytes()
        for keyword in ("PatientComments", "PatientAddress", "OtherPatientNames", "OperatorsName"):
            assert NAMES[keyword].encode() not in data, keyword
        assert b"Private-Tagline" not in data


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="needs Debian's dicom3tools")
@pytest.mark.parametrize("kind", ["sc", "sr"])
@pytest.mark.parametrize("frame", [None, 2])
@pytest.mark.parametrize("removed", [False, True])
def test_another_program_finds_no_fault(
    tmp_path: Path, kind: str, frame: int | None, removed: bool
) -> None:
    data = chest(frames=3 if frame else 1)
    if removed:
        data.PatientIdentityRemoved = "YES"
        del data.BodyPartExamined
    source = Source(data, frame)
    written(tmp_path, kind, source)
    run = subprocess.run(
        ["dciodvfy", str(tmp_path / f"x.{kind}.dcm")], capture_output=True, text=True, check=False
    )
    assert not [line for line in run.stderr.splitlines() if line.startswith("Error")], run.stderr


@pytest.mark.skipif(shutil.which("dsrdump") is None, reason="needs Debian's dcmtk")
def test_another_program_reads_the_report(tmp_path: Path) -> None:
    written(tmp_path, "sr")
    run = subprocess.run(
        ["dsrdump", "+Pc", str(tmp_path / "x.sr.dcm")], capture_output=True, text=True, check=True
    )
    assert '(233604007,SCT,"Pneumonia")=(52101004,SCT,"Present")' in run.stdout
    assert '"87.0" (%,UCUM,"Percent")' in run.stdout
