"""Patients to arrays; who cannot be true, or lacks what the bundle needs, is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from lepton_core.errors import BundleError, DataError
from lepton_core.preprocessing import Prepared, Preprocessor
from lepton_core.rejects import Rejects

from .config import PatientConfig
from .factors import BY_NAME, FACTORS
from .features import feature_names, features, usual_values
from .impossible import find_impossible
from .patients import Patients

# A factor that fewer of the training records have than this is not read.
_LEAST_KNOWN = 0.5


class PatientPreprocessor(Preprocessor):
    """Features of each patient as ``x`` float32 [n, F].

    Which factors are read, and which of them every record must have, is learned from the training
    records and stands in the bundle.

    Args:
        config: which factors may be read, and how many may be unknown.
    """

    def __init__(self, config: PatientConfig | None = None) -> None:
        self.config = config or PatientConfig()
        self.factors: tuple[str, ...] = ()
        self.needed: tuple[str, ...] = ()
        self.usual: dict[str, float] = {}

    def fit(self, records: pa.Table) -> PatientPreprocessor:
        """Learn which factors there are, and what is usual, from checked training records.

        Raises:
            DataError: ``medical_imaging.disease.error.no_factors``.
        """
        patients = Patients.of(records)
        wrong = find_impossible(patients, records["record_id"])
        patients = patients.take(
            np.array([row for row in range(len(patients)) if row not in wrong], np.int64)
        )
        if not len(patients):
            raise DataError(
                "medical_imaging.disease.error.all_impossible",
                n=records.num_rows,
                reasons=", ".join(f"{key} {n:,}" for key, n in wrong.counts().items()),
            )
        allowed = self.config.factors or tuple(factor.name for factor in FACTORS)
        known = {name: float(np.mean(~np.isnan(patients[name]))) for name in allowed}
        self.factors = tuple(name for name in allowed if known[name] >= _LEAST_KNOWN)
        if len(self.factors) < 2:
            found = ", ".join(f"{name} {share:.0%}" for name, share in known.items() if share)
            raise DataError(
                "medical_imaging.disease.error.no_factors",
                received=found or "-",
                expected=", ".join(allowed),
            )
        self.needed = tuple(name for name in self.config.needed if name in self.factors)
        self.usual = usual_values(patients, self.factors)
        return self

    def transform(self, records: pa.Table, history: Any = None) -> Prepared:
        """Checked records [n] to ``x`` [n, F]."""
        patients, ids = Patients.of(records), records["record_id"]
        rejects = find_impossible(patients, ids)
        self._refuse_unknown(patients, ids, rejects)
        kept = np.array([row for row in range(records.num_rows) if row not in rejects], np.int64)
        return Prepared(self.arrays(patients.take(kept)), kept, rejects)

    def arrays(self, patients: Patients) -> dict[str, np.ndarray]:
        """The model's input for patients that pass."""
        return {"x": features(patients, self.factors, self.needed, self.usual)}

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the F features, in the order of ``x``."""
        return feature_names(self.factors, self.needed)

    @property
    def optional(self) -> tuple[str, ...]:
        """The factors that are read where they are given."""
        return tuple(name for name in self.factors if name not in self.needed)

    def _refuse_unknown(self, patients: Patients, ids: pa.ChunkedArray, rejects: Rejects) -> None:
        """Refuse who lacks a needed factor, or too many of the others."""
        told = {"needed": ", ".join(map(column_of, self.needed))}
        told["optional"] = ", ".join(map(column_of, self.optional)) or "-"
        for name in self.needed:
            for row in np.flatnonzero(np.isnan(patients[name])).tolist():
                column = column_of(name)
                rejects.add(row, ids[row].as_py(), "disease.needed", column=column, **told)
        absent = np.stack([np.isnan(patients[name]) for name in self.factors])
        most = int(self.config.most_unknown * len(self.factors))
        for row in np.flatnonzero(absent.sum(axis=0) > most).tolist():
            lacking = [column_of(self.factors[at]) for at in np.flatnonzero(absent[:, row])]
            rejects.add(
                row,
                ids[row].as_py(),
                "disease.too_little",
                n=len(lacking),
                of=len(self.factors),
                most=most,
                lacking=", ".join(lacking),
            )

    def fact_types(self) -> dict[str, pa.DataType]:
        return {"risk_factors_unknown": pa.float64()}

    def facts(self, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """How many of the factors that the bundle reads are not known of each patient."""
        flags = arrays["x"][:, len(self.feature_names) - len(self.optional) :]
        return {"risk_factors_unknown": flags.sum(axis=1).astype(np.float64)}

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        return {
            "factors": list(self.factors),
            "needed": list(self.needed),
            "most_unknown": self.config.most_unknown,
            "usual": self.usual,
            "features": list(self.feature_names),
        }, {}

    @classmethod
    def from_state(
        cls, state: Mapping[str, Any], arrays: Mapping[str, np.ndarray]
    ) -> PatientPreprocessor:
        """The preprocessor that :meth:`state` described.

        Raises:
            BundleError: it was fitted by a version with other features.
        """
        known = [name for name in state["factors"] if name in BY_NAME]
        computed = feature_names(known, state["needed"])
        if list(computed) != list(state["features"]):
            raise BundleError(
                "medical_imaging.disease.error.other_features",
                expected=", ".join(state["features"]),
                received=", ".join(computed),
            )
        made = cls(PatientConfig(most_unknown=state["most_unknown"]))
        made.factors, made.needed = tuple(state["factors"]), tuple(state["needed"])
        made.usual = dict(state["usual"])
        return made


def column_of(factor: str) -> str:
    """What a person calls a factor in a file: several columns can bring some of them.

    Example:
        >>> column_of("male"), column_of("ap_hi")
        ('sex', 'ap_hi')
    """
    return {"male": "sex"}.get(factor, factor)
