"""A data set's name leads to its file: shipped first, then LEPTON_DATA, then the cache."""

import sys
import zipfile

import pytest

from lepton_core.data import all_datasets, find_dataset, load_records, lookup, resolve
from lepton_core.data.solution_folders import solution_folders
from lepton_core.errors import DataError
from lepton_core.spec import Column, Spec

CARD = """
name: {name}
title: Receipts
tasks: [fraud_rnn/transactions]
licence: ours
reader: {{kind: {kind}, path: a.csv, columns: {{sum: amount, "no": record_id, class: label}}}}
"""
SPEC = Spec((Column("record_id", "string", "id"), Column("amount", "float64")))
PICTURES = Spec((Column("record_id", "string", "id"), Column("image", "image")))


@pytest.fixture
def places(tmp_path, monkeypatch):
    """The three roots, empty, by the name of their variable; no solution brings data sets."""
    monkeypatch.setattr(lookup, "solution_folders", lambda: ())
    found = {}
    for name in ("LEPTON_DATASETS", "LEPTON_DATA", "LEPTON_CACHE"):
        found[name] = tmp_path / name
        found[name].mkdir()
        monkeypatch.setenv(name, str(found[name]))
    return found


def put_card(root, name="till", kind="table"):
    (root / f"{name}.yaml").write_text(CARD.format(name=name, kind=kind))


def put_file(root, name="till", text="no,sum,class\n1,9.5,0\n"):
    (root / name).mkdir()
    (root / name / "a.csv").write_text(text)


@pytest.mark.parametrize("where", ["LEPTON_DATASETS", "LEPTON_DATA", "LEPTON_CACHE"])
def test_the_files_are_found_under_every_root(places, where):
    put_card(places["LEPTON_DATASETS"])
    put_file(places[where])
    assert find_dataset("till").path == places[where] / "till" / "a.csv"


def test_shipped_goes_before_data_and_data_before_cache(places):
    put_card(places["LEPTON_DATASETS"])
    order = ["LEPTON_CACHE", "LEPTON_DATA", "LEPTON_DATASETS"]
    for where in order:
        put_file(places[where])
        assert find_dataset("till").folder == places[where] / "till"


def test_a_card_may_stand_in_the_users_own_folder(places):
    put_card(places["LEPTON_DATA"], "mine")
    put_card(places["LEPTON_DATASETS"], "till")
    assert [d.card.name for d in all_datasets()] == ["mine", "till"]


def test_a_data_set_without_files_says_how_to_get_them(places):
    put_card(places["LEPTON_DATASETS"])
    dataset = find_dataset("till")
    assert dataset.folder is None
    with pytest.raises(DataError, match=r"\$LEPTON_DATA/till/a.csv") as caught:
        _ = dataset.path
    assert caught.value.key == "data.not_here_manual"


@pytest.mark.parametrize("name", ["tilt", "", "..", "."])
def test_an_unknown_name_is_answered_with_the_known_ones(places, name):
    put_card(places["LEPTON_DATASETS"])
    with pytest.raises(DataError, match="till") as caught:
        find_dataset(name)
    assert caught.value.key == "data.unknown_dataset"
    assert caught.value.values["near"] == ("till" if name == "tilt" else "-")


def test_one_broken_card_does_not_hide_the_others(places):
    put_card(places["LEPTON_DATASETS"])
    (places["LEPTON_DATA"] / "broken.yaml").write_text("name: [")
    problems = []
    assert [d.card.name for d in all_datasets(problems)] == ["till"]
    assert [p.key for p in problems] == ["card.unreadable"]
    with pytest.raises(DataError):
        all_datasets()


def test_records_come_under_our_names_and_the_persons_mapping_wins(places):
    put_card(places["LEPTON_DATASETS"])
    put_file(places["LEPTON_DATA"], text="no,sum,net,class\n1,9.5,8.0,0\n")
    records = load_records("till", SPEC)
    assert records.table.to_pylist() == [{"record_id": "1", "amount": "9.5"}]
    assert (records.source, records.dataset.card.name) == ("till", "till")
    assert load_records("till", SPEC, {"net": "amount"}).table["amount"].to_pylist() == ["8.0"]
    assert load_records("till").table.column_names == ["record_id", "amount", "net", "label"]


def test_a_path_is_a_path_and_needs_no_card(places, tmp_path, monkeypatch):
    put_card(places["LEPTON_DATASETS"])
    (tmp_path / "till").write_text("")
    (tmp_path / "own.csv").write_text("no,amount\n1,2\n")
    monkeypatch.chdir(tmp_path)
    records = load_records("own.csv", SPEC, {"no": "record_id"})
    assert records.table.to_pylist() == [{"record_id": "1", "amount": "2"}]
    assert records.dataset is None
    assert resolve("till").dataset is None
    assert resolve(tmp_path / "gone").path == tmp_path / "gone"


def test_pictures_are_no_table(places):
    put_card(places["LEPTON_DATASETS"], kind="image_folder")
    put_file(places["LEPTON_DATA"])
    with pytest.raises(DataError) as caught:
        load_records("till", SPEC)
    assert caught.value.key == "data.not_a_table"


def pictures_in(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())


def test_pictures_are_loaded_by_name_for_a_task_that_takes_them(places):
    card = CARD.format(name="line", kind="image_folder").replace("a.csv", "train")
    card = card.replace('{sum: amount, "no": record_id, class: label}', "{}")
    (places["LEPTON_DATASETS"] / "line.yaml").write_text(card)
    pictures_in(places["LEPTON_DATA"] / "line" / "train", "good/1.png", "bad/1.png")
    records = load_records("line", PICTURES)
    assert records.dataset.card.name == "line"
    assert records.table["record_id"].to_pylist() == ["bad/1.png", "good/1.png"]
    assert records.table.column_names == ["record_id", "image"]
    assert load_records("line").table["label"].to_pylist() == ["bad", "good"]


def test_pictures_are_loaded_from_a_folder_a_picture_or_a_zip(places, tmp_path, monkeypatch):
    pictures_in(tmp_path / "pictures", "1.png", "2.png")
    with zipfile.ZipFile(tmp_path / "pictures.zip", "w") as archive:
        archive.writestr("1.png", b"1.png")
    monkeypatch.chdir(tmp_path)
    for path, names in {
        "pictures": ["1.png", "2.png"],
        "./pictures": ["1.png", "2.png"],
        "pictures/": ["1.png", "2.png"],
        "pictures/2.png": ["2.png"],
        "pictures.zip": ["1.png"],
    }.items():
        records = load_records(path, PICTURES)
        assert records.table["record_id"].to_pylist() == names
        assert (records.source, records.dataset) == (path, None)


def test_a_folder_is_a_path_unless_a_data_set_has_its_name(places, tmp_path, monkeypatch):
    put_card(places["LEPTON_DATASETS"])
    put_file(places["LEPTON_DATA"])
    (tmp_path / "till").mkdir()
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path)
    assert resolve("till").dataset is not None
    assert resolve("other").path.samefile(tmp_path / "other")
    for name in ("gone", ""):
        with pytest.raises(DataError) as caught:
            resolve(name)
        assert caught.value.key == "data.unknown_dataset"


def test_data_sets_in_a_solutions_package_are_found_without_importing_it(
    places, tmp_path, monkeypatch
):
    site = tmp_path / "site"
    put_card(places["LEPTON_DATA"], "mine")
    entries = []
    # The last two are broken: one names nothing that exists, the other is a mere module.
    for name, value in {
        "shop": "bad_shop.solution:SOLUTION",
        "deep": "deep_ns.inner.solution:SOLUTION",
        "whole": "whole_pkg:SOLUTION",
        "gone": "no_such_package.solution:SOLUTION",
        "plain": "plain_module:SOLUTION",
    }.items():
        entries.append(f"{name} = {value}")
    info = site / "strangers-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: strangers\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[lepton.solutions]\n" + "\n".join(entries) + "\n")
    for package in ("bad_shop", "whole_pkg", "deep_ns/inner"):
        (site / package / "datasets").mkdir(parents=True)
        name = package.rpartition("/")[2]
        put_card(site / package / "datasets", name)
        put_file(site / package / "datasets", name)
        (site / package / "__init__.py").write_text("raise RuntimeError('imported')")
    (site / "plain_module.py").write_text("raise RuntimeError('imported')")
    (site / "datasets").mkdir()
    put_card(site / "datasets", "no_ones")
    monkeypatch.syspath_prepend(site)
    monkeypatch.setattr(lookup, "solution_folders", solution_folders)
    names = {dataset.card.name for dataset in all_datasets()}
    assert names >= {"bad_shop", "inner", "mine", "whole_pkg"}
    assert "no_ones" not in names
    assert load_records("bad_shop", SPEC).table.num_rows == 1
    assert find_dataset("inner").folder == site / "deep_ns/inner/datasets/inner"
    assert not {"bad_shop", "deep_ns", "whole_pkg", "plain_module"} & set(sys.modules)


@pytest.mark.real_data
def test_the_handbook_is_read_by_name_under_our_names():
    records = load_records("fraud_handbook")
    assert {"record_id", "time", "card", "terminal", "amount", "label"} <= set(
        records.table.column_names
    )
    assert records.table.num_rows == 1_600_653


DATED = """
name: {name}
title: Receipts
tasks: [fraud_rnn/transactions]
licence: ours
reader: {{kind: table, path: a.csv, columns: {{day: time}}, dates: "%d/%m/%Y"}}
"""
TIMES = Spec((Column("record_id", "string", "id"), Column("time", "timestamp")))


def test_times_are_read_as_the_card_writes_them(places):
    root = places["LEPTON_DATA"]
    (root / "till.yaml").write_text(DATED.format(name="till"))
    put_file(root, text="record_id,day\n1,05/02/2010\n2,13/02/2010\n")
    times = load_records("till", TIMES).table["time"].to_pylist()
    assert [(time.month, time.day) for time in times] == [(2, 5), (2, 13)]


def test_a_time_written_otherwise_is_told(places):
    root = places["LEPTON_DATA"]
    (root / "till.yaml").write_text(DATED.format(name="till"))
    put_file(root, text="record_id,day\n1,05/02/2010\n2,02/13/2010\n")
    with pytest.raises(DataError, match="02/13/2010"):
        load_records("till", TIMES)
