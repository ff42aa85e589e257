"""The plan of an intersection on the page: figures, phases drawn, movements in a table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import streamlit as st

from lepton_core.messages import t
from lepton_core.solution import find_task
from lepton_core.ui.plain import plain

if TYPE_CHECKING:
    from lepton_core.predictions import Predictions

    from .dashboard_signals_settings import Asked
    from .signals.config import Config
    from .signals.junction import Junction, Plan

PAGE = "traffic_video.signals.page"
TASK = "traffic_video/signals"
_MOST_GREEN = 300
_SHOWN = ("green", "x", "delay", "los", "queue95")


@dataclass(frozen=True)
class Planned:
    """An intersection with its plan and what that is compared with.

    Args:
        junction: the intersection.
        config: by which it was planned.
        before: the plan it is compared with.
        after: its plan.
        predictions: as the command line gives them.
    """

    junction: Junction
    config: Config
    before: Plan
    after: Plan
    predictions: Predictions

    @property
    def hours(self) -> float:
        """How long the flows last."""
        return self.config.plan.hours


def predict(records: pa.Table, config: Config) -> Predictions:
    """Predictions by the sample's bundle with other settings: the path that the program takes."""
    from lepton_core.ui.loader import load

    from .signals.preprocessing import PlanPreprocessor

    pipeline = load(find_task(TASK).bundle())
    return replace(pipeline, preprocessor=PlanPreprocessor(config)).score(records)


def plan_of(records: pa.Table, config: Config, asked: Asked) -> Planned | None:
    """The plan of movements; None where there can be none, which is said."""
    from .signals.junction import Junction
    from .signals.optimiser import make_plan
    from .signals.reading import read_junction

    if not records.num_rows:
        st.info(t(f"{PAGE}.source.nothing"), icon=":material/edit:")
        return None
    predictions = predict(records, config)
    if len(predictions.rejects):
        told = [t(f"{PAGE}.refused")]
        for reject in predictions.rejects:
            for key, values in reject.reasons:
                if key != "unit":
                    told.append(
                        f"- {plain(reject.record_id)}: {plain(t(f'reject.{key}', **values))}"
                    )
        st.error("\n".join(dict.fromkeys(told)), icon=":material/block:")
        return None
    junction = read_junction(records.to_pylist(), config)
    assert isinstance(junction, Junction)
    after = make_plan(junction, config.timing, config.plan)
    before = _before(junction, config, asked, after)
    return None if before is None else Planned(junction, config, before, after, predictions)


def _before(junction: Junction, config: Config, asked: Asked, after: Plan) -> Plan | None:
    from .signals.junction import Plan
    from .signals.webster import equal_plan, webster_plan

    if asked.before == "webster":
        return webster_plan(junction, config.timing)
    if asked.before == "equal":
        return equal_plan(junction, config.timing, after.cycle)
    greens = greens_in(asked.greens, junction.phases)
    if greens is None:
        text = t(
            f"{PAGE}.present_wrong",
            received=plain(asked.greens or "–"),
            n=junction.phases,
            example=" ".join(map(str, after.greens.tolist())),
        )
        st.warning(text, icon=":material/edit:")
        return None
    return Plan(greens, config.timing)


def greens_in(text: str, n: int) -> np.ndarray | None:
    """Whole greens [n] that a person wrote; None where they are none.

    Example:
        >>> greens_in("25, 12 30", 3).tolist(), greens_in("25 12", 3)
        ([25, 12, 30], None)
    """
    parts = text.replace(",", " ").replace(";", " ").split()
    if len(parts) != n or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    found = np.array([int(part) for part in parts], np.int64)
    return found if ((found >= 1) & (found <= _MOST_GREEN)).all() else None


def show_plan(planned: Planned) -> None:
    """Figures, warnings, phases and movements."""
    from lepton_core.ui.csv_button import csv_button
    from lepton_core.ui.figures import CHART

    from .dashboard_signals_drawing import phase_chart

    _figures(planned)
    _warn(planned)
    st.subheader(t(f"{PAGE}.diagram"), anchor=False)
    figure = phase_chart(planned.junction, planned.before, planned.after)
    title = t(f"{PAGE}.diagram")
    st.plotly_chart(figure, key="traffic_video.signals.phases", config=CHART, alt=title)
    st.caption(t(f"{PAGE}.diagram_help"))
    st.subheader(t(f"{PAGE}.by_movement"), anchor=False)
    _table(planned)
    table = planned.predictions.to_arrow()
    csv_button(t(f"{PAGE}.download"), lambda: table, "signal_plan.csv", "traffic_video.signals.csv")


def _figures(planned: Planned) -> None:
    from lepton_core.ui.figures import Figure, show_figures

    from .signals.capacity import reserve
    from .signals.delay import LEVELS, level_of_service

    junction, hours = planned.junction, planned.hours
    before = planned.before.mean_delay(junction, hours)
    after = planned.after.mean_delay(junction, hours)

    def level(plan: Plan, delay: float) -> str:
        return LEVELS[int(level_of_service(delay, plan.degree(junction).max()))]

    worst = float(planned.after.degree(junction).max())
    level_before = level(planned.before, before)
    spare = reserve(junction, planned.config.timing)
    show_figures(
        [
            Figure(
                t(f"{PAGE}.delay"),
                t(f"{PAGE}.seconds", value=after),
                t(f"{PAGE}.before_note", before=before),
            ),
            Figure(
                t(f"{PAGE}.los"),
                level(planned.after, after),
                t(f"{PAGE}.los_note", before=level_before),
            ),
            Figure(
                t(f"{PAGE}.cycle"),
                t(f"{PAGE}.whole_seconds", value=planned.after.cycle),
                t(f"{PAGE}.cycle_note", n=junction.phases),
            ),
            Figure(t(f"{PAGE}.worst"), f"{worst:.2f}"),
            Figure(t(f"{PAGE}.reserve"), f"{spare:+.0%}", help=t(f"{PAGE}.reserve_help")),
        ]
    )


def _warn(planned: Planned) -> None:
    from .signals.webster import critical

    names = np.array([plain(name) for name in planned.junction.names], object)
    notes = planned.predictions["notes"].tolist()
    for note, text, draw in (
        ("oversaturated", "review", st.error),
        ("oversaturated_at_high", "review_high", st.warning),
    ):
        some = [note in one.split("; ") for one in notes]
        if any(some):
            draw(t(f"{PAGE}.{text}", names=", ".join(names[some])), icon=":material/warning:")
    total = critical(planned.junction).total
    if total >= 1:
        st.error(t(f"{PAGE}.full", total=total, hours=planned.hours), icon=":material/block:")


def _table(planned: Planned) -> None:
    from lepton_core.ui.figures import table_height

    found, junction = planned.predictions, planned.junction
    titles = {name: t(f"traffic_video.signals.column.{name}") for name in (*_SHOWN, "notes")}
    notes = [
        "; ".join(t(f"traffic_video.signals.note.{note}") for note in text.split("; ") if note)
        for text in found["notes"].tolist()
    ]
    before = planned.before.delays(junction, planned.hours)
    table = pa.table(
        {
            "movement": list(junction.names),
            **{name: found[name] for name in ("start", "green", "x")},
            "before": before.round(1),
            **{name: found[name] for name in ("delay", "los", "queue95")},
            "notes": notes,
        }
    )
    column = st.column_config
    titles |= {
        "movement": t("traffic_video.signals.column.movement"),
        "start": t("traffic_video.signals.column.start"),
        "before": t(f"{PAGE}.before_delay"),
    }
    formats = {"x": "%.2f", "before": "%.1f", "delay": "%.1f", "queue95": "%.1f"}
    config = {
        name: column.NumberColumn(titles[name], format=formats.get(name), width="small")
        if name in ("start", "green", *formats)
        else column.TextColumn(titles[name], width="small" if name == "los" else None)
        for name in table.column_names
    }
    height = table_height(table.num_rows)
    st.dataframe(table, hide_index=True, height=height, column_config=config)
