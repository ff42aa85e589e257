"""Why a transaction scored high: causes taken away one at a time, and the score measured again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from lepton_core.checking import check
from lepton_core.explain.base import Explainer, Explanation, Reason
from lepton_core.pipeline import Pipeline, Session

from .preprocessing import TransactionPreprocessor

MOST = 4
# Below this fall of the logit (a tenth of the odds) a cause is not worth a sentence.
_LEAST = 0.1

Features = dict[str, float]


@dataclass(frozen=True)
class Cause:
    """Something that can be unusual about a transaction.

    Args:
        key: of its sentence, below ``fraud_rnn.reason``.
        usual: the features it moves -> what they would be if nothing were unusual about it.
        values: what its sentence tells.
        told: whether there is anything to tell.
        needs: features that are there only with the usual decay times.
    """

    key: str
    usual: Callable[[Features, float], Features]
    values: Callable[[Features, float], dict[str, Any]]
    told: Callable[[Features], bool]
    needs: tuple[str, ...] = ()


# What the labels of a terminal without any fraud say, one week after the last of them.
_HONEST_TERMINAL = {
    "terminal_last_is_fraud": 0.0,
    "terminal_fraud_age": 60.0,
    "terminal_run_length": 0.0,
    "terminal_run_age": 60.0,
    "terminal_run_open": 0.0,
    "terminal_odds_log": -5.5,
    "terminal_frauds": 0.0,
    "terminal_fraud_rate": 0.0,
}


def _usual_amount(f: Features, amount: float) -> float:
    return float(np.expm1(f["card_mean_log"]))


CAUSES = (
    Cause(
        "amount",
        lambda f, amount: {
            "amount_log": f["card_mean_log"],
            "amount_ratio_log": 0.0,
            "amount_z": 0.0,
        },
        lambda f, amount: {
            "amount": amount,
            "ratio": float(np.exp(f["amount_ratio_log"])),
            "usual": _usual_amount(f, amount),
        },
        lambda f: f["amount_ratio_log"] > np.log(1.5),
    ),
    Cause(
        "small_amount",
        lambda f, amount: {
            "amount_log": f["card_mean_log"],
            "amount_ratio_log": 0.0,
            "amount_z": 0.0,
        },
        lambda f, amount: {"amount": amount, "usual": _usual_amount(f, amount)},
        lambda f: f["amount_ratio_log"] < -np.log(1.5),
    ),
    Cause(
        "terminal_run",
        lambda f, amount: _HONEST_TERMINAL,
        lambda f, amount: {
            "frauds": round(float(np.expm1(f["terminal_run_length"]))),
            "days": f["terminal_fraud_age"],
        },
        lambda f: f["terminal_last_is_fraud"] > 0.5,
    ),
    Cause(
        "terminal_frauds",
        lambda f, amount: _HONEST_TERMINAL,
        lambda f, amount: {"days": f["terminal_fraud_age"]},
        lambda f: f["terminal_last_is_fraud"] < 0.5 and f["terminal_fraud_age"] < 60.0,
    ),
    Cause(
        "terminal_anomalies",
        lambda f, amount: {"terminal_anomalies": 0.0},
        lambda f, amount: {"count": float(np.expm1(f["terminal_anomalies"]))},
        lambda f: f["terminal_anomalies"] > np.log(1.5),
    ),
    Cause(
        "card_outliers",
        lambda f, amount: {"card_outliers": 0.0, "card_outlier_age": 60.0},
        lambda f, amount: {"count": f["card_outliers"], "days": f["card_outlier_age"]},
        lambda f: f["card_outliers"] > 0.5,
    ),
    Cause(
        "card_rate",
        lambda f, amount: {"card_count_1d": float(np.log1p(_daily(f)))},
        lambda f, amount: {"count": float(np.expm1(f["card_count_1d"])), "usual": _daily(f)},
        lambda f: np.expm1(f["card_count_1d"]) > 1.5 * _daily(f) + 1.0,
        needs=("card_count_1d", "card_count_30d"),
    ),
    Cause(
        "card_spending",
        lambda f, amount: {name: 0.0 for name in f if name.startswith("card_mean_ratio_")},
        lambda f, amount: {"ratio": float(np.exp(f["card_mean_ratio_1d"]))},
        lambda f: f["card_mean_ratio_1d"] > np.log(1.5),
        needs=("card_mean_ratio_1d",),
    ),
    Cause(
        "night",
        lambda f, amount: {"is_night": 0.0, "hour_sin": 0.0, "hour_cos": -1.0},
        lambda f, amount: {"hour": _hour(f)},
        lambda f: f["is_night"] > 0.5,
    ),
)


def _daily(f: Features) -> float:
    """Transactions a day over the last weeks."""
    return float(np.expm1(f["card_count_30d"])) / 30.0


def _hour(f: Features) -> int:
    return int(np.arctan2(f["hour_sin"], f["hour_cos"]) / (2 * np.pi) * 24 % 24)


class TransactionExplainer(Explainer):
    """Up to four causes of a score, each measured by what the score is without it.

    A cause's contribution is the fall of the logit when its features are set to what is usual,
    the card's state before the transaction kept as it was. The state itself is a cause too: its
    contribution is measured against a card without a past.
    """

    def explain(
        self, pipeline: Pipeline, records: pa.Table, record_ids: list[str] | None = None
    ) -> list[Explanation]:
        preprocessor = pipeline.preprocessor
        assert isinstance(preprocessor, TransactionPreprocessor)
        session = Session(pipeline, trace=True)
        scored = session.step(records)
        x, state = session.traced["x"], session.traced["h"]
        if record_ids is None:
            positive = pipeline.decision.to_json()["classes"][1]
            rows = np.flatnonzero(scored["label"] == positive)
        else:
            wanted = pa.array(record_ids, pa.string())
            is_wanted = pa.compute.is_in(scored.columns["record_id"], wanted)
            rows = np.flatnonzero(is_wanted.to_numpy(zero_copy_only=False))
        ids, raw = scored["record_id"], preprocessor.unscale(x[rows])
        told = check(records.take(pa.array(scored.rows[rows])), pipeline.task.inputs).table
        amounts = told.column("amount").to_pylist()
        return [
            Explanation(
                str(ids[row]),
                float(scored["score"][row]),
                _reasons(pipeline, preprocessor, features, amount, x[row], state[row]),
            )
            for row, features, amount in zip(rows.tolist(), raw, amounts, strict=True)
        ]


def without(
    preprocessor: TransactionPreprocessor, raw: np.ndarray, cause: Cause, amount: float
) -> np.ndarray:
    """The scaled features float32 [F] of a transaction, given unscaled [F], less one cause."""
    features = dict(zip(preprocessor.feature_names, raw.tolist(), strict=True))
    usual = {**features, **cause.usual(features, amount)}
    return preprocessor.scale(preprocessor.consistent(np.array([[*usual.values()]], np.float32)))[0]


def _reasons(
    pipeline: Pipeline,
    preprocessor: TransactionPreprocessor,
    raw: np.ndarray,
    amount: float,
    x: np.ndarray,
    state: np.ndarray,
) -> tuple[Reason, ...]:
    features = dict(zip(preprocessor.feature_names, raw.tolist(), strict=True))
    there = [cause for cause in CAUSES if all(name in features for name in cause.needs)]
    causes = [cause for cause in there if cause.told(features)]
    variants = [x, *(without(preprocessor, raw, cause, amount) for cause in causes)]
    states = np.repeat(state[None], len(variants) + 1, axis=0)
    states[-1] = 0.0
    batch = np.stack([*variants, x]).astype(np.float32)
    scores = pipeline.runtime.run("step", {"x": batch, "h": states})["score"].reshape(-1)
    falls = scores[0] - scores[1:]
    found = [
        Reason(f"fraud_rnn.reason.{cause.key}", cause.values(features, amount), float(fall))
        for cause, fall in zip(causes, falls[:-1], strict=True)
    ]
    found.append(Reason("fraud_rnn.reason.card_past", {}, float(falls[-1])))
    found = [reason for reason in found if reason.contribution >= _LEAST]
    return tuple(sorted(found, key=lambda reason: -reason.contribution)[:MOST])
