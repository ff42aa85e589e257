"""Parts of reviews: those that a set brings, and same texts in one part where it brings none."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.errors import DataError, UsageError
from solutions.retail_recommender.reviews.config import Config, GramConfig, ModelConfig, TextConfig
from solutions.retail_recommender.reviews.evaluation import by_text, measures


def records(texts: list[str], **columns: list) -> pa.Table:
    ids = [str(n) for n in range(len(texts))]
    table = pa.table({"record_id": ids, "text": texts})
    for name, values in columns.items():
        table = table.append_column(name, pa.array(values))
    return table


def test_copies_of_a_review_never_stand_on_both_sides() -> None:
    texts = [f"text {n % 40}" + " " * (n // 40) for n in range(200)]
    split = by_text(Config()).split(records(texts, positive=[n % 2 for n in range(200)]))
    stripped = np.array([text.strip() for text in texts])
    sides = [set(stripped[rows]) for rows in (split.train, split.valid, split.test)]
    assert not sides[0] & sides[1]
    assert not sides[0] & sides[2]
    assert not sides[1] & sides[2]


def test_the_parts_of_a_set_are_kept() -> None:
    parts = ["train", "train", "valid", "test", None]
    table = records(["a", "b", "c", "d", "e"], positive=[1, 0, 1, 0, 1], part=parts)
    split = by_text(Config()).split(table)
    assert [s.tolist() for s in (split.train, split.valid, split.test)] == [[0, 1], [2], [3]]


def test_reviews_without_labels_cannot_be_split() -> None:
    table = records(["a"], positive=pa.array([None], pa.int64()))
    with pytest.raises(DataError, match="positive"):
        by_text(Config()).split(table)


def test_f1_is_of_both_classes() -> None:
    table = records(["a"] * 4, positive=[1, 1, 1, 0])
    found = measures(table, np.array([1.0, 1.0, 1.0, 1.0]), None)
    assert found["accuracy"].value == 0.75
    assert found["f1"].value == pytest.approx(6 / 7 / 2)


@pytest.mark.parametrize(
    "made",
    [
        lambda: TextConfig(tokens=1),
        lambda: GramConfig(letters=(5, 3)),
        lambda: GramConfig(share=2.0),
        lambda: ModelConfig(kernels=()),
        lambda: ModelConfig(dropout=1.0),
    ],
)
def test_settings_that_make_no_sense_are_refused(made) -> None:
    with pytest.raises(UsageError) as caught:
        made()
    assert caught.value.key == "retail_recommender.reviews.error.setting"
