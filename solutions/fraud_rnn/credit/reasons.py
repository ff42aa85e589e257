"""Why a client scores high: each cause made usual in turn, and the score taken again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from lepton_core.checking import check
from lepton_core.explain.base import Explainer, Explanation, Reason
from lepton_core.pipeline import Pipeline

from .clients import Clients
from .features import Usual, covered_share
from .preprocessing import CreditPreprocessor
from .task import CLASSES, MONTHS

_MOST = 4
# Below this fall of the logit (a tenth of the odds) a cause is not worth a sentence.
_LEAST = 0.1
# A bill that rose by less than this share of the limit did not rise.
_RISE = 0.1
_RECORDS_A_CALL = 1024
_KEYS = "fraud_rnn.credit.reason"

Changed = tuple[np.ndarray, Clients]


@dataclass(frozen=True)
class Cause:
    """Something that can raise a score.

    Args:
        name: of its sentence.
        without: numbers [n] and what is usual -> who has the cause, bool [n], and the same clients
            without it.
        told: what its sentence says of one client.
    """

    name: str
    without: Callable[[Clients, Usual], Changed]
    told: Callable[[Clients, Usual, int], dict[str, float]]


def _late_now(clients: Clients, usual: Usual) -> Changed:
    delay = clients.delay.copy()
    delay[:, -1] = np.minimum(delay[:, -1], 0.0)
    return clients.delay[:, -1] > 0, replace(clients, delay=delay)


def _late_before(clients: Clients, usual: Usual) -> Changed:
    delay = np.minimum(clients.delay, 0.0)
    delay[:, -1] = clients.delay[:, -1]
    late = np.asarray((clients.delay[:, :-1] > 0).any(axis=1))
    return late, replace(clients, delay=delay)


def _full(clients: Clients, usual: Usual) -> Changed:
    """A balance near the limit: bills and payments at the usual share of it."""
    used = _used(clients)
    scale = (usual.used / np.maximum(used, usual.used))[:, None]
    return used > usual.used, replace(clients, bill=clients.bill * scale, paid=clients.paid * scale)


def _unpaid(clients: Clients, usual: Usual) -> Changed:
    """Small payments: at least the usual share of each bill."""
    paid = clients.paid.copy()
    paid[:, 1:] = np.maximum(paid[:, 1:], usual.covered * np.maximum(clients.bill[:, :-1], 0.0))
    return _covered(clients) < usual.covered, replace(clients, paid=paid)


def _small(clients: Clients, usual: Usual) -> Changed:
    """A low limit: the usual one, with all amounts in proportion."""
    scale = usual.limit / np.minimum(clients.limit, usual.limit)
    bill, paid = (amount * scale[:, None] for amount in (clients.bill, clients.paid))
    return clients.limit < usual.limit, replace(
        clients, limit=clients.limit * scale, bill=bill, paid=paid
    )


def _rising(clients: Clients, usual: Usual) -> Changed:
    """A rising bill: the same on average, and level."""
    level = np.repeat(clients.bill.mean(axis=1, keepdims=True), MONTHS, axis=1)
    return _rise(clients) > _RISE, replace(clients, bill=level)


def _used(clients: Clients) -> np.ndarray:
    return (clients.bill / clients.limit[:, None]).mean(axis=1)


def _covered(clients: Clients) -> np.ndarray:
    """Mean share of the bills that was paid, over months with a bill before them; 1 without any."""
    share, owed = covered_share(clients.bill, clients.paid)[:, 1:], clients.bill[:, :-1] > 0
    count = owed.sum(axis=1)
    return np.where(count, (share * owed).sum(axis=1) / np.maximum(count, 1), 1.0)


def _rise(clients: Clients) -> np.ndarray:
    return (clients.bill[:, -1] - clients.bill[:, 0]) / clients.limit


def _tell_now(clients: Clients, usual: Usual, row: int) -> dict[str, float]:
    return {"months": float(clients.delay[row, -1])}


def _tell_before(clients: Clients, usual: Usual, row: int) -> dict[str, float]:
    before = clients.delay[row, :-1]
    return {"count": float((before > 0).sum()), "of": MONTHS - 1.0, "worst": float(before.max())}


def _tell_used(clients: Clients, usual: Usual, row: int) -> dict[str, float]:
    return {"used": float(_used(clients)[row]), "usual": usual.used}


def _tell_covered(clients: Clients, usual: Usual, row: int) -> dict[str, float]:
    return {"covered": float(_covered(clients)[row]), "usual": usual.covered}


def _tell_limit(clients: Clients, usual: Usual, row: int) -> dict[str, float]:
    return {"limit": float(clients.limit[row]), "usual": usual.limit}


def _tell_rise(clients: Clients, usual: Usual, row: int) -> dict[str, float]:
    return {"rise": float(_rise(clients)[row]), "months": MONTHS - 1.0}


CAUSES = (
    Cause("delay_now", _late_now, _tell_now),
    Cause("delay_before", _late_before, _tell_before),
    Cause("used", _full, _tell_used),
    Cause("covered", _unpaid, _tell_covered),
    Cause("limit", _small, _tell_limit),
    Cause("rising", _rising, _tell_rise),
)


class CreditExplainer(Explainer):
    """Up to four causes of a client's score, the strongest first.

    A cause's contribution is the fall of the raw score when it alone is made usual among the
    clients trained on: payments in time, the usual share of the limit used, and so on. Causes that
    go together share what they have in common.
    """

    def explain(
        self, pipeline: Pipeline, records: pa.Table, record_ids: list[str] | None = None
    ) -> list[Explanation]:
        scored = pipeline.score(records)
        ids, labels = scored["record_id"], scored["label"]
        wanted = labels == CLASSES[1] if record_ids is None else np.isin(ids, record_ids)
        some = records.take(pa.array(scored.rows[np.flatnonzero(wanted)]))
        explained: list[Explanation] = []
        for start in range(0, some.num_rows, _RECORDS_A_CALL):
            explained += _explain(pipeline, some.slice(start, _RECORDS_A_CALL))
        return explained


def _explain(pipeline: Pipeline, records: pa.Table) -> list[Explanation]:
    """Explanations of records [n] that are known to pass."""
    preprocessor = pipeline.preprocessor
    assert isinstance(preprocessor, CreditPreprocessor)
    table = check(records, pipeline.task.inputs, whole=False).table
    clients, usual = Clients.of(table), preprocessor.usual
    variants = [cause.without(clients, usual) for cause in CAUSES]

    def score(changed: Clients) -> np.ndarray:
        return pipeline.runtime.run("main", preprocessor.arrays(changed, table))["score"]

    own = score(clients)
    falls = np.stack([np.where(has, own - score(other), 0.0) for has, other in variants])
    found = []
    for row, record_id in enumerate(table["record_id"].to_pylist()):
        order = [at for at in np.argsort(-falls[:, row])[:_MOST] if falls[at, row] >= _LEAST]
        reasons = tuple(
            _reason(CAUSES[at], CAUSES[at].told(clients, usual, row), float(falls[at, row]))
            for at in order
        )
        found.append(Explanation(record_id, float(own[row]), reasons))
    return found


def _reason(cause: Cause, told: dict[str, Any], fall: float) -> Reason:
    name = cause.name
    if told.get("months") == 1 and name == "delay_now":
        name, told = "delay_now_one", {}
    return Reason(f"{_KEYS}.{name}", told, fall)
