"""``lepton demo``: every task's sample bundle on its embedded sample."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from lepton_core.cli.options import Json


def demo(
    task: Annotated[
        str | None, typer.Argument(metavar="[TASK]", help="One task; all of them without.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Score each embedded sample with its `sample` bundle and say what was found."""
    from lepton_core.cli.output import note, print_json
    from lepton_core.solution import find_task, solutions

    loaded, broken = solutions()
    tasks = [find_task(task)] if task else [t for solution in loaded for t in solution.tasks]
    results = [_run(found) for found in tasks]
    if as_json:
        print_json({"demos": results})
    else:
        for result in results:
            labels = ", ".join(f"{count:,} {label}" for label, count in result["labels"].items())
            print(f"{result['title']} ({result['bundle']})")
            print(
                f"  {result['records']:,} records of {result['data']} scored in "
                f"{result['seconds']:.1f} s: {labels}"
            )
            if result["known_positives"]:
                print(
                    f"  in the part it never learned from: {result['found_positives']:,} of "
                    f"{result['known_positives']:,} records that are {result['positive']} found, "
                    f"{result['false_positives']:,} others called so"
                )
    # A broken solution of a stranger does not make the demo fail; the list says what is wrong.
    for fault in broken:
        note(f"{fault.name} cannot be loaded: {fault.reason}")
    return 0


def _run(task: Any) -> dict[str, Any]:
    import time

    import numpy as np
    import pyarrow.compute as pc

    from lepton_core.bundle import load_bundle
    from lepton_core.data.lookup import load_records
    from lepton_core.messages import t

    started = time.monotonic()
    pipeline = load_bundle(task.bundle("sample"))
    records = load_records(task.sample_data, task.inputs).table
    predictions = pipeline.score(records)
    label, count = np.unique(predictions["label"], return_counts=True)
    positive = pipeline.decision.to_json()["classes"][1]
    target = task.inputs.of_role("label")[0].name
    truth = pc.equal(records.column(target), 1).to_numpy()
    if len(predictions.rejects):
        refused = {reject.row for reject in predictions.rejects}
        truth = truth[[row for row in range(len(truth)) if row not in refused]]
    # Only records of the test part say anything about the model; it was trained on the others.
    cut = pipeline.card["protocol"].get("test_rows_from", 0)
    called = predictions["label"] == positive
    hits = called & truth
    return {
        "task": task.name,
        "title": t(task.title, language="en"),
        "bundle": pipeline.address,
        "data": task.sample_data,
        "records": len(predictions),
        "rejected": len(predictions.rejects),
        "labels": dict(zip(label.tolist(), count.tolist(), strict=True)),
        "positive": positive,
        "known_positives": int(truth[cut:].sum()),
        "found_positives": int(hits[cut:].sum()),
        "false_positives": int((called & ~truth)[cut:].sum()),
        "seconds": round(time.monotonic() - started, 2),
    }
