"""What was counted: the annotated video, counts by interval, speeds, movements, and files of it."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import streamlit as st

from lepton_core.messages import t
from lepton_core.ui.csv_button import csv_button
from lepton_core.ui.figures import CHART, Figure, show_figures, table_height

from .counting.explainer import tables
from .counting.interval_counts import for_forecast
from .counting.measures.count_interval import Checked
from .counting.measures.scene_file import SceneFile, tree_of
from .counting.report import Report
from .counting.running import CountingRun
from .counting.size_classes import SIZES
from .dashboard_counting import PAGE
from .dashboard_counting_banner import show_trust
from .dashboard_counting_charts import counts_chart, od_chart, speed_chart, zone_chart
from .dashboard_counting_clip import Clip
from .dashboard_counting_service import show_service

_KEY = "traffic_video.counting"
_INTERVALS = (10, 60, 300, 900, 3600)


def show_results(run: CountingRun, scene: SceneFile, clip: Clip) -> None:
    """Draw the results of a finished run.

    Args:
        run: with rows.
        scene: as it is drawn now: counts follow it without anything being scored again.
        clip: what was counted in.
    """
    st.subheader(t(f"{PAGE}.results.title"), anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        interval = st.segmented_control(
            t(f"{PAGE}.results.interval"),
            _INTERVALS,
            default=_first_interval(run, scene),
            required=True,
            format_func=lambda one: t(f"{PAGE}.interval.{one}"),
            key=f"{_KEY}.interval.{clip.key}",
        )
    checked = _checked(scene)
    report = _report(run, scene, float(interval), checked)
    show_trust(report)
    show_figures(_figures(report))
    left, right = st.columns([6, 6], gap="medium")
    with left:
        _video(run, scene, clip)
    with right:
        _counts(report)
    if report.speeds.num_rows:
        left, right = st.columns(2, gap="medium")
        with left:
            st.plotly_chart(speed_chart(report), key=f"{_KEY}.speeds", config=CHART)
        place = right
    else:
        st.caption(t(f"{PAGE}.results.no_speed"))
        place = st.container()
    with place:
        _zones(report)
    show_service(report, _time_format(report))
    _export(run, report, clip)


def _first_interval(run: CountingRun, scene: SceneFile) -> int:
    """What the scene asks for, or one of which the clip holds several."""
    if scene.interval_s in _INTERVALS:
        return int(scene.interval_s or 60)
    rows = run.rows
    assert rows is not None
    times = rows["time"].to_pylist()
    lasted = (times[-1] - times[0]).total_seconds()
    return max((one for one in _INTERVALS if one * 4 <= lasted), default=_INTERVALS[0])


def _checked(scene: SceneFile) -> Checked | None:
    """What a person found by checking, for intervals on the counts."""
    told = scene.checked or Checked(1, 0, 0)
    with st.expander(t(f"{PAGE}.checked.title"), icon=":material/fact_check:"):
        st.caption(t(f"{PAGE}.checked.about"))
        use = st.toggle(
            t(f"{PAGE}.checked.use"), value=scene.checked is not None, key=f"{_KEY}.checked"
        )
        with st.container(horizontal=True):
            right, missed, false = (
                int(
                    st.number_input(
                        t(f"{PAGE}.checked.{name}"),
                        min_value=0,
                        value=getattr(told, name),
                        key=f"{_KEY}.checked.{name}",
                        disabled=not use,
                    )
                )
                for name in ("right", "missed", "false")
            )
    return Checked(right, missed, false) if use else None


def _report(
    run: CountingRun, scene: SceneFile, interval_s: float, checked: Checked | None
) -> Report:
    """The report, made once for what it is made of."""
    stamp = json.dumps([id(run), run.frames, tree_of(scene), interval_s, str(checked)])
    kept: dict[str, Report] = st.session_state.setdefault(f"{_KEY}.report", {})
    if stamp not in kept:
        kept.clear()
        rows = run.rows
        assert rows is not None
        kept[stamp] = Report.of(rows, scene, interval_s, checked, len(run.rejects))
    return kept[stamp]


def _figures(report: Report) -> list[Figure]:
    told = report.summary()
    crossings = f"{report.events.num_rows:,}" if report.scene.lines else "–"
    found = [
        Figure(t(f"{PAGE}.figure.crossings"), crossings, "", t(f"{PAGE}.figure.crossings_help")),
        Figure(t(f"{PAGE}.figure.vehicles"), f"{told['vehicles']:,}"),
        Figure(t(f"{PAGE}.figure.frames"), f"{told['frames']:,}"),
        Figure(
            t(f"{PAGE}.figure.trusted"),
            f"{report.trusted_share:.0%}",
            "",
            t(f"{PAGE}.figure.trusted_help"),
        ),
    ]
    if told["median_speed_kmh"] is not None:
        speed = f"{told['median_speed_kmh']:.0f} km/h"
        found.append(Figure(t(f"{PAGE}.figure.speed"), speed))
    return found


def _video(run: CountingRun, scene: SceneFile, clip: Clip) -> None:
    path = run.video
    if path is None:
        st.caption(t(f"{PAGE}.results.no_video"))
        return
    st.video(str(path), format="video/webm", muted=True)
    if tree_of(scene).get("lines") != tree_of(run.scene).get("lines"):
        st.caption(t(f"{PAGE}.results.other_lines"))
    st.download_button(
        t(f"{PAGE}.results.video"),
        path.read_bytes,
        file_name="annotated.webm",
        mime="video/webm",
        icon=":material/download:",
        on_click="ignore",
        key=f"{_KEY}.video_down",
    )


def _counts(report: Report) -> None:
    if not report.scene.lines:
        st.info(t(f"{PAGE}.run.no_lines"), icon=":material/edit:")
        return
    st.plotly_chart(counts_chart(report), key=f"{_KEY}.counts", config=CHART)
    shown = ["start", "line", "direction", "count"]
    shown += ["low", "high"] if report.checked is not None else []
    shown += SIZES if report.knows_sizes else ()
    table = report.counts.select([*shown, "watched_share", "camera"])
    states = [
        "; ".join(t(f"traffic_video.counting.state.{one}") for one in told.split("; ") if one)
        for told in table["camera"].to_pylist()
    ]
    place = table.column_names.index("camera")
    table = table.set_column(place, "camera", [states])
    names = {name: t(f"{PAGE}.column.{name}") for name in table.column_names}
    config: dict[str, Any] = {name: st.column_config.Column(title) for name, title in names.items()}
    config["start"] = st.column_config.DatetimeColumn(
        names["start"], format=_time_format(report), timezone="UTC"
    )
    config["watched_share"] = st.column_config.ProgressColumn(
        names["watched_share"], format="percent", min_value=0.0, max_value=1.0, width="small"
    )
    st.dataframe(
        table,
        hide_index=True,
        height=table_height(table.num_rows, 300),
        column_config=config,
        placeholder="–",
    )


def _time_format(report: Report) -> str:
    # Where nothing is known of the day, a file begins at 1970.
    is_undated = report.rows["time"][0].as_py().year == 1970
    return "HH:mm:ss" if is_undated else "YYYY-MM-DD HH:mm:ss"


def _zones(report: Report) -> None:
    """Movements between zones, and how full each is."""
    if not report.scene.zones:
        st.caption(t(f"{PAGE}.results.no_zones"))
        return
    if report.od.num_rows > 1:
        st.plotly_chart(od_chart(report), key=f"{_KEY}.od", config=CHART)
    st.plotly_chart(zone_chart(report), key=f"{_KEY}.zones", config=CHART)


def _export(run: CountingRun, report: Report, clip: Clip) -> None:
    st.subheader(t(f"{PAGE}.export.title"), anchor=False)
    found = tables(report)
    with st.container(horizontal=True):
        for name, table in found.items():
            if table.num_rows or name in ("events", "counts"):
                label = t(f"{PAGE}.export.{name}", n=table.num_rows)
                csv_button(
                    label, partial(found.__getitem__, name), f"{name}.csv", f"{_KEY}.csv.{name}"
                )
        st.download_button(
            t(f"{PAGE}.export.summary"),
            json.dumps(report.summary(), ensure_ascii=False, indent=1),
            file_name="summary.json",
            mime="application/json",
            icon=":material/download:",
            on_click="ignore",
            key=f"{_KEY}.summary",
        )
    counts = for_forecast(report.counts)
    st.button(
        t(f"{PAGE}.export.forecast"),
        icon=":material/show_chart:",
        disabled=not counts.num_rows,
        key=f"{_KEY}.forecast",
        help=t(f"{PAGE}.export.forecast_help"),
        on_click=_hand_over,
        args=(counts, clip.name),
    )


def _hand_over(counts: Any, name: str) -> None:
    """The counts become the forecast view's own file, and that view is shown."""
    from lepton_core.ui.uploader import give_table

    give_table("traffic_video/forecast", f"counts ({name})", counts)
    st.session_state["traffic_video.view"] = "forecast"
