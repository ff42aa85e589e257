"""A dataset card says everything it should, and a mistake in one is named."""

import pytest
import yaml

from lepton_core.data.cards import read_card
from lepton_core.data.lookup import shipped_folder
from lepton_core.errors import DataError

GOOD = {
    "name": "till",
    "title": "Receipts",
    "tasks": ["fraud_rnn/transactions"],
    "licence": "ours",
    "reader": {"kind": "table", "path": "a.csv", "columns": {"sum": "amount"}},
    "source": [{"url": "https://example.org/a.zip", "sha256": "0" * 64, "bytes": 5}],
    "split": {"kind": "time", "key": "time"},
    "traps": ["sums are gross"],
}


def card(folder, **changes):
    path = folder / "till.yaml"
    tree = {key: value for key, value in (GOOD | changes).items() if value != "absent"}
    path.write_text(yaml.safe_dump(tree))
    return read_card(path)


def test_a_card_comes_back_as_written(tmp_path):
    till = card(tmp_path)
    assert till.reader.columns == {"sum": "amount"}
    assert till.source[0].bytes == 5
    assert till.split.key == "time"
    assert till.traps == ("sums are gross",)
    assert card(tmp_path, split="absent").split is None


@pytest.mark.parametrize(
    ("changes", "key", "told"),
    [
        ({"license": "MIT"}, "card.unknown_key", "licence"),
        ({"reader": GOOD["reader"] | {"colums": {}}}, "card.unknown_key", "reader.colums"),
        ({"source": [{"url": "x", "md5": "0"}]}, "card.unknown_key", "source[0].md5"),
        ({"licence": "absent"}, "card.missing_key", "licence"),
        ({"reader": {"kind": "table"}}, "card.missing_key", "reader.path"),
        ({"name": "tills"}, "card.bad_value", "till"),
        ({"tasks": "fraud_rnn"}, "card.bad_value", "a list"),
        ({"title": 5}, "card.bad_value", "title"),
        ({"reader": ["table"]}, "card.bad_value", "reader"),
        ({"reader": GOOD["reader"] | {"kind": "sheet"}}, "card.bad_value", "image_folder"),
        ({"reader": GOOD["reader"] | {"path": "../a.csv"}}, "card.bad_value", "reader.path"),
        ({"reader": GOOD["reader"] | {"path": "/etc/passwd"}}, "card.bad_value", "reader.path"),
        (
            {"reader": GOOD["reader"] | {"columns": {"a": "x", "b": "x"}}},
            "card.bad_value",
            "reader.columns",
        ),
        ({"reader": GOOD["reader"] | {"columns": {False: "x"}}}, "card.bad_value", "quotes"),
        ({"split": {"kind": "luck"}}, "card.bad_value", "split.kind"),
        ({"split": {"kind": "file", "file": "../s.csv"}}, "card.bad_value", "split.file"),
        ({"source": [{"url": "x", "sha256": "abc"}]}, "card.bad_value", "source.sha256"),
        ({"source": [{"url": "x", "bytes": "5"}]}, "card.bad_value", "source[0].bytes"),
        ({"source": [{"url": "x", "bytes": True}]}, "card.bad_value", "source[0].bytes"),
    ],
)
def test_a_mistake_in_a_card_is_named(tmp_path, changes, key, told):
    with pytest.raises(DataError) as caught:
        card(tmp_path, **changes)
    assert caught.value.key == key
    assert told in str(caught.value)
    assert "till.yaml" in str(caught.value)


@pytest.mark.parametrize("text", ["a: [", "", "- a", "\t"])
def test_what_is_no_card_is_refused(tmp_path, text):
    path = tmp_path / "till.yaml"
    path.write_text(text)
    with pytest.raises(DataError, match=r"till\.yaml"):
        read_card(path)


@pytest.mark.parametrize("path", sorted(shipped_folder().glob("*.yaml")), ids=lambda p: p.stem)
def test_every_shipped_card_is_sound(path):
    shipped = read_card(path)
    assert shipped.licence
    assert shipped.citation
    assert shipped.tasks
