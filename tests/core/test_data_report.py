"""What a consultant is told about a client's records before anything is trained on them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from report_task import INPUTS, TASK, N, changed, found, good, task_of

from lepton_core.data.inspection import inspect, inspect_source
from lepton_core.messages import set_language
from lepton_core.solution import find_task
from lepton_core.spec import DTYPES, Column


def test_good_records_give_no_finding() -> None:
    report = inspect(changed(), TASK)
    assert found(report) == {}
    assert (report.records, report.accepted, report.sampled) == (N, N, N)
    report.require()


LABEL = np.asarray(good()["label"])
RANDOM = np.random.default_rng(2)
PRESSURE = np.asarray(good()["pressure"])
TIMES = good()["time"]
IDS = good()["record_id"]
ROWS = np.arange(N)
LATE = datetime.now(UTC)


def swapped(label: np.ndarray, n: int) -> np.ndarray:
    """The labels with ``n`` of each class turned round."""
    out = label.copy()
    for kind in (0, 1):
        out[np.flatnonzero(label == kind)[:n]] = 1 - kind
    return out


def rare(n: int) -> np.ndarray:
    """Labels of which the last ``n`` are positive."""
    return (N - n <= ROWS).astype(int)


# Key, severity, columns that must give it, columns that are near it and must not.
CASES: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("equals_label", "error", {"pressure": LABEL.astype(float)}, {"pressure": PRESSURE}),
    ("leakage", "error", {"pressure": 9.0 - LABEL}, {"pressure": PRESSURE / 9 + 8.0 * LABEL}),
    (
        "leakage",
        "error",
        {"tool": np.where(LABEL == 1, "scrap", "fine")},
        {"tool": np.where(swapped(LABEL, 8) == 1, "scrap", "fine")},
    ),
    # An id tells nothing about records that were not met: high cardinality is no leak.
    (
        "leakage",
        "error",
        {"tool": [f"{'bad' if y else 'good'} {i % 9}" for i, y in zip(ROWS, LABEL, strict=True)]},
        {"tool": [f"t{i}" for i in ROWS]},
    ),
    (
        "presence",
        "error",
        {"remark": ["sent back" if y else None for y in LABEL]},
        {"remark": ["sent back" if y and i % 10 else None for i, y in enumerate(LABEL)]},
    ),
    ("one_class", "error", {"label": [0] * N}, {"label": rare(1)}),
    ("too_few", "error", {"label": rare(9)}, {"label": rare(10)}),
    ("few", "warning", {"label": rare(99)}, {"label": rare(100)}),
    ("no_labels", "error", {"label": [None] * N}, {"label": [None, *LABEL[1:].tolist()]}),
    ("missing_label", "error", {"label": None}, {}),
    ("no_id", "error", {"record_id": [f"r{i // 3}" for i in ROWS]}, {"record_id": IDS}),
    (
        "repeated_ids",
        "warning",
        {"record_id": [*IDS[:-1], IDS[0]]},
        {"record_id": [*IDS[:-1], IDS[0].upper()]},
    ),
    ("constant", "warning", {"tool": ["saw"] * N}, {"tool": ["saw"] * (N - 1) + ["drill"]}),
    (
        "id_like",
        "warning",
        {"tool": [f"T-{i}" for i in ROWS]},
        {"tool": [f"T-{i // 2}" for i in ROWS]},
    ),
    # What people write differs everywhere, too.
    (
        "id_like",
        "warning",
        {"remark": [f"{i:x}-ef01" for i in ROWS]},
        {"remark": [f"{i} turns then loud" for i in ROWS]},
    ),
    (
        "mostly_empty",
        "warning",
        {"remark": ["ok" if i % 5 < 2 else None for i in ROWS]},
        {"remark": ["ok" if i % 2 else None for i in ROWS]},
    ),
    ("time_order", "note", {"time": TIMES[::-1]}, {"time": [TIMES[0]] * N}),
    (
        "time_future",
        "warning",
        {"time": [*TIMES[:-1], LATE + timedelta(days=2)]},
        {"time": [*TIMES[:-1], LATE + timedelta(hours=2)]},
    ),
    (
        "time_past",
        "warning",
        {"time": [datetime(1970, 1, 1, tzinfo=UTC), *TIMES[1:]]},
        {"time": [datetime(1990, 1, 2, tzinfo=UTC), *TIMES[1:]]},
    ),
    (
        "entity_once",
        "warning",
        {"machine": [f"m{i if i < 300 else 300 + i % 50}" for i in ROWS]},
        {"machine": [f"m{i // 2}" for i in ROWS]},
    ),
    (
        "refused",
        "warning",
        {"pressure": np.where(ROWS < 21, -9, PRESSURE)},
        {"pressure": np.where(ROWS < 20, -9, PRESSURE)},
    ),
    ("all_refused", "error", {"pressure": [-9.0] * N}, {"pressure": [-9.0] * (N - 1) + [9.0]}),
    ("unreadable", "error", {"pressure": ["high"] * N}, {"pressure": ["high"] * (N - 1) + ["9"]}),
    ("missing_columns", "error", {"machine": None}, {"remark": None}),
]


@pytest.mark.parametrize(
    ("key", "severity", "bad", "near"),
    CASES,
    ids=[f"{i}-{case[0]}" for i, case in enumerate(CASES)],
)
def test_a_finding_is_told_and_its_near_miss_is_not(
    key: str, severity: str, bad: dict[str, Any], near: dict[str, Any]
) -> None:
    report = inspect(changed(**bad), TASK)
    assert found(report).get(key) == severity
    (finding,) = [finding for finding in report.findings if finding.key == key]
    for language in ("en", "zh"):
        assert "check.finding" not in finding.text(language)
        assert "{" not in finding.text(language)
    assert key not in found(inspect(changed(**near), TASK))


def test_equal_records_under_different_ids_are_told() -> None:
    rows = good()
    twice = {name: [*values[:-1], values[0]] for name, values in rows.items()}
    twice["record_id"] = rows["record_id"]
    twice["time"] = sorted(twice["time"])
    # The time is that of the first record again, so its twin stands beside it.
    twice["machine"][1], twice["pressure"][1], twice["tool"][1], twice["remark"][1] = (
        twice[name][0] for name in ("machine", "pressure", "tool", "remark")
    )
    report = inspect(pa.table(twice), TASK)
    (finding,) = [finding for finding in report.findings if finding.key == "same_records"]
    assert finding.values == {"n": 1, "of": N, "first": "r00000", "second": "r00001"}
    twice["machine"][1] = "another"
    assert "same_records" not in found(inspect(pa.table(twice), TASK))


def test_a_few_coarse_columns_agree_by_chance() -> None:
    task = task_of(*(c for c in INPUTS if c.name in ("record_id", "tool", "remark", "label")))
    assert "same_records" not in found(inspect(changed(), task))


def test_a_strong_imbalance_is_told_with_its_share() -> None:
    n = 4000
    rows = {**good(n), "label": (np.arange(n) < 19).astype(int)}
    (finding,) = [f for f in inspect(pa.table(rows), TASK).findings if f.key == "imbalance"]
    assert finding.severity == "warning"
    assert "0.47%" in finding.text("en")
    rows["label"] = (np.arange(n) < 21).astype(int)
    assert "imbalance" not in found(inspect(pa.table(rows), TASK))


def test_a_column_of_noughts_is_not_the_label_of_a_rare_class() -> None:
    """It equals the label in 99.5 of 100 records, and in none of those that matter."""
    n = 4000
    rows = {**good(n), "label": (np.arange(n) < 20).astype(int)}
    rows["pressure"] = (np.arange(n) == n - 1) * 1.0
    assert "equals_label" not in found(inspect(pa.table(rows), TASK))
    rows["pressure"] = rows["label"] * 1.0
    assert found(inspect(pa.table(rows), TASK))["equals_label"] == "error"


def test_a_nearly_perfect_feature_is_for_a_person_to_judge() -> None:
    """Between 0.99 and 0.999 it may be a good feature as well as a leak."""
    nearly = np.where((LABEL == 1) | (ROWS == 1), 50.0, 1.0) + RANDOM.uniform(0, 1, N)
    report = inspect(changed(pressure=nearly), TASK)
    assert found(report)["leakage"] == "warning"
    report.require()


@pytest.mark.parametrize(
    ("theirs", "label", "told"),
    [
        ("label_delay", "label", True),
        ("pressure", "label", False),
        ("is_scrap_2", "is_scrap", True),
    ],
)
def test_a_feature_named_like_the_label_is_told(theirs: str, label: str, told: bool) -> None:
    mapping = {a: b for a, b in {theirs: "pressure", label: "label"}.items() if a != b}
    names = [{"pressure": theirs, "label": label}.get(name, name) for name in good()]
    report = inspect(changed().rename_columns(names), TASK, mapping)
    assert ("label_name" in found(report)) == told


KINDS: list[tuple[str, Column | None, Any]] = [
    ("classes", Column("label", "string", "label"), np.asarray(["a", "b", "c", "d"])[ROWS % 4]),
    ("number", Column("label", "float64", "label"), RANDOM.normal(size=N)),
    ("count", Column("label", "int64", "label"), RANDOM.integers(0, 9, N)),
    ("text", Column("label", "string", "label"), [f"the {i}th" for i in ROWS]),
    ("truth", Column("label", "bool", "label"), ROWS % 3 == 0),
    ("none", None, None),
]


@pytest.mark.parametrize(("name", "column", "values"), KINDS, ids=[kind[0] for kind in KINDS])
def test_every_kind_of_label_is_understood(name: str, column: Column | None, values: Any) -> None:
    columns = [c for c in INPUTS if c.role != "label"] + ([column] if column else [])
    assert found(inspect(changed(label=values), task_of(*columns))) == {}


def test_several_classes_are_given_away_by_a_feature_that_tells_them_all() -> None:
    classes = np.asarray(["a", "b", "c", "d"])[ROWS % 4]
    task = task_of(*INPUTS[:-1], Column("label", "string", "label"))
    of_text = changed(label=classes, tool=np.char.add("x", classes))
    assert found(inspect(of_text, task)) == {"leakage": "error"}
    of_number = changed(label=classes, pressure=ROWS % 4 * 10.0 + RANDOM.uniform(0, 9, N))
    assert found(inspect(of_number, task)) == {"leakage": "warning"}
    by_class = changed(label=np.sort(classes), pressure=np.ones(N))
    assert found(inspect(by_class, task)) == {"constant": "warning"}
    one_known = changed(label=classes, tool=np.where(classes == "a", "x", "y"))
    assert found(inspect(one_known, task)) == {}


def test_what_stands_in_the_columns_is_told() -> None:
    pressure = [None, 500.0, *PRESSURE[2:].tolist()]
    report = inspect(changed(pressure=pressure, extra=[1] * N), TASK)
    column = next(column for column in report.columns if column.name == "pressure")
    assert (column.found, column.expected, column.refused) == ("float64", "float64", 1)
    assert column.empty == pytest.approx(1 / N)
    assert 1 < float(column.low or 0) < float(column.high or 0) <= 100
    assert next(c for c in report.columns if c.name == "tool").distinct == 3
    assert report.unused == ("extra",)
    assert (report.records, report.accepted) == (N, N - 2)
    told = {refusal.reason: refusal for refusal in report.refused}
    assert (told["null"].n, told["null"].row, told["null"].record_id) == (1, 0, "r00000")
    assert told["above"].row == 1
    assert "500" in told["above"].text("en")


@pytest.mark.skipif("image" not in DTYPES, reason="the Spec knows no pictures")
@pytest.mark.parametrize(
    ("sums", "labels", "keys"),
    [
        (["s1", "s2", "s3"], [0, 1, 1], set()),
        (["s1", "s2", "s2"], [0, 1, 1], {"same_pictures"}),
        (["s1", "s2", "s1"], [0, 1, 1], {"same_pictures", "picture_labels"}),
        ([None, None, "s1"], [0, 1, 1], set()),
    ],
)
def test_the_same_picture_is_known_by_its_sum(
    sums: list[str | None], labels: list[int], keys: set[str]
) -> None:
    picture = Column("image", "image")
    task = task_of(INPUTS[0], picture, INPUTS[-1])
    images = [{"path": f"{i}.png", "bytes": b"\x89", "sha256": s} for i, s in enumerate(sums)]
    values = {
        "record_id": ["a", "b", "c"],
        "image": pa.array(images, picture.arrow_type()),
        "label": labels,
    }
    report = inspect(pa.table(values), task)
    assert set(found(report)) - {"too_few"} == keys
    json.dumps(report.to_json())


@pytest.mark.skipif("image" not in DTYPES, reason="the Spec knows no pictures")
def test_a_folder_of_pictures_is_inspected_too(tmp_path: Path) -> None:
    label = Column("label", "string", "label", choices=("good", "bad"), required=False)
    task = task_of(INPUTS[0], Column("image", "image"), label)
    for name in ("good/1.png", "good/2.png", "bad/1.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"the same" if "1" in name else b"another")
    report = inspect(tmp_path, task)
    assert {"same_pictures", "picture_labels"} <= set(found(report))
    assert next(c for c in report.columns if c.name == "image").distinct == 2


def test_no_record_at_all_is_told_not_raised() -> None:
    assert "too_few_records" not in found(inspect(changed().slice(0, 0), TASK))
    report = inspect(changed(label=None).slice(0, 9), task_of(*INPUTS[:-1]))
    assert found(report)["too_few_records"] == "error"


def test_the_sample_is_clean() -> None:
    report = inspect("fraud_sample", find_task("fraud_rnn"))
    assert report.errors == ()
    assert not {"leakage", "presence", "equals_label", "label_name"} & set(found(report))
    assert report.unused == ("pattern",)


def test_text_and_json_say_the_same() -> None:
    report = inspect(changed(label=[0] * N, extra=[1] * N).drop(["remark"]), TASK)
    value = json.loads(json.dumps(report.to_json()))
    assert not value["ok"]
    assert [one["key"] for one in value["findings"]] == ["one_class"]
    text = report.to_text()
    assert value["findings"][0]["message"] in text
    assert all(column.name in text for column in report.columns)
    assert "extra" in text
    set_language("zh")
    try:
        assert "错误" in report.to_text()
        assert report.to_json() == value
    finally:
        set_language("en")


def test_further_columns_of_text_are_left_alone_and_told() -> None:
    further = task_of(
        Column("record_id", "string", "id"),
        Column("label", "int64", "label", low=0, high=1),
        Column("*", "float64", required=False),
    )
    table = changed(time=None, remark=None, machine=None)
    looked = inspect_source(table, further)
    told = {one.key: one for one in looked.report.findings}
    assert told["left_alone"].severity == "note"
    assert told["left_alone"].values == {"columns": "tool"}
    assert set(told) == {"left_alone"}
    # Training takes what was checked: numbers of pressure, nothing of tool.
    assert looked.checked is not None
    assert looked.checked.table["tool"].null_count == N
    assert looked.checked.table["pressure"].null_count == 0
