"""A de-identified file names nobody, keeps its relations, and says what was done."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
import pytest
from dicom_making import dataset, dicom, encoded, identified, mentioned, ramp

from lepton_core.errors import DataError
from lepton_core.records import pseudonym as module
from lepton_core.records.deidentify import deidentify, deidentify_file
from lepton_core.records.deidentify_files import deidentify_folder
from lepton_core.records.dicom import read_dicom, split_dicom
from lepton_core.records.pseudonym import key_file, pseudonym, pseudonym_uid
from lepton_core.rejects import Refusal

CLI = [sys.executable, "-m", "lepton_core.cli", "data", "deidentify"]


def test_no_planted_name_is_left_and_the_picture_is_the_same() -> None:
    data = encoded(identified())
    assert len(mentioned(data)) == 7
    made = deidentify_file(data)
    assert mentioned(made) == []
    assert np.array_equal(read_dicom(made).values, read_dicom(data).values)


def test_it_says_what_was_done() -> None:
    made = deidentify(identified())
    assert made.PatientIdentityRemoved == "YES"
    assert "PS3.15" in made.DeidentificationMethod
    assert made.DeidentificationMethodCodeSequence[0].CodeValue == "113100"
    assert (made.BodyPartExamined, made.ViewPosition, made.Modality) == ("CHEST", "PA", "CR")
    assert not [element for element in made if element.tag.is_private]
    assert made.StudyDate == ""
    assert 0x60003000 not in made


def test_it_leaves_the_given_dataset_alone() -> None:
    given = identified()
    before = encoded(given)
    deidentify(given)
    assert encoded(given) == before


def test_relations_hold_within_and_between_files() -> None:
    first = deidentify(identified())
    second = deidentify(identified(SOPInstanceUID="1.2.4711.19520229.9"))
    assert first.StudyInstanceUID == second.StudyInstanceUID != "1.2.4711.19520229.1"
    assert first.PatientID == second.PatientID
    assert first.SOPInstanceUID != second.SOPInstanceUID
    # The first file refers to the second.
    assert first.ReferencedImageSequence[0].ReferencedSOPInstanceUID == second.SOPInstanceUID
    assert first.SOPClassUID == "1.2.840.10008.5.1.4.1.1.1"
    assert pydicom.uid.UID(first.StudyInstanceUID).is_valid


def test_a_record_and_a_deidentified_file_are_of_the_same_patient() -> None:
    data = encoded(identified())
    (part,) = split_dicom(data)
    made = deidentify_file(data)
    assert pydicom.dcmread(BytesIO(made)).PatientID == part.patient
    (again,) = split_dicom(made)
    assert again.patient == part.patient


@pytest.mark.parametrize(
    ("elements", "same"),
    [
        ({"PatientName": "Planta^O"}, True),
        ({"PatientID": " QX4711 "}, True),
        ({"PatientID": "QX4712"}, False),
        ({"IssuerOfPatientID": "other hospital"}, False),
        ({"PatientID": None}, False),
    ],
)
def test_the_patients_number_tells_who_it_is(elements: dict[str, str], same: bool) -> None:
    (one,), (other,) = split_dicom(dicom()), split_dicom(dicom(**elements))
    assert (one.patient == other.patient) == same
    assert next(split_dicom(dicom(PatientID=None, PatientName=None))).patient is None


@pytest.mark.parametrize("data", [b"", b"no DICOM file", bytes(128) + b"DICM" + b"\xff" * 99])
def test_what_is_no_dicom_file_is_refused(data: bytes) -> None:
    with pytest.raises(Refusal):
        deidentify_file(data)


def test_a_folder_is_written_under_pseudonyms(tmp_path: Path) -> None:
    source, out = tmp_path / "Planta", tmp_path / "out"
    (source / "Ophelia").mkdir(parents=True)
    (source / "Ophelia" / "QX4711").write_bytes(encoded(identified()))
    (source / "Ophelia" / "2.dcm").write_bytes(dicom(SOPInstanceUID="9.9"))
    (source / "Ophelia" / "bad.dcm").write_bytes(bytes(128) + b"DICM" + b"\xff" * 99)
    (source / "letter.txt").write_text("Mrs. Planta")
    done = subprocess.run([*CLI, source, out], capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stderr
    assert "2 files written" in done.stdout
    assert "header is damaged" in done.stderr
    files = [path for path in out.rglob("*") if path.is_file()]
    assert len(files) == 2
    assert not mentioned("".join(str(path.relative_to(out)) for path in files))
    assert not any(mentioned(path.read_bytes()) for path in files)
    # The same patient is one folder.
    assert len(list(out.iterdir())) == 1
    again = subprocess.run([*CLI, source, out], capture_output=True, text=True, check=False)
    assert again.returncode == 1
    assert "not empty" in again.stderr
    with pytest.raises(DataError, match="no file"):
        deidentify_folder(tmp_path / "gone", tmp_path / "new")


@pytest.fixture
def own_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("LEPTON_PSEUDONYM_KEY")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr(module, "_known", {})
    return key_file()


def test_a_key_is_made_once_for_this_user_alone(own_key: Path) -> None:
    first = pseudonym("patient", "1")
    assert stat.S_IMODE(own_key.stat().st_mode) == 0o600
    assert len(own_key.read_bytes()) >= 64
    module._known.clear()
    assert pseudonym("patient", "1") == first
    assert os.listdir(own_key.parent) == [own_key.name]
    own_key.unlink()
    module._known.clear()
    assert pseudonym("patient", "1") != first


def test_keys_that_can_be_guessed_or_not_be_made_are_errors(
    own_key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_key.parent.mkdir()
    own_key.write_text("short")
    with pytest.raises(DataError) as caught:
        pseudonym("patient", "1")
    assert caught.value.key == "pseudonym.short_key"
    monkeypatch.setenv("LEPTON_PSEUDONYM_KEY", "x")
    with pytest.raises(DataError) as caught:
        pseudonym("patient", "1")
    assert caught.value.key == "pseudonym.short_key"
    monkeypatch.delenv("LEPTON_PSEUDONYM_KEY")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(own_key))
    with pytest.raises(DataError) as caught:
        pseudonym("patient", "1")
    assert caught.value.key == "pseudonym.no_key"


def test_pseudonyms_depend_on_key_kind_and_value(monkeypatch: pytest.MonkeyPatch) -> None:
    made = {pseudonym(kind, value) for kind in ("patient", "file") for value in ("1", "2")}
    assert len(made) == 4
    uid = pseudonym_uid("1.2.3")
    assert len(uid) <= 64
    monkeypatch.setenv("LEPTON_PSEUDONYM_KEY", "another key of another hospital")
    assert pseudonym_uid("1.2.3") != uid
    assert pseudonym("patient", "1") not in made


def test_more_than_pixels_of_overlays_and_windows(tmp_path: Path) -> None:
    made = deidentify(dataset(ramp(), WindowCenter=5, WindowWidth=9))
    assert (made.WindowCenter, made.Rows) == (5, 20)
