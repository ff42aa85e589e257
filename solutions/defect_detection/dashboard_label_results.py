"""What came of labelling: the labels so far, files of them, and training with them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pyarrow as pa
import streamlit as st

from lepton_core.messages import t
from lepton_core.ui.figures import table_height
from lepton_core.ui.loader import metric_name
from lepton_core.ui.plain import plain

from .dashboard_label_export import as_coco, as_csv
from .dashboard_label_queue import Labels
from .dashboard_parts import Parts

_PAGE = "defect_detection.label"


def show_results(parts: Parts, labels: Labels) -> None:
    """Draw the list of labels with its downloads, then how to train and what came of it last."""
    st.subheader(t(f"{_PAGE}.so_far"), anchor=False)
    if labels.said:
        _show_list(parts, labels)
    else:
        st.caption(t(f"{_PAGE}.none_yet"))
    st.subheader(t(f"{_PAGE}.train"), anchor=False)
    st.markdown(t(f"{_PAGE}.train_help"))
    address = parts.scored.address
    st.code(
        f"lepton train {parts.task.name} --data FOLDER --feedback --champion {address} "
        f"--out bundles/{address.partition('@')[2]}-next",
        language="bash",
        wrap_lines=True,
    )
    told = parts.scored.card.get("champion")
    if told:
        _show_comparison(told)
    else:
        st.caption(t(f"{_PAGE}.no_comparison"))


def _show_list(parts: Parts, labels: Labels) -> None:
    rows = sorted(labels.said, key=lambda row: labels.said[row]["when"], reverse=True)
    overruled = set(labels.overruled(parts))
    columns: dict[str, Any] = {
        t(f"{_PAGE}.column.record"): [parts.ids[row] for row in rows],
        t(f"{_PAGE}.column.label"): [parts.name(labels.said[row]["verdict"]) for row in rows],
        t(f"{_PAGE}.column.model"): [parts.name(str(parts.label[row])) for row in rows],
        t(f"{_PAGE}.column.overruled"): [row in overruled for row in rows],
        t(f"{_PAGE}.column.who"): [labels.said[row]["who"] for row in rows],
        t(f"{_PAGE}.column.when"): [labels.said[row]["when"] for row in rows],
        t(f"{_PAGE}.column.note"): [labels.said[row]["note"] for row in rows],
    }
    st.dataframe(
        pa.table(columns), hide_index=True, height=table_height(len(rows), 280), placeholder="–"
    )
    with st.container(horizontal=True):
        for name, write, mime in (
            ("csv", as_csv, "text/csv"),
            ("coco", as_coco, "application/json"),
        ):
            st.download_button(
                t(f"{_PAGE}.export.{name}", n=len(rows)),
                partial(write, parts, labels),
                file_name=f"labels.{'csv' if name == 'csv' else 'json'}",
                mime=mime,
                icon=":material/download:",
                on_click="ignore",
                key=f"defect.label.export.{name}",
                help=t(f"{_PAGE}.export.{name}_help"),
            )


def _show_comparison(told: Mapping[str, Any]) -> None:
    """The last contest of the bundle in use with the one before it."""
    key = "promoted" if told.get("promoted") else "kept"
    bundle = plain(told.get("bundle", "-"))
    st.markdown(t(f"{_PAGE}.comparison.{key}", bundle=bundle, n=int(told.get("records", 0))))
    head = [t(f"{_PAGE}.comparison.{name}") for name in ("metric", "before", "after", "gain")]
    lines = [head, ["---"] * 4]
    for name, figure in dict(told.get("figures", {})).items():
        low, high = figure.get("low"), figure.get("high")
        gain = f"{figure['gain']:+.3f}"
        if low is not None and high is not None:
            gain += f" ({low:+.3f} – {high:+.3f})"
        word = metric_name(name, "defect_detection")
        lines.append([word, f"{figure['champion']:.3f}", f"{figure['challenger']:.3f}", gain])
    st.markdown("\n".join("| " + " | ".join(cells) + " |" for cells in lines))
