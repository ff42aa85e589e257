"""Which words decided a review: each taken out in turn, and the review scored again."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa

from lepton_core.decision import Classify
from lepton_core.explain.base import Explainer, Explanation, Reason
from lepton_core.pipeline import Pipeline

from .preprocessing import ReviewPreprocessor
from .task import CLASSES
from .tokens import Word, without

_KEYS = "retail_recommender.reviews.reason"
_MOST = 8
# Below this change of the logit (a tenth of the odds) a word is not worth a sentence.
_LEAST = 0.1
# A long review is taken apart into so many pieces at most.
_MOST_PIECES = 160
_VARIANTS_A_CALL = 1024


@dataclass(frozen=True)
class Weighed:
    """A word of a review and what it is worth.

    Args:
        word: where it stands.
        weight: by how many logits the score falls when it is taken out; above 0 it speaks for a
            positive review, below 0 for a negative one.
    """

    word: Word
    weight: float


class WordExplainer(Explainer):
    """Up to eight words of each review, the strongest first, negative reviews included.

    A word's contribution is the fall of the raw score when it alone is left out of the text, scored
    through the same pipeline. Words that say the same twice share what they have in common. In
    Chinese a word is a piece that the tokenizer knows.
    """

    def explain(
        self, pipeline: Pipeline, records: pa.Table, record_ids: list[str] | None = None
    ) -> list[Explanation]:
        scored = pipeline.score(records)
        ids = scored["record_id"].tolist()
        wanted = [at for at, one in enumerate(ids) if record_ids is None or one in record_ids]
        texts = [records["text"][int(scored.rows[at])].as_py() for at in wanted]
        found = []
        for at, text in zip(wanted, texts, strict=True):
            is_positive = scored["label"][at] == CLASSES[1]
            own = float(scored["score"][at])
            reasons = [
                _reason(one, is_positive)
                for one in sorted(weigh(pipeline, text, own), key=lambda one: -abs(one.weight))
                if abs(one.weight) >= _LEAST
            ]
            found.append(Explanation(ids[at], own, tuple(reasons[:_MOST])))
        return found


def weigh(pipeline: Pipeline, text: str, own: float | None = None) -> list[Weighed]:
    """What each word of a review is worth, in the order of the text.

    Args:
        pipeline: what scores it.
        text: as the customer wrote it.
        own: its raw score, where it is known.

    Returns:
        none where the text is refused, or has no word.
    """
    preprocessor = pipeline.preprocessor
    assert isinstance(preprocessor, ReviewPreprocessor)
    words = _few(preprocessor.words([text])[0], text)
    if own is None:
        (own,) = _scores(pipeline, [text])
    if not words or not np.isfinite(own):
        return []
    scores = _scores(pipeline, [without(text, [word]) for word in words])
    # What is refused without its only word says nothing: as likely positive as negative.
    scores = np.where(np.isfinite(scores), scores, _neutral(pipeline))
    falls = (float(own) - scores).tolist()
    return [Weighed(word, fall) for word, fall in zip(words, falls, strict=True)]


def pieces(text: str, weighed: list[Weighed]) -> list[tuple[str, float]]:
    """A text cut at its words, each piece with its weight, 0 for what is between them.

    Example:
        >>> pieces("not bad", [Weighed(Word("bad", 4, 7), -1.5)])
        [('not ', 0.0), ('bad', -1.5)]
    """
    weights = {(one.word.start, one.word.end): one.weight for one in weighed}
    cuts = sorted({0, len(text), *(place for span in weights for place in span)})
    return [(text[a:b], weights.get((a, b), 0.0)) for a, b in pairwise(cuts)]


def _few(words: list[Word], text: str) -> list[Word]:
    """The words of a text; of a long one several in a row as one."""
    step = -(-len(words) // _MOST_PIECES)
    if step <= 1:
        return words
    lots = [words[at : at + step] for at in range(0, len(words), step)]
    spans = [(lot[0].start, lot[-1].end) for lot in lots]
    return [Word(text[start:end], start, end) for start, end in spans]


def _scores(pipeline: Pipeline, texts: list[str]) -> np.ndarray:
    """The raw score of each text, float64 [n]; not a number where it is refused."""
    scores = np.full(len(texts), np.nan)
    for at in range(0, len(texts), _VARIANTS_A_CALL):
        some = texts[at : at + _VARIANTS_A_CALL]
        table = pa.table({"record_id": [str(n) for n in range(len(some))], "text": some})
        work = pipeline.prepare(table, whole=False)
        said = pipeline.open_session().take(work)
        scores[at + said.rows] = said["score"]
    return scores


def _neutral(pipeline: Pipeline) -> float:
    """The score at which both classes are as likely."""
    decision = pipeline.decision
    return -decision.offset / decision.slope if isinstance(decision, Classify) else 0.0


def _reason(one: Weighed, is_positive: bool) -> Reason:
    key = "for" if (one.weight > 0) == is_positive else "against"
    values = {"word": one.word.text, "start": one.word.start, "end": one.word.end}
    return Reason(f"{_KEYS}.{key}", values, one.weight)
