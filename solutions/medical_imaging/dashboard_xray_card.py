"""What was measured when the model was made, as its card tells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa
import streamlit as st

from lepton_core.evaluation.fairness import SCHEMA, to_rows
from lepton_core.messages import t
from lepton_core.ui.loader import metric_name
from lepton_core.ui.plain import plain


def show_card(card: Mapping[str, Any]) -> None:
    """Draw the card's figures with their intervals, and its groups where it has some."""
    metrics = card.get("metrics", {})
    if not metrics:
        return
    st.subheader(t("medical_imaging.quality.card"), anchor=False)
    st.dataframe(_metric_table(metrics.items()), hide_index=True, height="content")
    data = card.get("data", {}).get("name", "-")
    st.caption(t("medical_imaging.quality.card_help", data=plain(data)))
    groups = card.get("groups") or []
    if groups:
        head, *rows = to_rows(pa.Table.from_pylist(groups, SCHEMA))
        columns = dict(zip(head, map(list, zip(*rows, strict=True)), strict=True))
        st.dataframe(pa.table(columns), hide_index=True, height="content")


def _metric_table(metrics: Iterable[tuple[str, dict[str, Any]]]) -> pa.Table:
    names, values, intervals = [], [], []
    for key, figure in metrics:
        names.append(metric_name(key, "medical_imaging"))
        values.append(f"{figure['value']:.3f}")
        intervals.append(f"{figure['low']:.3f} – {figure['high']:.3f}")
    return pa.table(
        {
            t("medical_imaging.quality.measure"): names,
            t("medical_imaging.quality.value"): values,
            t("medical_imaging.quality.interval_95"): intervals,
        }
    )
