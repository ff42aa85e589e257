"""The words that decided: found where they stand, and worth more than others."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.pipeline import Pipeline
from lepton_core.solution import Task
from solutions.retail_recommender.dashboard_reviews_words import marked
from solutions.retail_recommender.reviews.reasons import WordExplainer, pieces, weigh


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("the battery is excellent.", "excellent"),
        ("the battery is terrible.", "terrible"),
        ("电池很棒。", "很棒"),
        ("電池糟糕。", "糟糕"),
    ],
)
def test_the_judging_word_weighs_most(pipeline: Pipeline, text: str, word: str) -> None:
    weighed = weigh(pipeline, text)
    strongest = max(weighed, key=lambda one: abs(one.weight))
    assert strongest.word.text == word
    start, end = strongest.word.start, strongest.word.end
    assert text[start:end] == word


def test_taking_the_first_reason_out_moves_the_score_more_than_another_word(
    pipeline: Pipeline, reviews: pa.Table
) -> None:
    rng, more = np.random.default_rng(0), []
    for text in reviews["text"].to_pylist()[:60]:
        weights = np.abs([one.weight for one in weigh(pipeline, text)])
        more.append(weights.max() > weights[rng.integers(len(weights))])
    assert np.mean(more) > 0.6


def test_pieces_are_the_text(pipeline: Pipeline) -> None:
    for text in ("<b>the battery</b> is\tgreat 👍🏽!", "電池很好，\n但是客服太烂了", "x" * 3000):
        assert "".join(piece for piece, _ in pieces(text, weigh(pipeline, text))) == text


def test_a_refused_text_has_no_reasons(pipeline: Pipeline) -> None:
    assert weigh(pipeline, "<br/>") == []


def test_negative_reviews_are_explained_too(task: Task, pipeline: Pipeline) -> None:
    table = pa.table({"record_id": ["good", "bad"], "text": ["电池很棒。", "客服太烂了。"]})
    found = {one.record_id: one for one in WordExplainer().explain(pipeline, table)}
    assert found["good"].reasons[0].contribution > 0 > found["bad"].reasons[0].contribution
    assert "支持" in found["bad"].reasons[0].text("zh")
    (only,) = WordExplainer().explain(pipeline, table, ["bad"])
    assert only.record_id == "bad"


def test_nothing_of_a_review_is_run_by_the_page() -> None:
    html = marked([("<script>x</script>", 0.0), ('"><img src=x>', 3.0)])
    assert "<script" not in html
    assert "<img" not in html
