"""Champion and challenger: what is surely better is promoted, on records that neither knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from reads_column import Reads

from lepton_core.bundle_files import read_json, verify_manifest
from lepton_core.card import to_markdown
from lepton_core.decision import Classify
from lepton_core.errors import DataError, LeptonError, TrainingError, UsageError
from lepton_core.evaluation.measures import classification_measures
from lepton_core.evaluation.paired import compare_paired, gain, window_numbers
from lepton_core.evaluation.report import Measured
from lepton_core.evaluation.resampling import Draws
from lepton_core.evaluation.run import test_fingerprint as ids_fingerprint
from lepton_core.pipeline import Pipeline
from lepton_core.solution import Task, find_task
from lepton_core.spec import Column, Spec
from lepton_core.training import promotion
from lepton_core.training.champion import check_classes, compare, unseen
from lepton_core.training.contest import Comparison, Contest
from lepton_core.training.promotion import promote
from lepton_core.training.splits import Split

_US_A_DAY = 86_400_000_000
ABLE, BLIND, RIVAL = "able", "blind", "rival"

INPUTS = Spec(
    (
        Column("record_id", "string", "id"),
        Column("time", "timestamp", "time"),
        Column("card", "string", "entity"),
        *(Column(name, "float64") for name in (ABLE, BLIND, RIVAL)),
        Column("label", "int64", "label", low=0, high=1, required=False),
    )
)
OUTPUTS = Spec(
    (
        Column("record_id", "string", "id"),
        Column("score", "float32", "output"),
        Column("probability", "float32", "output"),
        Column("label", "string", "output"),
        Column("review", "bool", "output"),
        Column("bundle", "string", "meta"),
    )
)


def measures(records: pa.Table, scores: np.ndarray, decision: Any) -> dict[str, Measured]:
    groups = records["card"].to_numpy()
    return classification_measures(records["label"].to_numpy(), scores, decision, groups)


@dataclass(frozen=True)
class LocalTask(Task):
    """A task whose only hook is a function of this file."""

    def hook(self, reference: str) -> Any:
        return measures


TASK = LocalTask(
    "test/cards", "", "test", INPUTS, OUTPUTS, "", "", "", "", "", headline=("ap", "auc")
)


class Passes:
    """A runtime whose output is its input."""

    def run(self, role: str, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {"score": inputs["x"]}


def pipeline(column: str, **protocol: Any) -> Pipeline:
    decision = Classify(("genuine", "fraud"))
    card = {"protocol": protocol}
    return Pipeline(TASK, f"test/cards@{column}", Reads(column), Passes(), decision, card)  # type: ignore[arg-type]


def world(seed: int = 0, n: int = 2400, days: int = 24) -> pa.Table:
    """Two columns that tell the truth equally well, each with its own luck, and one that does not.

    ``blind`` is what a model gives that was trained on shuffled labels: no knowledge at all.
    """
    rng = np.random.default_rng(seed)
    label = (rng.random(n) < 0.1).astype(np.int64)
    time = np.sort(rng.integers(0, days * _US_A_DAY, n)) + 20_000 * _US_A_DAY
    return pa.table(
        {
            "record_id": [f"r{number}" for number in range(n)],
            "time": pa.array(time, pa.timestamp("us", "UTC")),
            "card": [f"c{number}" for number in rng.integers(0, n // 6, n)],
            ABLE: 1.5 * label + rng.normal(size=n),
            BLIND: rng.normal(size=n),
            RIVAL: 1.5 * label + rng.normal(size=n),
            "label": label,
        }
    )


def split(records: pa.Table, share: float = 0.6) -> Split:
    n = records.num_rows
    cut = round(share * n)
    return Split(np.arange(cut - 200), np.arange(cut - 200, cut), np.arange(cut, n))


def own(records: pa.Table) -> dict[str, str]:
    """The card of a champion that was tested on just these records."""
    return {"test_fingerprint": ids_fingerprint(records, split(records).test)}


def held(champion: str, challenger: str, seed: int = 0, margin: float = 0.0) -> Comparison:
    records = world(seed)
    contest = Contest.of(pipeline(champion, **own(records)), TASK, margin=margin)
    return compare(contest, pipeline(challenger), records, split(records))


def test_a_champion_that_learned_nothing_is_beaten() -> None:
    found = held(BLIND, ABLE)
    assert found.promoted
    assert found.contest.metric == "ap"
    assert found.paired.gains["ap"].value > 0.2
    assert found.to_json()["promoted"] is True
    assert "Promoted" in found.lines("en")[-1]


def test_a_challenger_that_is_worse_or_the_same_is_not_promoted() -> None:
    assert not held(ABLE, BLIND).promoted
    same = held(ABLE, ABLE)
    assert not same.promoted
    figure = same.paired.gains["ap"]
    assert (figure.value, figure.low, figure.high) == (0.0, 0.0, 0.0)
    assert "Not promoted" in same.lines("en")[-1]


def test_an_equally_good_challenger_with_its_own_luck_is_not_promoted() -> None:
    found = held(ABLE, RIVAL)
    figure = found.paired.gains["ap"]
    assert figure.low is not None
    assert figure.high is not None
    assert figure.low < 0 < figure.high
    assert not found.promoted


@pytest.mark.slow
def test_luck_alone_promotes_as_seldom_as_the_interval_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    brief = partial(compare_paired, n=100)
    monkeypatch.setattr("lepton_core.training.champion.compare_paired", brief)
    promoted = sum(held(ABLE, RIVAL, seed=seed).promoted for seed in range(100))
    # 2.5 are expected; more than 8 come about once in a thousand times.
    assert promoted <= 8


def test_a_margin_asks_for_more_than_being_better() -> None:
    low = held(BLIND, ABLE).paired.gains["ap"].low
    assert low is not None
    assert held(BLIND, ABLE, margin=low - 0.01).promoted
    assert not held(BLIND, ABLE, margin=low).promoted


def test_windows_follow_each_other_and_hold_every_record() -> None:
    found = held(BLIND, ABLE)
    windows = found.paired.windows
    assert sum(window.records for window in windows) == found.n == 960
    assert [w.start for w in windows] == sorted(w.start for w in windows)
    assert all(a.end < b.start for a, b in pairwise(windows))
    assert len(windows) == 10


@pytest.mark.parametrize(
    ("days", "windows", "least"), [(1, 1, 1), (14, 14, 1), (15, 2, 7), (20, 3, 6), (98, 14, 7)]
)
def test_windows_are_days_or_weeks_and_none_is_a_scrap(days: int, windows: int, least: int) -> None:
    sizes = np.bincount(window_numbers(np.arange(days) + 500))
    assert len(sizes) == windows
    assert sizes.min() >= least


def test_only_what_is_later_than_the_champion_learned_is_compared() -> None:
    records = world()
    test = split(records).test
    until = records["time"][int(test[299])].as_py()
    champion = pipeline(BLIND, learned_until=until.isoformat())
    rows = unseen(champion, records, split(records))
    assert rows[0] == test[300]
    assert rows.tolist() == test[300:].tolist()
    found = compare(Contest.of(champion, TASK), pipeline(ABLE), records, split(records))
    assert (found.n, found.left_out) == (660, 300)
    assert "300 test records are left out" in "\n".join(found.lines("en"))


def test_a_champion_that_learned_from_all_test_records_is_refused() -> None:
    records = world()
    until = records["time"][-1].as_py().isoformat()
    with pytest.raises(DataError) as caught:
        unseen(pipeline(BLIND, learned_until=until), records, split(records))
    assert caught.value.key == "champion.all_seen"
    assert until in str(caught.value)


def test_equal_ids_prove_nothing_where_time_tells_more() -> None:
    records = world()
    until = records["time"][-1].as_py().isoformat()
    counted_alike = {**own(records), "learned_until": until}
    # Split by time, it must have learned from other records of the same ids.
    with pytest.raises(DataError) as caught:
        unseen(pipeline(BLIND, **counted_alike, test_rows_from=1440), records, split(records))
    assert caught.value.key == "champion.all_seen"
    # Split at random, its test records lie between those it learned from.
    rows = unseen(pipeline(BLIND, **counted_alike), records, split(records))
    assert rows.tolist() == split(records).test.tolist()


def test_a_champion_whose_past_is_unknown_is_refused() -> None:
    records = world()
    for card in ({}, {"test_fingerprint": "of other records", "test_rows_from": 3}):
        with pytest.raises(DataError) as caught:
            unseen(pipeline(BLIND, **card), records, split(records))
        assert caught.value.key == "champion.unknown_past"


def test_what_cannot_be_compared_is_refused_before_training() -> None:
    other = replace(TASK, name="test/others")
    choices = Column("label", "string", "output", choices=("fine", "fraud"))
    columns = [choices if column.name == "label" else column for column in OUTPUTS]
    renamed = replace(TASK, outputs=Spec(tuple(columns)))
    cases: list[tuple[str, Any]] = [
        ("champion.other_task", lambda: Contest.of(pipeline(ABLE), other)),
        ("champion.other_classes", lambda: Contest.of(pipeline(ABLE), renamed)),
        ("champion.metric", lambda: Contest.of(pipeline(ABLE), TASK, metric="f1")),
        ("champion.margin", lambda: Contest.of(pipeline(ABLE), TASK, margin=float("nan"))),
        (
            "champion.other_classes",
            lambda: check_classes(Classify(("a", "b")), Classify(("b", "a")), "x"),
        ),
    ]
    for key, call in cases:
        with pytest.raises(UsageError) as caught:
            call()
        assert caught.value.key == key
        assert caught.value.text("en") != caught.value.text("zh")


def test_lower_errors_are_gains_and_coverage_is_best_at_its_promise() -> None:
    assert gain("mae", 3.0, 2.0) == 1.0
    assert gain("auc", 0.8, 0.7) == pytest.approx(-0.1)
    assert gain("coverage90", 0.8, 0.95) == pytest.approx(0.05)
    assert gain("coverage90", 0.9, 0.99) < 0


def test_a_card_drawn_twice_counts_as_two_and_keeps_all_its_records() -> None:
    records = pa.table({"card": ["a", "b", "a", None, "c", None], "x": list(range(6))})
    draws = Draws(records, "card", seed=3)
    for _ in range(20):
        rows, table = draws.next()
        assert table["x"].to_pylist() == rows.tolist()
        assert (np.diff(rows) >= 0).all()
        by_name: dict[str, list[int]] = {}
        for name, x in zip(table["card"].to_pylist(), table["x"].to_pylist(), strict=True):
            if name is not None:
                by_name.setdefault(name, []).append(x)
        whole = {"a": [0, 2], "b": [1], "c": [4]}
        assert all(found == whole[name.partition("#")[0]] for name, found in by_name.items())
        # Five entities: three cards, and two records without one.
        alone = table["card"].null_count
        assert len(by_name) + alone == 5


def test_records_without_time_or_card_are_one_window() -> None:
    records = (
        world()
        .drop_columns(["time", "card"])
        .append_column("card", pa.array([None] * 2400, pa.string()))
    )
    scores = [records[name].to_numpy() for name in (BLIND, ABLE)]

    def figures(table: pa.Table, given: np.ndarray) -> dict[str, Measured]:
        return classification_measures(table["label"].to_numpy(), given, None)

    paired = compare_paired(
        records, (figures, scores[0]), (figures, scores[1]), ["ap"], n=50, seed=1
    )
    assert [(window.start, window.records) for window in paired.windows] == [("", 2400)]
    low = paired.gains["ap"].low
    assert low is not None
    assert low > 0


def test_a_test_part_of_one_class_is_an_error_and_no_figure() -> None:
    records = world().set_column(6, "label", pa.array(np.zeros(2400, np.int64)))
    contest = Contest.of(pipeline(BLIND, **own(records)), TASK)
    with pytest.raises(LeptonError) as caught:
        compare(contest, pipeline(ABLE), records, split(records))
    assert caught.value.key == "evaluate.too_few_resamples"


def test_the_card_says_who_was_challenged_and_what_came_of_it() -> None:
    for found, said in ((held(BLIND, ABLE), "Promoted"), (held(ABLE, BLIND), "Not promoted")):
        text = to_markdown({"task": "t", "bundle": "b", "champion": found.to_json()})
        assert f"@{found.contest.champion.address.partition('@')[2]}" in text
        assert said in text


@pytest.fixture
def bundles(tmp_path: Path) -> tuple[Path, Path]:
    """A champion and a challenger on disk, the same but for a file's time."""
    import shutil

    shipped = find_task("fraud_rnn").bundle("sample")
    for name in ("champion", "challenger"):
        shutil.copytree(shipped, tmp_path / name)
    return tmp_path / "champion", tmp_path / "challenger"


@pytest.mark.parametrize("exchange", [True, False], ids=["one step", "two steps"])
def test_a_promoted_bundle_takes_the_place_and_the_old_one_is_kept(
    bundles: tuple[Path, Path], exchange: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not exchange:
        monkeypatch.setattr(promotion, "_exchange", lambda one, other: False)
    champion, challenger = bundles
    old = {path.name: path.read_bytes() for path in champion.iterdir() if path.is_file()}
    for _ in range(2):  # the second promotion replaces what the first one kept
        previous = promote(challenger, champion)
        assert previous == champion.parent / "champion.previous"
        verify_manifest(champion)
        assert read_json(champion, "card.json")["bundle"] == "champion"
        assert "@champion" in (champion / "CARD.md").read_text(encoding="utf-8").splitlines()[0]
    assert read_json(challenger, "card.json")["bundle"] == "sample"
    verify_manifest(previous)
    assert set(old) == {path.name for path in previous.iterdir() if path.is_file()}
    assert sorted(path.name for path in champion.parent.iterdir()) == [
        "challenger",
        "champion",
        "champion.previous",
    ]


def test_a_promotion_that_fails_leaves_the_champion(
    bundles: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    champion, challenger = bundles
    before = (champion / "manifest.json").read_bytes()
    replace_name = promotion.os.replace

    def refuses(source: Any, target: Any) -> None:
        if str(target).endswith(".previous"):
            raise OSError("no space left")
        replace_name(source, target)

    monkeypatch.setattr(promotion.os, "replace", refuses)
    with pytest.raises(TrainingError) as caught:
        promote(challenger, champion)
    assert caught.value.key == "champion.cannot_promote"
    assert (champion / "manifest.json").read_bytes() == before
    assert sorted(path.name for path in champion.parent.iterdir()) == ["challenger", "champion"]
