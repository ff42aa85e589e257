"""Reasons are causes: taking away what is named lowers the score by what is told."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from credit_clients import client, records, with_column

from lepton_core.explain.base import Explanation
from lepton_core.pipeline import Pipeline
from solutions.fraud_rnn.credit.clients import Clients
from solutions.fraud_rnn.credit.preprocessing import CreditPreprocessor
from solutions.fraud_rnn.credit.reasons import CAUSES, CreditExplainer
from solutions.fraud_rnn.credit.task import MONTHS


@pytest.fixture(scope="module")
def explained(pipeline: Pipeline, clients: pa.Table) -> list[Explanation]:
    return CreditExplainer().explain(pipeline, clients)


def table_of(base: pa.Table, changed: Clients) -> pa.Table:
    """The records with the numbers of ``changed``; short histories become whole ones."""
    made = with_column(base, "limit", changed.limit)
    for name in ("delay", "bill", "paid"):
        for month in range(1, MONTHS + 1):
            values = getattr(changed, name)[:, MONTHS - month]
            kind = base.schema.field(f"{name}_{month}").type
            made = with_column(made, f"{name}_{month}", pa.array(values).cast(kind))
    return made


def test_everyone_who_is_called_is_explained(
    pipeline: Pipeline, clients: pa.Table, explained: list[Explanation]
) -> None:
    scored = pipeline.score(clients)
    called = scored["record_id"][scored["label"] == "defaults"].tolist()
    assert [one.record_id for one in explained] == called
    assert len(called) > 20
    some = [one for one in explained if one.reasons]
    assert len(some) > 0.9 * len(explained)


def test_reasons_are_few_strongest_first_and_in_both_languages(
    explained: list[Explanation],
) -> None:
    for one in explained:
        falls = [reason.contribution for reason in one.reasons]
        assert len(falls) <= 4
        assert falls == sorted(falls, reverse=True)
        assert all(fall >= 0.1 for fall in falls)
        for reason in one.reasons:
            english, chinese = reason.text("en"), reason.text("zh")
            assert english != chinese
            assert "{" not in english + chinese
            assert "reason." not in english + chinese


def test_taking_away_the_named_cause_lowers_the_score_by_what_is_told(
    pipeline: Pipeline, clients: pa.Table, explained: list[Explanation]
) -> None:
    """Through the whole pipeline, and by more than taking away another cause."""
    assert isinstance(pipeline.preprocessor, CreditPreprocessor)
    usual = pipeline.preprocessor.usual
    by_id = {one.record_id: one for one in explained if one.reasons}
    ids = clients["record_id"].to_pylist()
    rows = [ids.index(record_id) for record_id in by_id]
    some = clients.take(pa.array(rows))
    numbers = Clients.of(some)
    own = pipeline.score(some)["score"]
    falls = {}
    for cause in CAUSES:
        has, changed = cause.without(numbers, usual)
        fall = own - pipeline.score(table_of(some, changed))["score"]
        falls[cause.name] = np.where(has, fall, np.nan)
    rng = np.random.default_rng(0)
    named, other = [], []
    for row, one in enumerate(by_id.values()):
        cause = one.reasons[0].key.rpartition(".")[2].removesuffix("_one")
        assert falls[cause][row] == pytest.approx(one.reasons[0].contribution, abs=1e-4)
        rest = [name for name in falls if name != cause and not np.isnan(falls[name][row])]
        if rest:
            named.append(falls[cause][row])
            other.append(falls[rest[rng.integers(len(rest))]][row])
    assert len(named) > 20
    assert np.mean(np.array(named) > np.array(other)) == 1.0
    assert np.mean(named) > 2 * np.mean(other)


def test_a_client_who_is_behind_is_told_so(pipeline: Pipeline) -> None:
    late = client(delay_3=1, delay_2=2, delay_1=3)
    (one,) = CreditExplainer().explain(pipeline, records(late), ["0"])
    assert one.reasons[0].key in (
        "fraud_rnn.credit.reason.delay_now",
        "fraud_rnn.credit.reason.delay_before",
    )
    texts = [reason.text("en") for reason in one.reasons]
    assert "3 months behind with payments in the latest month" in texts


def test_one_month_behind_is_told_in_words(pipeline: Pipeline) -> None:
    (one,) = CreditExplainer().explain(pipeline, records(client(delay_1=1)), ["0"])
    assert "one month behind with payments in the latest month" in [
        reason.text("en") for reason in one.reasons
    ]


def test_no_delay_is_no_cause(pipeline: Pipeline) -> None:
    full = {f"bill_{month}": 118_000.0 for month in range(1, 7)}
    (one,) = CreditExplainer().explain(pipeline, records(client(**full)), ["0"])
    assert not any("delay" in reason.key for reason in one.reasons)


def test_asked_for_ids_are_explained_whatever_their_label(pipeline: Pipeline) -> None:
    explained = CreditExplainer().explain(pipeline, records(client(), client()), ["1"])
    assert [one.record_id for one in explained] == ["1"]
