"""Before a challenger is promoted it is shown which parts it judges otherwise than the champion."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from reads_column import Reads

from lepton_core.card import to_markdown
from lepton_core.decision.detect import Detect
from lepton_core.evaluation.measures import many_class_measures
from lepton_core.evaluation.paired import compare_paired
from lepton_core.evaluation.report import Measured
from lepton_core.evaluation.run import test_fingerprint as ids_fingerprint
from lepton_core.pipeline import Pipeline
from lepton_core.predictions import Predictions
from lepton_core.records.pictures import IMAGE_TYPE
from lepton_core.solution import Task
from lepton_core.spec import Column, Spec
from lepton_core.training.champion import compare
from lepton_core.training.contest import Comparison, Contest
from lepton_core.training.splits import Split

CLASSES = ("good", "dent")
N = 120
INPUTS = Spec(
    (
        Column("record_id", "string", "id"),
        Column("old", "float64"),
        Column("new", "float64"),
        Column("label", "string", "label", required=False),
    )
)
OUTPUTS = Spec(
    (
        Column("record_id", "string", "id"),
        Column("score", "float32", "output"),
        Column("probability", "float32", "output"),
        Column("label", "string", "output"),
        Column("verdict", "string", "output"),
        Column("review", "bool", "output"),
        Column("count", "int64", "output"),
        Column("defects", "boxes", "output"),
        Column("bundle", "string", "meta"),
    )
)


def measures(records: pa.Table, scores: np.ndarray, decision: Any) -> dict[str, Measured]:
    truth = np.array([CLASSES.index(name) for name in records["label"].to_pylist()])
    return many_class_measures(truth, scores, None)


def figures(records: pa.Table, found: Predictions, pipeline: Pipeline) -> dict[str, Measured]:
    """Something that needs the predictions: the share of parts whose verdict is right."""
    assert found["record_id"].tolist() == records["record_id"].to_pylist()
    is_good = np.array(records["label"].to_pylist()) == "good"
    assert found.raw["counted"].tolist() == [int(name[1:]) for name in found["record_id"]]
    passed = found["verdict"] == "pass"
    right, escape = float((passed == is_good).mean()), float(passed[~is_good].mean())
    return {
        "map50": Measured(right, right, right),
        "escape": Measured(escape, escape, escape),
        "something": Measured(0.0, 0.0, 0.0),
    }


COUNTED: list[int] = []


def counts(records: pa.Table, found: Predictions, pipeline: Pipeline) -> dict[str, np.ndarray]:
    """What takes long: it is asked for once, and goes with its record into every resample."""
    COUNTED.append(len(found))
    return {"counted": np.array([int(name[1:]) for name in found["record_id"]])}


@dataclass(frozen=True)
class LocalTask(Task):
    """A task whose hooks are functions of this file."""

    def hook(self, reference: str) -> Any:
        return {"measures": measures, "figures": figures, "counts": counts}[reference]


TASK = LocalTask(
    "test/parts",
    "",
    "test",
    INPUTS,
    OUTPUTS,
    *[""] * 5,
    measures="measures",
    figures="figures",
    counts="counts",
    headline=("accuracy", "map50"),
)


class Logits:
    """A runtime: the input is by how much a dent leads."""

    def run(self, role: str, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {"score": np.stack([np.zeros_like(inputs["x"]), inputs["x"]], axis=1)}


def bundle(column: str, records: pa.Table) -> Pipeline:
    card = {
        "protocol": {"test_fingerprint": ids_fingerprint(records, np.arange(N))},
        "metrics": {"accuracy": {}, "escape": {}},
    }
    decision = Detect(CLASSES, (0.5,))
    name = f"test/parts@{column}"
    return Pipeline(TASK, name, Reads(column), Logits(), decision, card)  # type: ignore[arg-type]


def held(old: np.ndarray, new: np.ndarray, metric: str | None = None) -> Comparison:
    """Champion and challenger of parts, the first half of which is good."""
    records = pa.table(
        {
            "record_id": [f"p{number:03}" for number in range(N)],
            "old": old,
            "new": new,
            "label": ["good"] * (N // 2) + ["dent"] * (N // 2),
        }
    )
    contest = Contest.of(bundle("old", records), TASK, metric)
    split = Split(np.empty(0, int), np.empty(0, int), np.arange(N))
    return compare(contest, bundle("new", records), records, split)


def right() -> np.ndarray:
    return np.where(np.arange(N) < N // 2, -4.0, 4.0)


def wrong_at(*rows: int) -> np.ndarray:
    values = right()
    values[list(rows)] *= -1
    return values


def test_what_is_newly_right_and_newly_wrong_is_told_by_record() -> None:
    # The champion fails two good parts and passes a dented one; the challenger passes another.
    found = held(wrong_at(0, 1, 100), wrong_at(1, 110))
    told = found.to_json(ids=True)["changed"]
    assert told["wrong"]["ids"] == {"gone": ["p000", "p100"], "new": ["p110"]}
    assert told["overkill"]["ids"] == {"gone": ["p000"], "new": []}
    assert told["escape"]["ids"] == {"gone": ["p100"], "new": ["p110"]}
    assert (told["escape"]["champion"], told["escape"]["challenger"]) == (1, 1)
    text = "\n".join(found.lines("en"))
    assert "Overkill (good and failed): 2 by the champion, 1 by the challenger." in text
    assert "no longer, 2: p000, p100" in text
    assert "new, 1: p110" in text


def test_a_card_names_no_record() -> None:
    found = held(wrong_at(0, 1, 100), wrong_at(1, 110))
    told = found.to_json()
    assert "p110" not in json.dumps(told)
    assert told["changed"]["escape"] == {"champion": 1, "challenger": 1, "gone": 1, "new": 1}
    text = to_markdown({"task": "t", "bundle": "b", "champion": told})
    assert "Escapes (defective and passed): 1 by the champion, 1 by the challenger." in text


def test_figures_of_places_are_compared_like_the_others() -> None:
    many = range(0, N, 4)
    found = held(wrong_at(*many), right(), metric="map50")
    gain = found.paired.gains["map50"]
    assert gain.value == pytest.approx(0.25)
    assert gain.low is not None
    assert gain.high is not None
    assert 0.1 < gain.low < gain.value < gain.high < 0.4
    assert found.promoted
    assert "something" not in found.to_json()["figures"]


def test_what_takes_long_is_found_once_and_not_for_every_resample() -> None:
    COUNTED.clear()
    held(right(), wrong_at(1))
    # Once for each of the two bundles.
    assert COUNTED == [N, N]


def test_figures_that_are_in_no_list_stand_beside_the_others_and_may_decide() -> None:
    found = held(wrong_at(*range(0, N, 4)), right(), metric="escape")
    assert list(found.to_json()["figures"]) == ["accuracy", "map50", "escape"]
    assert found.paired.gains["escape"].value == pytest.approx(0.25)
    assert found.promoted


def test_a_challenger_that_is_worse_is_not_promoted_whichever_figure_decides() -> None:
    many = range(0, N, 4)
    for metric in ("accuracy", "map50"):
        assert not held(right(), wrong_at(*many), metric=metric).promoted
        assert not held(right(), right(), metric=metric).promoted


def test_measures_see_which_pictures_are_the_same_and_carry_none_of_their_bytes() -> None:
    pictures = [{"path": f"{n}.png", "bytes": b"x" * 9, "sha256": str(n % 3)} for n in range(30)]
    table = pa.table({"image": pa.array([*pictures, None], IMAGE_TYPE), "x": [1.0] * 31})
    seen = []

    def look(records: pa.Table, scores: np.ndarray) -> dict[str, Measured]:
        seen.append(records["image"].to_pylist())
        return {"accuracy": Measured(0.5, 0.5, 0.5)}

    compare_paired(table, (look, np.zeros(31)), (look, np.zeros(31)), ["accuracy"], n=2)
    assert seen[0][:30] == [{**one, "bytes": None} for one in pictures]
    assert seen[0][30] is None
