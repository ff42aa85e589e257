"""The network: causal, one step equals the whole sequence, the same from the same seed."""

import os

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from lepton_core.models.recurrent import score_histories
from lepton_core.training.sequences import entity_sequences
from solutions.fraud_rnn.transactions import model as network
from solutions.fraud_rnn.transactions.config import ModelConfig
from solutions.fraud_rnn.transactions.features import SUSPICION, TERMINAL_ODDS, Layout

F = 6
INPUTS = Layout((*"abc", SUSPICION, "d", TERMINAL_ODDS), of_card=4)
SCALING = (np.zeros(F, np.float32), np.ones(F, np.float32))
SMALL = ModelConfig(
    dense_units=8, gru_units=8, head_units=8, epochs=2, learning_rate=2e-2, batch_cards=8
)


def train(x, cards, label, mask, config, seed):
    return network.train(x, cards, label, mask, config, INPUTS, SCALING, seed)


@pytest.fixture(scope="module")
def stream():
    """Rows of 30 cards; a card is in fraud once its first feature has been high."""
    rng = np.random.default_rng(0)
    cards = rng.integers(0, 30, 900)
    x = rng.normal(size=(900, F)).astype(np.float32)
    hot = np.zeros(30, bool)
    label = np.zeros(900, np.int8)
    for i, card in enumerate(cards):
        hot[card] |= x[i, 0] > 1.5
        label[i] = hot[card]
    return x, cards, label


def test_padding_and_the_future_change_no_score(stream):
    model = network.build(SMALL, INPUTS)
    x = stream[0][:20][None]
    whole = model.predict_on_batch(x)
    padded = np.concatenate([x, np.full((1, 5, F), 9, np.float32)], axis=1)
    np.testing.assert_allclose(model.predict_on_batch(padded)[:, :20], whole, atol=1e-6)


def test_before_training_a_score_is_the_odds_of_either_cause(stream):
    x, cards, _ = stream
    # The card's and the terminal's log odds, as the scaling took them.
    mean, spread = np.full(F, -2.0, np.float32), np.full(F, 3.0, np.float32)
    fixed = network.Fixed(network.fit_bins(x, SMALL.bins), mean, spread)
    score = score_histories(network.build(SMALL, INPUTS, 0, fixed), x, cards)
    card, terminal = (1 / (1 + np.exp(-(3.0 * x[:, at].astype(float) - 2.0))) for at in (3, 5))
    expected = 1 - (1 - card) * (1 - terminal)
    np.testing.assert_allclose(1 / (1 + np.exp(-score.astype(float))), expected, atol=1e-5)


def test_the_cards_state_holds_nothing_of_the_terminal(stream):
    x, _, _ = stream
    fixed = network.Fixed(network.fit_bins(x, SMALL.bins), *SCALING)
    step = network.build_step(network.build(SMALL, INPUTS, 3, fixed), SMALL)
    other = x[:50].copy()
    other[:, INPUTS.of_card :] += 1.0
    state = np.zeros((50, SMALL.gru_units), np.float32)
    a, b = (step.predict_on_batch([rows, state])[1] for rows in (x[:50], other))
    np.testing.assert_array_equal(a, b)
    other[:, 0] += 1.0
    assert np.abs(step.predict_on_batch([other, state])[1] - a).max() > 1e-3


def test_one_step_at_a_time_equals_the_whole_history(stream):
    x, cards, _ = stream
    model = network.build(SMALL, INPUTS, seed=3)
    step = network.build_step(model, SMALL)
    whole = score_histories(model, x, cards)
    state = np.zeros((30, SMALL.gru_units), np.float32)
    scores = np.empty(len(cards), np.float32)
    for row, card in enumerate(cards[:200]):
        score, new = step.predict_on_batch([x[row : row + 1], state[card : card + 1]])
        scores[row], state[card] = score[0], new[0]
    np.testing.assert_allclose(scores[:200], whole[:200], atol=1e-5)


def test_the_step_shares_its_weights_with_the_network(stream):
    model = network.build(SMALL, INPUTS)
    step = network.build_step(model, SMALL)
    model.set_weights([w + 0.1 for w in model.get_weights()])
    for ours, theirs in zip(step.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_batches_hold_every_row_once_each_card_in_order_and_have_few_shapes(stream):
    _, cards, _ = stream
    batches = entity_sequences(cards, batch_entities=4, seed=1)
    seen = np.concatenate([b.rows[b.rows >= 0] for b in batches])
    assert sorted(seen) == list(range(900))
    for batch in batches:
        for rows in batch.rows:
            rows = rows[rows >= 0]
            assert len(np.unique(cards[rows])) <= 1
            assert (np.diff(rows) > 0).all()
    sizes = np.repeat(np.arange(1, 500), 2)
    many = np.repeat(np.arange(len(sizes)), sizes)
    assert len({b.rows.shape for b in entity_sequences(many, 4)}) <= 16


def test_the_same_seed_gives_the_same_batches_and_another_seed_does_not(stream):
    def first(seed):
        return entity_sequences(stream[1], 4, seed)[0].rows.tolist()

    assert first(1) == first(1) != first(2)


def test_training_finds_what_only_the_cards_past_tells(stream):
    x, cards, label = stream
    config = ModelConfig(
        dense_units=8, gru_units=8, head_units=8, epochs=40, learning_rate=2e-2, batch_cards=4
    )
    model = train(x, cards, label, np.ones(900, bool), config, seed=0)
    score = score_histories(model, x, cards)
    hidden = x[:, 0] < 1.0  # rows that do not show it themselves
    assert np.mean((score > 0)[hidden] == (label == 1)[hidden]) > 0.9


def test_labels_outside_the_loss_are_never_read(stream):
    x, cards, label = stream
    mask = np.arange(900) >= 450
    upset = np.where(mask, label, 1 - label)
    a, b = (train(x, cards, y, mask, SMALL, seed=0).get_weights() for y in (label, upset))
    for ours, theirs in zip(a, b, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_the_same_seed_trains_the_same_network(stream):
    x, cards, label = stream
    a, b = (train(x, cards, label, label >= 0, SMALL, seed=5) for _ in range(2))
    np.testing.assert_allclose(
        score_histories(a, x, cards), score_histories(b, x, cards), atol=1e-5
    )
