"""NASA's three files as one table of engines, and what does not belong together refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from lepton_core.errors import DataError
from lepton_core.records.turbofan import read_turbofan


def _line(unit: int, cycle: int) -> str:
    return " ".join(map(str, [unit, cycle, *range(24)])) + "  \n"


def _write(folder: Path, left: str = "7 \n90 \n") -> Path:
    path = folder / "train_X.txt"
    path.write_text("".join(_line(1, cycle) for cycle in (1, 2, 3)))
    tested = [(1, 1), (1, 2), (2, 1)]
    (folder / "test_X.txt").write_text("".join(_line(*one) for one in tested))
    (folder / "RUL_X.txt").write_text(left)
    return path


def test_engines_of_both_files_stay_apart_and_the_truth_is_that_of_the_last_record(tmp_path: Path):
    table = read_turbofan(_write(tmp_path))
    assert table["unit"].to_pylist() == ["train-1"] * 3 + ["test-1"] * 2 + ["test-2"]
    assert table["record_id"][4].as_py() == "test-1/2"
    assert table["rul"].to_pylist() == [None, None, None, None, 7.0, 90.0]
    assert table["setting_1"][0].as_py() == 0
    assert table["sensor_21"][0].as_py() == 23


def test_the_training_file_alone_is_a_set(tmp_path: Path):
    path = _write(tmp_path)
    (tmp_path / "RUL_X.txt").unlink()
    assert set(read_turbofan(path)["part"].to_pylist()) == {"train"}


@pytest.mark.parametrize(
    ("broken", "text", "key"),
    [
        ("RUL_X.txt", "7\n", "data.turbofan"),
        ("test_X.txt", "1 1 0.5\n", "data.turbofan"),
        ("train_X.txt", _line(1, 1) + "1 2 oil\n", "data.unreadable"),
    ],
)
def test_files_that_do_not_go_together_are_refused(tmp_path: Path, broken, text, key):
    path = _write(tmp_path)
    (tmp_path / broken).write_text(text)
    with pytest.raises(DataError) as raised:
        read_turbofan(path)
    assert raised.value.key == key
    assert broken in str(raised.value)
