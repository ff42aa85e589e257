"""A review with the words that decided it marked, and the place to try a text of one's own."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import streamlit as st

from lepton_core.messages import t
from lepton_core.ui.loader import bundle_stamp, load
from lepton_core.ui.plain import plain

from .dashboard_reviews import VIEW

if TYPE_CHECKING:
    from lepton_core.ui.outcomes import Outcomes

GOOD, BAD = (47, 158, 110), (208, 69, 58)
# A word of this weight or more, in logits, has the strongest colour.
_STRONG, _FAINT = 2.0, 0.05
_STYLE = "line-height:1.9;overflow-wrap:anywhere;max-height:26rem;overflow-y:auto"

Pieces = list[tuple[str, float]]


def show_words(outcomes: Outcomes, row: int | None) -> None:
    """Draw the chosen review with its words marked.

    Args:
        outcomes: the reviews at a threshold.
        row: which of them; None where none is chosen.
    """
    if row is None:
        st.subheader(t(f"{VIEW}.words"), anchor=False)
        st.info(t("ui.reasons.none_chosen"), icon=":material/touch_app:")
        return
    record = outcomes.scored.records.slice(row, 1)
    name = plain(record["record_id"][0].as_py())
    st.subheader(t(f"{VIEW}.words_of", record=name), anchor=False)
    probability = float(outcomes.probability[row])
    called = plain(outcomes.classes[int(outcomes.positive[row])])
    st.markdown(t(f"{VIEW}.verdict", called=called, probability=probability))
    _show(_weigh(outcomes, record["text"][0].as_py()))


def show_own(outcomes: Outcomes) -> None:
    """Draw a field for a text of one's own, and what the bundle says of it."""
    st.subheader(t(f"{VIEW}.own"), anchor=False)
    text = st.text_area(t(f"{VIEW}.own_text"), key="reviews.own", help=t(f"{VIEW}.own_help"))
    if not text.strip():
        return
    pipeline = load(_folder(outcomes))
    said = pipeline.score(pa.table({"record_id": ["1"], "text": [text]}))
    for reject in said.rejects:
        told = "; ".join(t(f"reject.{key}", **values) for key, values in reject.reasons)
        st.warning(plain(told), icon=":material/block:")
    if len(said):
        probability = float(outcomes.decision.probability(said.raw["score"])[0])
        called = plain(outcomes.classes[int(probability >= outcomes.decision.threshold)])
        st.markdown(t(f"{VIEW}.verdict", called=called, probability=probability))
        _show(_weigh(outcomes, text))


def marked(pieces: Pieces) -> str:
    """A text as HTML, its words coloured by what they are worth; nothing of it is run.

    Args:
        pieces: parts of the text in order, each with its weight in logits.

    Example:
        >>> marked([("<b> ", 0.0)]), "rgba(208,69,58,0.55)" in marked([("bad", -2.0)])
        ('&lt;b&gt; ', True)
    """
    parts = []
    for text, weight in pieces:
        shown = escape(text)
        if abs(weight) >= _FAINT:
            red, green, blue = GOOD if weight > 0 else BAD
            strength = 0.55 * min(abs(weight) / _STRONG, 1.0)
            colour = f"background:rgba({red},{green},{blue},{strength:.2f});color:inherit"
            shown = f'<mark style="{colour}" title="{weight:+.1f}">{shown}</mark>'
        parts.append(shown)
    return "".join(parts)


def _show(pieces: Pieces) -> None:
    st.html(f'<div class="lepton-review" style="{_STYLE}">{marked(pieces)}</div>')
    st.caption(t(f"{VIEW}.words_help"))


def _folder(outcomes: Outcomes) -> Path:
    return outcomes.task.bundle(outcomes.scored.address.partition("@")[2])


def _weigh(outcomes: Outcomes, text: str) -> Pieces:
    folder = _folder(outcomes)
    return _kept(str(folder), bundle_stamp(folder), text)


@st.cache_data(show_spinner=False, max_entries=64, scope="session")
def _kept(folder: str, stamp: int, text: str) -> Pieces:
    from .reviews.reasons import pieces, weigh

    return pieces(text, weigh(load(Path(folder)), text))
