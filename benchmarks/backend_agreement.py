"""Does one epoch of the fraud model give the same loss on TensorFlow, JAX and PyTorch?

python benchmarks/backend_agreement.py [tensorflow jax torch]

Each backend runs in a process of its own, from the same start weights (drawn in NumPy) over the
same batches. A backend that is not installed is reported as such. JAX and PyTorch are not in
requirements.txt: pip install jax torch
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

EPOCH = """
import json, numpy as np
from lepton_core._keras import keras
from lepton_core.solution import find_task
from solutions.fraud_rnn.transactions.config import ModelConfig
from solutions.fraud_rnn.transactions.features import layout
from solutions.fraud_rnn.transactions.model import train
from solutions.fraud_rnn.transactions.preprocessing import TransactionPreprocessor, columns
from solutions.fraud_rnn.transactions.sample import generate
from lepton_core.checking import check

records = check(generate(seed=3, cards=200, terminals=80, days=40), find_task("fraud_rnn").inputs)
card, _, _, _, label = columns(records.table)
preprocessor = TransactionPreprocessor()
x = preprocessor.fit_history(records.table, np.arange(len(label)))
inputs = layout(preprocessor.config)
slots = card.dictionary_encode().indices.to_numpy().astype(np.int64)
model = train(x, slots, label, label >= 0, ModelConfig(epochs=1), inputs, preprocessor.scaling, 0)
loss = model.history.history["loss"][0]
print(json.dumps({"backend": keras.backend.backend(), "loss": float(loss)}))
"""


def main() -> int:
    losses = {}
    for backend in sys.argv[1:] or ["tensorflow", "jax", "torch"]:
        run = subprocess.run(
            [sys.executable, "-c", EPOCH],
            env={**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"},
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode:
            lines = run.stderr.strip().splitlines()
            print(f"{backend}: did not run ({lines[-1] if lines else 'no reason given'})")
            continue
        losses[backend] = json.loads(run.stdout.strip().splitlines()[-1])["loss"]
        print(f"{backend}: loss of the first epoch {losses[backend]:.6f}")
    if len(losses) > 1:
        print(f"largest difference {max(losses.values()) - min(losses.values()):.2e}")
    return 0 if losses and max(losses.values()) - min(losses.values()) <= 1e-3 else 1


if __name__ == "__main__":
    sys.exit(main())
