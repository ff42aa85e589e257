"""Pictures come out as they stand on disk: ids, labels, bytes; a bad file is one refused record."""

from __future__ import annotations

import hashlib
import os
import stat
import weakref
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pytest

from lepton_core.checking import check
from lepton_core.errors import DataError
from lepton_core.records import open_pictures, open_records, picture_parts, pictures
from lepton_core.spec import Column, Spec

SPEC = Spec(
    (
        Column("record_id", "string", "id"),
        Column("image", "image"),
        Column("label", "string", "label", required=False),
    )
)
NAMES = ["good/0001.png", "good/0002.JPG", "scratch/0001.png", "scratch/line 2/0001.bmp"]


def picture(path: Path, value: int = 0) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    _, encoded = cv2.imencode(path.suffix.lower(), np.full((6, 8, 3), value, np.uint8))
    path.write_bytes(encoded.tobytes())
    return encoded.tobytes()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "line"
    # Written in another order than that of the names.
    for n, name in enumerate(reversed(NAMES)):
        picture(root / name, n)
    for name in ("notes.txt", ".hidden.png", "good/Thumbs.db", ".git/a.png", "__MACOSX/._1.png"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(b"x")
    return root


def read(*args: object, **kwargs: object) -> pa.Table:
    with open_pictures(*args, **kwargs) as reader:
        return pa.concat_tables(reader.batches())


def zipped(folder: Path, path: Path, prefix: str = "") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for file in folder.rglob("*"):
            archive.write(file, prefix + file.relative_to(folder).as_posix())
    return path


def test_ids_are_paths_in_order_and_labels_are_class_folders(folder: Path) -> None:
    with open_pictures(folder) as reader:
        assert (reader.rows_total, reader.ignored) == (4, 5)
        assert reader.schema_names == ("record_id", "image", "label")
        table = pa.concat_tables(reader.batches())
    assert table.schema.equals(SPEC.arrow_schema())
    assert table["record_id"].to_pylist() == NAMES
    assert table["label"].to_pylist() == ["good", "good", "scratch", "scratch"]


def test_an_image_is_the_files_own_bytes(folder: Path) -> None:
    for name, image in zip(NAMES, read(folder)["image"].to_pylist(), strict=True):
        data = (folder / name).read_bytes()
        assert image["bytes"] == data
        assert image["sha256"] == hashlib.sha256(data).hexdigest()
        assert Path(image["path"]) == folder / name


def test_a_flat_folder_has_no_labels_nor_has_one_where_they_are_not_wanted(folder: Path) -> None:
    assert read(folder / "good").column_names == ["record_id", "image"]
    assert read(folder, labels=False).column_names == ["record_id", "image"]


def test_a_picture_beside_class_folders_has_no_label(folder: Path) -> None:
    picture(folder / "stray.png")
    table = read(folder)
    assert table["record_id"].to_pylist()[-1] == "stray.png"
    assert table["label"].to_pylist()[-1] is None


@pytest.mark.parametrize("prefix", ["", "line/"])
def test_a_zip_equals_its_folder(folder: Path, tmp_path: Path, prefix: str) -> None:
    path = zipped(folder, tmp_path / "line.zip", prefix)
    with open_pictures(path) as reader:
        unpacked = reader._files.temporary.name
        table = pa.concat_tables(reader.batches())
    plain = read(folder)
    for column in ("record_id", "label"):
        assert table[column].equals(plain[column])
    for ours, theirs in zip(table["image"].to_pylist(), plain["image"].to_pylist(), strict=True):
        assert (ours["bytes"], ours["sha256"]) == (theirs["bytes"], theirs["sha256"])
    # The path is one that a person can find, and nothing is left behind.
    assert table["image"].to_pylist()[0]["path"] == str(path / NAMES[0])
    assert not Path(unpacked).exists()


def test_a_sole_class_folder_in_a_zip_is_a_class(folder: Path, tmp_path: Path) -> None:
    path = zipped(folder / "good", tmp_path / "monday.zip", "good/")
    assert read(path)["label"].to_pylist() == ["good", "good"]


@pytest.mark.parametrize(
    ("name", "kind", "key"),
    [
        ("../evil.png", 0, "download.unsafe_path"),
        ("/evil.png", 0, "download.unsafe_path"),
        ("evil.png", stat.S_IFLNK, "download.unsafe_link"),
    ],
)
def test_an_unsafe_zip_is_refused_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, kind: int, key: str
) -> None:
    place = tmp_path / "deep" / "temporary"
    place.mkdir(parents=True)
    monkeypatch.setattr("tempfile.tempdir", str(place))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("good.png", b"x")
        entry = zipfile.ZipInfo(name)
        entry.external_attr = (kind | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    with pytest.raises(DataError) as caught:
        open_pictures(tmp_path / "a.zip")
    assert caught.value.key == key
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.zip", "deep", "temporary"]


def test_a_zip_without_pictures_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("notes.txt", "x")
    with pytest.raises(DataError, match="1 other files") as caught:
        open_pictures(tmp_path / "a.zip")
    assert caught.value.key == "data.no_pictures"
    assert list(place.iterdir()) == []


def test_what_cannot_be_read_is_refused_alone(folder: Path) -> None:
    (folder / "good/empty.png").write_bytes(b"")
    (folder / "good/lost.png").symlink_to(folder / "nowhere.png")
    os.mkfifo(folder / "good/pipe.png")
    with open_pictures(folder) as reader:
        # Gone between listing and reading.
        (folder / "scratch/0001.png").unlink()
        table = pa.concat_tables(reader.batches())
    assert [image["bytes"] for image in table["image"].to_pylist()].count(None) == 4
    checked = check(table, SPEC)
    assert checked.table["record_id"].to_pylist() == [NAMES[0], NAMES[1], NAMES[3]]
    refused = {reject.record_id: reject.reasons for reject in checked.rejects}
    assert set(refused) == {
        "good/empty.png",
        "good/lost.png",
        "good/pipe.png",
        "scratch/0001.png",
    }
    for name, ((key, values),) in refused.items():
        assert key == "unreadable_image"
        assert values == {"column": "image", "received": str(folder / name)}
    assert "empty.png" in next(iter(checked.rejects)).to_json()["reasons"][0]["message"]


def test_a_file_that_is_too_large_is_refused_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = [(folder / name).stat().st_size for name in NAMES]
    monkeypatch.setattr(picture_parts, "_FILE_BYTES", max(sizes) - 1)
    there = [image["bytes"] is not None for image in read(folder)["image"].to_pylist()]
    assert there == [size < max(sizes) for size in sizes]


def test_batches_are_bounded_in_rows_and_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(10):
        (tmp_path / f"{n}.png").write_bytes(bytes([n]) * 100)
    with open_pictures(tmp_path, batch_rows=4) as reader:
        assert [batch.num_rows for batch in reader.batches()] == [4, 4, 2]
    monkeypatch.setattr(pictures, "_BATCH_BYTES", 250)
    (tmp_path / "3.png").write_bytes(b"x" * 900)
    with open_pictures(tmp_path, batch_rows=4) as reader:
        batches = list(reader.batches())
    # One that alone exceeds the bound goes alone.
    assert [batch.num_rows for batch in batches] == [2, 1, 1, 2, 2, 2]
    assert [i for b in batches for i in b["record_id"].to_pylist()] == [
        f"{n}.png" for n in range(10)
    ]


def test_no_batch_is_held_once_the_next_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(6):
        (tmp_path / f"{n}.png").write_bytes(b"x")
    opened: list[str] = []
    plain = picture_parts.read_file

    def noted(path: Path) -> bytes | None:
        opened.append(path.name)
        return plain(path)

    monkeypatch.setattr(picture_parts, "read_file", noted)
    with open_pictures(tmp_path, batch_rows=2) as reader:
        assert opened == []
        alive = []
        for n, batch in enumerate(reader.batches(), 1):
            alive.append(weakref.ref(batch))
            del batch
            # At most the picture that did not fit any more is read ahead.
            assert len(opened) <= 2 * n + 1
            assert [ref for ref in alive[:-1] if ref() is not None] == []


def test_a_single_picture_and_a_list(folder: Path) -> None:
    paths = [folder / NAMES[3], folder / NAMES[0], folder / "notes.txt"]
    assert read(paths[0])["record_id"].to_pylist() == ["0001.bmp"]
    table = read(paths)
    assert table["record_id"].to_pylist() == [NAMES[3], NAMES[0]]
    assert table["label"].to_pylist() == ["scratch", "good"]
    # With the watched folder named, an id does not depend on what came together.
    table = read([folder / NAMES[0]], root=folder)
    assert (table["record_id"].to_pylist(), table["label"].to_pylist()) == ([NAMES[0]], ["good"])
    with pytest.raises(ValueError, match="subpath"):
        read([folder / NAMES[0]], root=folder / "scratch")


def test_a_list_of_relative_paths(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert read(list(map(Path, NAMES)))["record_id"].to_pylist() == NAMES
    assert read(["good/../scratch/0001.png"])["record_id"].to_pylist() == ["0001.png"]
    mixed = [Path(NAMES[0]), folder / NAMES[2]]
    assert read(mixed)["record_id"].to_pylist() == [NAMES[0], NAMES[2]]


def test_a_link_is_followed_but_not_round_and_round(folder: Path, tmp_path: Path) -> None:
    picture(tmp_path / "elsewhere" / "1.png")
    (folder / "dent").symlink_to(tmp_path / "elsewhere")
    (folder / "loop").symlink_to(folder)
    (folder / "good" / "loop").symlink_to(folder)
    assert read(folder)["record_id"].to_pylist() == ["dent/1.png", *NAMES]


def test_a_name_that_is_no_utf8_is_still_an_id(tmp_path: Path) -> None:
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/k\xe4se.png")).write_bytes(b"x")
    except OSError:
        pytest.skip("the file system takes UTF-8 alone")
    assert read(tmp_path)["record_id"].to_pylist() == [r"k\xe4se.png"]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("gone", "data.no_file"),
        ("notes.txt", "data.not_pictures"),
        (".", "data.only_archives"),
        ("empty", "data.no_pictures"),
        ("a.zip", "download.bad_archive"),
    ],
)
def test_what_holds_no_pictures_is_one_clear_error(tmp_path: Path, name: str, key: str) -> None:
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "a.zip").write_text("no zip")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError) as caught:
        open_pictures(tmp_path / name)
    assert caught.value.key == key
    assert name in str(caught.value)
    with pytest.raises(DataError) as caught:
        open_pictures([])
    assert caught.value.key == "data.no_pictures"


def test_closing_ends_the_batches(folder: Path) -> None:
    with open_pictures(folder, batch_rows=1) as reader:
        next(reader.batches())
    assert list(reader.batches()) == []


def test_the_columns_come_under_the_specs_names(folder: Path) -> None:
    spec = Spec(
        (
            Column("part", "string", "id"),
            Column("photo", "image"),
            Column("verdict", "string", "label", required=False),
        )
    )
    with open_records(folder, spec, extra=["label"]) as reader:
        assert reader.schema_names == ("part", "photo", "verdict", "label")
        (batch,) = reader.batches()
    assert batch["verdict"].equals(batch["label"])
    assert len(check(batch, spec).rejects) == 0
    with pytest.raises(DataError) as caught:
        open_records(folder, spec, extra=["labels"])
    assert (caught.value.key, caught.value.values["near"]) == ("data.unknown_column", "label")


def test_folders_that_are_no_classes_are_no_labels(folder: Path) -> None:
    def spec(*choices: str) -> Spec:
        label = Column("label", "string", "label", required=False, choices=choices)
        return Spec((*SPEC.columns[:2], label))

    with open_records(folder, spec("ok", "bad")) as reader:
        assert reader.schema_names == ("record_id", "image")
    with open_records(folder, spec("good", "bad")) as reader:
        assert reader.schema_names == ("record_id", "image", "label")
    with open_records(folder, SPEC, labels=False) as reader:
        assert reader.schema_names == ("record_id", "image")
