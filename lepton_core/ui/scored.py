"""Scores of a page's records: made once, kept, and never made again for another threshold."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from lepton_core.messages import has_message, t
from lepton_core.ui.figures import table_height
from lepton_core.ui.loader import bundle_stamp, load
from lepton_core.ui.plain import plain
from lepton_core.ui.uploader import Source

if TYPE_CHECKING:
    import pyarrow as pa

    from lepton_core.decision import Decision
    from lepton_core.pipeline import Pipeline
    from lepton_core.rejects import Rejects

# A progress bar that moves often enough to be believed, seldom enough to cost nothing.
_BATCH_ROWS = 8192
_MOST_KEPT = 4
_FEW_LATE = 0.01


@dataclass(frozen=True)
class Scored:
    """Records with their raw scores.

    Args:
        key: differs between any two sources and bundles.
        source: name of the file or data set.
        address: ``solution/task@bundle``.
        records: the scored records [n] in the Spec's columns and types, in input order.
        rows: int64 [n], where each stood in the input.
        score: float32 [n, ...], the model's raw output.
        decision: the bundle's own.
        card: the bundle's card.
        rejects: the refused records.
        read: number of records in all.
        raw: the model's other outputs [n, ...] by name, such as a map over each picture.
        given: the records as they came, refused ones included; ``rows`` are places in it.
        folder: of the bundle.
    """

    key: str
    source: str
    address: str
    records: pa.Table
    rows: np.ndarray
    score: np.ndarray
    decision: Decision
    card: Any
    rejects: Rejects
    read: int
    raw: Mapping[str, np.ndarray] = field(default_factory=dict)
    given: pa.Table | None = None
    folder: Path | None = None


def score(source: Source, folder: Path) -> Scored:
    """The scores of a source by a bundle, with progress the first time.

    Args:
        source: the records; those of a person stay in that person's session.
        folder: the bundle.

    Raises:
        LeptonError: the bundle is broken, or a column of the records cannot be read.
    """
    by_time = bool(st.session_state.get(_sort_slot(source.name)))
    key = f"{source.key}|{folder}|{bundle_stamp(folder)}|{by_time}"
    kept = _shared() if source.is_sample else st.session_state.setdefault("ui.scored", {})
    if key not in kept:
        pipeline = load(folder)
        text = t("ui.scoring", n=source.table.num_rows, name=plain(source.name))
        bar = st.progress(0.0, text)
        try:
            scored = score_table(
                pipeline,
                source.table,
                source.name,
                key,
                by_time=by_time,
                progress=lambda share: bar.progress(share, text),
            )
        finally:
            bar.empty()
        while len(kept) >= _MOST_KEPT:
            kept.pop(next(iter(kept)), None)
        kept[key] = replace(scored, folder=folder)
    return kept[key]


@st.cache_resource(show_spinner=False)
def _shared() -> dict[str, Scored]:
    return {}


def score_table(
    pipeline: Pipeline,
    table: pa.Table,
    source: str,
    key: str,
    *,
    by_time: bool = False,
    progress: Callable[[float], Any] = lambda share: None,
) -> Scored:
    """Check and score a whole table, keeping the records beside their scores.

    Args:
        pipeline: what scores.
        table: raw records, a stateful task's in order of time.
        source: where they came from, for messages.
        key: identifies the result.
        by_time: whether the records are put in order of time first.
        progress: called with the share done in 0..1.

    Raises:
        DataError: a required column is missing or cannot be read at all.
    """
    from lepton_core.checking import Checked, check
    from lepton_core.evaluation.rows import take_rows
    from lepton_core.records.opening import PICTURE_BATCH_ROWS, takes_pictures
    from lepton_core.together import whole_units, without_broken_units

    checked = check(table, pipeline.task.inputs, source)
    checked = without_broken_units(checked, table, pipeline.task.together, 0)
    if by_time:
        (time,) = pipeline.task.inputs.of_role("time")
        order = np.argsort(checked.table.column(time.name).to_numpy(), kind="stable")
        checked = Checked(checked.table.take(order), checked.rows[order], checked.rejects)
    session = pipeline.open_session()
    parts, total = [], max(checked.table.num_rows, 1)
    # Pictures become arrays many times the size of their files.
    size = PICTURE_BATCH_ROWS if takes_pictures(pipeline.task.inputs) else _BATCH_ROWS
    slices = (checked.table.slice(at, size) for at in range(0, checked.table.num_rows, size))
    for part in whole_units(slices, pipeline.task.together):
        parts.append(session.step(part, source))
        progress(session.cursor / total)
    rejects = checked.rejects
    for reject in (reject for part in parts for reject in part.rejects):
        for reason, values in reject.reasons:
            rejects.add(int(checked.rows[reject.row]), reject.record_id, reason, **values)
    rows = np.concatenate([part.rows for part in parts]) if parts else np.zeros(0, np.int64)
    return Scored(
        key=key,
        source=source,
        address=pipeline.address,
        records=take_rows(checked.table, rows),
        rows=checked.rows[rows],
        score=np.concatenate([p.raw["score"] for p in parts]) if parts else np.zeros(0, np.float32),
        decision=pipeline.decision,
        card=pipeline.card,
        rejects=rejects,
        read=table.num_rows,
        raw=_other_outputs([part.raw for part in parts]),
        given=table,
    )


def _other_outputs(parts: list[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    names = [name for name in parts[0] if name != "score"] if parts else []
    return {name: np.concatenate([part[name] for part in parts]) for name in names}


def show_rejects(scored: Scored) -> None:
    """Say how many records were refused and why, with the first of them and all to download."""
    import pyarrow as pa

    rejects = scored.rejects
    if not len(rejects):
        return
    title = t("ui.rejects.title", n=len(rejects), of=scored.read)
    with st.expander(title, icon=":material/warning:", expanded=not scored.records.num_rows):
        st.markdown(" · ".join(f"{reason_name(k)}: {n:,}" for k, n in rejects.counts().items()))
        first = [reject for reject, _ in zip(rejects, range(200), strict=False)]
        names = [t(f"ui.rejects.{part}") for part in ("row", "id", "why")]
        columns = [
            [reject.row + 1 for reject in first],
            [reject.record_id or "" for reject in first],
            ["; ".join(t(f"reject.{k}", **v) for k, v in reject.reasons) for reject in first],
        ]
        st.dataframe(
            pa.table(dict(zip(names, columns, strict=True))),
            hide_index=True,
            height=table_height(len(first), 220),
            column_config={names[-1]: st.column_config.TextColumn(width="large")},
        )
        if "late" in rejects.counts():
            st.button(
                t("ui.rejects.by_time"),
                icon=":material/sort:",
                on_click=_sort,
                args=(scored.source,),
            )
        st.download_button(
            t("ui.rejects.download"),
            lambda: _lines(rejects),
            file_name=f"{Path(scored.source).name}.rejected.jsonl",
            mime="application/x-ndjson",
            icon=":material/download:",
            on_click="ignore",
        )


def show_order(scored: Scored, time_column: str) -> None:
    """Say so where records are not in order of time, which a stateful task scores by.

    A few late ones are what happens; a file with the newest on top is another matter, since each
    record is then scored without its past.

    Args:
        scored: the records in input order.
        time_column: their time.
    """
    if "late" in scored.rejects.counts():
        return  # the refused ones tell it, with the same button
    time = scored.records.column(time_column).cast("int64").to_numpy()
    late = int((time < np.maximum.accumulate(time)).sum()) if len(time) else 0
    if late <= _FEW_LATE * len(time):
        return
    st.warning(t("ui.order.told", n=late, of=len(time)), icon=":material/sort:")
    st.button(
        t("ui.rejects.by_time"),
        icon=":material/sort:",
        key="ui.order.sort",
        on_click=_sort,
        args=(scored.source,),
    )


def reason_name(key: str) -> str:
    """A reason to refuse a record in a few words of the page's language."""
    name = f"ui.rejects.reason.{key}"
    return t(name) if has_message(name) else key


def _sort_slot(source: str) -> str:
    return f"ui.by_time.{source}"


def _sort(source: str) -> None:
    st.session_state[_sort_slot(source)] = True


def _lines(rejects: Rejects) -> bytes:
    text = io.StringIO()
    for reject in rejects:
        text.write(json.dumps(reject.to_json(), ensure_ascii=False, default=str) + "\n")
    return text.getvalue().encode()
