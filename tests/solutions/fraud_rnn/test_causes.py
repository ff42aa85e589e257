"""Card or terminal: what each alone says of a payment, and how that is learned from labels."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.checking import check
from lepton_core.solution import find_task
from solutions.fraud_rnn.transactions.card_history import CardHistory
from solutions.fraud_rnn.transactions.config import FeatureConfig
from solutions.fraud_rnn.transactions.features import SUSPICION, TERMINAL_ODDS, FeatureEngine
from solutions.fraud_rnn.transactions.learned import MEMORY_DAYS, either, learn_history
from solutions.fraud_rnn.transactions.preprocessing import TransactionPreprocessor
from solutions.fraud_rnn.transactions.suspicion import UNKNOWN, CardSuspicion, chance

DAY_US = 86_400_000_000


def world(seed: int = 0, stays: float = 14.0, days: int = 90, terminals: int = 120):
    """Payments of 300 cards at terminals of which some are compromised for `stays` days each.

    All payments at a compromised terminal are fraud, with ordinary amounts; besides, one payment
    in 500 is six times what its card usually pays, and fraud.
    """
    rng = np.random.default_rng(seed)
    n = 600 * days
    day = np.sort(rng.uniform(0, days, n))
    card, terminal = rng.integers(0, 300, n), rng.integers(0, terminals, n)
    usual = rng.uniform(10, 60, 300)[card]
    amount = np.maximum(usual * rng.normal(1.0, 0.3, n), 0.5)
    stolen = rng.random(n) < 0.002
    amount[stolen] = 6.0 * usual[stolen]
    starts = rng.uniform(0, days, terminals)
    at_terminal = (day >= starts[terminal]) & (day < starts[terminal] + stays)
    label = (stolen | at_terminal).astype(np.int8)
    ids = pa.array(card), pa.array(terminal)
    return (*ids, (day * DAY_US).astype(np.int64), amount, label), stolen, at_terminal


def learn(given, train):
    config, weights, x = learn_history(FeatureConfig(), given, train)
    names = FeatureEngine(config).names
    return config, weights, {name: x[:, at] for at, name in enumerate(names)}


@pytest.mark.parametrize("stays", [7.0, 14.0, 42.0])
def test_how_long_a_terminal_stays_compromised_is_read_off_the_labels(stays: float) -> None:
    given, _, _ = world(stays=stays)
    config, _, _ = learn(given, np.arange(30_000, len(given[4])))
    assert config.fraud_memory_days == stays
    assert stays in MEMORY_DAYS


def test_what_is_set_by_hand_is_not_learned() -> None:
    given, _, _ = world(days=30)
    mine = FeatureConfig(fraud_memory_days=21.0, outlier_amount=500.0)
    config, _, _ = learn_history(mine, given, np.arange(9_000, 18_000))
    assert (config.fraud_memory_days, config.outlier_amount) == (21.0, 500.0)


def test_the_cards_suspicion_sees_stolen_cards_and_not_terminals() -> None:
    given, stolen, at_terminal = world()
    train, test = np.arange(20_000, 36_000), slice(40_000, None)
    _, _, x = learn(given, train)
    suspicion = x[SUSPICION][test]
    honest = ~stolen[test] & ~at_terminal[test]
    assert suspicion[stolen[test]].min() > np.quantile(suspicion[honest], 0.99)
    # Its terminal moves nothing of it: as often above the median as honest payments.
    same = (suspicion[at_terminal[test] & ~stolen[test]] > np.median(suspicion[honest])).mean()
    assert 0.45 < same < 0.55


def test_a_fraud_that_its_card_explains_says_nothing_about_the_terminal() -> None:
    given, _, _ = world()
    config, weights, _ = learn(given, np.arange(20_000, 36_000))

    def odds(amount: float) -> float:
        """Of the shop, eight days after one fraud of this amount there."""
        engine = FeatureEngine(config, weights)
        cards = pa.array(["a"] * 20 + ["b"])
        shops = pa.array(["elsewhere"] * 19 + ["shop"] * 2)
        day = np.append(np.linspace(0, 10, 20), 18.0)
        amounts = np.full(21, 20.0)
        amounts[19] = amount
        label = np.array([0] * 19 + [1, -1], np.int8)
        x = engine.step(cards, shops, (day * DAY_US).astype(np.int64), amounts, label)
        return float(x[-1, engine.names.index(TERMINAL_ODDS)])

    assert odds(20.0) > odds(200.0) + 0.5


def test_more_frauds_in_a_row_raise_the_terminals_odds_and_a_genuine_one_ends_them() -> None:
    def odds(labels: list[int]) -> float:
        engine = FeatureEngine(FeatureConfig())
        n = len(labels)
        day = np.append(10.0 + np.arange(n) / 10, 18.0)
        cards = pa.array([f"card{i}" for i in range(n + 1)])
        given = pa.array(["shop"] * (n + 1)), (day * DAY_US).astype(np.int64), np.full(n + 1, 20.0)
        x = engine.step(cards, *given, np.array([*labels, -1], np.int8))
        return float(x[-1, engine.names.index(TERMINAL_ODDS)])

    assert odds([0, 1]) < odds([0, 1, 1]) < odds([0, 1, 1, 1])
    assert odds([0, 1, 1, 1, 0]) < odds([0, 1]) - 1


def test_labels_of_one_kind_teach_no_suspicion() -> None:
    names = CardHistory(FeatureConfig()).names
    suspicion = CardSuspicion(names, np.inf)
    x = np.random.default_rng(0).normal(size=(50, len(names))).astype(np.float32)
    for label in (np.zeros(50, np.int8), np.ones(50, np.int8), np.full(50, -1, np.int8)):
        assert suspicion.fit(x, label) is None
        assert (suspicion.log_odds(x) == UNKNOWN).all()


def test_a_fraud_that_its_terminal_explains_does_not_make_ordinary_payments_suspicious() -> None:
    given, stolen, at_terminal = world()
    cards = CardHistory(FeatureConfig())
    x = np.empty((len(stolen), len(cards.names)), np.float32)
    cards.step(given[0], given[2] / DAY_US, given[3], x)
    terminal = np.where(at_terminal, 6.0, -6.0)
    marginal, apart = (CardSuspicion(cards.names, np.inf) for _ in range(2))
    marginal.fit(x, given[4])
    apart.fit(x, given[4], terminal)
    ordinary = ~stolen & ~at_terminal
    before, after = (chance(one.log_odds(x)[ordinary]).mean() for one in (marginal, apart))
    assert after < before / 20
    assert chance(apart.log_odds(x)[stolen]).mean() > 0.5


def test_either_is_the_chance_of_at_least_one_cause() -> None:
    a, b = np.array([0.2, 0.9, 1e-5]), np.array([0.1, 0.3, 1e-5])
    odds = np.exp(either(np.log(a / (1 - a)), np.log(b / (1 - b))))
    np.testing.assert_allclose(odds / (1 + odds), 1 - (1 - a) * (1 - b))


def test_facts_are_in_units_that_a_person_would_use() -> None:
    task = find_task("fraud_rnn")
    records = check(task.hook(task.sample)(seed=1, cards=60, terminals=20, days=40), task.inputs)
    preprocessor = TransactionPreprocessor().fit(records.table)
    facts = preprocessor.facts(preprocessor.transform(records.table).arrays)
    assert set(facts) == set(preprocessor.fact_types())
    amount = records.table.column("amount").to_numpy()
    known = (facts["card_payments"] > 20) & (facts["amount_ratio"] > 0.02)
    usual = facts["amount_ratio"][known] * facts["card_usual_amount"][known]
    # Ratios are cut at a hundredth and a hundred, and features are float32.
    np.testing.assert_allclose(usual, amount[known], rtol=0.02)
    assert facts["card_payments"][0] == pytest.approx(0.0, abs=1e-3)
    card = records.table.column("card").to_pylist()
    last = len(card) - 1
    assert facts["card_payments"][last] == pytest.approx(card[:last].count(card[last]), rel=1e-3)
    for name in ("card_risk", "terminal_risk"):
        assert ((facts[name] > 0) & (facts[name] < 1)).all()
