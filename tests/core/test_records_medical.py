"""Medical files as records: found by content, split into frames, under pseudonyms alone."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import cv2
import nibabel as nib
import numpy as np
import pyarrow as pa
import pytest
from dicom_making import dataset, dicom, encoded, identified, mentioned, ramp
from scoring_task import picture_pipeline

from lepton_core.checking import check
from lepton_core.data.inspection import inspect
from lepton_core.data.labelled import load_labelled
from lepton_core.errors import DataError
from lepton_core.evaluation.picture_baselines import picture_baselines
from lepton_core.pictures import PicturePreprocessor
from lepton_core.records import open_records, read_records
from lepton_core.records.opening import expand_inputs
from lepton_core.scoring.engine import score_files
from lepton_core.scoring.inputs import identity, shown
from lepton_core.solution import find_task
from lepton_core.spec import Column, Spec
from lepton_core.ui.uploaded import read_uploaded

FORMATS = ("dicom", "nifti")
SPEC = Spec(
    (
        Column("record_id", "string", "id"),
        Column("image", "image", formats=FORMATS),
        Column("label", "string", "label", required=False),
        Column("patient", "string", "entity", required=False),
    )
)
EVERYDAY = Spec((SPEC.columns[0], Column("image", "image"), SPEC.columns[2]))
PNG = cv2.imencode(".png", np.full((20, 30), 80, np.uint8))[1].tobytes()


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def ids(source: object, spec: Spec = SPEC) -> list[str]:
    return read_records(source, spec)["record_id"].to_pylist()


def test_formats_are_of_images_alone_and_survive_json() -> None:
    assert Spec.from_json(json.loads(json.dumps(SPEC.to_json()))) == SPEC
    before = [{k: v for k, v in c.items() if k != "formats"} for c in EVERYDAY.to_json()]
    assert Spec.from_json(before) == EVERYDAY
    with pytest.raises(ValueError, match="formats"):
        Column("age", "int64", formats=("dicom",))
    with pytest.raises(ValueError, match="formats"):
        Column("image", "image", formats=("dcm",))


def test_files_count_by_their_content_and_only_where_a_task_takes_them(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "in",
        {
            "IM0001": dicom(SOPInstanceUID="1.1"),
            "1.2.840.5": dicom(SOPInstanceUID="1.2"),
            "a.dcm": dicom(SOPInstanceUID="1.3"),
            "b.png": dicom(SOPInstanceUID="1.4"),
            "c.dcm": PNG,
            "d.png": PNG,
            "DICOMDIR": dicom(SOPInstanceUID="1.5"),
            "notes.txt": b"no picture",
            ".hidden": dicom(SOPInstanceUID="1.6"),
        },
    )
    with open_records(folder, SPEC) as reader:
        assert reader.ignored == 3
        assert reader.rows_total is None
        table = pa.concat_tables(reader.batches())
    names = table["record_id"].to_pylist()
    assert [name[:4] for name in names] == ["dcm-", "dcm-", "dcm-", "dcm-", "file", "d.pn"]
    assert len(set(names)) == 6
    prepared = PicturePreprocessor(8, 8, 1, formats=FORMATS).transform(table)
    assert len(prepared.rejects) == 0
    assert ids(folder, EVERYDAY) == ["b.png", "d.png"]
    with open_records(folder, EVERYDAY) as reader:
        assert reader.rows_total == 2
        assert "patient" not in reader.schema_names
    assert expand_inputs([folder / "IM0001"], SPEC) == [folder / "IM0001"]
    with pytest.raises(DataError, match="no picture"):
        expand_inputs([folder / "IM0001"], EVERYDAY)


def test_frames_and_slices_are_records(tmp_path: Path) -> None:
    values = np.arange(20 * 20 * 3, dtype=np.int16).reshape(20, 20, 3)
    folder = write(
        tmp_path / "in",
        {
            "cine.dcm": dicom(np.stack([ramp(), ramp()])),
            "brain.nii.gz": b"",
            "map.nii": nib.Nifti1Image(values[..., :1], np.eye(4)).to_bytes(),
        },
    )
    nib.save(nib.Nifti1Image(values, np.eye(4)), folder / "brain.nii.gz")
    with open_records(folder, SPEC, batch_rows=2) as reader:
        batches = list(reader.batches())
    assert [batch.num_rows for batch in batches] == [2, 2, 2]
    table = pa.concat_tables(batches)
    names = table["record_id"].to_pylist()
    assert names[:3] == ["brain.nii.gz#1", "brain.nii.gz#2", "brain.nii.gz#3"]
    assert [name[-2:] for name in names[3:5]] == ["#1", "#2"]
    assert names[5] == "map.nii"
    assert len(PicturePreprocessor(8, 8, 1, formats=FORMATS).transform(table).kept) == 6


def test_the_same_file_is_the_same_record_wherever_it_lies(tmp_path: Path) -> None:
    data = dicom()
    first = read_records(write(tmp_path / "a", {"x/1.dcm": data}), SPEC).to_pylist()[0]
    again = read_records(write(tmp_path / "b", {"IM7": data}), SPEC).to_pylist()[0]
    assert first["record_id"] == again["record_id"]
    assert first["patient"] == again["patient"]
    assert first["image"]["sha256"] == again["image"]["sha256"]


def test_class_folders_are_labels_but_a_patients_name_is_none(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "in",
        {
            "normal/1.dcm": dicom(SOPInstanceUID="1.1"),
            "Planta_O/2.dcm": dicom(SOPInstanceUID="1.2"),
            "QX4711/3.dcm": dicom(SOPInstanceUID="1.3"),
        },
    )
    table = read_records(folder, SPEC)
    assert sorted(table["label"].to_pylist(), key=str) == [None, None, "normal"]


def test_no_name_of_a_patient_or_hospital_comes_through(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    broken = encoded(identified(SOPInstanceUID="1.2.4711.19520229.4"))[:-50]
    files = {
        # Free text where only a code belongs goes as well.
        "Planta_Ophelia/QX4711.dcm": encoded(
            identified(RescaleType="secretword", ViewPosition="for Hathaway")
        ),
        "Planta_Ophelia/IM2": encoded(identified(values=np.stack([ramp(), ramp()]))),
        "Planta_Ophelia/Hathaway.dcm": broken,
        "Planta_Ophelia/secretword.dcm": b"",
        "Planta_Ophelia/Mercy.dcm": b"no magic" + encoded(identified()),
        "Planta_Ophelia/seg.dcm": encoded(
            identified(SOPClassUID="1.2.840.10008.5.1.4.1.1.66.4", SOPInstanceUID="1.2.4711.5")
        ),
        "Planta_Ophelia/text.dcm": encoded(identified(PixelData=None, SOPInstanceUID="1.2.4711.6")),
    }
    write(folder, files)
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    listed = tmp_path / "list.csv"
    listed.write_text("file,patient\n" + "".join(f"in/{name},QX4711\n" for name in files))
    for source in (folder, tmp_path / "all.zip", listed):
        table = read_records(source, SPEC)
        assert table.num_rows == 8
        checked = check(table, SPEC)
        prepared = PicturePreprocessor(8, 8, 1, formats=FORMATS).transform(checked.table)
        rejects = [r.to_json() for r in [*checked.rejects, *prepared.rejects]]
        assert len(rejects) == 5
        for row in table.to_pylist():
            assert not mentioned(row["image"]["bytes"] or b""), row["image"]["path"]
            row["image"].pop("bytes")
            assert not mentioned(json.dumps(row))
        assert not mentioned(json.dumps(rejects))
        patients = {row["patient"] for row in table.to_pylist() if row["record_id"][:4] == "dcm-"}
        assert len(patients) == 1


def test_a_zip_within_a_zip_is_refused_and_never_passed_over_in_silence(tmp_path: Path) -> None:
    inner = tmp_path / "inner.zip"
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("1.dcm", dicom())
    outer = tmp_path / "outer.zip"
    with zipfile.ZipFile(outer, "w") as archive:
        archive.write(inner, "inner.zip")
    with pytest.raises(DataError) as caught:
        read_records(outer, SPEC)
    assert (caught.value.key, caught.value.values["archives"]) == ("data.only_archives", 1)
    with zipfile.ZipFile(outer, "a") as archive:
        archive.writestr("a/1.dcm", dicom())
    table = read_records(outer, SPEC)
    rejects = PicturePreprocessor(8, 8, 1, formats=FORMATS).transform(table).rejects
    assert (table.num_rows, rejects.counts()) == (2, {"archive_inside": 1})


def test_a_bomb_in_a_zip_is_refused_before_it_fills_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("1.dcm", bytes(200 << 20))
    with pytest.raises(DataError) as caught:
        read_records(path, SPEC)
    assert caught.value.key == "download.too_large"


def test_a_list_names_files_with_what_is_known_of_them(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "films/1.png": PNG,
            "films/2.dcm": dicom(PatientID=None, PatientName=None),
            "films/cine.dcm": dicom(np.stack([ramp(), ramp()]), SOPInstanceUID="9.9"),
        },
    )
    path = tmp_path / "films" / "list.csv"
    path.write_text(
        "file,finding,patient,site\n1.png,normal,p1,north\n2.dcm,ill,p2,south\n"
        "cine.dcm,ill,p3,south\ngone.png,ill,p4,south\n,ill,p5,south\n"
    )
    table = read_records(path, SPEC, {"finding": "label"}, extra=["site"])
    assert table["label"].to_pylist() == ["normal", "ill", "ill", "ill", "ill", "ill"]
    assert table["site"].to_pylist() == ["north", *["south"] * 5]
    names = table["record_id"].to_pylist()
    assert names[0] == "1.png"
    assert names[1].startswith("dcm-")
    assert [name[-2:] for name in names[2:4]] == ["#1", "#2"]
    patients = table["patient"].to_pylist()
    # Of a picture what the list says; of a DICOM file a pseudonym: its own, or of the list's.
    assert (patients[0], patients[4]) == ("p1", "p4")
    assert all(patient.startswith("p-") for patient in patients[1:4])
    assert len(set(patients[1:4])) == 2
    checked = check(table, SPEC)
    assert [reject.reasons[0][0] for reject in checked.rejects] == ["unreadable_image"] * 2


def test_a_list_may_call_its_columns_otherwise(tmp_path: Path) -> None:
    write(tmp_path, {"1.png": PNG, "2.png": PNG})
    path = tmp_path / "list.csv"
    path.write_text("no,scan\nA,./1.png\n,2.png\n")
    table = read_records(path, SPEC, {"scan": "image", "no": "record_id"})
    assert table["record_id"].to_pylist() == ["A", "2.png"]
    assert table["image"][0]["bytes"].as_py() == PNG
    path.write_text("no,scan\nA,1.png\n")
    with pytest.raises(DataError, match="image"):
        read_records(path, SPEC)


@pytest.mark.parametrize("packed", [False, True])
def test_a_records_file_is_found_again(tmp_path: Path, packed: bool) -> None:
    cine = dicom(np.stack([ramp(), ramp()]))
    files = {"x/cine.dcm": cine, "1.png": PNG}
    source = write(tmp_path / "in", files)
    if packed:
        source = tmp_path / "in.zip"
        with zipfile.ZipFile(source, "w") as archive:
            for name, data in files.items():
                archive.writestr(name, data)
    second = next(name for name in ids(source) if name.endswith("#2"))
    with open_records(source, SPEC) as reader:
        found = {one.record_id: one for one in reader.originals()}
    assert list(found) == ids(source)
    assert (found[second].frame, found[second].data) == (1, cine)
    assert found[second].file.name == "cine.dcm"
    assert found["1.png"].data == PNG


def test_the_frames_of_a_file_share_one_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []
    monkeypatch.setattr(
        "lepton_core.records.pictures.read_file", lambda path: read.append(path.name)
    )
    films = {"a.dcm": dicom(np.stack([ramp()] * 3)), "b.dcm": dicom(SOPInstanceUID="1.2")}
    with open_records(write(tmp_path, films), SPEC) as reader:
        assert len(list(reader.originals())) == 4
    assert read == ["a.dcm", "b.dcm"]


def test_records_that_refuse_an_archive_are_counted(tmp_path: Path) -> None:
    folder = write(tmp_path, {"1.png": PNG, "2.png": PNG, "more.zip": b"PK"})
    for spec, n in ((SPEC, 3), (EVERYDAY, 2)):
        with open_records(folder, spec) as reader:
            assert reader.rows_total == n
            assert sum(batch.num_rows for batch in reader.batches()) == n


def test_without_an_instance_uid_the_content_names_a_file(tmp_path: Path) -> None:
    files = {f"{n}.dcm": dicom(ramp() + n, SOPInstanceUID=None) for n in range(2)}
    assert len(set(ids(write(tmp_path / "in", files)))) == 2


def test_other_columns_stay_under_the_specs_names(tmp_path: Path) -> None:
    spec = Spec((Column("film", "string", "id"), Column("scan", "image", formats=("dicom",))))
    folder = write(tmp_path / "in", {"1.dcm": encoded(dataset())})
    table = read_records(folder, spec)
    assert table.column_names == ["film", "scan"]


def test_a_run_calls_dicom_inputs_by_pseudonyms(tmp_path: Path) -> None:
    folder = write(tmp_path, {"Planta/QX4711.dcm": dicom(), "Planta/Mercy": dicom(), "1.png": PNG})
    write(folder, {"Planta/Mercy.png": dicom(), "Planta/Mercy.zip": b"PK", "Planta.csv": b"file"})
    hidden = ("QX4711.dcm", "Mercy", "Mercy.png", "Mercy.zip")
    for name in (*(f"Planta/{one}" for one in hidden), "Planta.csv"):
        told = identity(folder / name, FORMATS)
        assert not mentioned(json.dumps(told) + shown(folder / name, FORMATS))
        assert told == identity(folder / name, FORMATS)
        assert told["path"] == shown(folder / name, FORMATS)
    # A folder or a picture is called what the person called it.
    assert shown(folder / "1.png", FORMATS) == str(folder / "1.png")
    assert identity(folder / "1.png")["path"] == shown(folder / "1.png") == str(folder / "1.png")
    listing = identity(folder, FORMATS)
    write(folder, {"Planta/2": dicom()})
    assert identity(folder, FORMATS) != listing
    assert identity(folder) == {**identity(folder), "path": str(folder)}


@pytest.fixture
def no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nowhere that a key stands, or could be made, as in a read-only container."""
    (tmp_path / "sealed").write_bytes(b"")
    monkeypatch.delenv("LEPTON_PSEUDONYM_KEY", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "sealed"))


@pytest.mark.usefixtures("no_key")
@pytest.mark.parametrize("formats", [FORMATS, ("dicom",), ("nifti",)])
def test_everyday_pictures_are_scored_without_a_key(
    tmp_path: Path, formats: tuple[str, ...]
) -> None:
    source = write(tmp_path / "in", {"1.png": PNG, "more/2.png": PNG})
    inputs = [source / "1.png", source / "more"]
    out = tmp_path / "out.csv"
    assert score_files(picture_pipeline(formats), inputs, out).scored == 2


@pytest.mark.usefixtures("no_key")
def test_a_hidden_name_asks_for_the_key(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", {"1.dcm": dicom(), "1.nii": b""})
    assert identity(folder / "1.nii", FORMATS)["path"] == str(folder / "1.nii")
    for call in (identity, shown):
        with pytest.raises(DataError) as caught:
            call(folder / "1.dcm", FORMATS)
        assert caught.value.key == "pseudonym.no_key"


def test_a_baseline_reads_what_the_model_reads() -> None:
    rows = [{"path": "1.dcm", "bytes": dicom(ramp() // (1 + n % 2))} for n in range(8)]
    images, codes = pa.chunked_array([pa.array(rows)]), np.arange(8) % 2
    found = picture_baselines(images, codes, images, ("a", "b"), formats=FORMATS)
    assert found["thumbnail_regression"].shape == (8, 2)


def test_dropped_zips_do_not_name_their_pseudonyms(tmp_path: Path) -> None:
    class Uploaded:
        def __init__(self, name: str, number: str) -> None:
            out = BytesIO()
            with zipfile.ZipFile(out, "w") as archive:
                archive.writestr("IM1", dicom(SOPInstanceUID=number))
                archive.writestr("1.png", PNG)
            self.name, self._data = name, out

        def getbuffer(self) -> memoryview:
            return self._data.getbuffer()

    table = read_uploaded(
        SimpleNamespace(inputs=SPEC), [Uploaded("Planta.zip", "1.1"), Uploaded("b.zip", "1.2")]
    )
    names = table["record_id"].to_pylist()
    assert [name[:4] for name in names if name.startswith("dcm-")] == ["dcm-", "dcm-"]
    assert "b/1.png" in names


def test_a_list_is_checked_and_read_as_the_pictures_that_it_names(tmp_path: Path) -> None:
    write(tmp_path, {f"{n}.png": PNG[:-12] + bytes([n]) + PNG[-12:] for n in range(4)})
    path = tmp_path / "list.csv"
    lines = "".join(f"{n}.png,{'ab'[n % 2]},x\n" for n in range(4))
    path.write_text(f"file,Label,site\n{lines}gone.png,a,x\n")
    task = find_task("medical_imaging/xray")
    report = inspect(path, task)
    assert (report.records, report.accepted) == (5, 4)
    assert dict(report.match.mapping) == {"file": "image", "Label": "label"}
    assert report.unused == ("site",)
    told = []
    table, _ = load_labelled(str(path), task, {}, told.append)
    assert table["label"].to_pylist() == ["a", "b", "a", "b"]
    path.write_text("name,site\na,b\n")
    with pytest.raises(DataError) as caught:
        inspect(path, task)
    assert caught.value.key == "data.no_paths"
