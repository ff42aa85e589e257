"""A small transformer as people export theirs: model.onnx, tokenizer.json, config.json."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

WORDS = ("[PAD]", "[CLS]", "[SEP]", "[UNK]", "good", "bad", "the", "phone", "is", "好", "差")
GOOD, BAD = (4, 9), (5, 10)
_WIDTH = 8


def write_classifier(
    folder: Path, classes: Sequence[str] = ("NEGATIVE", "POSITIVE"), length: int = 16
) -> Path:
    """One attention layer whose embeddings know what is good and what is bad.

    Args:
        folder: where the three files go.
        classes: names of its classes: two, or five stars.
        length: tokens that it takes at most.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _write_model(folder / "model.onnx", len(classes))
    _tokenizer().save(str(folder / "tokenizer.json"))
    config = {
        "model_type": "bert",
        "id2label": {str(number): name for number, name in enumerate(classes)},
        "max_position_embeddings": length,
        "pad_token_id": 0,
    }
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def _tokenizer():
    from tokenizers import Tokenizer, normalizers, pre_tokenizers, processors
    from tokenizers.models import WordLevel

    vocabulary = {word: number for number, word in enumerate(WORDS)}
    made = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    # As many are saved: the length and the padding are the pipeline's own business.
    made.enable_truncation(64)
    made.enable_padding(length=64)
    return made


def _write_model(path: Path, n_classes: int) -> None:
    from onnx import TensorProto, checker, helper, numpy_helper, save

    rng = np.random.default_rng(0)
    table = rng.normal(0, 0.05, (len(WORDS), _WIDTH)).astype(np.float32)
    table[list(GOOD), 0] = 2.0
    table[list(BAD), 0] = -2.0
    head = np.zeros((_WIDTH, n_classes), np.float32)
    head[0] = np.linspace(-2.0, 2.0, n_classes)
    arrays = {
        "table": table,
        "query": rng.normal(0, 0.3, (_WIDTH, _WIDTH)).astype(np.float32),
        "head": head,
        "one": np.array(1.0, np.float32),
        "far": np.array(-1e4, np.float32),
        "middle": np.array([1], np.int64),
        "last": np.array([2], np.int64),
    }
    nodes = [
        ("Gather", ["table", "input_ids"], "x", {}),
        ("MatMul", ["x", "query"], "q", {}),
        ("Transpose", ["x"], "xt", {"perm": [0, 2, 1]}),
        ("MatMul", ["q", "xt"], "raw", {}),
        ("Cast", ["attention_mask"], "there", {"to": TensorProto.FLOAT}),
        ("Sub", ["one", "there"], "absent", {}),
        ("Mul", ["absent", "far"], "never", {}),
        ("Unsqueeze", ["never", "middle"], "hidden", {}),
        ("Add", ["raw", "hidden"], "masked", {}),
        ("Softmax", ["masked"], "looks", {"axis": -1}),
        ("MatMul", ["looks", "x"], "seen", {}),
        ("Unsqueeze", ["there", "last"], "real", {}),
        ("Mul", ["seen", "real"], "kept", {}),
        ("ReduceSum", ["kept", "middle"], "pooled", {"keepdims": 0}),
        ("MatMul", ["pooled", "head"], "logits", {}),
    ]
    shape = ["batch", "tokens"]
    graph = helper.make_graph(
        [helper.make_node(kind, given, [out], **how) for kind, given, out, how in nodes],
        "tiny",
        [
            helper.make_tensor_value_info(name, TensorProto.INT64, shape)
            for name in ("input_ids", "attention_mask")
        ],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", n_classes])],
        [numpy_helper.from_array(array, name) for name, array in arrays.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    checker.check_model(model)
    save(model, path)
