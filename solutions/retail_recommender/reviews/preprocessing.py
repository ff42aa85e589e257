"""Reviews to arrays: tokens for the network, and the evidence of pieces of text beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from lepton_core.preprocessing import Prepared, Preprocessor
from lepton_core.rejects import Rejects

from .config import GramConfig, TextConfig
from .evidence import Evidence
from .foreign import ForeignForm
from .languages import Languages
from .tokens import Word, build_tokenizer, load_tokenizer, prepared, words_of

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

# Reviews in one call of the model: more are no faster and take more memory.
_ROWS_A_CALL = 64
_PAD_ID, _UNKNOWN_ID = 0, 1


class ReviewPreprocessor(Preprocessor):
    """Texts as ``tokens`` int32 [n, T], 0 where padded, and ``evidence`` float32 [n, 1], logits.

    A model made elsewhere is given what it asks for instead, see :class:`ForeignForm`.

    A text of no word, of unknown signs alone, or in a script or language that was not learned, is
    refused with a reason.

    Args:
        config: how a text becomes tokens.
        form: of a model made elsewhere; None for our own.
        tokenizer: its ``tokenizer.json``; else it is learned by :meth:`fit`.
    """

    def __init__(
        self,
        config: TextConfig | None = None,
        form: ForeignForm | None = None,
        tokenizer: str = "",
    ) -> None:
        self.config = config or TextConfig()
        self.form = form
        self.evidence = Evidence(GramConfig())
        self.languages = Languages()
        self._set_tokenizer(tokenizer)

    def _set_tokenizer(self, text: str) -> None:
        self._text = text
        self.tokenizer: Tokenizer | None = load_tokenizer(text) if text else None
        self._left_out = np.zeros(0, np.int32)
        if self.tokenizer is not None and self.form is None:
            ids = [self.tokenizer.token_to_id(word) for word in sorted(self.config.left_out())]
            self._left_out = np.array([one for one in ids if one is not None], np.int32)

    def fit(self, records: pa.Table) -> ReviewPreprocessor:
        """Learn the tokenizer and the languages from checked training records."""
        texts = records["text"].to_pylist()
        if self.form is None:
            self._set_tokenizer(build_tokenizer(self.config, texts).to_str())
            self.languages = Languages.of(self.normalised(texts), self.encode(texts))
        return self

    def fit_evidence(self, records: pa.Table, labels: np.ndarray, config: GramConfig) -> None:
        """Learn what pieces of text say, from checked training records with labels 0 or 1 [n]."""
        texts = self.normalised(records["text"].to_pylist())
        self.evidence = Evidence.fit(texts, labels, config, self.config.left_out())

    def normalised(self, texts: Sequence[str]) -> list[str]:
        """Texts as the tokenizer sees them."""
        assert self.tokenizer is not None
        normal = self.tokenizer.normalizer
        read = [prepared(text, self.config) for text in texts]
        return [normal.normalize_str(text) for text in read] if normal else read

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        """The tokens of texts, with their places."""
        assert self.tokenizer is not None
        return self.tokenizer.encode_batch([prepared(text, self.config) for text in texts])

    def words(self, texts: Sequence[str]) -> list[list[Word]]:
        """The words of texts as they were written, as far as each is read from its beginning."""
        most, found = self.config.characters, []
        for text, encoding in zip(texts, self.encode(texts), strict=True):
            read = len(text) if len(text) <= most else most - most // 4
            words = words_of(encoding, text[:read])
            found.append([word for word in words if word.end <= read])
        return found

    def transform(self, records: pa.Table, history: Any = None) -> Prepared:
        """Checked records [n] to the model's arrays."""
        texts = records["text"].to_pylist()
        encodings, normal = self.encode(texts), self.normalised(texts)
        rejects = Rejects()
        kept: list[int] = []
        ids = records["record_id"]
        for row, (encoding, text) in enumerate(zip(encodings, normal, strict=True)):
            fault = self._fault(encoding, text)
            if fault is None:
                kept.append(row)
            else:
                rejects.add(row, ids[row].as_py(), fault[0], column="text", **fault[1])
        some = [encodings[row] for row in kept]
        if self.form is not None:
            arrays = self.form.arrays(some)
        else:
            evidence = self.evidence.logits([normal[row] for row in kept])
            arrays = {"tokens": self._tokens(some), "evidence": evidence[:, None]}
        return Prepared(arrays, np.array(kept, np.int64), rejects)

    def _fault(self, encoding: Encoding, text: str) -> tuple[str, dict[str, Any]] | None:
        if not text.strip() or not encoding.ids:
            return "no_words", {}
        if self.form is not None:
            return None
        fault = self.languages.fault(text, encoding)
        if fault is None and all(one == _UNKNOWN_ID for one in encoding.ids):
            return "nothing_known", {}
        return fault

    def _tokens(self, encodings: Sequence[Encoding]) -> np.ndarray:
        """Token numbers int32 [n, T], the beginning and the end of longer texts."""
        rows = [np.array(encoding.ids, np.int32) for encoding in encodings]
        if len(self._left_out):
            rows = [row[~np.isin(row, self._left_out)] for row in rows]
        most, end = self.config.tokens, self.config.tokens // 4
        rows = [
            r if len(r) <= most else np.append(r[: most - end], r[len(r) - end :]) for r in rows
        ]
        longest = max([len(row) for row in rows], default=1)
        tokens = np.full((len(rows), max(longest, 1)), _PAD_ID, np.int32)
        for at, row in enumerate(rows):
            tokens[at, : len(row)] = row
        return tokens

    def calls(self, arrays: Mapping[str, np.ndarray]) -> Iterator[Mapping[str, np.ndarray]]:
        """Some reviews at a time, each lot as long as its longest."""
        key = "tokens" if self.form is None else self.form.mask
        n = len(arrays[key])
        for at in range(0, max(n, 1), _ROWS_A_CALL):
            some = {name: values[at : at + _ROWS_A_CALL] for name, values in arrays.items()}
            used = np.flatnonzero((some[key] != _PAD_ID).any(axis=0))
            width = int(used[-1]) + 1 if len(used) else 1
            wide = arrays[key].shape[1]
            yield {
                name: values[:, :width] if values.shape[1:] == (wide,) and wide > 1 else values
                for name, values in some.items()
            }

    def gather(
        self, outputs: Mapping[str, np.ndarray], prepared: Prepared, history: Any = None
    ) -> Mapping[str, np.ndarray]:
        """The logit ``score`` [n] of a positive review."""
        return outputs if self.form is None else {"score": self.form.score(outputs)}

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        state: dict[str, Any] = {
            "text": {**asdict(self.config), "stop_words": list(self.config.stop_words)},
            "tokenizer": self._text,
            "languages": self.languages.to_json(),
            "form": None if self.form is None else self.form.to_json(),
        }
        if self.form is not None:
            return state, {}
        grams = asdict(self.evidence.config)
        state["grams"] = {**grams, "letters": list(grams["letters"])}
        state["offset"] = self.evidence.offset
        return state, {"hashes": self.evidence.hashes, "weights": self.evidence.weights}

    @classmethod
    def from_state(
        cls, state: Mapping[str, Any], arrays: Mapping[str, np.ndarray]
    ) -> ReviewPreprocessor:
        """The preprocessor that :meth:`state` described."""
        text = TextConfig(**{**state["text"], "stop_words": tuple(state["text"]["stop_words"])})
        form = None if state["form"] is None else ForeignForm.from_json(state["form"])
        made = cls(text, form, state["tokenizer"])
        made.languages = Languages.from_json(state["languages"])
        if form is None:
            grams = GramConfig(**{**state["grams"], "letters": tuple(state["grams"]["letters"])})
            made.evidence = Evidence(
                grams, text.left_out(), arrays["hashes"], arrays["weights"], state["offset"]
            )
        return made
