"""Every setting of ``retail_recommender/reviews``; the defaults were chosen on the validation parts
of the public sets (``docs/experiments/retail_reviews.md``).
"""

from __future__ import annotations

from dataclasses import dataclass

from lepton_core.errors import UsageError

from .stop_words import LISTS


def _wrong(setting: str, expected: str, received: object) -> UsageError:
    return UsageError(
        "retail_recommender.reviews.error.setting",
        setting=setting,
        expected=expected,
        received=received,
    )


def _least(group: str, config: object, **least: float) -> None:
    for name, value in least.items():
        if not getattr(config, name) >= value:
            raise _wrong(f"{group}.{name}", f"at least {value}", getattr(config, name))


@dataclass(frozen=True)
class TextConfig:
    """How a text becomes tokens.

    Args:
        lower: whether capital letters are read as small ones.
        width: whether full-width and other compatible forms are read as the usual ones (NFKC).
        simplify: whether traditional Chinese characters are read as simplified ones.
        markup: whether HTML tags, entities and web addresses are left out.
        stop_words: lists of words that are left out, any of ``en`` and ``zh``, and further words.
            None by default: in short reviews small words carry sentiment ("not", "too").
        vocabulary: tokens that the tokenizer knows at most.
        characters: of a longer text this many are read, three quarters of them from its beginning
            and the rest from its end, at least 100.
        tokens: the same in tokens, for the network, at least 16.
    """

    lower: bool = True
    width: bool = True
    simplify: bool = True
    markup: bool = True
    stop_words: tuple[str, ...] = ()
    vocabulary: int = 8000
    characters: int = 2000
    tokens: int = 160

    def __post_init__(self) -> None:
        _least("text", self, vocabulary=100, characters=100, tokens=16)

    def left_out(self) -> frozenset[str]:
        """The words that are left out."""
        named = [word for name in self.stop_words for word in LISTS.get(name, (name,))]
        return frozenset(named)


@dataclass(frozen=True)
class GramConfig:
    """The pieces of text whose evidence is counted beside the network.

    Args:
        words: words in a row, up to; a Chinese character is one. At least 1.
        letters: letters in a row within a word, from and up to; two zeros for none.
        least: training texts that a piece stands in at least.
        most: pieces that are kept at most, the most frequent ones.
        strength: how far each may go from its log count ratio, the ``C`` of the logistic
            regression, above 0.
        letters_strength: the same of a second regression, of single words and letters; the first
            then has the words in a row, and the mean of both counts. 0: one weighs all.
        share: weight of this evidence in the score, 0 to 1; the network has the rest. Below 0: it
            is chosen on validation.
    """

    words: int = 3
    letters: tuple[int, ...] = (3, 6)
    least: int = 2
    most: int = 250_000
    strength: float = 0.3
    letters_strength: float = 0.0
    share: float = -1.0

    def __post_init__(self) -> None:
        _least("grams", self, words=1, least=1, most=100, letters_strength=0)
        if len(self.letters) != 2 or not 0 <= self.letters[0] <= self.letters[1] <= 12:
            raise _wrong("grams.letters", "two numbers from 0 to 12", list(self.letters))
        if not self.strength > 0:
            raise _wrong("grams.strength", "above 0", self.strength)
        if self.share > 1:
            raise _wrong("grams.share", "at most 1", self.share)


@dataclass(frozen=True)
class ModelConfig:
    """The network and its training, or a model of yours.

    Args:
        start: folder of a text classifier made elsewhere, with ``model.onnx``, ``tokenizer.json``
            and ``config.json`` (a Hugging Face model exported to ONNX); it is taken as it is. Empty
            for our own network.
        positive: names of that classifier's classes that are positive; empty for those called so,
            and for the upper stars of five.
        negative: the same of the negative ones.
        embedding: numbers a token.
        filters: of each width.
        kernels: widths, in tokens.
        members: networks trained side by side and averaged, in one graph.
        dropout: share of the pooled features left out in training, 0 to 1.
        embedding_dropout: share of the tokens' numbers left out in training, 0 to 1.
        word_dropout: share of the tokens left out in training, 0 to 1.
        smoothing: of the labels, 0 to 1.
        epochs: passes over the training reviews at most.
        patience: epochs without a better validation loss after which training stops.
        batch_size: reviews a training step.
        learning_rate: at the start; it falls to zero along a cosine.
        weight_decay: of AdamW.
    """

    start: str = ""
    positive: tuple[str, ...] = ()
    negative: tuple[str, ...] = ()
    embedding: int = 64
    filters: int = 64
    kernels: tuple[int, ...] = (1, 2, 3, 4)
    members: int = 2
    dropout: float = 0.5
    embedding_dropout: float = 0.3
    word_dropout: float = 0.1
    smoothing: float = 0.1
    epochs: int = 8
    patience: int = 8
    batch_size: int = 32
    learning_rate: float = 2e-3
    weight_decay: float = 1e-3

    def __post_init__(self) -> None:
        _least("model", self, embedding=1, filters=1, members=1, epochs=1, batch_size=1)
        if not self.kernels or min(self.kernels) < 1:
            raise _wrong("model.kernels", "one or more widths, at least 1", list(self.kernels))
        for name in ("dropout", "embedding_dropout", "word_dropout", "smoothing"):
            if not 0 <= getattr(self, name) < 1:
                raise _wrong(f"model.{name}", "from 0 to below 1", getattr(self, name))


@dataclass(frozen=True)
class SplitConfig:
    """Which reviews are for what, and how the decision is made.

    Args:
        valid_share: of a client's reviews: to stop early, calibrate, set the review band.
        test_share: of a client's reviews: for the figures on the card.
        coverage: share of the reviews of each class whose prediction set shall hold it; where the
            set is not exactly the label, a person reads.
        seeds: models that ``lepton evaluate --train`` trains on the same split.
    """

    valid_share: float = 0.15
    test_share: float = 0.2
    coverage: float = 0.95
    seeds: int = 3

    def __post_init__(self) -> None:
        if not 0 < self.coverage < 1:
            raise _wrong("split.coverage", "above 0 and below 1", self.coverage)
        _least("split", self, seeds=1)


@dataclass(frozen=True)
class Config:
    """Everything that ``lepton train retail_recommender/reviews --set key=value`` can change.

    Args:
        text: how a text becomes tokens.
        grams: the evidence of pieces of text.
        model: the network, or a model of yours.
        split: of the data and the decision.
    """

    text: TextConfig = TextConfig()
    grams: GramConfig = GramConfig()
    model: ModelConfig = ModelConfig()
    split: SplitConfig = SplitConfig()
