"""The networks of the next item: what they may see, what they learn, and what is exported."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnxruntime
import pytest

from lepton_core._keras import keras
from lepton_core.errors import UsageError
from lepton_core.export.onnx import export_onnx
from lepton_core.training.manifest import Run
from solutions.retail_recommender.next_item.model import (
    Scorer,
    build,
    build_training,
    item_vectors,
    places,
    train,
)
from solutions.retail_recommender.next_item.model_batches import ChoiceBatches
from solutions.retail_recommender.next_item.model_config import KINDS, ModelConfig
from solutions.retail_recommender.next_item.ranking import ndcg, ranks
from solutions.retail_recommender.next_item.sequences import LeaveLastOut, Sequences

ITEMS = 30
SMALL = ModelConfig(
    width=16,
    blocks=2,
    heads=2,
    hidden=2,
    length=12,
    item_dropout=0,
    backward=0,
    negatives=8,
    batch_items=64,
)
LEARNING = replace(
    SMALL, blocks=1, dropout=0.1, epochs=12, learning_rate=1e-2, patience=12, negatives=20
)
CONFIGS = [
    *(replace(SMALL, kind=kind) for kind in KINDS),
    replace(SMALL, gated=True, members=2),
]


@pytest.fixture(scope="module", params=CONFIGS, ids=["attention", "convolution", "gated pair"])
def network(request) -> keras.Model:
    model = build(ITEMS, request.param, seed=1)
    rng = np.random.default_rng(0)
    # Weights that start at zero would hide what they carry.
    model.set_weights([w + rng.normal(0, 0.1, w.shape) for w in model.get_weights()])
    return model


def states(model: keras.Model, x: np.ndarray) -> np.ndarray:
    """Vectors of all places, float32 [B, L, D]."""
    return keras.ops.convert_to_numpy(places(model)(np.asarray(x, np.int32)))


def test_what_comes_later_changes_nothing_before_it(network):
    x = np.random.default_rng(0).integers(1, ITEMS + 1, (4, 9))
    later = x.copy()
    later[:, 6:] = later[:, 6:] % ITEMS + 1
    before, after = states(network, x), states(network, later)
    np.testing.assert_allclose(before[:, :6], after[:, :6], atol=1e-5)
    assert np.abs(before[:, 6:] - after[:, 6:]).max() > 0.01


def test_what_came_before_is_seen(network):
    x = np.random.default_rng(0).integers(1, ITEMS + 1, (4, 9))
    other = x.copy()
    other[:, 6] = other[:, 6] % ITEMS + 1
    assert np.abs(states(network, x)[:, -1] - states(network, other)[:, -1]).max() > 0.01


def test_more_padding_changes_nothing(network):
    x = np.random.default_rng(0).integers(1, ITEMS + 1, (4, 5))
    padded = np.pad(x, ((0, 0), (7, 0)))
    np.testing.assert_allclose(states(network, x), states(network, padded)[:, 7:], atol=1e-5)


def test_a_history_without_items_gives_a_vector_of_numbers(network):
    assert np.isfinite(states(network, np.zeros((1, 4)))).all()


def test_onnx_is_the_network_at_any_length(network, tmp_path):
    export_onnx(network, tmp_path / "main.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "main.onnx")
    assert [x.name for x in session.get_inputs()] == ["x"]
    for length in (1, 7):
        x = np.random.default_rng(0).integers(0, ITEMS + 1, (3, length)).astype(np.int32)
        (found,) = session.run(["vector"], {"x": x})
        np.testing.assert_allclose(found, states(network, x)[:, -1], atol=1e-5)


def test_a_score_is_the_product_of_the_two_vectors(network):
    history = Sequences.from_lists([[3, 4, 5], [7]])
    found = Scorer(network, item_vectors(network), 12).scores(history)
    assert found.shape == (2, ITEMS)
    tables = [layer for layer in network.layers if isinstance(layer, keras.layers.Embedding)]
    one = np.concatenate([np.asarray(table.embeddings[9]) for table in tables])
    assert found[1, 8] == pytest.approx(float(states(network, [[7]])[0, -1] @ one), abs=1e-5)


def losses(training: keras.Model, negatives, log_of, x, target) -> np.ndarray:
    found = training(
        {
            "x": np.asarray(x, np.int32),
            "target": np.asarray(target, np.int32),
            "bonus": np.zeros(np.shape(target), np.float32),
            "negatives": np.asarray(negatives, np.int32),
            "log_of": np.asarray(log_of, np.float32),
        }
    )
    return keras.ops.convert_to_numpy(found)


def test_with_all_items_drawn_the_loss_is_that_of_the_whole_softmax(network):
    x, target = [[1, 2, 3]], [[2, 3, 4]]
    every = np.arange(1, ITEMS + 1)
    expected = []
    members = item_vectors(network).shape[1] // SMALL.width
    parts = np.split(states(network, x)[0], members, 1), np.split(item_vectors(network), members, 1)
    for state, table in zip(*parts, strict=True):
        logits = state @ table.T
        right = logits[np.arange(3), np.array(target[0]) - 1]
        expected.append(np.log(np.exp(logits).sum(axis=1)) - right)
    found = losses(build_training(network), every, np.zeros(ITEMS), x, target)
    np.testing.assert_allclose(found[0], np.mean(expected, axis=0), atol=1e-4)


def test_members_begin_from_other_weights():
    model = build(ITEMS, replace(SMALL, members=2))
    one, two = np.split(item_vectors(model), 2, axis=1)
    assert np.abs(one - two).min(axis=1).max() > 0


def test_drawn_items_stand_for_all_of_them_on_average():
    # Unequal chances and a sum that is right all the same: exp(loss) is linear in what is drawn.
    network = build(ITEMS, SMALL, seed=1)
    network.set_weights([w * 3 for w in network.get_weights()])
    training = build_training(network)
    x, target = [[1, 2]], [[2, 3]]
    chance = np.arange(1, ITEMS + 1) / np.arange(1, ITEMS + 1).sum()
    rng = np.random.default_rng(0)
    whole = np.exp(losses(training, np.arange(1, ITEMS + 1), np.zeros(ITEMS), x, target))
    drawn = []
    for _ in range(300):
        places = rng.choice(ITEMS, 20, p=chance)
        drawn.append(np.exp(losses(training, places + 1, -np.log(20 * chance[places]), x, target)))
    np.testing.assert_allclose(np.mean(drawn, axis=0), whole, rtol=0.1)


def test_a_bonus_for_what_is_popular_leaves_popularity_out_of_scores():
    # After 1 come 2 (four times in five) and 3; but 2 is as much more popular everywhere.
    lists = [[1, 2]] * 40 + [[1, 3]] * 10 + [[4, 2]] * 40 + [[4, 3]] * 10
    sequences, held = Sequences.from_lists(lists), Sequences.from_lists([[1]])
    margins = {}
    for rare in (0.0, 1.0):
        config = replace(LEARNING, rare=rare, epochs=60, dropout=0.0, negatives=ITEMS)
        scores = Scorer.of(train(sequences, ITEMS, config, 0), config).scores(held)[0]
        margins[rare] = float(scores[1] - scores[2])
    assert margins[0.0] == pytest.approx(np.log(4), abs=0.2)
    assert margins[1.0] == pytest.approx(0, abs=0.2)


def batches(**settings) -> ChoiceBatches:
    sequences = Sequences.from_lists([[1, 2, 3, 4], [5], [6, 7], list(range(1, 31))])
    given = {"length": 12, "batch_items": 10, "negatives": 5, **settings}
    return ChoiceBatches(sequences, ITEMS, **given)


def choices(data: ChoiceBatches) -> set[tuple[int, int]]:
    """Pairs of an item and the one that came next that carry a loss."""
    found = set()
    for index in range(len(data)):
        inputs, _, weights = data[index]
        place = weights > 0
        found |= set(zip(inputs["x"][place], inputs["target"][place], strict=True))
    return found


def test_every_choice_that_is_read_is_learned_from_once_an_epoch():
    late = {(n, n + 1) for n in range(18, 30)}
    assert choices(batches()) == {(1, 2), (2, 3), (3, 4), (6, 7)} | late


def test_read_backward_choices_turn_around():
    assert (4, 3) in choices(batches(backward=1.0))
    assert (3, 4) not in choices(batches(backward=1.0))


def test_with_items_left_out_what_comes_later_is_next():
    pairs = set().union(*(choices(batches(item_dropout=0.5, seed=seed)) for seed in range(9)))
    assert {after - before for before, after in pairs} >= {1, 2, 3}
    assert all(before < after for before, after in pairs)


def test_every_choice_weighs_alike():
    data = batches()
    for index in range(len(data)):
        _, _, weights = data[index]
        # Keras divides by all places.
        assert set(np.unique(weights / weights.size)) <= {0, np.float32(1 / 10)}


def test_an_epoch_depends_on_seed_and_number_alone():
    one, two = batches(seed=3), batches(seed=3)
    two.on_epoch_end()
    assert len(one) == len(two)
    one.on_epoch_end()
    for index in range(len(one)):
        for name, array in one[index][0].items():
            np.testing.assert_array_equal(array, two[index][0][name])


@pytest.mark.parametrize(
    "settings", [{"kind": "rnn"}, {"width": 10, "heads": 3}, {"dropout": 1.0}, {"negatives": 0}]
)
def test_settings_that_mean_nothing_are_told(settings):
    with pytest.raises(UsageError) as told:
        ModelConfig(**settings)
    assert told.value.values["setting"] == f"model.{list(settings)[-1]}"


def walks(users: int = 200) -> LeaveLastOut:
    """Customers who walk along a ring of items."""
    first = np.random.default_rng(0).integers(0, ITEMS, users)
    return LeaveLastOut.of(Sequences.from_lists((first[:, None] + np.arange(7)) % ITEMS + 1))


@pytest.mark.parametrize("kind", KINDS)
def test_the_order_of_items_is_learned(kind):
    split = walks()
    config = replace(LEARNING, kind=kind)
    model = train(split.train, ITEMS, config, 0, valid=split.valid)
    assert ndcg(ranks(Scorer.of(model, config).scores, split.test), 10) > 0.9


def test_the_epoch_that_validation_likes_best_is_kept(tmp_path):
    split = walks(40)
    config = replace(LEARNING, epochs=3)
    run = Run.open(tmp_path, task="t", seed=0, data="", config={})
    model = train(split.train, ITEMS, config, 0, valid=split.valid, run=run)
    found = ndcg(ranks(Scorer.of(model, config).scores, split.valid), 10)
    assert found == pytest.approx(max(run.manifest.history["val_ndcg10"]), abs=1e-6)


def test_a_network_is_rounded_unless_somebody_wants_it_whole():
    few = Sequences.from_lists([[1, 2, 3]])
    wide = replace(SMALL, width=160, epochs=1)
    for config in (wide, replace(wide, rounded=False)):
        table = item_vectors(train(few, 300, config, 0))
        steps = max(len(np.unique(column)) for column in table.T)
        assert (steps <= 255) == config.rounded


def test_without_validation_the_last_epoch_is_kept(tmp_path):
    split = walks(40)
    config = replace(LEARNING, epochs=3)
    run = Run.open(tmp_path, task="t", seed=0, data="", config={})
    train(split.train, ITEMS, config, 0, valid=split.valid, run=run)
    last = run.manifest.history["val_ndcg10"][-1]
    again = train(split.train, ITEMS, config, 0)
    assert ndcg(ranks(Scorer.of(again, config).scores, split.valid), 10) == pytest.approx(last)
