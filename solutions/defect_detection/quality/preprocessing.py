"""Records to points on charts; all that the task computes happens here."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.errors import DataError
from lepton_core.preprocessing import Prepared, Preprocessor
from lepton_core.rejects import Rejects
from lepton_core.settings import from_dict, to_dict

from .charts import Limits, Subgroup, estimate, without_signals
from .config import Config
from .history import COLUMNS, ChartHistory, is_usable
from .reading import Fault, is_measured, read

_FEWEST = 2


class ChartPreprocessor(Preprocessor):
    """The charts of all lines.

    Args:
        config: chart, baseline and tolerance.
        known: line -> frozen limits, from :meth:`fit`.
    """

    def __init__(
        self, config: Config | None = None, known: dict[str, Limits] | None = None
    ) -> None:
        self.config = config or Config()
        self.known = known or {}

    def new_history(self) -> ChartHistory:
        return ChartHistory(self.config, self.known)

    def fit(self, records: pa.Table) -> ChartPreprocessor:
        """Phase I: freeze the limits of every line in ``records``, checked and in order.

        Raises:
            DataError: ``few_subgroups``, where a line has fewer than two; ``constant`` and
                ``no_defects``, where there is no spread to take limits from.
        """
        kind = self.config.chart.kind
        self.known = {}
        for line, subgroups in self.subgroups(records).items():
            if len(subgroups) < _FEWEST:
                raise _unusable("few_subgroups", line=line or "-", n=len(subgroups))
            if self.config.baseline.drop_signals:
                subgroups = without_signals(kind, subgroups) or subgroups
            limits = estimate(kind, subgroups)
            if not is_usable(kind, limits):
                key = "constant" if is_measured(kind) else "no_defects"
                raise _unusable(key, line=line or "-", n=len(subgroups), value=limits.centre)
            self.known[line] = limits
        return self

    def subgroups(self, records: pa.Table) -> dict[str, list[Subgroup]]:
        """The complete subgroups of each line, single parts gathered."""
        history = ChartHistory(self.config, {})
        score, kept, _ = self._walk(records, history)
        lines = _lines(records).to_pylist()
        found: dict[str, list[Subgroup]] = {line: [] for line in lines}
        at = {name: score[:, place] for place, name in enumerate(COLUMNS)}
        for place, row in enumerate(kept.tolist()):
            if not at["complete"][place]:
                continue
            n, value = int(at["size"][place]), float(at["value"][place])
            if self.config.chart.kind in ("p", "u"):
                value = round(value * n)  # the chart shows a share
            spread = float(at["spread"][place])
            found[lines[row]].append(Subgroup(n, value, spread))
        return found

    def transform(self, records: pa.Table, history: Any = None) -> Prepared:
        """A row of numbers a record; one that does not fit the chart is refused."""
        memory = self.new_history() if history is None else history
        score, kept, rejects = self._walk(records, memory)
        return Prepared({"score": score.astype(np.float32)}, kept, rejects)

    def _walk(
        self, records: pa.Table, history: ChartHistory
    ) -> tuple[np.ndarray, np.ndarray, Rejects]:
        chart, ids = self.config.chart, records.column("record_id").to_pylist()
        slots = history.slots(_lines(records)).tolist()
        rows, kept, rejects = [], [], Rejects()
        for row, reading in enumerate(read(records, chart.kind, chart.unsure)):
            if isinstance(reading, Fault):
                rejects.add(row, ids[row], reading.key, **reading.values)
                continue
            rows.append(history.step(slots[row], reading))
            kept.append(row)
        score = np.array(rows, np.float64).reshape(len(rows), len(COLUMNS))
        return score, np.array(kept, np.int64), rejects

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        limits = {
            line: {"centre": one.centre, "sigma": one.sigma, "subgroups": one.subgroups}
            for line, one in self.known.items()
        }
        return {"config": to_dict(self.config), "limits": limits}, {}

    @classmethod
    def from_state(cls, state: dict[str, Any], arrays: dict[str, np.ndarray]) -> ChartPreprocessor:
        known = {line: Limits(**values) for line, values in state["limits"].items()}
        return cls(from_dict(Config, state["config"]), known)


def _lines(records: pa.Table) -> pa.ChunkedArray:
    """The line of each record; records without one are of one and the same."""
    return pc.fill_null(records.column("line"), "")


def _unusable(key: str, **values: Any) -> DataError:
    return DataError(f"defect_detection.quality.error.{key}", **values)
