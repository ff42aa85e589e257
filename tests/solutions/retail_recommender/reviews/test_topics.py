"""What reviews talk about and how sentiment moves: found again in generated reviews."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.pipeline import Pipeline
from lepton_core.solution import Task
from solutions.retail_recommender.reviews.preprocessing import ReviewPreprocessor
from solutions.retail_recommender.reviews.topics import find_topics
from solutions.retail_recommender.reviews.trend import period_start, trend


def test_topics_are_aspects_and_the_same_each_time(pipeline: Pipeline, reviews: pa.Table) -> None:
    preprocessor = pipeline.preprocessor
    assert isinstance(preprocessor, ReviewPreprocessor)
    texts = reviews["text"].to_pylist()
    words = [[one.text.lower() for one in some] for some in preprocessor.words(texts)]
    one, two = find_topics(words), find_topics(words)
    assert one.words == two.words
    assert np.array_equal(one.topic, two.topic)
    known = {word for topic in one.words for word in topic}
    assert len(known & {"battery", "price", "delivery", "电池", "价格", "物流", "外观"}) >= 4
    # A topic is of one language: nobody mixes them.
    for topic in one.words:
        assert len({word[0].isascii() for word in topic}) == 1


@pytest.mark.parametrize("said", [[], [[]], [["the", "很好"]], [["battery"]], [["!"], []]])
def test_too_little_to_tell_topics(said: list[list[str]]) -> None:
    found = find_topics(said)
    assert (found.words, found.topic.tolist()) == ((), [-1] * len(said))


@pytest.mark.parametrize(
    ("period", "start"),
    [("week", "2026-02-16"), ("month", "2026-02-01"), ("quarter", "2026-01-01")],
)
def test_a_period_begins_where_people_expect(period: str, start: str) -> None:
    moment = np.array(["2026-02-22T23:59"], "datetime64[us]").astype(np.int64)
    assert str(period_start(moment, period)[0]) == start


def test_a_product_that_gets_worse_is_seen(task: Task) -> None:
    table = task.hook(task.sample)(seed=3, reviews=4000)
    some = np.array(table["product"].to_pylist()) == "Backpack B5"
    time = table["time"].cast(pa.int64()).to_numpy()[some]
    found = trend(time, table["positive"].to_numpy()[some] == 1, "quarter")
    assert found.high[3] < found.low[0]
