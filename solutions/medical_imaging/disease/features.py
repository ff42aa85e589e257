"""Facts about patients as the numbers that the network reads; pure NumPy on arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from .factors import BY_NAME, Factor
from .patients import Patients, bmi

BMI = "bmi"


def feature_names(factors: Sequence[str], needed: Sequence[str]) -> tuple[str, ...]:
    """Names of the features, in their order.

    Args:
        factors: that are read.
        needed: of these, what is known of every patient.

    Example:
        >>> feature_names(("age", "thal"), ("age",))
        ('age', 'thal = 1', 'thal = 2', 'thal = 3', 'thal unknown')
    """
    return tuple(name for name, _ in _plan(factors, needed))


def directions(factors: Sequence[str], needed: Sequence[str]) -> np.ndarray:
    """How the risk may go with each feature: 1 never falls, -1 never rises, 0 free; float32 [F]."""
    return np.array([direction for _, direction in _plan(factors, needed)], np.float32)


def usual_values(patients: Patients, factors: Sequence[str]) -> dict[str, float]:
    """The median of each factor among the patients trained on, the most frequent code of a choice.

    They stand where a value is not known, and are what a contribution is measured against.
    """
    usual = {}
    for name in factors:
        known = patients[name][~np.isnan(patients[name])]
        if BY_NAME[name].kind == "choice":
            codes, counts = np.unique(known, return_counts=True)
            usual[name] = float(codes[counts.argmax()]) if len(codes) else 0.0
        else:
            usual[name] = float(np.median(known)) if len(known) else BY_NAME[name].low
    return usual


def features(
    patients: Patients, factors: Sequence[str], needed: Sequence[str], usual: Mapping[str, float]
) -> np.ndarray:
    """One row a patient.

    Args:
        patients: n of them.
        factors: that are read.
        needed: of these, what is known of every patient.
        usual: what stands for an unknown value; the feature ``... unknown`` says that it does.

    Returns:
        float32 [n, F], in the order of :func:`feature_names`.
    """
    filled = patients.changed(
        **{
            name: np.where(np.isnan(patients[name]), usual[name], patients[name])
            for name in factors
        }
    )
    columns: list[np.ndarray] = []
    for factor in (BY_NAME[name] for name in factors):
        values = filled[factor.name]
        if factor.kind == "choice":
            unknown = np.isnan(patients[factor.name])
            columns += [(values == code) & ~unknown for code in factor.codes]
        elif _is_mass(factor, factors):
            columns.append(bmi(filled))
        else:
            columns.append(values)
    columns += [np.isnan(patients[name]) for name in factors if name not in needed]
    return np.stack([np.asarray(column, np.float32) for column in columns], axis=1)


def _plan(factors: Sequence[str], needed: Sequence[str]) -> list[tuple[str, int]]:
    """Name and direction of each feature."""
    plan: list[tuple[str, int]] = []
    for factor in (BY_NAME[name] for name in factors):
        if factor.kind == "choice":
            plan += [(f"{factor.name} = {code}", 0) for code in factor.codes]
        else:
            name = BMI if _is_mass(factor, factors) else factor.name
            plan.append((name, factor.direction))
    return plan + [(f"{name} unknown", 0) for name in factors if name not in needed]


def _is_mass(factor: Factor, factors: Sequence[str]) -> bool:
    """Whether a weight is read as body mass index, which takes the height out of it."""
    return factor.name == "weight" and "height" in factors
