"""Which movements the signals view is about: sample or file, one intersection and period."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st

from lepton_core.messages import t
from lepton_core.solution import find_task

PAGE = "traffic_video.signals.page"
TASK = "traffic_video/signals"
_KEY = "traffic_video.signals"
EDITED = ("movement", "flow", "flow_low", "flow_high", "saturation", "lanes", "phases")
_MORE = ("crossing_m", "min_green_s")
# The busiest period of the sample is what shows most.
_FIRST = ("J05", "07:30")


@dataclass(frozen=True)
class Units:
    """Movements of one or several intersections and periods.

    Args:
        key: differs between any two sources.
        table: the columns of the task, cells that cannot be read empty; sorted such that those of
            an intersection and period follow each other.
    """

    key: str
    table: pa.Table

    def names(self) -> list[tuple[str, str]]:
        """Intersection and period of each unit, in order."""
        both = zip(
            self.table["intersection"].to_pylist(), self.table["period"].to_pylist(), strict=True
        )
        return list(dict.fromkeys((place or "", period or "") for place, period in both))

    def choose(self) -> tuple[str, str]:
        """Draw the choice of an intersection and a period."""
        names = self.names()
        places = list(dict.fromkeys(place for place, _ in names))
        with st.container(horizontal=True, vertical_alignment="bottom"):
            first = places.index(_FIRST[0]) if _FIRST[0] in places else 0
            place = st.selectbox(
                t(f"{PAGE}.intersection"), places, index=first, key=f"{_KEY}.place.{self.key}"
            )
            periods = [period for one, period in names if one == place]
            if len(periods) > 1:
                first = periods.index(_FIRST[1]) if _FIRST[1] in periods else 0
                period = st.selectbox(
                    t(f"{PAGE}.period"),
                    periods,
                    index=first,
                    key=f"{_KEY}.period.{self.key}.{place}",
                )
            else:
                period = periods[0]
        return str(place), str(period)

    def of(self, unit: tuple[str, str]) -> pa.Table:
        """The movements of one of :meth:`names`."""
        place, period = (pc.fill_null(self.table[n], "") for n in ("intersection", "period"))
        return self.table.filter(pc.and_(pc.equal(place, unit[0]), pc.equal(period, unit[1])))


def choose_units() -> Units | None:
    """Draw the choice in the sidebar; None where there is nothing yet."""
    from lepton_core.ui.uploader import choose_kind, read_source

    task = find_task(TASK)
    with st.sidebar:
        st.subheader(t("ui.source.title"), anchor=False)
        kind = choose_kind(task)
    source = read_source(task, kind)
    if source is None or not source.table.num_rows:
        return None
    table, unreadable = readable(source.table, source.name)
    if unreadable:
        names = ", ".join(t(f"traffic_video.signals.column.{name}") for name in unreadable)
        text = t(f"{PAGE}.unreadable", n=sum(unreadable.values()), columns=names)
        st.warning(text, icon=":material/edit:")
    order = [(name, "ascending") for name in ("intersection", "period")]
    # Stable, as a person's own order of movements and intersections is meant to stay.
    place = pa.array(range(table.num_rows))
    table = table.append_column("place", place).sort_by([*order, ("place", "ascending")])
    return Units(source.key, table.drop_columns(["place"]))


def readable(table: pa.Table, source: str) -> tuple[pa.Table, dict[str, int]]:
    """The task's columns in their types; what cannot be read, or is not there, is empty.

    Returns:
        the table; column -> how many of its cells cannot be read, where there are any.
    """
    from lepton_core.cells import read_cells
    from lepton_core.checking import with_ids

    spec = find_task(TASK).inputs
    table = with_ids(table.combine_chunks(), spec, source)
    spec.require(table.column_names, source)
    columns, unreadable = {}, {}
    for column in spec:
        name = column.name
        if name not in table.column_names:
            columns[name] = pa.nulls(table.num_rows, column.arrow_type())
            continue
        columns[name], wrong, _ = read_cells(table[name], column, source, 0, False)
        if wrong is not None and wrong.any():
            unreadable[name] = int(wrong.sum())
    return pa.table(columns), unreadable


def edit_unit(units: Units, unit: tuple[str, str]) -> pa.Table:
    """Draw the movements to be changed; what they are now, as records of the task."""
    import pandas as pd

    names = [*EDITED, *_MORE]
    base = units.of(unit).select(names).to_pandas()
    base["lanes"] = base["lanes"].astype("Int64")
    task = "traffic_video.signals.column_help"
    titles = {name: t(f"traffic_video.signals.column.{name}") for name in names}
    column = st.column_config
    config: dict[str, Any] = {
        name: column.TextColumn(titles[name], help=t(f"{task}.{name}"), width="small")
        for name in ("movement", "phases")
    }
    for name in names:
        if name not in config:
            most = 1 if name == "lanes" else 0
            config[name] = column.NumberColumn(
                titles[name],
                help=t(f"{task}.{name}"),
                min_value=most,
                step=1 if name == "lanes" else None,
                width="small",
                format="%d" if name != "crossing_m" else "%g",
            )
    st.subheader(t(f"{PAGE}.movements"), anchor=False, help=t(f"{PAGE}.movements_help"))
    edited = st.data_editor(
        base,
        num_rows="dynamic",
        hide_index=True,
        column_config=config,
        placeholder="–",
        key=f"{_KEY}.edit.{units.key}.{unit[0]}.{unit[1]}",
    )
    rows = [
        {name: None if pd.isna(value) else value for name, value in row.items()}
        for row in edited[names].to_dict("records")
    ]
    # A row that was added and not filled in yet is no movement.
    rows = [row for row in rows if any(value not in (None, "") for value in row.values())]
    return _records(rows, unit)


def _records(rows: list[dict[str, Any]], unit: tuple[str, str]) -> pa.Table:
    schema = find_task(TASK).inputs.arrow_schema()
    place, period = unit
    whole = [
        {
            **row,
            "record_id": f"{at + 1} {row['movement'] or ''}".strip(),
            "intersection": place or "-",
            "period": period,
            "lanes": None if row["lanes"] is None else int(row["lanes"]),
        }
        for at, row in enumerate(rows)
    ]
    return pa.Table.from_pylist(whole, schema=schema)
