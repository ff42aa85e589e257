"""Arguments and options that several commands share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from lepton_core.errors import UsageError

Task = Annotated[
    str, typer.Argument(metavar="TASK", help="solution or solution/task, as `lepton list` shows.")
]
TaskOrBundle = Annotated[
    str,
    typer.Argument(
        metavar="TASK|BUNDLE", help="solution[/task][@bundle] or the folder of a bundle."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
Data = Annotated[
    str, typer.Option("--data", metavar="NAME|PATH", help="A dataset's name or a file of records.")
]
Views = Annotated[
    int | None,
    typer.Option(
        "--views", metavar="N", help="Mean over N views of each picture; N times as long."
    ),
]
Map = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="THEIRS=OURS", help="Their column name for ours; repeatable."),
]

Scene = Annotated[
    Path | None,
    typer.Option(
        "--scene",
        metavar="FILE",
        help="What was drawn for this place: lines, zones, calibration of a camera (YAML).",
    ),
]


def by_scene(pipeline: Any, scene: Path) -> Any:
    """The pipeline with the decision that a file asks for.

    Raises:
        UsageError: ``usage.no_scene`` where the task takes none; DataError for a broken file.
    """
    task = pipeline.task
    if not task.deciding:
        raise UsageError("usage.no_scene", task=task.name)
    return pipeline.with_decision(task.hook(task.deciding)(pipeline.decision, scene))


def refuse_given(options: Mapping[str, Any], key: str) -> None:
    """Refuse options that mean nothing for what a command was asked.

    Args:
        options: by their name in Python; None where one was not given.
        key: of the error, which names the first that was.

    Raises:
        UsageError: of that key.
    """
    for name in (name for name, given in options.items() if given is not None):
        raise UsageError(key, option=f"--{name.replace('_', '-')}")


def read_mapping(pairs: list[str] | None) -> dict[str, str]:
    """``["theirs=ours"]`` as a dictionary.

    Raises:
        UsageError: for an entry without ``=``.
    """
    mapping: dict[str, str] = {}
    for pair in pairs or []:
        theirs, sign, ours = pair.partition("=")
        if not sign or not theirs or not ours:
            raise UsageError("usage.bad_map", map=pair)
        mapping[theirs] = ours
    return mapping
