"""Vectors of items never bought, from what they are called."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from solutions.retail_recommender.next_item import content, content_words
from solutions.retail_recommender.next_item.content import ContentEncoder

COLOURS = ("red", "blue", "green", "black", "white")
KINDS = {"shoes": ("boot", "sandal", "sneaker"), "kitchen": ("kettle", "teapot", "pan")}


@pytest.fixture(scope="module")
def shop():
    """Items whose vectors tell their category and colour; every fourth is new."""
    rng = np.random.default_rng(0)
    texts, vectors = [], []
    for category, kinds in KINDS.items():
        for kind in kinds:
            for colour in COLOURS:
                texts.append((f"{colour} {kind}", category))
                clean = [category == "shoes", category == "kitchen", COLOURS.index(colour) / 5]
                vectors.append(np.array(clean) * 3 + 0.1 * rng.standard_normal(3))
    new = np.arange(len(texts)) % 4 == 0
    return texts, np.array(vectors, np.float32), new


def of(texts, mask):
    return [text for text, kept in zip(texts, mask, strict=True) if kept]


def test_a_new_item_lies_near_items_like_it(shop):
    texts, vectors, new = shop
    found = ContentEncoder.fit(of(texts, ~new), vectors[~new], strength=0.1).encode(of(texts, new))
    assert found.dtype == np.float32
    mean = vectors[~new].mean(axis=0)
    error, blind = np.abs(found - vectors[new]).mean(), np.abs(mean - vectors[new]).mean()
    assert error < blind / 3


def test_the_table_is_the_solution_of_the_ridge_regression(shop):
    texts, vectors, _ = shop
    trust = np.random.default_rng(1).random(len(texts)) + 0.1
    encoder = ContentEncoder.fit(texts, vectors, weights=trust, strength=0.5, buckets=300)
    bag = content_words.bags(texts, 300)
    x = np.zeros((len(texts), 300))
    weighted = content._weighted(bag, encoder.rarity, encoder.shares)
    x[weighted.texts, weighted.features] = weighted.weights
    trust = trust / trust.mean()
    expected = np.linalg.solve(
        x.T @ (trust[:, None] * x) + 0.5 * np.eye(300),
        x.T @ (trust[:, None] * (vectors - encoder.mean)),
    )
    np.testing.assert_allclose(encoder.table, expected, atol=0.01)


@pytest.mark.parametrize("block", [1, 7, 1 << 18])
def test_the_size_of_a_block_changes_nothing(monkeypatch, shop, block):
    texts, vectors, _ = shop
    texts = ["", *texts, None]
    encoder = ContentEncoder.fit(texts, np.pad(vectors, ((1, 1), (0, 0))))
    expected = encoder.encode(texts)
    monkeypatch.setattr(content, "_BLOCK", block)
    np.testing.assert_allclose(encoder.encode(texts), expected, atol=1e-6)


def test_one_by_one_as_together(shop):
    texts, vectors, _ = shop
    encoder = ContentEncoder.fit(texts, vectors)
    alone = np.concatenate([encoder.encode([text]) for text in texts])
    np.testing.assert_allclose(alone, encoder.encode(texts), atol=1e-6)


@pytest.mark.parametrize("text", ["", None, (), (None, None), "zzz", "😀😀", "!!! ...", ("", "")])
def test_a_text_that_says_nothing_gets_the_mean(shop, text):
    texts, vectors, _ = shop
    encoder = ContentEncoder.fit(texts, vectors)
    np.testing.assert_array_equal(encoder.encode([text])[0], encoder.mean)
    assert encoder.known([text]).tolist() == [0.0]


def test_known_tells_how_much_of_a_text_was_seen(shop):
    texts, vectors, _ = shop
    encoder = ContentEncoder.fit(texts, vectors)
    seen, half, none = encoder.known([("red boot", "shoes"), ("red xylophone", ""), ("qqq", "")])
    assert seen == 1
    assert 0 < half < 0.6
    assert none == 0


def test_chinese_titles_have_parts_in_common():
    texts = ["红色运动鞋", "蓝色运动鞋", "不锈钢水壶", "玻璃水壶"] * 3
    vectors = np.array([[1, 0], [1, 0], [0, 1], [0, 1]] * 3, np.float32)
    shoe, pot = ContentEncoder.fit(texts, vectors).encode(["白色运动鞋", "陶瓷水壶"])
    assert shoe[0] > shoe[1]
    assert pot[1] > pot[0]


def test_the_same_word_in_another_field_is_another_feature():
    first = content_words.bags([("gold", ""), ("", "gold")], 1 << 20)
    second = set(first.features[first.starts[1] :])
    assert not second & set(first.features[: first.starts[1]])


def test_what_an_item_was_bought_decides_how_far_it_is_trusted():
    texts, vectors = ["lamp", "lamp"], np.array([[0.0], [1.0]], np.float32)
    trusted = ContentEncoder.fit(texts, vectors, weights=np.array([1.0, 9.0])).encode(["lamp"])
    assert trusted[0, 0] > 0.8


def test_it_comes_back_from_json_and_arrays(shop, tmp_path):
    texts, vectors, _ = shop
    encoder = ContentEncoder.fit(texts, vectors)
    state, arrays = encoder.state()
    np.savez(tmp_path / "content.npz", allow_pickle=False, **arrays)
    with np.load(tmp_path / "content.npz", allow_pickle=False) as stored:
        again = ContentEncoder.from_state(json.loads(json.dumps(state)), dict(stored))
    np.testing.assert_allclose(again.encode(texts), encoder.encode(texts), atol=5e-3)
    np.testing.assert_array_equal(again.known(texts), encoder.known(texts))


@pytest.mark.parametrize(
    "change",
    [
        {"texts": [], "vectors": np.ones((0, 2))},
        {"vectors": np.ones((3, 2))},
        {"vectors": np.ones(2)},
        {"vectors": np.array([[1, np.nan], [1, 2]])},
        {"weights": np.array([1, -1])},
        {"weights": np.zeros(2)},
        {"weights": np.ones(3)},
    ],
)
def test_what_does_not_fit_is_refused(change):
    with pytest.raises(ValueError, match=r"texts, vectors|finite"):
        ContentEncoder.fit(**{"texts": ["a", "b"], "vectors": np.ones((2, 2))} | change)


def test_it_needs_numpy_alone():
    program = (
        "import sys; import solutions.retail_recommender.next_item.content; "
        "print(sorted({'keras', 'tensorflow', 'scipy', 'sklearn', 'tokenizers', 'pandas'} "
        "& set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
