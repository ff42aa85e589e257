"""Attributes of a person as groups: words and codes of clients' files to a few names."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

UNKNOWN, OTHER = "unknown", "other"
# Upper end in years, excluded, and name.
AGE_BANDS = ((25.0, "24_and_under"), (35.0, "25_34"), (45.0, "35_44"), (55.0, "45_54"))
OLDEST = "55_and_over"
# The numbers are those of the UCI data, where 0, 5 and 6 of education and 0 of marriage are used
# but nowhere explained: they are `other`, as is every word that is not known.
_SEX = {"male": ("1", "m", "male", "男"), "female": ("2", "f", "female", "女")}
_EDUCATION = {
    "graduate": ("1", "graduate", "graduate school", "研究生"),
    "university": ("2", "university", "大学"),
    "high_school": ("3", "high school", "high_school", "高中"),
}
_MARRIAGE = {"married": ("1", "married", "已婚"), "single": ("2", "single", "单身", "未婚")}


def sex_of(column: pa.ChunkedArray) -> np.ndarray:
    """``male``, ``female``, ``other`` or ``unknown`` [n].

    Example:
        >>> sex_of(pa.chunked_array([["2", "M", None, "x"]])).tolist()
        ['female', 'male', 'unknown', 'other']
    """
    return _named(column, _SEX)


def education_of(column: pa.ChunkedArray) -> np.ndarray:
    """``graduate``, ``university``, ``high_school``, ``other`` or ``unknown`` [n].

    Example:
        >>> education_of(pa.chunked_array([["1", "University", "5", None]])).tolist()
        ['graduate', 'university', 'other', 'unknown']
    """
    return _named(column, _EDUCATION)


def marriage_of(column: pa.ChunkedArray) -> np.ndarray:
    """``married``, ``single``, ``other`` or ``unknown`` [n].

    Example:
        >>> marriage_of(pa.chunked_array([["1", "single", "0", " "]])).tolist()
        ['married', 'single', 'other', 'unknown']
    """
    return _named(column, _MARRIAGE)


def age_band(column: pa.ChunkedArray) -> np.ndarray:
    """The band of each age in years [n]; ``unknown`` where it is not given.

    Example:
        >>> age_band(pa.chunked_array([[24.9, 25.0, 60.0, None]])).tolist()
        ['24_and_under', '25_34', '55_and_over', 'unknown']
    """
    years = years_of(column)
    names = np.array([*(name for _, name in AGE_BANDS), OLDEST, UNKNOWN])
    place = np.searchsorted([edge for edge, _ in AGE_BANDS], years, side="right")
    return names[np.where(np.isnan(years), len(names) - 1, place)]


def years_of(column: pa.ChunkedArray) -> np.ndarray:
    """Ages as float64 [n], NaN where they are not given."""
    years = pc.fill_null(column.combine_chunks().cast(pa.float64()), np.nan)
    return years.to_numpy(zero_copy_only=False)


def _named(column: pa.ChunkedArray, words: Mapping[str, tuple[str, ...]]) -> np.ndarray:
    """The name whose words hold each value [n], whatever its case."""
    known = {word: name for name, many in words.items() for word in many}
    values = column.combine_chunks().dictionary_encode()
    names = []
    for value in values.dictionary.to_pylist():
        text = value.strip().casefold()
        names.append(known.get(text, OTHER) if text else UNKNOWN)
    codes = pc.fill_null(values.indices, len(names)).to_numpy(zero_copy_only=False)
    return np.array([*names, UNKNOWN])[codes]
