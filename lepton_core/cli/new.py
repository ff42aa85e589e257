"""``lepton new``: a complete solution package from a template."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Lower-case, as a Python package.")],
    kind: Annotated[
        str, typer.Option("--task", metavar="KIND", help="image, table, sequence or series.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", help="Where to; the current folder without.")
    ] = None,
    install: Annotated[
        bool, typer.Option("--install/--no-install", help="Make it known to this Python.")
    ] = True,
    train: Annotated[
        bool, typer.Option("--train/--no-train", help="Train its `sample` bundle, a minute or so.")
    ] = True,
) -> int:
    """Make a package that trains, evaluates, scores and shows at once on its own sample."""
    import shlex
    import subprocess
    import tempfile

    from lepton_core.cli.output import note
    from lepton_core.errors import LeptonError
    from lepton_core.scaffold import install_command, make, train_command

    made = make(name, kind, (out or Path()).resolve())
    note(f"{name} stands in {made.package}; its sample is made.")
    installing = install_command(made)
    if not install:
        note(f"Make it known with: {shlex.join(installing)}")
        return 0
    if subprocess.run(installing).returncode != 0:
        raise LeptonError("new.not_installed", name=name, command=shlex.join(installing))
    if train:
        note("Training its sample bundle ...")
        with tempfile.TemporaryDirectory() as run:
            training = train_command(made, Path(run))
            if subprocess.run(training, stdout=subprocess.DEVNULL).returncode != 0:
                raise LeptonError("new.not_trained", name=name, command=shlex.join(training[2:]))
    print(f"{made.task} is ready. Go on with:")
    for line in _next(made.name, made.task_folder, made.tests, train):
        print(f"  {line}")
    print(f"Fitting it to a client in six steps: {_readme(made.project, made.package)}")
    return 0


def _next(name: str, task_folder: Path, tests: Path, trained: bool) -> list[str]:
    bundle = task_folder / "bundles" / "sample"
    first = [] if trained else [f"lepton train {name} --out {bundle}"]
    return [
        *first,
        f"lepton demo {name}",
        f"lepton evaluate {name} --data {name}_sample",
        f"lepton app {name}",
        f"lepton data check CLIENT_DATA --task {name}",
        f"lepton train {name} --data CLIENT_DATA --out my-bundle",
        f"pytest {tests}",
    ]


def _readme(project: Path, package: Path) -> Path:
    inside = package / "README.md"
    return inside if inside.exists() else project / "README.md"
