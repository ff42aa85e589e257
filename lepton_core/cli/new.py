"""``lepton new``: a project of one's own from a template."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name, for example churn.")],
    kind: Annotated[
        str, typer.Option("--task", metavar="KIND", help="image, table, sequence or series.")
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="The folder to make it in.")
    ] = Path(),
    no_train: Annotated[
        bool, typer.Option("--no-train", help="Leave the sample's bundle to be trained later.")
    ] = False,
) -> int:
    """Make a project that works at once: a copied template, its sample, a trained bundle.

    It is installed into the running environment, so that `lepton list` and the dashboards know it.
    """
    import shlex
    import subprocess
    import sys
    import tempfile

    from lepton_core.cli.output import note
    from lepton_core.errors import LeptonError
    from lepton_core.scaffold import install_command, make_project, train_command

    project = make_project(name, kind, out)
    note(f"{name} is made from the template {kind}, with its sample.")
    train = shlex.join(["lepton", "train", project.task, "--out", _short(project.sample_bundle)])
    command = install_command(project)
    note(f"Installing it from {_short(project.root)} ...")
    installed = subprocess.run(command, capture_output=True, text=True)
    if installed.returncode:
        reason = (installed.stderr.strip().splitlines() or ["-"])[-1].rstrip(".")
        raise LeptonError(
            "scaffold.install",
            path=_short(project.root),
            reason=f"{reason}.",
            command=shlex.join(command),
            next=train,
        )
    if not no_train:
        note(f"Training on its sample, as `{train}` does ...")
        with tempfile.TemporaryDirectory() as run:
            # Results of a part of this command are no result of it: they go beside its progress.
            code = subprocess.call([*train_command(project), "--run", run], stdout=sys.stderr)
        if code:
            raise LeptonError("scaffold.train", path=_short(project.root), code=code, command=train)
    package = _short(project.package)
    print(f"{name} is in {_short(project.root)}: task {project.task}, code in {package}.")
    yours = "YOUR_FOLDER" if kind == "image" else "YOUR.csv"
    steps = [
        ("the page", f"lepton app {name}"),
        ("its figures", f"lepton evaluate {name} --data {name}_sample"),
        ("your data", f"lepton data check {yours} --task {name}"),
        ("train on it", f"lepton train {name} --data {yours} --out my-bundle"),
    ]
    if no_train:
        steps.insert(0, ("its bundle", train))
    for what, line in steps:
        print(f"  {what:<12} {line}")
    readme = next(
        place / "README.md"
        for place in (project.package, project.root)
        if (place / "README.md").exists()
    )
    print(f"Six steps to a client's data: {_short(readme)}")
    return 0


def _short(path: Path) -> str:
    """A path as one would type it here."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
