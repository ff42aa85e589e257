"""What the card's recurrent state is worth: each bundle's test part scored with and without it.

Without: every step is given a state of zeros, as if the card had no past; the features, which tell
of the past too, stay. Needs the Handbook's transactions in $LEPTON_DATA for the second bundle.

    python benchmarks/fraud_recurrence.py [fraud_sample fraud_handbook]
"""

from __future__ import annotations

import sys

import numpy as np

from lepton_core.bundle import load_bundle
from lepton_core.data.labelled import load_labelled
from lepton_core.evaluation.metrics import ap, auc
from lepton_core.evaluation.run import protocol_of
from lepton_core.pipeline import Session
from lepton_core.solution import find_task


def main() -> None:
    task = find_task("fraud_rnn")
    print("| data | state | average precision | AUC |\n|---|---|---|---|")
    for data in sys.argv[1:] or ["fraud_sample", "fraud_handbook"]:
        pipeline = load_bundle(task.bundle_for(data))
        records, _ = load_labelled(data, task, {}, lambda line: None)
        test = protocol_of(pipeline, data).split(records).test
        truth = records.column("label").to_numpy()[test]
        session = Session(pipeline, trace=True)
        session.step(records.slice(0, int(test.max()) + 1))
        x, state = session.traced["x"][test], session.traced["h"][test]
        for name, given in (("kept", state), ("zero", np.zeros_like(state))):
            score = pipeline.runtime.run("step", {"x": x, "h": given})["score"].reshape(-1)
            print(f"| {data} | {name} | {ap(truth, score):.4f} | {auc(truth, score):.4f} |")


if __name__ == "__main__":
    main()
