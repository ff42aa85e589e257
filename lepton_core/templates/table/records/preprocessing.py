"""Records to the network's input: scaled numbers, one-hot text, and columns of your own."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.tabular import TablePreprocessor


class RecordPreprocessor(TablePreprocessor):
    """The feature columns of the Spec, and what is derived from them.

    Step 3 of the README: what an expert would work out before judging a record belongs here. It
    may use the same record alone, never its label, and runs the same in training and scoring.
    """

    def derive(self, records: pa.Table) -> pa.Table:
        """The fee for one machine: what tells a dear contract from a large one."""
        machines = pc.cast(records["machines"], pa.float64())
        return records.append_column("machine_fee", pc.divide(records["monthly_fee"], machines))
