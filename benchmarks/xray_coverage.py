"""How often the prediction sets hold the class: on held-out halves of validation, and on test.

python benchmarks/xray_coverage.py [BUNDLE] [--data NAME] [--coverage 0.9]

The validation pictures are halved by person, many times over; limits are set on one half and
checked on the other. That is what the stated coverage promises. The test part comes from elsewhere:
what it gives with the bundle's own limits stands beside it.
"""

from __future__ import annotations

import argparse

from lepton_core.bundle import load_bundle
from lepton_core.data.labelled import load_labelled
from lepton_core.evaluation.classes import class_codes
from lepton_core.evaluation.coverage import held_out_coverage
from lepton_core.evaluation.protocols import score_rows
from lepton_core.evaluation.rows import take_rows
from lepton_core.evaluation.run import measure, protocol_of
from lepton_core.solution import resolve
from solutions.medical_imaging.xray.splits import people


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("bundle", nargs="?", default="medical_imaging")
    parser.add_argument("--data", default="kermany_cxr")
    parser.add_argument("--coverage", type=float, default=0.9)
    asked = parser.parse_args()
    pipeline = load_bundle(resolve(asked.bundle).bundle_or_default())
    records, _ = load_labelled(asked.data, pipeline.task, {}, lambda text: None)
    protocol = protocol_of(pipeline, asked.data)
    records = protocol.with_truth(records)
    split = protocol.split(records)
    scored = score_rows(pipeline, records, split.valid)
    some = take_rows(records, scored.rows)
    codes = class_codes(some, "label", pipeline.decision.classes)
    found = held_out_coverage(
        pipeline.decision, scored.raw["score"], codes, asked.coverage, people(some)
    )
    print(f"{pipeline.address}, {len(codes)} validation pictures of {asked.data}, by halves:")
    for key, figure in found.items():
        print(f"  {key} {figure}")
    figures, _ = measure(pipeline, records, split.valid)
    print(f"  auc {figures['auc']}, all of them")
    figures, n = measure(pipeline, records, split.test)
    print(f"{n} test pictures, the bundle's own limits:")
    for key in ("set_coverage", "review_share", "sure_accuracy", "ece", "auc", "accuracy"):
        print(f"  {key} {figures[key]}")


if __name__ == "__main__":
    main()
