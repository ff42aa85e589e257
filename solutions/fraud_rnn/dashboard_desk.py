"""What every view of the fraud page works on, and what the session remembers between them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import cast

import numpy as np
import streamlit as st

from lepton_core.decision import Classify
from lepton_core.ui.loader import load
from lepton_core.ui.policy import Chosen, Workload
from lepton_core.ui.scored import Scored
from lepton_core.ui.uploader import Source

from .dashboard_book import Book, Marks, ranked, unseen_from
from .dashboard_book_cases import Cases
from .dashboard_book_similar import Traits
from .transactions.config import FeatureConfig

VIEWS = ("queue", "alert", "curves", "rules", "weeks")
VIEW_KEY = "view"
_ALERT = "alert"
THRESHOLD_KEY = "fraud.threshold"


@dataclass(frozen=True)
class Desk:
    """Scored transactions, the decision on them, and what people said.

    Args:
        scored: the transactions with their raw scores.
        source: where they came from.
        folder: of the bundle.
        book: the transactions in order of time.
        unseen: the first day that the bundle had no part in learning from; None where all are.
        delay_days: days until a label is known.
        cases: what people said.
        chosen: the decision at the chosen threshold.
        marks: what it makes of each transaction.
        has_store: whether verdicts can be read.
    """

    scored: Scored
    source: Source
    folder: Path
    book: Book
    unseen: date | None
    delay_days: float
    cases: Cases
    chosen: Chosen
    marks: Marks
    has_store: bool

    @property
    def decision(self) -> Classify:
        """With the chosen threshold."""
        return self.chosen.decision

    @property
    def usable(self) -> np.ndarray:
        """int8 [n], labels that may judge the bundle: not those that it learned from."""
        return self.book.known_since(self.unseen)

    @property
    def outcome(self) -> np.ndarray:
        """int8 [n], what is known of the transactions: what people said, else their labels."""
        return self.cases.outcome(self.book.known)

    @property
    def day_key(self) -> str:
        """Where the session keeps the chosen day."""
        return f"fraud.day.{self.source.key}"

    @property
    def traits(self) -> Traits:
        """What a person compares the transactions by."""
        return _traits(self.scored.key, self.delay_days, self.book)

    def queue(self, day: date) -> np.ndarray:
        """The alerts of a day, the most probable first."""
        rows = self.book.rows_of_day(day)
        return ranked(rows[self.marks.alert[rows]], self.marks)

    def opened(self) -> int | None:
        """The row that a person chose last, else the one that the address names, if it is here."""
        row = self.book.row_of(st.session_state.get(self._opened_key))
        return self.book.row_of(st.query_params.get(_ALERT)) if row is None else row

    def put_in_address(self, row: int) -> None:
        """Let the address name a transaction, for a reload or a colleague."""
        if st.query_params.get(_ALERT) != self.record_id(row):
            st.query_params[_ALERT] = self.record_id(row)

    def open(self, row: int) -> None:
        """Remember the row that a person chose."""
        st.session_state[self._opened_key] = self.record_id(row)

    def turn_to(self, row: int) -> None:
        """Open a row and go to its day; for buttons, which act before the day is drawn."""
        self.open(row)
        st.session_state[self.day_key] = self.day_of(row)

    def day_of(self, row: int) -> date:
        """The day of a transaction."""
        return date(1970, 1, 1) + timedelta(days=int(self.book.day[row]))

    def record_id(self, row: int) -> str:
        """The number of a transaction."""
        return str(self.book.records.column("record_id")[row].as_py())

    @property
    def _opened_key(self) -> str:
        return f"fraud.opened.{self.source.key}"


def book_of(scored: Scored) -> Book:
    """The book of scored transactions, put in order once."""
    return _book(scored.key, scored)


def workload(scored: Scored, book: Book, unseen: date | None) -> Workload:
    """What a threshold is chosen on."""
    return Workload(
        key=scored.key,
        score=book.score,
        known=book.known_since(unseen),
        day=book.day,
        entity=book.card,
        amount=book.amount,
        since=unseen.isoformat() if unseen else "",
    )


def first_unseen(scored: Scored, source: Source) -> date | None:
    """The first day that the bundle had no part in learning from; None where all are."""
    return unseen_from(scored.card, source.name, source.table)


def own_decision(scored: Scored) -> Classify:
    """The bundle's own decision."""
    return cast("Classify", scored.decision)


def label_delay(folder: Path) -> float:
    """Days until a label is known, as the bundle was made for."""
    config = getattr(load(folder).preprocessor, "config", FeatureConfig())
    return float(getattr(config, "label_delay_days", FeatureConfig().label_delay_days))


def go_to(view: str) -> None:
    """Show a view at the next run; for buttons."""
    st.session_state[VIEW_KEY] = view


@st.cache_resource(show_spinner=False, max_entries=4, scope="session")
def _book(key: str, _scored: Scored) -> Book:
    return Book.of(_scored.records, _scored.score)


@st.cache_resource(show_spinner=False, max_entries=4, scope="session")
def _traits(key: str, delay_days: float, _book: Book) -> Traits:
    return Traits.of(_book, delay_days)
