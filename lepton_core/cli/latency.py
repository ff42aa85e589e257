"""``lepton latency``: how long a record takes on this machine, by size and threads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from lepton_core.cli.options import Json, TaskOrBundle

# Others that keep this much of a core busy make a figure that nobody can repeat.
_TRUSTED_OTHERS = 0.2


def latency(
    target: TaskOrBundle,
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="[INPUT]",
            help="Records to time, best your own: file, folder, data set; the sample without.",
        ),
    ] = None,
    sizes: Annotated[
        str,
        typer.Option(
            "--sizes",
            metavar="PIXELS",
            help="Square pictures of these sides, comma between, cut or mirrored, never stretched.",
        ),
    ] = "",
    threads: Annotated[
        str, typer.Option("--threads", metavar="N", help="Threads, comma between; 1 and all cores.")
    ] = "",
    seconds: Annotated[
        float, typer.Option("--seconds", min=0.1, help="For each row; at least 20 records.")
    ] = 10.0,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE.csv", help="Write the rows as CSV too.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Time single records from their bytes to the prediction; says when the machine is busy."""
    from lepton_core.cli.output import note, print_json, table, write_csv
    from lepton_core.data.reading import load_records
    from lepton_core.errors import UsageError
    from lepton_core.machine import package_versions, processor
    from lepton_core.records.opening import takes_pictures
    from lepton_core.scoring.flow import cores
    from lepton_core.scoring.latency import measure
    from lepton_core.solution import resolve

    address = resolve(target)
    task = address.task
    sides = _numbers("--sizes", sizes, 8, 20_000)
    if sides and not takes_pictures(task.inputs):
        raise UsageError("latency.no_pictures", task=task.name)
    counts = _numbers("--threads", threads, 1, 1024) or sorted({1, cores()})
    if out is not None and (out.suffix != ".csv" or not out.parent.is_dir()):
        raise UsageError("latency.out", out=out)
    folder = address.bundle_or_default()
    records = load_records(source or task.sample_data, task.inputs).table
    labels = [c.name for c in task.inputs.of_role("label") if c.name in records.column_names]
    rows = measure(
        folder, records.drop_columns(labels), sides, counts, seconds=seconds, progress=note
    )
    others = max(row.others for row in rows)
    found: dict[str, Any] = {
        "bundle": f"{task.name}@{folder.name}",
        "input": source or task.sample_data,
        "processor": processor(),
        "cores": cores(),
        "versions": package_versions(),
        "others_at_work_cores": round(others, 2),
        "trusted": others <= _TRUSTED_OTHERS,
        "rows": [row.to_json() for row in rows],
    }
    if out is not None:
        about = {name: found[name] for name in ("bundle", "input", "processor", "cores", "trusted")}
        lines = [{**about, **row} for row in found["rows"]]
        write_csv(out, list(lines[0]), lines)
    if as_json:
        print_json(found)
    else:
        versions = ", ".join(f"{name} {number}" for name, number in found["versions"].items())
        print(f"{found['bundle']} on {found['input']}, one record after the other")
        print(f"{found['processor']}, {found['cores']} cores; {versions}")
        head = ["size", "threads", "records", "refused", "p50 ms", "p95 ms", "a minute"]
        print(table(head, [_cells(row) for row in rows]))
    if not found["trusted"]:
        note(
            f"Other programs kept {others:.1f} cores busy meanwhile: these times are too long and "
            "not to be trusted. Run it again when the machine is idle."
        )
    if any(row.refused for row in rows):
        note("Some records were refused, which takes less time; give records of your own as INPUT.")
    return 0


def _cells(row: Any) -> list[str]:
    times = (f"{row.p50_ms:.1f}", f"{row.p95_ms:.1f}", f"{row.a_minute:,.0f}")
    return [row.size or "-", str(row.threads), str(row.records), str(row.refused), *times]


def _numbers(option: str, text: str, low: int, high: int) -> list[int]:
    """``"512,1024"`` as numbers.

    Raises:
        UsageError: ``latency.numbers``.
    """
    from lepton_core.errors import UsageError

    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not all(part.isdecimal() and low <= int(part) <= high for part in parts):
        raise UsageError("latency.numbers", option=option, received=text, low=low, high=high)
    return [int(part) for part in parts]
