"""``lepton data``: data sets by name, and a look at what a client brings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lepton_core.cli.options import Json, Map, Task, read_mapping

cli = typer.Typer(help="List, generate, fetch, find and check data sets.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="A data set, as `lepton data list`.")]


@cli.command("list")
def list_datasets(as_json: Json = False) -> int:
    """List every known data set, whether it is on this machine, and its licence."""
    from lepton_core.cli.output import note, print_json, table
    from lepton_core.data.lookup import all_datasets
    from lepton_core.errors import DataError

    problems: list[DataError] = []
    found = all_datasets(problems)
    if as_json:
        rows = [
            {
                "name": dataset.card.name,
                "title": dataset.card.title,
                "tasks": dataset.card.tasks,
                "here": dataset.folder is not None,
                "licence": dataset.card.licence,
            }
            for dataset in found
        ]
        broken = [problem.to_json()["error"] for problem in problems]
        print_json({"datasets": rows, "broken": broken})
        return 0
    cells = [
        [d.card.name, "here" if d.folder else "-", d.card.title, d.card.licence] for d in found
    ]
    print(table(["name", "files", "what", "licence"], cells))
    for problem in problems:
        note(problem.text("en"))
    return 0


@cli.command("path")
def path(name: Name) -> int:
    """Print where a data set's records stand on this machine."""
    from lepton_core.data.lookup import find_dataset

    print(find_dataset(name).path)
    return 0


@cli.command("get")
def get(name: Name) -> int:
    """Fetch a data set that is not here yet: resumes, checks the checksum, unpacks safely."""
    from lepton_core.data.download import get as fetch
    from lepton_core.data.lookup import find_dataset

    dataset = find_dataset(name)
    print(dataset.path if dataset.folder else fetch(dataset.card))
    return 0


@cli.command("sample")
def sample(
    task: Task,
    out: Annotated[Path, typer.Option("--out", help="Output: .parquet, .csv or .jsonl.")],
    seed: Annotated[int, typer.Option("--seed", help="Another seed, other records.")] = 0,
    overwrite: Annotated[bool, typer.Option("--overwrite")] = False,
) -> int:
    """Write records of a task's own generator, with the truth, to a file."""
    from lepton_core.scoring.sinks import open_sink
    from lepton_core.solution import find_task

    found = find_task(task)
    table = found.hook(found.sample)(seed=seed)
    with open_sink(out, table.schema, overwrite) as sink:
        sink.write(table)
    print(f"{table.num_rows:,} records in {out}")
    return 0


@cli.command("deidentify")
def deidentify(
    source: Annotated[
        Path, typer.Argument(metavar="IN", help="A DICOM file, a folder or a zip of such.")
    ],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A new or empty folder.")],
) -> int:
    """Write DICOM files without identity (basic profile of DICOM PS3.15), under pseudonyms.

    Pixels stay as they are: what is burnt into them is not removed.
    """
    from lepton_core.cli.output import note
    from lepton_core.records.deidentify_files import deidentify_folder

    done = deidentify_folder(source, out)
    for reject in done.rejects:
        for reason in reject.to_json()["reasons"]:
            note(reason["message"])
    print(
        f"{len(done.written):,} files written to {out}, {len(done.rejects):,} refused, "
        f"{done.passed_over:,} that are no DICOM files passed over"
    )
    return 3 if len(done.rejects) else 0


@cli.command("check")
def check(
    source: Annotated[
        str, typer.Argument(metavar="PATH", help="A file of records, or a data set's name.")
    ],
    task: Annotated[
        str, typer.Option("--task", metavar="TASK", help="What the records shall be used for.")
    ],
    mapping: Map = None,
    as_json: Json = False,
) -> int:
    """Tell how records fit a task, and what is suspicious; ends with 1 where there is an error."""
    from lepton_core.cli.output import note, print_json
    from lepton_core.data.inspection import inspect
    from lepton_core.solution import find_task

    report = inspect(source, find_task(task), read_mapping(mapping), note)
    if as_json:
        print_json(report.to_json())
    else:
        print(report.to_text())
    return 1 if report.errors else 0
