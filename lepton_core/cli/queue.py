"""``lepton queue``: which pictures a person should label next."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lepton_core.cli.options import Json, TaskOrBundle

if TYPE_CHECKING:
    from lepton_core.labelling.queue import Queue

_HEAD = ("rank", "record_id", "path", "label", "doubt", "reason")


def queue(
    target: TaskOrBundle,
    source: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Pictures, most of them without a label.")
    ],
    n: Annotated[int, typer.Option("--n", min=1, help="How many to label next.")] = 50,
    out: Annotated[
        Path | None, typer.Option("--out", help="A CSV file; the terminal without.")
    ] = None,
    labelled: Annotated[
        list[str] | None,
        typer.Option(
            "--labelled",
            metavar="NAME|PATH",
            help="What is labelled already, as the training data; passed over. Repeatable.",
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what exists.")] = False,
    as_json: Json = False,
) -> int:
    """Choose the pictures whose labels would teach most: doubtful ones that differ.

    Pictures with a verdict in the store, or in a folder named as a class, are passed over; the same
    file comes once.
    """
    from lepton_core.bundle import load_bundle
    from lepton_core.cli.output import note, print_json, write_csv
    from lepton_core.errors import UsageError
    from lepton_core.labelling.queue import make_queue
    from lepton_core.messages import t
    from lepton_core.records.opening import open_records
    from lepton_core.solution import resolve
    from lepton_core.store import Store

    if out is not None and out.exists() and not overwrite:
        raise UsageError("usage.out_exists", out=out)
    pipeline = load_bundle(resolve(target).bundle_or_default())
    task = pipeline.task
    ids = set(Store.open().latest(task.name)["record_id"].to_pylist())
    files = _files(labelled or [], task)
    with open_records(source, task.inputs) as reader:
        found = make_queue(pipeline, reader.batches(), n, known_ids=ids, known_files=files)
    rows = _rows(found)
    if out is not None:
        write_csv(out, _HEAD, rows, encoding="utf-8-sig")
    counts = {
        "seen": found.seen,
        "labelled": found.labelled,
        "repeated": found.repeated,
        "refused": found.refused,
        "queued": len(rows),
    }
    if as_json:
        print_json({"task": task.name, "bundle": pipeline.address, **counts, "queue": rows})
    elif out is None:
        for row in rows:
            print(f"{row['rank']:4}  {row['record_id']}  {row['reason']}")
    note(t("queue.counts", language="en", **counts))
    return 3 if found.refused else 0


def _rows(found: Queue) -> list[dict[str, Any]]:
    return [
        {
            "rank": rank,
            "record_id": one.record_id,
            "path": one.path,
            "label": one.label,
            "doubt": round(one.doubt, 4),
            "reason": one.text("en"),
        }
        for rank, one in enumerate(found.pictures, 1)
    ]


def _files(labelled: list[str], task: Any) -> set[str]:
    """The checksums of pictures that are labelled already."""
    import pyarrow.compute as pc

    from lepton_core.data.reading import load_records

    image = next((c.name for c in task.inputs.of_role("feature") if c.dtype == "image"), None)
    found: set[str] = set()
    for name in labelled:
        table = load_records(name, task.inputs).table
        if image is not None and image in table.column_names:
            found.update(pc.struct_field(table[image], "sha256").drop_null().to_pylist())
    return found
