"""How texts are read: normalised, cut into words, and into pieces that carry evidence."""

from __future__ import annotations

import numpy as np
import pytest

from solutions.retail_recommender.reviews.config import GramConfig, TextConfig
from solutions.retail_recommender.reviews.evidence import Evidence
from solutions.retail_recommender.reviews.grams import gram_hashes
from solutions.retail_recommender.reviews.tokens import (
    build_tokenizer,
    normaliser,
    prepared,
    shortened,
    simplified,
)
from solutions.retail_recommender.reviews.traditional import TO_SIMPLIFIED

CONFIG = TextConfig()


def read(text: str, config: TextConfig = CONFIG) -> str:
    """A text as the tokenizer sees it, without double spaces."""
    return " ".join(normaliser(config).normalize_str(prepared(text, config)).split())


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("ＶＥＲＹ　ＧＯＯＤ！", "very good!"),
        ("這間酒店很乾淨", "这间酒店很干净"),
        ("<p>good<br/>phone</p><!-- ad -->", "good phone"),
        ("good &amp; cheap&nbsp;!", "good & cheap !"),
        ("see https://shop.example/x?y=1 now", "see now"),
        ("I do n't like it , it 's bad", "i don't like it , it's bad"),
        ("I don’t", "i don't"),
        ("sooooooo good!!!!!!!", "sooo good!!!"),
        ("go\u200bod\u0007phone", "good phone"),
        ("推荐<红楼>这本书", "推荐<红楼>这本书"),
    ],
)
def test_ways_to_write_the_same(written: str, same: str) -> None:
    assert read(written) == read(same) == same


def test_normalising_is_optional() -> None:
    config = TextConfig(lower=False, width=False, simplify=False, markup=False)
    assert read("<b>Ｇood</b> 這", config) == "<b>Ｇood</b> 這"


def test_simplified_characters_are_not_themselves_traditional() -> None:
    assert not {ord(simple) for simple in TO_SIMPLIFIED.values()} & set(TO_SIMPLIFIED)
    assert simplified(simplified("後面")) == simplified("後面")


def test_stop_words_leave_tokens_and_pieces_out() -> None:
    texts = ["the phone is good", "the phone is bad"] * 4
    labels = np.array([1, 0] * 4)
    made = Evidence.fit(texts, labels, GramConfig(words=1), frozenset({"good", "bad"}))
    assert made.logits(["good"]) == made.logits(["bad"])
    assert "not" not in TextConfig(stop_words=("en", "zh")).left_out()
    assert "the" in TextConfig(stop_words=("en",)).left_out()


def test_a_long_text_keeps_its_beginning_and_its_end() -> None:
    text = "a" * 5000 + "z"
    assert (len(shortened(text, 100)), shortened(text, 100)[-1]) == (101, "z")


def test_a_tokenizer_learns_words_and_is_the_same_each_time() -> None:
    texts = ["酒店的服务很好", "酒店不错", "酒店", "the service is good"] * 5
    one, two = (build_tokenizer(CONFIG, texts).to_str() for _ in range(2))
    assert one == two
    tokens = build_tokenizer(CONFIG, texts).encode("酒店 service").tokens
    assert tokens == ["酒店", "service"]
    # Phrases are no words, however frequent.
    assert all(len(token) <= 3 for token in build_tokenizer(CONFIG, texts).encode(texts[0]).tokens)


def test_transformers_reads_the_tokenizer_as_its_own() -> None:
    transformers = pytest.importorskip("transformers")
    made = build_tokenizer(CONFIG, ["very good phone", "酒店很好"] * 3)
    theirs = transformers.PreTrainedTokenizerFast(tokenizer_object=made)
    assert theirs("Very GOOD 酒店")["input_ids"] == made.encode("Very GOOD 酒店").ids


def test_pieces_do_not_reach_from_one_text_into_the_next() -> None:
    config = GramConfig(words=2, letters=(2, 3))
    texts = ["good phone", "bad", "", "好 phone"]
    text, piece = gram_hashes(texts, config)
    for number, one in enumerate(texts):
        _, alone = gram_hashes([one], config)
        assert np.array_equal(np.sort(piece[text == number]), np.sort(alone))


def test_order_of_words_tells() -> None:
    config = GramConfig(words=2, letters=(0, 0))
    _, one = gram_hashes(["not good but cheap"], config)
    _, two = gram_hashes(["good but not cheap"], config)
    shared = set(one.tolist()) & set(two.tolist())
    assert 4 <= len(shared) < len(one)


def test_evidence_knows_which_word_is_good() -> None:
    texts = ["good phone", "bad phone", "very good", "very bad"] * 5
    made = Evidence.fit(texts, np.array([1, 0, 1, 0] * 5), GramConfig(strength=1.0))
    good, bad, nothing = made.logits(["good", "bad", "zebra"])
    assert good > nothing > bad
    assert nothing == np.float32(made.offset)
    # A text scores alike alone and among others.
    assert made.logits(["x", "very good", "y"])[1] == made.logits(["very good"])[0]


def test_words_and_letters_weighed_apart_say_the_mean_of_both() -> None:
    texts = ["good phone", "bad phone", "very good", "not good", "very bad"] * 5
    labels = np.array([1, 0, 1, 0, 0] * 5)
    apart = GramConfig(words=2, strength=1.0, letters_strength=0.1)
    words = GramConfig(words=2, letters=(0, 0), strength=1.0)
    letters = GramConfig(words=1, strength=0.1)
    asked = ["good", "not good", "goodness", "zebra", ""]
    made, *alone = (
        Evidence.fit(texts, labels, one).logits(asked) for one in (apart, words, letters)
    )
    assert made == pytest.approx(sum(alone) / 2, abs=1e-4)
    assert made[0] > made[1]
