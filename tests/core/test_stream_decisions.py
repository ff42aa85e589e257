"""A stream's memory outlives a change of threshold or rules; nothing is answered in two ways."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from scoring_task import Lines, stream

from lepton_core.bundle import load_bundle
from lepton_core.bundle_files import read_json
from lepton_core.decision import Classify
from lepton_core.errors import UsageError
from lepton_core.pipeline import Pipeline
from lepton_core.redecide.bundles import save_decided
from lepton_core.rules import RuleSet
from lepton_core.scoring import options
from lepton_core.scoring.manifest import Manifest, check_settings

pytestmark = pytest.mark.usefixtures("fast_runs", "in_batches")

OLD = ("always: amount >= 0", "large: amount > 100", "gone: amount > 1")
NEW = ("fresh: amount >= 0", "large: amount > 100000", "always: amount >= 0")


def ruled(pipeline: Pipeline, rules: Sequence[str]) -> Pipeline:
    text = "rules:\n"
    for rule in rules:
        name, _, when = rule.partition(": ")
        text += f"  - {{name: {name}, when: {when}}}\n"
    return pipeline.with_rules(RuleSet.of(text, pipeline))


def scores(told: Lines) -> list[Any]:
    return [one.get("score") for one in told]


class Gone(io.StringIO):
    """A reader of answers that goes away."""

    def write(self, text: str) -> int:
        raise BrokenPipeError


def test_at_rest_it_goes_on_with_other_rules_and_the_same_memory(
    fraud: Pipeline, transactions: Lines, tmp_path: Path
) -> None:
    whole, _ = stream(fraud, transactions)
    first, _ = stream(ruled(fraud, OLD), transactions[:20], tmp_path / "s")
    rows = [*transactions[20:], *transactions[:3]]
    second, _ = stream(ruled(fraud, NEW), rows, tmp_path / "s")
    assert scores(first) + scores(second[:-3]) == pytest.approx(scores(whole), abs=1e-5)
    # A repeated record keeps the hits of the rules that are still there, by name.
    for again, before in zip(second[-3:], first[:3], strict=True):
        kept = {"always", "large"} & set(before["shadow_rules"].split("; "))
        assert set(again["shadow_rules"].split("; ")) == kept
        assert again["score"] == before["score"]
    fresh = [one for one in second[:-3] if one.get("score") is not None]
    assert fresh[0]["shadow_rules"] == "fresh; always"
    # And back: the settings of the last run are those that count.
    stream(ruled(fraud, OLD), transactions[:1], tmp_path / "s")
    parts = pq.read_table(tmp_path / "s")
    assert parts.num_rows == len({one["record_id"] for one in whole if "score" in one})


def test_what_was_begun_with_the_old_rules_is_ended_with_them(
    fraud: Pipeline, transactions: Lines, tmp_path: Path
) -> None:
    out = tmp_path / "s"
    with pytest.raises(BrokenPipeError):
        stream(ruled(fraud, OLD), transactions[:8], out, answers=Gone())
    with pytest.raises(UsageError, match="rules_sha256"):
        stream(ruled(fraud, NEW), transactions[8:], out)
    stream(ruled(fraud, OLD), [], out)
    stream(ruled(fraud, NEW), transactions[8:], out)


def test_it_goes_on_with_another_decision_of_the_same_model(
    fraud: Pipeline, transactions: Lines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fraud.folder is not None
    low = Classify(("genuine", "fraud"), threshold=0.0)
    other = load_bundle(save_decided(fraud.folder, fraud.address, low, tmp_path / "low"))
    whole, _ = stream(fraud, transactions)
    stream(fraud, transactions[:20], tmp_path / "s")
    told, _ = stream(other, transactions[20:], tmp_path / "s")
    assert scores(told) == pytest.approx(scores(whole)[20:], abs=1e-5)
    assert {one.get("label") for one in told} <= {"fraud", None}
    monkeypatch.setattr(options, "_scorer", lambda folder: "another model")
    with pytest.raises(UsageError, match="had another bundle"):
        stream(fraud, transactions[:1], tmp_path / "s")


def test_a_run_of_a_bundle_that_lacks_a_newer_key_of_its_decision_goes_on(fraud: Pipeline) -> None:
    assert fraud.folder is not None
    assert "spread" not in read_json(fraud.folder, "decision.json")
    assert "decision" not in options.settings_of(fraud, options.Options(), "file")
    moved = fraud.with_decision(fraud.decision.with_threshold(0.9))  # type: ignore[attr-defined]
    told = options.settings_of(moved, options.Options(), "file")["decision"]
    assert told["threshold"] == 0.9


SETTINGS = {
    "mode": "stream",
    "bundle": "a",
    "bundle_sha256": "1",
    "scorer_sha256": "m",
    "rules_sha256": "r",
    "select": [],
}


@pytest.mark.parametrize(
    ("change", "at_rest", "allowed"),
    [
        ({"rules_sha256": "other"}, True, True),
        ({"rules_sha256": "other"}, False, False),
        ({"bundle": "b", "bundle_sha256": "2"}, True, True),
        ({"bundle": "b", "bundle_sha256": "2"}, False, False),
        ({"decision": {"threshold": 0.9}}, True, True),
        ({"decision": {"threshold": 0.9}}, False, False),
        ({"bundle_sha256": "2", "scorer_sha256": "n"}, True, False),
        ({"select": ["score"]}, True, False),
        ({"mode": "files"}, True, False),
    ],
)
@pytest.mark.parametrize("mode", ["stream", "watch", "files"])
def test_what_may_change(
    tmp_path: Path, change: dict[str, Any], at_rest: bool, allowed: bool, mode: str
) -> None:
    then = {**SETTINGS, "mode": mode}
    now = then | change
    if now == then:
        return
    if allowed and mode != "files":
        check_settings(tmp_path, Manifest(then), now, at_rest)
        return
    with pytest.raises(UsageError):
        check_settings(tmp_path, Manifest(then), now, at_rest)


def test_another_model_is_told_by_the_names_of_the_bundles(tmp_path: Path) -> None:
    then = {**SETTINGS, "mode": "stream"}
    now = then | {"bundle": "b", "bundle_sha256": "2", "scorer_sha256": "n"}
    for at_rest in (True, False):
        with pytest.raises(UsageError) as caught:
            check_settings(tmp_path, Manifest(then), now, at_rest)
        assert caught.value.values["setting"] == "bundle"
        assert caught.value.values["here"] == "b"


def test_rules_do_not_come_or_go_as_the_output_would_change_its_columns(tmp_path: Path) -> None:
    without = {name: value for name, value in SETTINGS.items() if name != "rules_sha256"}
    for then, now in ((SETTINGS, without), (without, SETTINGS)):
        with pytest.raises(UsageError, match="rules_sha256"):
            check_settings(tmp_path, Manifest(dict(then)), now, at_rest=True)


def test_a_run_of_an_older_version_goes_on_with_its_own_bundle(tmp_path: Path) -> None:
    older = {name: value for name, value in SETTINGS.items() if name != "scorer_sha256"}
    check_settings(tmp_path, Manifest(older), SETTINGS, at_rest=True)
    with pytest.raises(UsageError):
        check_settings(tmp_path, Manifest(older), {**SETTINGS, "bundle_sha256": "2"}, at_rest=True)


def test_a_memory_without_answers_is_restored_for_other_rules(fraud: Pipeline) -> None:
    state = ruled(fraud, OLD).open_session(on_repeat="answer").export_state()
    session = ruled(fraud, NEW).open_session(on_repeat="answer")
    session.restore(state)
    assert session.cursor == 0
