"""Customers with a contract to the network's input; gender and age are not read."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.tabular import TablePreprocessor

_SERVICES = ("security", "backup", "protection", "support", "tv", "films")


class ChurnPreprocessor(TablePreprocessor):
    """The feature columns of the Spec, and what is derived from them."""

    def derive(self, records: pa.Table) -> pa.Table:
        """The logarithm of the tenure, whose first months say the most; how many services; and how
        this month's charge compares with the mean of those before."""
        tenure = records.column("tenure").to_numpy()
        monthly = records.column("monthly").to_numpy()
        services = np.zeros(records.num_rows)
        for name in _SERVICES:
            if name in records.column_names:
                yes = pc.equal(pc.utf8_lower(records.column(name)), "yes")
                services += pc.fill_null(yes, False).to_numpy(zero_copy_only=False)
        total = np.full(records.num_rows, np.nan)
        if "total" in records.column_names:
            total = pc.fill_null(records.column("total"), np.nan).to_numpy()
        before = np.where(tenure > 0, total / np.maximum(tenure, 1.0), monthly)
        change = np.where(np.isfinite(before), monthly - before, 0.0)
        derived = {"log_tenure": np.log1p(tenure), "services": services, "change": change}
        for name, values in derived.items():
            records = records.append_column(name, pa.array(values))
        return records
