"""Rules on the page: what they read, what they add, and the file that comes of an edit."""

from __future__ import annotations

from fraud_book import make_book, marks_at

from lepton_core.decision import Classify
from lepton_core.expressions import Condition
from lepton_core.rules import RuleSet, types_of
from lepton_core.solution import find_task
from solutions.fraud_rnn.dashboard_book_rules import (
    SHIPPED,
    Added,
    as_yaml,
    facts_of,
    readable,
    with_condition,
)
from solutions.fraud_rnn.transactions.preprocessing import TransactionPreprocessor

TYPES = types_of(find_task("fraud_rnn/transactions"), TransactionPreprocessor())
ROWS = [
    (0.1, "a", "s", 600.0, 1, 0.9),
    (0.2, "b", "s", 700.0, 1, 0.2),
    (0.3, "c", "s", 800.0, 0, 0.2),
    (0.4, "d", None, 5.0, 0, 0.9),
]


def test_hits_are_told_apart_by_what_the_model_alerts() -> None:
    book, probability = make_book(ROWS)
    hit = book.amount > 500
    assert Added.of(hit, marks_at(probability, 0.5).alert, book.known) == Added(1, 1, 1)


def test_conditions_read_records_and_the_decision_at_the_chosen_threshold() -> None:
    book, _ = make_book(ROWS)
    text = "rules: [{name: r, when: 'amount > 500 and label == \"fraud\"'}]"
    rules = RuleSet.load(text, TYPES)
    for threshold, hits in ((0.5, [True, False, False, False]), (0.1, [True, True, True, False])):
        decision = Classify(("genuine", "fraud"), threshold=threshold)
        found = rules.hits(readable(book, decision, {}, rules.names))
        assert found["r"].tolist() == hits


def test_a_changed_condition_keeps_the_rest_of_its_rule_and_reads_back() -> None:
    text = "rules: [{name: r, when: amount > 5, mode: live, action: review, note: 'a: b'}]"
    rules = RuleSet.load(text, TYPES)
    changed = with_condition(rules, "r", Condition.parse("amount > 700", TYPES))
    added = with_condition(changed, "new one", Condition.parse('card == "x: #1"', TYPES))
    again = RuleSet.load(as_yaml(added.rules), TYPES)
    assert [(r.name, r.when.text, r.mode, r.action, r.note) for r in again.rules] == [
        ("r", "amount > 700", "live", "review", "a: b"),
        ("new one", 'card == "x: #1"', "shadow", "alert", ""),
    ]
    assert added.text == as_yaml(added.rules)


def test_lists_are_written_out_in_the_file_that_comes_of_an_edit() -> None:
    text = "lists: {stolen: ['007', 'yes']}\nrules: [{name: r, when: card in stolen}]"
    rules = RuleSet.load(text, TYPES)
    when = Condition.parse("card in stolen and amount > 1", TYPES, rules.lists)
    again = RuleSet.load(with_condition(rules, "r", when).text, TYPES)
    assert again.lists["stolen"].to_pylist() == ["007", "yes"]
    assert again.rules[0].when.text == "card in stolen and amount > 1"


def test_facts_stand_in_the_books_order() -> None:
    book, _ = make_book(ROWS)
    preprocessor = TransactionPreprocessor().fit(book.records)
    facts = facts_of(preprocessor, book)
    assert facts.keys() == preprocessor.fact_types().keys()
    assert all(len(values) == len(book) for values in facts.values())


def test_the_shipped_rules_can_be_read_and_all_look_on_only() -> None:
    rules = RuleSet.load(SHIPPED.read_text(encoding="utf-8"), TYPES)
    assert rules.rules
    assert all(rule.mode == "shadow" for rule in rules.rules)
    book, _ = make_book(ROWS)
    decision = Classify(("genuine", "fraud"))
    facts = facts_of(TransactionPreprocessor().fit(book.records), book)
    hits = rules.hits(readable(book, decision, facts, rules.names))
    assert all(hit.dtype == bool and len(hit) == len(book) for hit in hits.values())
