"""``lepton demo``: every task's sample bundle on its embedded sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from lepton_core.cli.options import Json

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from lepton_core.pipeline import Pipeline
    from lepton_core.predictions import Predictions
    from lepton_core.solution import Task


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
    results = [run(found) for found in tasks]
    if as_json:
        print_json({"demos": results})
    else:
        for result in results:
            print("\n".join(to_lines(result)))
    # A broken solution of a stranger does not make the demo fail; the list says what is wrong.
    for fault in broken:
        note(f"{fault.name} cannot be loaded: {fault.reason}")
    return 0


def to_lines(result: dict[str, Any]) -> list[str]:
    """What :func:`run` found, in plain words."""
    labels = ", ".join(f"{count:,} {label}" for label, count in result["labels"].items())
    lines = [
        f"{result['title']} ({result['bundle']})",
        f"  {result['records']:,} records of {result['data']} scored in {result['seconds']:.1f} s"
        + (f": {labels}" if labels else ""),
    ]
    part = "  in the part it never learned from: "
    if result.get("known_positives"):
        lines.append(
            f"{part}{result['found_positives']:,} of "
            f"{result['known_positives']:,} records that are {result['positive']} found, "
            f"{result['false_positives']:,} others called so"
        )
    elif result.get("tested") and "correct" in result:
        lines.append(f"{part}{result['correct']:,} of {result['tested']:,} records named correctly")
    elif result.get("tested") and "stated_coverage" in result and "mae" in result["metrics"]:
        lines.append(part + _of_values(result))
    elif result.get("tested") and result.get("metrics"):
        figures = ", ".join(f"{key} {value:.3f}" for key, value in result["metrics"].items())
        lines.append(f"{part}{result['tested']:,} records, {figures}")
    return lines


def _of_values(result: dict[str, Any]) -> str:
    figures = result["metrics"]
    unit = f" {result['unit']}" if result["unit"] else ""
    text = f"{result['tested']:,} values, {figures['mae']:,.3g}{unit} off on average"
    stated = result["stated_coverage"]
    within = figures.get(f"coverage{round(100 * stated)}")
    if within is not None:
        text += f", {within:.1%} of them within their interval ({stated:.0%} promised)"
    return text


def run(task: Task) -> dict[str, Any]:
    """One task's sample scored with its sample bundle, and how right that was on the test part.

    Returns:
        ``task title bundle data records rejected labels seconds``, the ``kind`` of decision, and:
        for two classes ``positive known_positives found_positives false_positives``; for more
        ``tested correct``; for values ``tested metrics unit stated_coverage``; for every other kind
        ``tested metrics``.
    """
    import time

    import numpy as np

    from lepton_core.bundle import load_bundle
    from lepton_core.data.reading import load_records
    from lepton_core.evaluation.protocols import score_rows
    from lepton_core.evaluation.rows import take_rows
    from lepton_core.evaluation.run import part_to_test, protocol_of
    from lepton_core.messages import t

    started = time.monotonic()
    pipeline = load_bundle(task.bundle("sample"))
    loaded = load_records(task.sample_data, task.inputs)
    predictions = score_rows(pipeline, loaded.table, np.arange(loaded.table.num_rows))
    seconds = time.monotonic() - started
    labels: dict[str, int] = {}
    if "label" in task.outputs:
        names, counts = np.unique(predictions["label"], return_counts=True)
        labels = dict(zip(names.tolist(), counts.tolist(), strict=True))
    # Only records of the test part say anything about the model; it was trained on the others.
    protocol = protocol_of(pipeline, task.sample_data)
    tested, rows = part_to_test(task, loaded.table, protocol, loaded.source)
    judged = predictions
    if protocol.makes_cases:
        # A whole history holds what a case asks for: the cases are scored by themselves.
        judged = score_rows(pipeline, tested, np.arange(tested.num_rows))
        known, scored = judged.rows, np.arange(len(judged))
    else:
        _, known, scored = np.intersect1d(
            rows, predictions.rows, assume_unique=True, return_indices=True
        )
    target = loaded.dataset.card.target if loaded.dataset else None
    return {
        "task": task.name,
        "title": t(task.title, language="en"),
        "bundle": pipeline.address,
        "data": task.sample_data,
        "records": len(predictions),
        "rejected": len(predictions.rejects),
        "labels": labels,
        "kind": pipeline.decision.kind,
        **_judge(pipeline, take_rows(tested, known), _take(judged, scored), target),
        "seconds": round(seconds, 2),
    }


def _judge(
    pipeline: Pipeline, tested: pa.Table, predictions: Predictions, target: str | None
) -> dict[str, Any]:
    """How right the predictions [n] of the test records [n] are, by kind of decision."""
    from lepton_core.decision import Classify, ClassifyMany, Interval

    task, decision = pipeline.task, pipeline.decision
    if isinstance(decision, (Classify, ClassifyMany)):
        label = target if target in tested.column_names else task.inputs.of_role("label")[0].name
        truth = _names(tested.column(label), decision.classes)
        right = truth == predictions["label"]
    if isinstance(decision, Classify):
        positive = decision.classes[1]
        called = predictions["label"] == positive
        return {
            "positive": positive,
            "known_positives": int((truth == positive).sum()),
            "found_positives": int((called & right).sum()),
            "false_positives": int((called & ~right).sum()),
        }
    if isinstance(decision, ClassifyMany):
        return {"tested": len(right), "correct": int(right.sum())}
    figures = {}
    if len(predictions):
        measured = task.hook(task.measures)(tested, predictions.raw["score"], decision)
        figures = {key: figure.value for key, figure in measured.items()}
    if not isinstance(decision, Interval):
        figures = {key: figures[key] for key in task.headline if key in figures}
        return {"tested": len(predictions), "metrics": figures}
    unit = task.outputs["value"].unit if "value" in task.outputs else ""
    about = {"unit": unit, "stated_coverage": decision.coverage}
    return {"tested": len(predictions), "metrics": figures, **about}


def _names(column: pa.ChunkedArray, classes: tuple[str, ...]) -> np.ndarray:
    """The name [n] of each record's true class, given by name or by number; None if unknown."""
    import numpy as np

    values = column.to_pylist()
    if not all(isinstance(value, str) for value in values if value is not None):
        values = [None if value is None else classes[int(value)] for value in values]
    return np.array(values, object)


def _take(predictions: Predictions, positions: np.ndarray) -> Predictions:
    import pyarrow as pa

    return predictions.take(pa.array(positions))
