"""Published sets of labelled texts: read in their parts, whatever their files are called."""

from __future__ import annotations

from pathlib import Path

import pytest

from lepton_core.errors import DataError
from lepton_core.records.labelled_text import read_labelled_text


def test_tabs_with_a_header_and_spaces_without(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("train dev test")
    (tmp_path / "train.tsv").write_text("\ufefflabel\ttext_a\n1\t很好\t真的\n0\t差\r\n\n")
    (tmp_path / "dev.tsv").write_text("label\ttext_a\n1\t好\u2028x\n")
    (tmp_path / "stsa.binary.test").write_text("0 no movement , no yuks\n1 1 of the best\n")
    table = read_labelled_text(tmp_path)
    assert table["record_id"].to_pylist() == ["train-1", "train-2", "valid-1", "test-1", "test-2"]
    assert table["positive"].to_pylist() == [1, 0, 1, 0, 1]
    texts = ["很好\t真的", "差", "好\u2028x", "no movement , no yuks", "1 of the best"]
    assert table["text"].to_pylist() == texts


@pytest.mark.parametrize(
    ("name", "content"),
    [("train.tsv", "label\ttext\nno label here\n"), ("other.tsv", "1\tx\n")],
)
def test_another_shape_is_told(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(DataError) as caught:
        read_labelled_text(tmp_path)
    assert caught.value.key == "data.labelled_text"


def test_no_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nowhere"):
        read_labelled_text(tmp_path / "nowhere")
