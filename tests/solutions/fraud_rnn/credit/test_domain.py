"""What is true of card clients, whatever the model: delays, the order of months, young accounts."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from credit_clients import client, months_of, records, with_column

from lepton_core.pipeline import Pipeline
from lepton_core.solution import Task
from solutions.fraud_rnn.credit.task import MONTHS


def scores(pipeline: Pipeline, *some: dict) -> np.ndarray:
    scored = pipeline.score(records(*some))
    assert len(scored) == len(some)
    return scored["score"]


def test_the_further_behind_the_higher_the_score(pipeline: Pipeline) -> None:
    behind = (
        client(delay_1=1),
        client(delay_2=1, delay_1=2),
        client(delay_3=1, delay_2=2, delay_1=3),
    )
    found = scores(pipeline, client(), *behind)
    assert (np.diff(found) > 0).all(), found


def test_a_delay_of_the_latest_month_weighs_more_than_one_long_made_good(
    pipeline: Pipeline,
) -> None:
    now, long_ago = scores(pipeline, client(delay_1=2), client(delay_6=2))
    assert now > long_ago + 0.5


def test_getting_worse_scores_higher_than_getting_better(pipeline: Pipeline) -> None:
    worse = client(delay_3=1, delay_2=2, delay_1=3)
    better = client(delay_6=1, delay_5=2, delay_4=3)
    first, second = scores(pipeline, worse, better)
    assert first > second + 0.5


def test_the_order_of_the_months_is_read(pipeline: Pipeline, clients: pa.Table) -> None:
    """The same months the other way round are another client."""
    whole = clients.filter(clients["delay_6"].is_valid())
    order = list(range(MONTHS, 0, -1))
    own, turned = (pipeline.score(t)["score"] for t in (whole, months_of(whole, order)))
    assert np.abs(own - turned).mean() > 0.1
    truth = np.asarray(whole["default"]) == 1
    assert _separation(own, truth) > _separation(turned, truth) + 0.02


def _separation(score: np.ndarray, truth: np.ndarray) -> float:
    from lepton_core.evaluation.metrics import auc

    return auc(truth.astype(int), score)


@pytest.mark.parametrize("name", ["sex", "age", "education", "marriage"])
def test_protected_attributes_are_no_input(
    pipeline: Pipeline, clients: pa.Table, name: str
) -> None:
    """Neither another value nor none changes a score, to the bit."""
    own = pipeline.score(clients)["score"]
    turned = with_column(clients, name, clients[name].combine_chunks()[::-1])
    empty = with_column(clients, name, pa.nulls(len(clients), clients[name].type))
    for other in (turned, empty, clients.drop_columns([name])):
        assert np.array_equal(pipeline.score(other)["score"], own)


@pytest.mark.parametrize("attribute", ["sex", "age", "education", "marriage"])
def test_an_attribute_that_is_asked_for_is_read(
    task: Task, clients: pa.Table, attribute: str
) -> None:
    """The setting works, so that its worth can be measured."""
    from solutions.fraud_rnn.credit.config import FeatureConfig
    from solutions.fraud_rnn.credit.preprocessing import CreditPreprocessor

    plain = CreditPreprocessor().fit(clients).transform(clients).arrays
    more = CreditPreprocessor(FeatureConfig((attribute,))).fit(clients).transform(clients).arrays
    assert more["client"].shape[1] > plain["client"].shape[1] == 1
    assert np.isfinite(more["client"]).all()
    assert np.array_equal(more["months"], plain["months"])


def test_a_young_account_is_scored_from_the_months_it_has(pipeline: Pipeline) -> None:
    """Empty months at the old end are the same as months without use."""
    names = [f"{name}_{month}" for name in ("delay", "bill", "paid") for month in (4, 5, 6)]
    young = client(**dict.fromkeys(names))
    unused = client(**{name: -2 if name.startswith("delay") else 0.0 for name in names})
    first, second = scores(pipeline, young, unused)
    assert first == second
    late = client(**dict.fromkeys(names), delay_1=2)
    assert scores(pipeline, late)[0] > first + 0.5


def test_the_currency_does_not_matter_to_training(clients: pa.Table) -> None:
    """Amounts in another currency, all of them, give the same features after fitting."""
    from solutions.fraud_rnn.credit.preprocessing import CreditPreprocessor

    other = clients
    names = ["limit", *(f"{name}_{m}" for name in ("bill", "paid") for m in range(1, MONTHS + 1))]
    for name in names:
        values = clients[name].combine_chunks().to_numpy(zero_copy_only=False) / 32.0
        other = with_column(other, name, pa.array(values, from_pandas=True))
    own = CreditPreprocessor().fit(clients).transform(clients).arrays
    theirs = CreditPreprocessor().fit(other).transform(other).arrays
    for name, values in own.items():
        np.testing.assert_allclose(theirs[name], values, atol=1e-5)


def test_a_client_stands_alone(pipeline: Pipeline, clients: pa.Table) -> None:
    """Order and company of a client change nothing of the score."""
    turned = clients.take(pa.array(np.arange(len(clients))[::-1]))
    together, apart = pipeline.score(clients)["score"], pipeline.score(turned)["score"]
    np.testing.assert_allclose(apart[::-1], together, atol=1e-5)


def test_the_label_is_never_read_in_scoring(pipeline: Pipeline, clients: pa.Table) -> None:
    own = pipeline.score(clients)["score"]
    assert np.array_equal(pipeline.score(clients.drop_columns(["default"]))["score"], own)
