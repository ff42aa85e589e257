"""Features of months by hand, and their order: oldest first."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from credit_clients import client, records

from lepton_core.errors import BundleError, UsageError
from solutions.fraud_rnn.credit.attributes import age_band
from solutions.fraud_rnn.credit.clients import Clients
from solutions.fraud_rnn.credit.config import FeatureConfig
from solutions.fraud_rnn.credit.features import MONTH_FEATURES, Usual, month_features
from solutions.fraud_rnn.credit.preprocessing import CreditPreprocessor

AT = {name: place for place, name in enumerate(MONTH_FEATURES)}


def features(**values: float) -> np.ndarray:
    """One client's months [6, F], oldest first."""
    made = Clients.of(records(client(**values)))
    return month_features(made.limit, made.delay, made.bill, made.paid, 100_000.0)[0]


def test_months_are_read_oldest_first() -> None:
    found = features(delay_1=3, delay_6=1)
    assert found[:, AT["months behind"]].tolist() == [1, 0, 0, 0, 0, 3]


def test_a_payment_is_set_against_the_bill_before_it() -> None:
    found = features(bill_2=20_000.0, paid_1=5_000.0)
    assert found[-1, AT["paid / bill before"]] == pytest.approx(0.25)
    assert found[-1, AT["left unpaid / limit"]] == pytest.approx(15_000 / 120_000)
    assert found[-1, AT["spent / limit"]] == pytest.approx((40_000 - 20_000 + 5_000) / 120_000)


def test_a_balance_is_set_against_the_limit() -> None:
    found = features(bill_1=90_000.0)
    assert found[-1, AT["bill / limit"]] == pytest.approx(0.75)
    assert found[-1, AT["change of bill / limit"]] == pytest.approx(50_000 / 120_000)


@pytest.mark.parametrize(("code", "feature"), [(-2, -2), (-1, -1), (0, 0), (2, 2), (3, 3), (9, 3)])
def test_every_delay_code_has_one_feature(code: int, feature: int) -> None:
    found = features(delay_1=code)[-1]
    codes = {name: found[place] for name, place in AT.items() if name.startswith("code")}
    assert [name for name, value in codes.items() if value] == [f"code {feature}"]


def test_extreme_amounts_give_finite_features() -> None:
    found = features(limit=1.0, bill_1=1e12, bill_2=-1e12, paid_1=1e12)
    assert np.isfinite(found).all()
    assert np.abs(found).max() < 100


def test_usual_is_the_median_of_those_who_owe() -> None:
    some = Clients.of(records(client(), client(limit=200_000.0), client(limit=400_000.0)))
    usual = Usual.of(some.limit, some.delay, some.bill, some.paid)
    assert usual.limit == 200_000.0
    assert usual.covered == pytest.approx(0.1)
    assert usual.used == pytest.approx(0.2)


def test_a_fit_without_any_bill_still_scores() -> None:
    nothing = client(**{f"bill_{month}": 0.0 for month in range(1, 7)})
    made = CreditPreprocessor().fit(records(nothing)).transform(records(nothing))
    assert np.isfinite(made.arrays["months"]).all()


def test_age_bands_meet_without_a_gap() -> None:
    ages = pa.chunked_array([np.arange(18.0, 90.0)])
    bands = age_band(ages)
    assert bands[[0, 6, 7, 71]].tolist() == ["24_and_under", "24_and_under", "25_34", "55_and_over"]
    assert len(np.unique(bands)) == 5


def test_an_unknown_attribute_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match="religion") as error:
        FeatureConfig(("religion",))
    assert "education" in str(error.value)


def test_a_bundle_of_other_features_is_refused() -> None:
    state, arrays = CreditPreprocessor().fit(records(client())).state()
    again = CreditPreprocessor.from_state(state, arrays)
    assert again.usual.limit == 120_000.0
    with pytest.raises(BundleError) as error:
        CreditPreprocessor.from_state({**state, "months": ["bill"]}, arrays)
    assert error.value.key == "fraud_rnn.credit.error.other_features"
