"""The split that a data set brings in a file of its own."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from lepton_core.errors import DataError
from lepton_core.evaluation.file_split import FileSplit, FoldSplit
from lepton_core.evaluation.report import Measured
from lepton_core.evaluation.run import _mean

CARD = """
name: clients
title: Clients
tasks: [fraud_rnn/credit]
licence: our own
reader: {kind: table, path: inner/clients.csv}
split: {kind: file, file: split.csv}
"""
LINES = ("3,test", "1,train", "2,validation", "4,train", "5,train")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LEPTON_DATA", str(tmp_path))
    (tmp_path / "clients.yaml").write_text(CARD)
    (tmp_path / "clients/inner").mkdir(parents=True)
    (tmp_path / "clients/inner/clients.csv").write_text("record_id,left\n1,0\n")
    write(tmp_path / "clients", LINES)
    return tmp_path / "clients"


def write(folder: Path, lines: tuple[str, ...], head: str = "id,split") -> None:
    (folder / "split.csv").write_text("\n".join([head, *lines]) + "\n")


def records(*ids: str, left: int | None = 0) -> pa.Table:
    return pa.table({"record_id": list(ids), "left": pa.array([left] * len(ids), pa.int64())})


def test_the_file_decides_whatever_the_order_of_the_records(folder: Path) -> None:
    split = FileSplit("clients", "left").split(records("1", "2", "3", "4"))
    assert (split.train.tolist(), split.valid.tolist(), split.test.tolist()) == ([0, 3], [1], [2])
    turned = FileSplit("clients", "left").split(records("4", "3", "2", "1"))
    assert (turned.train.tolist(), turned.test.tolist()) == ([0, 3], [1])


def test_what_the_file_does_not_name_is_in_no_part(folder: Path) -> None:
    split = FileSplit("clients", "left").split(records("1", "2", "99", "3"))
    assert 2 not in [*split.train, *split.valid, *split.test]


def test_what_has_no_label_is_in_no_part(folder: Path) -> None:
    table = pa.concat_tables([records("1", "3"), records("4", left=None)])
    assert FileSplit("clients", "left").split(table).train.tolist() == [0]


def test_seeds_share_the_split(folder: Path) -> None:
    folds = FileSplit("clients", "left", seeds=3).folds(records("1", "2", "3", "4"))
    assert [fold.seed for fold in folds] == [0, 1, 2]
    assert len({fold.split.fingerprint() for fold in folds}) == 1


@pytest.mark.parametrize(
    ("lines", "head", "key"),
    [
        (LINES, "number,split", "split.bad_file"),
        (LINES, "id,part", "split.bad_file"),
        ((*LINES, "6,holdout"), "id,split", "split.bad_file"),
        ((*LINES, "1,test"), "id,split", "split.bad_file"),
        (("8,train", "9,test"), "id,split", "split.not_named"),
        (("1,train", "2,train"), "id,split", "split.empty_part"),
    ],
)
def test_a_file_that_does_not_split_is_refused(
    folder: Path, lines: tuple[str, ...], head: str, key: str
) -> None:
    write(folder, lines, head)
    with pytest.raises(DataError) as error:
        FileSplit("clients", "left").split(records("1", "2", "3", "4"))
    assert error.value.key == key
    assert "split.csv" in error.value.text() or key == "split.empty_part"


def test_a_file_that_is_gone_is_told(folder: Path) -> None:
    (folder / "split.csv").unlink()
    with pytest.raises(DataError) as error:
        FileSplit("clients", "left").split(records("1"))
    assert error.value.key == "split.bad_file"


def test_a_card_without_a_split_file_is_told(folder: Path) -> None:
    card = folder.parent / "clients.yaml"
    card.write_text(CARD.replace("kind: file, file: split.csv", "kind: random"))
    with pytest.raises(DataError) as error:
        FileSplit("clients", "left").split(records("1"))
    assert error.value.key == "split.no_file"


def test_more_seeds_on_the_same_records_make_no_narrower_interval() -> None:
    figures = [{"auc": Measured(value, value - 0.02, value + 0.02)} for value in (0.7, 0.8)]
    same, apart = _mean(figures, alike=True)["auc"], _mean(figures, alike=False)["auc"]
    assert same.value == apart.value == pytest.approx(0.75)
    assert (same.low, same.high) == pytest.approx((0.73, 0.77))
    assert apart.high - apart.low == pytest.approx(0.04 / 2**0.5)


FOLDS = ("1,train,0,a", "2,validation,1,b", "3,test,2,c", "4,train,0,a", "5,train,10,d")


def test_folds_are_tested_in_turn_and_validated_on_the_next(folder: Path) -> None:
    write(folder, FOLDS, "id,split,fold,group")
    protocol = FoldSplit("clients", "left", group="site")
    table = protocol.with_truth(records("1", "2", "3", "4", "5", "99"))
    found = [
        [getattr(fold.split, part).tolist() for part in ("train", "valid", "test")]
        for fold in protocol.folds(table)
    ]
    assert found == [
        [[2, 4], [1], [0, 3]],
        [[0, 3, 4], [2], [1]],
        [[0, 1, 3], [4], [2]],
        [[1, 2], [0, 3], [4]],
    ]
    assert [fold.name for fold in protocol.folds(table)][-1] == "fold 10"
    # What trains one bundle is what the file says.
    assert protocol.split(table).test.tolist() == [2]
    assert table["site"].to_pylist() == ["a", "b", "c", "a", "d", None]


@pytest.mark.parametrize(
    ("head", "group"), [("id,split,group", ""), ("id,split,fold", "site"), ("id,fold,group", "")]
)
def test_a_file_without_what_is_asked_of_it_is_told(folder: Path, head: str, group: str) -> None:
    write(folder, ("1,train,0", "2,train,1", "3,test,2"), head)
    protocol = FoldSplit("clients", "left", group=group)

    def use(table: pa.Table) -> None:
        protocol.folds(protocol.with_truth(table))
        protocol.split(table)

    with pytest.raises(DataError) as raised:
        use(records("1", "2", "3"))
    assert raised.value.key == "split.bad_file"


def test_what_lies_in_folders_is_found_by_the_name_of_its_file(folder: Path) -> None:
    split = FileSplit("clients", "left").split(records("a/1", "a/b/2", "3"))
    assert (split.train.tolist(), split.valid.tolist(), split.test.tolist()) == ([0], [1], [2])
    # Two of one name: neither is meant for sure.
    with pytest.raises(DataError) as raised:
        FileSplit("clients", "left").split(records("a/1", "b/1", "a/3"))
    assert raised.value.key == "split.not_named"
