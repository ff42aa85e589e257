"""What a data set's card says of its annotations."""

from __future__ import annotations

from pathlib import Path

import pytest
from annotated import SPEC, found, put, rows, thing, voc

from lepton_core.checking import check
from lepton_core.data.cards import ANNOTATIONS
from lepton_core.data.reading import load_records
from lepton_core.errors import DataError
from lepton_core.records.annotation import KINDS, Layout

CARD = """
name: steel
title: Steel
tasks: [shop/steel]
licence: our own
reader: {kind: image_folder, path: ., annotation: voc, label: name, classes: {dent: Delle}}
"""


def test_a_card_says_how_pictures_are_annotated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEPTON_DATA", str(tmp_path))
    (tmp_path / "steel.yaml").write_text(CARD)
    put(tmp_path / "steel/IMAGES/dent_1.jpg")
    put(tmp_path / "steel/ANNOTATIONS/dent_1.xml", voc(thing("dent"), thing("spot")))
    notes: list[str] = []
    loaded = load_records("steel", SPEC, note=notes.append)
    (row,) = rows(check(loaded.table, SPEC)).values()
    assert row["label"] == "Delle"
    assert [box["label"] for box in row["boxes"]] == ["Delle", "spot"]
    assert len(notes) == 1
    # Without a task's Spec the marks come too.
    assert {"boxes", "label"} <= set(load_records("steel").table.column_names)


@pytest.mark.parametrize(
    "reader",
    [
        "{kind: image_folder, path: ., annotation: voc2}",
        "{kind: image_folder, path: ., label: colour}",
        "{kind: table, path: a.csv, annotation: voc}",
    ],
)
def test_a_wrong_word_on_a_card_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader: str
) -> None:
    monkeypatch.setenv("LEPTON_DATA", str(tmp_path))
    text = "\n".join(CARD.strip().splitlines()[:-1])
    (tmp_path / "steel.yaml").write_text(f"{text}\nreader: {reader}\n")
    with pytest.raises(DataError) as raised:
        load_records("steel", SPEC)
    assert raised.value.key == "card.bad_value"


def test_a_card_that_names_annotations_wants_them(tmp_path: Path) -> None:
    put(tmp_path / "a.png")
    assert ANNOTATIONS == KINDS
    for kind in ANNOTATIONS:
        with pytest.raises(DataError) as raised:
            found(tmp_path, Layout(kind))
        assert raised.value.key == "annotation.none"
