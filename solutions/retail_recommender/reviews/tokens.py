"""Texts to tokens, by the ``tokenizers`` library: normalised, cut into words, into known pieces."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .config import TextConfig
from .traditional import TO_SIMPLIFIED

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer
    from tokenizers.models import BPE
    from tokenizers.normalizers import Normalizer

PAD, UNKNOWN = "[PAD]", "[UNK]"
# A run of Chinese characters, a word of letters with its apostrophes, a number, or one other sign.
_WORD = r"\p{Han}+|[\p{L}\p{M}&&[^\p{Han}]]+(?:'[\p{L}&&[^\p{Han}]]+)*|\p{N}+|[^\s]"
# What is left of a clitic where a treebank has cut it off: "do n't" is "don't".
_CLITIC = r" (?=(?:n't|'s|'re|'ve|'ll|'d|'m)(?!\p{L}))"
_TAG = r"<(?:/?[A-Za-z][^<>]{0,300}|!--.{0,300}?--)>"
_ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&apos;": "'"}
_BRACKETS = {"-lrb-": "(", "-rrb-": ")", "``": '"', "''": '"'}
# Long enough for a word of a European language, and for one of Chinese, not for its phrases.
_LONGEST, _LONGEST_HAN = 16, 3


@dataclass(frozen=True)
class Word:
    """A piece of a text that is taken out as a whole when its weight is measured.

    Args:
        text: as it was written.
        start: where it begins in the text, in characters.
        end: where it ends, exclusive.
    """

    text: str
    start: int
    end: int


def simplified(text: str) -> str:
    """The text in simplified Chinese characters, one for one; other signs stay.

    Example:
        >>> simplified("這間酒店 ok")
        '这间酒店 ok'
    """
    return text.translate(TO_SIMPLIFIED)


def shortened(text: str, most: int) -> str:
    """A long text's beginning and end; places in the text before the cut stay as they were.

    Args:
        text: what a person wrote.
        most: characters that are kept, three quarters of them from the beginning.

    Example:
        >>> shortened("abcdefghij", 4)
        'abc j'
    """
    if len(text) <= most:
        return text
    end = most // 4
    return f"{text[: most - end]} {text[len(text) - end :]}"


def build_tokenizer(config: TextConfig, texts: Iterable[str]) -> Tokenizer:
    """A tokenizer of byte pairs of characters, learned from training texts.

    In Chinese its pieces are frequent words and phrases, in other languages words and their parts.
    Token 0 is padding, token 1 what is not known.

    Args:
        config: what is normalised, and how many tokens there are.
        texts: of the training part.

    Source:
        Sennrich, Haddow and Birch, Neural Machine Translation of Rare Words with Subword Units,
        ACL 2016.

    Example:
        >>> made = build_tokenizer(TextConfig(), ["Very good!", "Not good", "ＶＥＲＹ bad"] * 2)
        >>> made.encode("very GOOD").tokens
        ['very', 'good']
    """
    from tokenizers import Regex, Tokenizer, pre_tokenizers
    from tokenizers.models import BPE
    from tokenizers.trainers import BpeTrainer

    tokenizer = Tokenizer(BPE(unk_token=UNKNOWN))
    tokenizer.normalizer = normaliser(config)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"\s+"), "removed"),
            pre_tokenizers.Split(Regex(_WORD), "isolated"),
        ]
    )
    trainer = BpeTrainer(
        vocab_size=config.vocabulary,
        min_frequency=2,
        special_tokens=[PAD, UNKNOWN],
        max_token_length=_LONGEST,
        show_progress=False,
    )
    read = (prepared(text, config) for text in texts)
    tokenizer.train_from_iterator(read, trainer)
    tokenizer.model = _without_phrases(tokenizer)
    return tokenizer


def _without_phrases(tokenizer: Tokenizer) -> BPE:
    """The tokenizer's pairs without those that make more of Chinese than a word."""
    from tokenizers.models import BPE

    learned = json.loads(tokenizer.to_str())["model"]
    long = {
        token
        for token in learned["vocab"]
        if len(token) > _LONGEST_HAN and token not in (PAD, UNKNOWN) and is_han(token[0])
    }
    # What is made of a phrase is a longer one: pairs of what stays are complete.
    merges = [(a, b) for a, b in learned["merges"] if a + b not in long]
    kept = sorted(set(learned["vocab"]) - long, key=learned["vocab"].__getitem__)
    vocabulary = {token: number for number, token in enumerate(kept)}
    return BPE(vocabulary, merges, unk_token=UNKNOWN)


def prepared(text: str, config: TextConfig) -> str:
    """A text as the tokenizer is given it: short enough, and simplified where that is asked."""
    text = shortened(text, config.characters)
    return simplified(text) if config.simplify else text


def normaliser(config: TextConfig) -> Normalizer:
    """What the tokenizer does to a text first; it keeps track of the places."""
    from tokenizers import Regex
    from tokenizers import normalizers as made

    # Zero-width signs join emoji and hide between letters; the rest of the invisible ones part.
    steps: list[Normalizer] = [
        made.Replace(Regex(r"[\p{Cf}\x{FE0F}]"), ""),
        made.Replace(Regex(r"\p{Cc}"), " "),
    ]
    if config.markup:
        steps += [made.Replace(Regex(_TAG), " ")]
        steps += [made.Replace(entity, sign) for entity, sign in _ENTITIES.items()]
        steps += [made.Replace(Regex(r"&#?\w{2,8};"), " ")]
        steps += [made.Replace(Regex(r"(?:https?://|www\.)[\x21-\x7e]+"), " ")]
    if config.width:
        steps.append(made.NFKC())
    if config.lower:
        steps.append(made.Lowercase())
    steps += [made.Replace(Regex("[\u2018\u2019\u02bc]"), "'")]
    steps += [made.Replace(written, sign) for written, sign in _BRACKETS.items()]
    steps += [made.Replace(Regex(_CLITIC), "")]
    # A sign or letter said many times over is said three times.
    steps += [made.Replace(Regex(r"(.)(?=\1\1\1)"), "")]
    return made.Sequence(steps)


def load_tokenizer(text: str) -> Tokenizer:
    """The tokenizer of a ``tokenizer.json``, without padding and cutting of its own."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(text)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def words_of(encoding: Encoding, text: str) -> list[Word]:
    """The words of a text: tokens, where letters of one word stand together.

    Args:
        encoding: of the text, with places in it.
        text: what was encoded, or the beginning of the text that it was made from.

    Returns:
        in order, none overlapping; spaces and punctuation are in none, emoji are words.
    """
    found: list[Word] = []
    specials = encoding.special_tokens_mask
    for (start, end), special in zip(encoding.offsets, specials, strict=True):
        # Of a shortened text, what was behind the cut has no place in the one that is asked about.
        if special or end <= start or end > len(text) or not text[start:end].strip():
            continue
        if found and start <= found[-1].end and _joins(text, found[-1], start):
            start = found.pop().start
        found.append(Word(text[start:end], start, end))
    return [word for word in found if not _is_blank(word.text)]


def _is_blank(text: str) -> bool:
    """Whether there is nothing but spaces and punctuation."""
    return all(unicodedata.category(sign)[0] in "PZC" for sign in text)


def _joins(text: str, before: Word, start: int) -> bool:
    """Whether what begins at ``start`` goes on with the word before: letters, not Chinese ones."""
    if start < before.end:
        return True
    last, first = text[before.end - 1], text[start]
    return all((sign.isalnum() or sign == "'") and not is_han(sign) for sign in (last, first))


def is_han(sign: str) -> bool:
    """Whether a character is a Chinese one.

    Example:
        >>> is_han("好"), is_han("e")
        (True, False)
    """
    return "\u3400" <= sign <= "\u9fff" or "\U00020000" <= sign <= "\U0003ffff"


def without(text: str, words: Sequence[Word]) -> str:
    """The text without some of its words, a space in the place of each.

    Example:
        >>> without("not good", [Word("not", 0, 3)])
        '  good'
    """
    for word in sorted(words, key=lambda one: -one.start):
        text = f"{text[: word.start]} {text[word.end :]}"
    return text
