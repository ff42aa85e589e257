"""Clients to arrays: what each of six months says, oldest first, and what the client brings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.errors import BundleError
from lepton_core.preprocessing import Prepared, Preprocessor
from lepton_core.rejects import Rejects

from .clients import Clients
from .config import FeatureConfig
from .features import CODES, MONTH_FEATURES, Usual, client_features, month_features
from .task import MONTHS


class CreditPreprocessor(Preprocessor):
    """Months and client as float32 arrays, ``months`` [n, 6, F] and ``client`` [n, S].

    A record whose months are given by halves (a delay without its bill) or with a gap between them
    is refused with a reason; months that are missing at the old end are a young account.

    Args:
        config: which attributes are read besides the limit.
    """

    def __init__(self, config: FeatureConfig | None = None) -> None:
        self.config = config or FeatureConfig()
        self.usual = Usual()

    def fit(self, records: pa.Table) -> CreditPreprocessor:
        """Learn what is usual among checked training records."""
        whole, _ = _whole(records)
        clients = Clients.of(records.take(pa.array(whole)))
        self.usual = Usual.of(clients.limit, clients.delay, clients.bill, clients.paid)
        return self

    def transform(self, records: pa.Table, history: Any = None) -> Prepared:
        """Checked records [n] to ``months`` [n, 6, F] and ``client`` [n, S]."""
        kept, rejects = _whole(records)
        if len(kept) < records.num_rows:
            records = records.take(pa.array(kept))
        return Prepared(self.arrays(Clients.of(records), records), kept, rejects)

    def arrays(self, clients: Clients, records: pa.Table) -> dict[str, np.ndarray]:
        """The model's inputs.

        Args:
            clients: the numbers [n].
            records: the same records, for the attributes that the configuration names.
        """
        months = month_features(
            clients.limit, clients.delay, clients.bill, clients.paid, self.usual.limit
        )
        attributes = self.config.attributes
        client = client_features(clients.limit, records, attributes, self.usual)
        return {"months": months, "client": client}

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        return {
            "attributes": list(self.config.attributes),
            "months": list(MONTH_FEATURES),
            "codes": list(CODES),
            "usual": self.usual.to_json(),
        }, {}

    @classmethod
    def from_state(
        cls, state: Mapping[str, Any], arrays: Mapping[str, np.ndarray]
    ) -> CreditPreprocessor:
        """The preprocessor that :meth:`state` described.

        Raises:
            BundleError: it was fitted by a version with other features.
        """
        if tuple(state["months"]) != MONTH_FEATURES or tuple(state["codes"]) != CODES:
            raise BundleError(
                "fraud_rnn.credit.error.other_features",
                expected=", ".join(state["months"]),
                received=", ".join(MONTH_FEATURES),
            )
        made = cls(FeatureConfig(attributes=tuple(state["attributes"])))
        made.usual = Usual(**state["usual"])
        return made


def _whole(records: pa.Table) -> tuple[np.ndarray, Rejects]:
    """Positions of the records whose months are complete, and why the others are not."""
    rejects = Rejects()
    there = {
        f"{name}_{month}": pc.is_valid(records[f"{name}_{month}"]).to_numpy(zero_copy_only=False)
        for name in ("delay", "bill", "paid")
        for month in range(1, MONTHS + 1)
    }
    if all(given.all() for given in there.values()):
        return np.arange(records.num_rows), rejects
    ids = records["record_id"]
    for month in range(1, MONTHS + 1):
        names = [f"{name}_{month}" for name in ("delay", "bill", "paid")]
        some = there[names[0]] | there[names[1]] | there[names[2]]
        for name in names:
            for row in np.flatnonzero(some & ~there[name]).tolist():
                others = ", ".join(other for other in names if there[other][row])
                rejects.add(row, ids[row].as_py(), "half_given", column=name, given=others)
        if month > 1:
            for row in np.flatnonzero(some & ~there[f"delay_{month - 1}"]).tolist():
                gap = f"delay_{month - 1}"
                if not there[f"bill_{month - 1}"][row] and not there[f"paid_{month - 1}"][row]:
                    rejects.add(row, ids[row].as_py(), "gap", column=gap, given=names[0])
    kept = np.array([row for row in range(records.num_rows) if row not in rejects], np.int64)
    return kept, rejects
