"""Rules as they act: conditions on what is known of a record, and what a hit does."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from lepton_core.decision.base import labels_of
from lepton_core.errors import UsageError
from lepton_core.expressions import Condition
from lepton_core.rules.columns import BETWEEN, COLUMNS, LIVE, SHADOW
from lepton_core.rules.faults import Fault, RulesError
from lepton_core.rules.reading import read_entries
from lepton_core.spec import Spec

if TYPE_CHECKING:
    from lepton_core.pipeline import Pipeline
    from lepton_core.predictions import Predictions
    from lepton_core.preprocessing import Preprocessor
    from lepton_core.solution import Task


@dataclass(frozen=True)
class Rule:
    """One rule.

    Args:
        name: different from all others.
        when: which records it hits; what is not known is no hit.
        mode: ``shadow`` counts hits and changes nothing; ``live`` acts.
        action: of a live rule: ``alert`` makes the label the positive class, ``review`` marks the
            record for a person and leaves its label, ``pass`` makes the label the negative class
            and takes the mark away.
        note: for people.
    """

    name: str
    when: Condition
    mode: str = "shadow"
    action: str = "alert"
    note: str = ""

    @property
    def is_live(self) -> bool:
        """Whether it acts."""
        return self.mode == "live"


@dataclass(frozen=True)
class RuleSet:
    """Rules in the order of their file. Of the live ones that hit a record, the first acts.

    So what wins over what is what the file says from top to bottom: a block list above an allow
    list wins over it, and the other way round. Score and probability are never changed.

    Args:
        rules: in order.
        text: the file they came from.
        lists: name -> texts that conditions look into.

    Example:
        >>> text = '''
        ... rules:
        ...   - name: trusted_shop
        ...     when: terminal == "t1"
        ...     mode: live
        ...     action: pass
        ...   - name: large
        ...     when: amount > 500
        ... '''
        >>> rules = RuleSet.load(text, {"amount": pa.float64(), "terminal": pa.string()})
        >>> hits = rules.hits(pa.table({"amount": [9.0, 900.0], "terminal": ["t1", "t2"]}))
        >>> {name: found.tolist() for name, found in hits.items()}
        {'trusted_shop': [True, False], 'large': [False, True]}
    """

    rules: tuple[Rule, ...]
    text: str = field(default="", repr=False)
    lists: Mapping[str, pa.Array] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def load(cls, source: Path | str, types: Mapping[str, pa.DataType]) -> RuleSet:
        """Read and check rules.

        Args:
            source: a path, or the YAML itself as a string.
            types: name -> Arrow type of everything that a condition may read; see
                :func:`types_of`.

        Raises:
            RulesError: with every fault of the file, each with its line and rule.
        """
        text, entries, lists, faults = read_entries(source)
        rules = []
        for name in sorted(lists.keys() & types.keys()):
            faults.append(Fault(0, "", UsageError("rules.list_taken", name=name)))
        for entry in entries:
            values = dict(entry.values)
            try:
                when = Condition.parse(values.pop("when"), types, lists)
            except UsageError as error:
                faults.append(Fault(entry.lines["when"], values["name"], error))
                continue
            rules.append(Rule(when=when, **values))
        if faults:
            name = str(source) if isinstance(source, Path) else "rules"
            faults.sort(key=lambda fault: fault.line)
            raise RulesError(name, faults, tuple(sorted(types)))
        return cls(tuple(rules), text, lists)

    @classmethod
    def of(cls, source: Path | str, pipeline: Pipeline) -> RuleSet:
        """Read and check rules for a loaded bundle; as :meth:`load`.

        Raises:
            RulesError: with every fault.
        """
        return cls.load(source, types_of(pipeline.task, pipeline.preprocessor))

    @property
    def names(self) -> frozenset[str]:
        """The columns and facts that the conditions read."""
        return frozenset(name for rule in self.rules for name in rule.when.names)

    @property
    def fingerprint(self) -> str:
        """The sha256 of the file's text and lists: other rules make another output."""
        digest = hashlib.sha256(self.text.encode("utf-8", "surrogatepass"))
        for name, values in sorted(self.lists.items()):
            digest.update("\n".join([f"\0{name}", *values.to_pylist()]).encode())
        return digest.hexdigest()

    def hits(self, table: pa.Table) -> dict[str, np.ndarray]:
        """Which rows each rule hits, live and shadow: name -> bool [n].

        Args:
            table: [n] rows, with the columns :attr:`names`.
        """
        return self.named(self.matrix(table))

    def matrix(self, table: pa.Table) -> np.ndarray:
        """The same as one array, bool [n, rules]."""
        found = np.zeros((table.num_rows, len(self.rules)), bool)
        for place, rule in enumerate(self.rules):
            hit = rule.when(table)
            found[:, place] = hit.to_numpy(zero_copy_only=False) if len(hit) else False
        return found

    def named(self, matrix: np.ndarray) -> dict[str, np.ndarray]:
        """Name -> bool [n] from bool [n, rules]."""
        return {rule.name: matrix[:, place] for place, rule in enumerate(self.rules)}

    def hits_of(self, predictions: Predictions) -> dict[str, np.ndarray]:
        """Which predictions each rule hit, of a pipeline with these rules."""
        return self.named(predictions.raw["rule_hits"])

    def act(
        self, decided: Mapping[str, Any], matrix: np.ndarray, classes: Sequence[str]
    ) -> dict[str, Any]:
        """The columns of a decision after the live rules, and which rules hit.

        Args:
            decided: the decision's columns, among them ``label`` and ``review``, [n] each.
            matrix: bool [n, rules].
            classes: names of the negative and the positive class.
        """
        columns = dict(decided)
        live = np.array([rule.is_live for rule in self.rules], bool)
        acting = matrix & live
        if acting.any():
            first, any_hit = acting.argmax(axis=1), acting.any(axis=1)
            actions = np.array([rule.action for rule in self.rules])
            action = np.where(any_hit, actions[first], "")
            label = columns["label"]
            positive = np.asarray(label) == classes[1]
            positive = (positive | (action == "alert")) & (action != "pass")
            review = np.asarray(columns["review"], bool)
            columns["label"] = labels_of(positive, classes)
            columns["review"] = (review | (action == "review")) & (action != "pass")
        names = [rule.name for rule in self.rules]
        columns[LIVE] = _joined(acting, names)
        columns[SHADOW] = _joined(matrix & ~live, names)
        return columns


def types_of(task: Task, preprocessor: Preprocessor | None = None) -> dict[str, pa.DataType]:
    """Name and type of everything that a rule of a task may read.

    The task's input columns less its labels (the truth is not known when a record is scored), the
    columns of its predictions as the model gives them, and the preprocessor's facts. Where input
    and predictions have a name in common, it means the predictions'.

    Args:
        task: whose records.
        preprocessor: of the bundle that scores; None leaves the facts out.
    """
    inputs = {c.name: c.arrow_type() for c in task.inputs if c.role != "label"}
    # A pipeline with rules has their columns among its outputs.
    own = {column.name for column in COLUMNS}
    outputs = {
        c.name: c.arrow_type() for c in task.outputs if c.role != "meta" and c.name not in own
    }
    facts = dict(preprocessor.fact_types()) if preprocessor is not None else {}
    both = sorted(facts.keys() & {*inputs, *outputs})
    if both:
        raise ValueError(f"facts have names of their own. Received: {', '.join(both)}")
    return {**inputs, **outputs, **facts}


def with_columns(outputs: Spec) -> Spec:
    """An output Spec with the two columns of rules, before the last."""
    return Spec((*outputs.columns[:-1], *COLUMNS, outputs.columns[-1]))


def _joined(hits: np.ndarray, names: Sequence[str]) -> pa.Array:
    """The names of the rules that hit each row, joined, strings [n]."""
    rows = np.flatnonzero(hits.any(axis=1))
    codes = np.zeros(len(hits), np.int32)
    texts = [""]
    if len(rows):
        packed = np.packbits(hits[rows], axis=1)
        _, first, which = np.unique(packed, axis=0, return_index=True, return_inverse=True)
        codes[rows] = which.reshape(-1) + 1
        for row in rows[first]:
            texts.append(BETWEEN.join(names[place] for place in np.flatnonzero(hits[row]).tolist()))
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(texts)).cast(pa.string())
