"""A slider on the probability that says what it means in daily work."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from lepton_core.decision import Classify
from lepton_core.messages import t

_STEP = 0.1  # per cent


def threshold_slider(
    decision: Classify,
    score: np.ndarray,
    known: np.ndarray,
    days: int,
    key: str,
    words: str = "ui.threshold",
    since: str = "",
) -> Classify:
    """Draw the slider and one sentence about what it does; nothing is scored again.

    Args:
        decision: the bundle's own, where the slider stands at first.
        score: float32 [n], raw scores of the records shown.
        known: int8 [n], 1 positive, 0 negative, -1 not known.
        days: number of days the records span; at least 1.
        key: of the widget; another key forgets the choice.
        words: prefix of the message keys ``meaning``, ``known`` and ``known_since``.
        since: the first day of what is known, where that is not all; said in the sentence.

    Returns:
        the decision at the chosen threshold; the bundle's own, unchanged, at its own place.
    """
    label, about = t("ui.threshold.label"), t("ui.threshold.help", own=decision.threshold)
    chosen = probability_slider(decision, label, about, key)
    st.markdown(meaning(chosen, score, known, days, words, since))
    return chosen


def probability_slider(decision: Classify, label: str, about: str, key: str) -> Classify:
    """Draw the slider alone.

    Args:
        decision: the bundle's own, where the slider stands at first.
        label: what begins at the probability.
        about: one sentence of help.
        key: of the widget.

    Returns:
        as for :func:`threshold_slider`.
    """
    own = round(100 * decision.threshold / _STEP) * _STEP
    own = float(np.clip(own, _STEP, 100 - _STEP))
    percent = st.slider(
        label,
        min_value=_STEP,
        max_value=100.0 - _STEP,
        value=own,
        step=_STEP,
        format="%.1f %%",
        key=key,
        help=about,
    )
    return decision if abs(percent - own) < _STEP / 2 else at(decision, percent / 100)


def at(decision: Classify, threshold: float) -> Classify:
    """The decision at another threshold; the review band keeps its lower end, or its coverage.

    Example:
        >>> at(Classify(threshold=0.5, band=(0.25, 0.5)), 0.75).band
        (0.25, 0.75)
        >>> at(Classify(threshold=0.5, band=(0.25, 0.5)), 0.125).band
        (0.0, 0.0)
    """
    low, high = decision.band
    moved = decision.with_threshold(threshold)
    return moved.reviewed_from(low) if high > 0 and moved.conformal is None else moved


def meaning(
    decision: Classify,
    score: np.ndarray,
    known: np.ndarray,
    days: int,
    words: str = "ui.threshold",
    since: str = "",
) -> str:
    """What a threshold does to these records, as a sentence.

    Args:
        decision: with the threshold.
        score: float32 [n], raw.
        known: int8 [n], 1 positive, 0 negative, -1 not known.
        days: number of days the records span.
        words: as for :func:`threshold_slider`.
        since: as for :func:`threshold_slider`.
    """
    called = decision.probability(score) >= np.float32(decision.threshold)
    share = called.mean() if len(called) else 0.0
    text = t(
        f"{words}.meaning",
        threshold=decision.threshold,
        a_day=called.sum() / max(days, 1),
        share=share,
    )
    positives, hits = int((known == 1).sum()), int((called & (known == 1)).sum())
    judged = int((called & (known >= 0)).sum())
    if positives and judged:
        figures: dict[str, Any] = {"recall": hits / positives, "precision": hits / judged}
        if since:
            figures["since"] = since
        text += t(f"{words}.known_since" if since else f"{words}.known", **figures)
    return text
