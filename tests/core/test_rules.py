"""Rules: what they mean, and that a wrong or hostile file is refused with all its faults."""

from __future__ import annotations

import pickle
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.errors import UsageError
from lepton_core.rules import RulesError, RuleSet, rule_figures

TYPES = {
    "amount": pa.float64(),
    "card": pa.string(),
    "time": pa.timestamp("us", tz="UTC"),
    "probability": pa.float32(),
}
CLASSES = ("genuine", "fraud")


def rules_of(*rules: dict[str, str]) -> RuleSet:
    text = "rules:\n"
    for number, rule in enumerate(rules):
        text += f"  - name: {rule.pop('name', f'r{number}')}\n"
        text += "".join(f"    {key}: {value}\n" for key, value in rule.items())
    return RuleSet.load(text, TYPES)


def decided(n: int) -> dict[str, Any]:
    """What the model says: every other record is a fraud, every third to be reviewed."""
    rows = np.arange(n)
    return {
        "score": rows.astype(np.float32),
        "label": pa.array(np.where(rows % 2 == 1, "fraud", "genuine")),
        "review": rows % 3 == 0,
    }


def acted(rules: RuleSet, hits: list[list[bool]]) -> dict[str, Any]:
    matrix = np.array(hits)
    found = rules.act(decided(len(hits)), matrix, CLASSES)
    return {name: np.asarray(values).tolist() for name, values in found.items()}


def faults(text: str) -> list[tuple[int, str, str]]:
    with pytest.raises(RulesError) as caught:
        RuleSet.load(text, TYPES)
    return [(fault.line, fault.rule, fault.error.key) for fault in caught.value.faults]


# Meaning


def test_a_live_rule_acts_and_one_in_shadow_changes_nothing() -> None:
    live = {"when": "amount > 1", "mode": "live", "action": "alert"}
    shadow = {"when": "amount > 2"}
    rules = rules_of(live, shadow)
    found = acted(rules, [[True, True], [False, True], [False, False], [True, False]])
    assert found["label"] == ["fraud", "fraud", "genuine", "fraud"]
    assert found["review"] == [True, False, False, True]
    assert found["rules"] == ["r0", "", "", "r0"]
    assert found["shadow_rules"] == ["r1", "r1", "", ""]
    assert found["score"] == [0.0, 1.0, 2.0, 3.0]


def test_what_each_action_does() -> None:
    always = {"when": "amount > 0", "mode": "live"}
    for action, label, review in (
        ("alert", ["fraud"] * 4, [True, False, False, True]),
        ("review", ["genuine", "fraud"] * 2, [True] * 4),
        ("pass", ["genuine"] * 4, [False] * 4),
    ):
        found = acted(rules_of({**always, "action": action}), [[True]] * 4)
        assert (found["label"], found["review"]) == (label, review), action


@pytest.mark.parametrize(("first", "label"), [("alert", "fraud"), ("pass", "genuine")])
def test_of_several_live_rules_the_first_in_the_file_acts(first: str, label: str) -> None:
    second = "pass" if first == "alert" else "alert"
    rules = rules_of(
        {"name": "looks on", "when": "amount > 0", "action": second},
        {"name": "upper", "when": "amount > 0", "mode": "live", "action": first},
        {"name": "lower", "when": "amount > 0", "mode": "live", "action": second},
    )
    found = acted(rules, [[True, True, True]])
    assert found["label"] == [label]
    # Both are told: the one that was overruled, too.
    assert found["rules"] == ["upper; lower"]
    assert found["shadow_rules"] == ["looks on"]


def test_what_is_not_known_is_no_hit() -> None:
    rules = rules_of({"when": "amount > 5"}, {"when": "not (amount > 5)"}, {"when": "card is None"})
    table = pa.table(
        {
            "amount": pa.array([9.0, None, float("nan")], pa.float64()),
            "card": pa.array(["a", None, "b"]),
        }
    )
    found = {name: hits.tolist() for name, hits in rules.hits(table).items()}
    assert found == {
        "r0": [True, False, False],
        "r1": [False, False, False],
        "r2": [False, True, False],
    }


def test_a_table_without_rows_hits_nothing() -> None:
    rules = rules_of({"when": "amount > 5"}, {"when": '"True"'})
    empty = pa.table({"amount": pa.array([], pa.float64())})
    assert [hits.tolist() for hits in rules.hits(empty).values()] == [[], []]


def test_figures_are_the_ones_counted_by_hand() -> None:
    rules = rules_of({"when": "amount > 5"}, {"when": "amount > 1e9"})
    hits = rules.hits(pa.table({"amount": [9.0, 9.0, 9.0, 9.0, 1.0, 1.0]}))
    alerts = np.array([True, True, False, False, True, False])
    labels = np.array([1, 0, 1, -1, 1, 1])
    first, second = rule_figures(rules, hits, alerts, labels).to_pylist()
    assert first["hits"] == 4
    assert first["rate"] == pytest.approx(4 / 6)
    assert first["with_model"] == 2
    assert first["alerts_of_hits"] == 0.5
    assert first["hits_of_alerts"] == pytest.approx(2 / 3)
    assert (first["known"], first["positives"]) == (3, 2)
    assert first["precision"] == pytest.approx(2 / 3)
    assert first["recall"] == 0.5
    assert second["hits"] == 0
    assert second["precision"] is None
    assert second["alerts_of_hits"] is None
    assert second["recall"] == 0.0
    unknown = rule_figures(rules, hits, alerts).to_pylist()[0]
    assert unknown["precision"] is None
    assert unknown["recall"] is None


# Files


def test_every_fault_is_told_at_once_with_its_line_and_rule() -> None:
    text = """rules:
  - name: one
    when: amunt > 5
  - name: two
    when: amount > 5
    mode: lively
    actoin: pass
  - when: amount > 6
  - name: one
    when: amount + 1
  - name: three
    when: card > 5
    note: 7
  - just text
"""
    assert faults(text) == [
        (3, "one", "expression.unknown_column"),
        (6, "two", "rules.choice"),
        (7, "two", "rules.unknown_key"),
        (8, "", "rules.missing_key"),
        (9, "one", "rules.name_twice"),
        (10, "one", "expression.not_boolean"),
        (12, "three", "expression.compare"),
        (13, "three", "rules.not_text"),
        (14, "", "rules.not_a_rule"),
    ]
    with pytest.raises(RulesError) as caught:
        RuleSet.load(text, TYPES)
    english, chinese = caught.value.text("en"), caught.value.text("zh")
    assert "line 3, rule one" in english
    assert "amount, card, probability, time" in english
    assert len(english.splitlines()) == len(chinese.splitlines()) == 11
    told = caught.value.to_json()["error"]
    assert [fault["line"] for fault in told["faults"]][:2] == [3, 6]
    assert pickle.loads(pickle.dumps(caught.value)).text("en") == english


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "rules.shape"),
        ("rules:", "rules.shape"),
        ("rules: []", "rules.shape"),
        ("- name: a", "rules.shape"),
        ("rules: {name: a}", "rules.shape"),
        ("rule:\n  - {name: a, when: amount > 5}", "rules.unknown_key"),
        ("rules:\n  - {name: a, when: amount > 5}\nrules: []", "rules.key_twice"),
        ("rules:\n  - {name: a, when: amount > 5, name: b}", "rules.key_twice"),
        ("rules:\n  - {name: 'a; b', when: amount > 5}", "rules.bad_name"),
        ("rules:\n  - {name: '', when: amount > 5}", "rules.bad_name"),
        (f"rules:\n  - {{name: {'n' * 61}, when: amount > 5}}", "rules.bad_name"),
        ("rules:\n  - {name: a, when: [amount, 5]}", "rules.not_text"),
        ("rules:\n  - {name: yes, when: amount > 5}", "rules.not_text"),
        ("rules:\n  - {name: a, when: ~}", "rules.not_text"),
        ("rules: [\n", "rules.unreadable"),
        ("rules:\n  - name: a\n    when: amount > 5: 7", "rules.unreadable"),
        ("\x00rules:", "rules.unreadable"),
        ("rules: 1\n---\nrules: 2", "rules.unreadable"),
    ],
)
def test_what_is_no_list_of_rules_is_refused(text: str, key: str) -> None:
    assert key in [fault[2] for fault in faults(text)]


BOMB = "a: &a [x, x]\n" + "\n".join(
    f"{this}: &{this} [*{last}, *{last}, *{last}]"
    for last, this in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (BOMB, "rules.alias"),
        ("rules: &r\n  - *r", "rules.alias"),
        ("rules: !!python/object/apply:os.system ['touch /tmp/owned']", "rules.tag"),
        ("rules:\n  - {name: !!python/name:os.system x, when: amount > 5}", "rules.tag"),
        ("rules:\n  - {name: !!binary aGk=, when: amount > 5}", "rules.tag"),
        ("rules: " + "[" * 5000 + "]" * 5000, "rules.too_deep"),
        ("rules:\n" + "# long\n" * 60_000, "rules.too_large"),
        ("rules:\n" + "".join(f"- {{name: r{i}, when: 'True'}}\n" for i in range(201)), ""),
    ],
)
def test_a_hostile_file_is_refused_at_once(text: str, key: str) -> None:
    started = time.monotonic()
    found = faults(text)
    assert time.monotonic() - started < 5
    assert len(found) == 1
    assert found[0][2] == (key or "rules.too_many")


@pytest.mark.parametrize(
    "when",
    [
        '__import__("os").system("true")',
        "().__class__.__bases__",
        "open(card) == 1",
        "amount.__class__ == 1",
        "[a for a in card]",
        "(lambda: True)()",
    ],
)
def test_a_condition_runs_nothing(when: str) -> None:
    text = f"rules:\n  - name: a\n    when: |-\n      {when}\n"
    assert faults(text)[0][2].startswith("expression.")


def test_a_file_is_read_and_what_is_not_there_is_told(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text("﻿rules:\n  - {name: 夜间大额, when: amount > 5}\n", encoding="utf-8")
    assert RuleSet.load(path, TYPES).rules[0].name == "夜间大额"
    for wrong in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(RulesError) as caught:
            RuleSet.load(wrong, TYPES)
        assert caught.value.faults[0].error.key == "rules.no_file"
        assert str(wrong) in caught.value.text("en")
    path.write_bytes(b"rules:\n  - name: \xff\n")
    with pytest.raises(RulesError) as caught:
        RuleSet.load(path, TYPES)
    assert (caught.value.faults[0].line, caught.value.exit_code) == (2, 2)
    assert isinstance(caught.value, UsageError)


def test_other_rules_have_another_fingerprint() -> None:
    one, two = rules_of({"when": "amount > 5"}), rules_of({"when": "amount > 6"})
    assert one.fingerprint == rules_of({"when": "amount > 5"}).fingerprint != two.fingerprint


# Lists

LISTED = """
lists:
  stolen: {stolen}
rules:
  - {{name: block, when: card in stolen}}
  - {{name: others, when: card not in stolen}}
"""


def cards(n: int) -> pa.Table:
    return pa.table({"card": [None, *(f"{number:06}" for number in range(n))]})


@pytest.mark.parametrize("n", [5, 3000])
def test_a_list_is_written_out_or_a_file_beside_the_rules(tmp_path: Path, n: int) -> None:
    (tmp_path / "lists").mkdir()
    lines = "# reported today\n\n000001\r\n 000003 \n非常\n"
    (tmp_path / "lists" / "stolen.txt").write_text(lines, encoding="utf-8")
    path = tmp_path / "rules.yaml"
    path.write_text(LISTED.format(stolen="lists/stolen.txt"))
    written = LISTED.format(stolen='["000001", "000003", 非常]')
    for rules in (RuleSet.load(path, TYPES), RuleSet.load(written, TYPES)):
        found = rules.hits(cards(n))
        assert np.flatnonzero(found["block"]).tolist() == [2, 4]
        # A card that is not known is neither in a list nor outside of it.
        assert found["others"].sum() == n - 2
        again = pickle.loads(pickle.dumps(rules)).hits(cards(n))
        assert np.array_equal(again["block"], found["block"])


def test_another_list_is_another_fingerprint(tmp_path: Path) -> None:
    path, file = tmp_path / "rules.yaml", tmp_path / "stolen.txt"
    path.write_text(LISTED.format(stolen="stolen.txt"))
    file.write_text("000001\n")
    before = RuleSet.load(path, TYPES).fingerprint
    assert RuleSet.load(path, TYPES).fingerprint == before
    file.write_text("000001\n000002\n")
    assert RuleSet.load(path, TYPES).fingerprint != before


@pytest.mark.parametrize(
    ("lists", "key"),
    [
        ("[a, b]", "rules.lists_shape"),
        ("{stolen: {a: b}}", "rules.bad_list"),
        ("{stolen: [1, 2]}", "rules.bad_list"),
        ("{stolen: [[a]]}", "rules.bad_list"),
        ("{stolen: 7}", "rules.bad_list"),
        ("{'not a name': [a]}", "rules.list_name"),
        ("{amount: [a]}", "rules.list_taken"),
        ("{stolen: /etc/passwd}", "rules.list_place"),
        ("{stolen: ../stolen.txt}", "rules.list_place"),
        ("{stolen: nowhere.txt}", "rules.list_file"),
        ("{stolen: rules.yaml, stolen: [a]}", "rules.key_twice"),
        ("{other: [a]}", "expression.unknown_list"),
    ],
)
def test_a_wrong_list_is_told(tmp_path: Path, lists: str, key: str) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(f"lists: {lists}\nrules:\n  - {{name: a, when: card in stolen}}\n")
    with pytest.raises(RulesError) as caught:
        RuleSet.load(path, TYPES)
    assert key in [fault.error.key for fault in caught.value.faults]
    assert all(fault.text("zh") for fault in caught.value.faults)


def test_a_file_without_lists_says_where_they_stand() -> None:
    with pytest.raises(RulesError) as caught:
        RuleSet.load("rules:\n  - {name: a, when: card in stolen}\n", TYPES)
    (fault,) = caught.value.faults
    assert fault.error.key == "expression.unknown_list"
    for language in ("en", "zh"):
        assert "lists: {stolen: [first, second]}" in fault.text(language)


def test_an_uploaded_text_reads_no_file_and_a_list_holds_text() -> None:
    assert faults(LISTED.format(stolen="stolen.txt"))[0][2] == "rules.list_place"
    text = LISTED.format(stolen="[a]").replace("card in", "amount in")
    assert faults(text) == [(5, "block", "expression.types")]
