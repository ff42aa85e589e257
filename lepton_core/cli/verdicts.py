"""``lepton verdicts``: what people found out about scored records."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from lepton_core.cli.options import Json, Map, Task, read_mapping

cli = typer.Typer(
    help="Add, import and list verdicts; they stand in the store that $LEPTON_STORE names.",
    no_args_is_help=True,
)

Who = Annotated[
    str | None, typer.Option("--who", help="Who says so; the user of this machine without.")
]


@cli.command("add")
def add(
    target: Task,
    record_id: Annotated[str, typer.Argument(metavar="RECORD_ID", help="The record's id.")],
    verdict: Annotated[
        str,
        typer.Argument(
            metavar="VERDICT", help="A class of the task, or withdrawn to take one back."
        ),
    ],
    who: Who = None,
    note: Annotated[str, typer.Option("--note", help="Why, for people.")] = "",
    boxes: Annotated[
        list[str] | None,
        typer.Option(
            "--box",
            metavar="CLASS,X0,Y0,X1,Y1",
            help="Where a defect is, in pixels of the picture; repeatable.",
        ),
    ] = None,
    bundle: Annotated[
        str | None,
        typer.Option("--bundle", metavar="BUNDLE", help="The one whose prediction was judged."),
    ] = None,
) -> int:
    """Say what a record truly is; the latest verdict on it counts."""
    from lepton_core.data.verdict_file import check_verdict, read_box
    from lepton_core.solution import find_task, resolve
    from lepton_core.store import Store, Verdict

    task = find_task(target)
    judged = resolve(bundle).bundle_or_default() if bundle else None
    check_verdict(task, verdict, judged)
    store = Store.open()
    address = f"{task.name}@{judged.resolve().name}" if judged else ""
    marks = [read_box(text, task) for text in boxes] if boxes else None
    given = Verdict(task.name, address, record_id, who or _user(), verdict, note, marks=marks)
    print(f"Verdict {store.add_verdict(given)} on {record_id}: {verdict} (in {store.url})")
    return 0


@cli.command("import")
def import_file(
    path: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="Columns record_id, verdict [when who note marks]."),
    ],
    target: Annotated[
        str, typer.Option("--task", metavar="TASK", help="What the verdicts are about.")
    ],
    who: Who = None,
    mapping: Map = None,
    as_json: Json = False,
) -> int:
    """Add the verdicts of a file, all or none; those that are there already are passed over."""
    from lepton_core.cli.output import print_json
    from lepton_core.data.verdict_file import read_verdicts
    from lepton_core.solution import find_task
    from lepton_core.store import Store

    task = find_task(target)
    verdicts = read_verdicts(path, task, read_mapping(mapping), who or _user())
    store = Store.open()
    known = {_key(row) for row in store.verdicts(task.name).to_pylist()}
    fresh = [verdict for verdict in verdicts if _key(verdict.row()) not in known]
    added = store.add_verdicts(fresh)
    if as_json:
        passed = len(verdicts) - added
        print_json({"task": task.name, "added": added, "passed": passed, "store": store.url})
    else:
        there = len(verdicts) - added
        more = f"; {there:,} were there already" if there else ""
        print(f"{added:,} verdicts of {path} added{more} (in {store.url})")
    return 0


@cli.command("list")
def list_verdicts(
    target: Task,
    counting: Annotated[
        bool, typer.Option("--counting", help="Only the one of each record that counts.")
    ] = False,
    as_json: Json = False,
) -> int:
    """List a task's verdicts in order of time."""
    from lepton_core.cli.output import note, print_json, table
    from lepton_core.solution import find_task
    from lepton_core.store import Store

    task = find_task(target)
    store = Store.open()
    found = store.latest(task.name) if counting else store.verdicts(task.name)
    rows = found.to_pylist()
    if as_json:
        told = [{**row, "when": row["when"].isoformat()} for row in rows]
        print_json({"task": task.name, "store": store.url, "verdicts": told})
        return 0
    cells = []
    for row in rows:
        when, note_line = row["when"].strftime("%Y-%m-%d %H:%M:%S"), " ".join(row["note"].split())
        cells.append([when, row["record_id"], row["verdict"], row["who"], note_line])
    print(table(["when (UTC)", "record", "verdict", "who", "note"], cells))
    note(f"{len(rows):,} verdicts on {task.name} in {store.url}")
    return 0


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("record_id", "who", "when", "verdict", "note", "marks"))


def _user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"  # a container's user may have no name
