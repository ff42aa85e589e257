"""A text classifier made elsewhere: a Hugging Face model exported to ONNX, as the same task.

Its folder holds ``model.onnx``, ``tokenizer.json`` and ``config.json``, as
``optimum-cli export onnx --model NAME FOLDER`` writes them. Nothing of it needs PyTorch or
``transformers`` to be scored.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_core.errors import UsageError

if TYPE_CHECKING:
    from tokenizers import Encoding

FILES = ("model.onnx", "tokenizer.json", "config.json")
_IDS, _MASK, _TYPES = "input_ids", "attention_mask", "token_type_ids"
_POSITIVE = ("positive", "pos", "label_positive", "good", "正面", "积极", "好评")
_NEGATIVE = ("negative", "neg", "label_negative", "bad", "负面", "消极", "差评")
_STARS = re.compile(r"^([1-5])(?: *(?:stars?|星))?$")
# Models without a stated length take so many tokens.
_USUAL_LENGTH = 512


@dataclass(frozen=True)
class ForeignForm:
    """What the model takes and gives.

    Args:
        inputs: names of its inputs, some of ``input_ids attention_mask token_type_ids``.
        result: name of its output of logits [n, classes].
        classes: names of its classes, in order.
        positive: numbers of those that are positive.
        negative: numbers of those that are negative; others (neutral) decide nothing.
        most: tokens that it takes at most, its special ones included.
        pad: number of its token for padding.
    """

    inputs: tuple[str, ...]
    result: str
    classes: tuple[str, ...]
    positive: tuple[int, ...]
    negative: tuple[int, ...]
    most: int
    pad: int

    @property
    def mask(self) -> str:
        """The input that is 0 where padded, or the tokens where it takes no mask."""
        return _MASK if _MASK in self.inputs else _IDS

    @classmethod
    def of(
        cls, folder: Path, positive: Sequence[str] = (), negative: Sequence[str] = ()
    ) -> ForeignForm:
        """Found out from a folder.

        Args:
            folder: with the three files.
            positive: names of its positive classes; empty for those that are called so.
            negative: the same of the negative ones.

        Raises:
            UsageError: ``retail_recommender.reviews.error.foreign``, with what is wrong with it.
        """
        import onnxruntime

        for name in FILES:
            if not (folder / name).is_file():
                raise _wrong(folder, f"it has no {name}")
        settings = _settings(folder)
        try:
            session = onnxruntime.InferenceSession(
                str(folder / FILES[0]), providers=["CPUExecutionProvider"]
            )
        # onnxruntime raises its own classes, unrelated to each other, for a bad file.
        except Exception as error:
            raise _wrong(folder, f"model.onnx: {str(error).splitlines()[0][:160]}") from error
        inputs = {node.name: node.type for node in session.get_inputs()}
        strange = [name for name in inputs if name not in (_IDS, _MASK, _TYPES)]
        if strange or _IDS not in inputs or set(inputs.values()) != {"tensor(int64)"}:
            raise _wrong(folder, f"its inputs are {inputs}")
        outputs = [node.name for node in session.get_outputs()]
        result = "logits" if "logits" in outputs else outputs[0]
        named = settings.get("id2label") or {}
        classes = tuple(str(named[key]) for key in sorted(named, key=int))
        chosen = _chosen(folder, classes, positive, negative)
        most = _length(settings, folder / FILES[1])
        form = cls(tuple(inputs), result, classes, *chosen, most, settings.get("pad_token_id") or 0)
        form._try(folder, session)
        return form

    def _try(self, folder: Path, session: Any) -> None:
        """Run the model once on two texts of different length.

        Raises:
            UsageError: it fails, or gives something else than its classes.
        """
        try:
            said = session.run([self.result], self.trial())[0]
        except Exception as error:
            raise _wrong(folder, f"it fails on a text ({str(error)[:160]})") from error
        n = len(self.classes)
        if np.shape(said) not in ((2, n), (2, 1)):
            raise _wrong(folder, f"its output is {list(np.shape(said))}, and it names {n} classes")

    def trial(self) -> dict[str, np.ndarray]:
        """Two texts of four and two tokens, to see that it still says the same."""
        ids = np.array([[1, 2, 3, 4], [2, 1, self.pad, self.pad]], np.int64)
        mask = np.array([[1, 1, 1, 1], [1, 1, 0, 0]], np.int64)
        return self._named(ids, mask, np.zeros_like(ids))

    def arrays(self, encodings: Sequence[Encoding]) -> dict[str, np.ndarray]:
        """Its inputs, int64 [n, T] each, for texts with their special tokens.

        A longer text keeps its last token, which is a special one, and loses what is before it.
        """
        size = max([min(len(e.ids), self.most) for e in encodings], default=1)
        ids, mask, types = (np.zeros((len(encodings), max(size, 1)), np.int64) for _ in range(3))
        ids[:] = self.pad
        for row, encoding in enumerate(encodings):
            n = min(len(encoding.ids), self.most)
            keep = [*range(n - 1), len(encoding.ids) - 1]
            ids[row, :n] = np.array(encoding.ids)[keep]
            types[row, :n] = np.array(encoding.type_ids)[keep]
            mask[row, :n] = 1
        return self._named(ids, mask, types)

    def _named(self, ids: np.ndarray, mask: np.ndarray, types: np.ndarray) -> dict[str, np.ndarray]:
        given = {_IDS: ids, _MASK: mask, _TYPES: types}
        return {name: given[name] for name in self.inputs}

    def score(self, outputs: Mapping[str, np.ndarray]) -> np.ndarray:
        """Logit float32 [n] of positive against negative from logits [n, classes].

        Example:
            >>> form = ForeignForm(("input_ids",), "logits", ("bad", "good"), (1,), (0,), 8, 0)
            >>> form.score({"logits": np.array([[0.0, 2.0]])}).tolist()
            [2.0]
        """
        logits = np.asarray(outputs[self.result], np.float64)
        if logits.shape[1] == 1:
            return logits[:, 0].astype(np.float32)
        for_it, against = (
            np.logaddexp.reduce(logits[:, list(some)], axis=1)
            for some in (self.positive, self.negative)
        )
        return (for_it - against).astype(np.float32)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in vars(self).items()
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> ForeignForm:
        """From :meth:`to_json`."""
        given: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values.items()
        }
        return cls(**given)


def _settings(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / FILES[2]).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _wrong(folder, f"config.json cannot be read ({error})") from error
    if not isinstance(found, dict) or len(found.get("id2label") or {}) < 2:
        raise _wrong(folder, "config.json names no two classes under id2label")
    return found


def _length(settings: Mapping[str, Any], tokenizer: Path) -> int:
    """Tokens at most, as configuration and tokenizer say."""
    told = [settings.get("max_position_embeddings")]
    try:
        cut = json.loads(tokenizer.read_text(encoding="utf-8")).get("truncation") or {}
    except ValueError as error:
        raise _wrong(tokenizer.parent, f"tokenizer.json cannot be read ({error})") from error
    told.append(cut.get("max_length"))
    # RoBERTa and its kin count positions from the padding token's number on, by two.
    if settings.get("model_type") in ("roberta", "xlm-roberta", "camembert") and told[0]:
        told[0] -= 2
    return min([int(length) for length in told if length] or [_USUAL_LENGTH])


def _chosen(
    folder: Path, classes: tuple[str, ...], positive: Sequence[str], negative: Sequence[str]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Numbers of the positive and of the negative classes."""
    known = {name.strip().lower(): number for number, name in enumerate(classes)}
    named = [*positive, *negative]
    strange = [name for name in named if name.strip().lower() not in known]
    if strange:
        raise _wrong(folder, f"it has no class {', '.join(strange)}; it has {', '.join(classes)}")
    stars = {n: int(m[1]) for n, c in enumerate(classes) if (m := _STARS.match(c.strip().lower()))}
    found = []
    for asked, usual, upper in ((positive, _POSITIVE, True), (negative, _NEGATIVE, False)):
        numbers = [known[name.strip().lower()] for name in asked]
        numbers = numbers or [known[name] for name in usual if name in known]
        if not numbers and len(stars) == 5:
            numbers = [n for n, s in stars.items() if (s > 3 if upper else s < 3)]
        found.append(tuple(numbers))
    if not all(found) or set(found[0]) & set(found[1]):
        told = f"which of its classes ({', '.join(classes)}) are positive and negative is not clear"
        raise _wrong(folder, f"{told}; say it with model.positive and model.negative")
    return found[0], found[1]


def _wrong(folder: Path, fault: str) -> UsageError:
    return UsageError("retail_recommender.reviews.error.foreign", path=folder, fault=fault)
