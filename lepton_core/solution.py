"""Solutions and their tasks: declared on one page each, found by entry point, loaded when used."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from lepton_core.errors import BundleError, LeptonError, UsageError
from lepton_core.messages import add_messages
from lepton_core.spec import Spec

GROUP = "lepton.solutions"


@dataclass(frozen=True)
class Task:
    """One thing a solution does, with an input and an output Spec.

    The hooks are written ``module:attribute`` below the task's package and imported when used, so
    that listing tasks imports nothing and scoring imports no Keras.

    Args:
        name: address, ``solution/task``.
        title: message key of its title.
        package: dotted package of the task.
        inputs: Spec of the records.
        outputs: Spec of the predictions, from ``record_id`` to ``bundle``.
        preprocessor: hook, a Preprocessor class.
        trainer: hook, ``train(TrainingJob) -> Trained``.
        sample: hook, ``generate(seed=0) -> pa.Table`` of raw records.
        sample_data: name of the embedded sample's dataset card.
        config: hook, the frozen dataclass of settings.
        explainer: hook, an Explainer class, or a FileExplainer one; empty for none.
        protocols: dataset name -> hook, a Protocol; ``"*"`` serves every other data.
        measures: hook, ``measures(records, scores, decision) -> {key: Measured}`` of test records;
            ``scores`` is the model's output ``score`` [n, ...], ``decision`` None for a baseline,
            whose scores may have another rank.
        figures: hook, ``figures(records, predictions, pipeline) -> {key: Measured}``: what needs
            more of test records than the output ``score``, as places in pictures do. ``records``
            are those of ``predictions``, row by row. It joins ``measures``; a baseline has none.
            Empty for none.
        counts: hook, ``counts(records, predictions, pipeline) -> {name: array [n, ...]}``: what
            ``figures`` needs of each record by itself and takes long to find. It joins the raw
            outputs that ``figures`` is given, so that resamples do not ask for it again. Empty for
            none.
        baselines: hook, ``baselines(job) -> {name: score [n, ...] of the test rows}``.
        fairness: hook, ``report(records, predictions) -> pa.Table``: rates by group of people, as
            ``lepton_core.evaluation.fairness.by_group`` gives them; empty for none.
        deciding: hook, ``by_file(decision, path) -> Decision``: the decision as a file asks for it
            that a person made for one place, as lines on a camera's picture (``score --scene``).
            Empty for none.
        about: ``intended_use``, ``not_for`` and ``limits`` for the card.
        headline: metric keys shown in lists.
        default_bundle: the bundle that scores what a user brings.
        stateful: whether it scores through a Session.
        together: input columns that say which records only make sense together; those that follow
            each other with the same values there are scored in one batch or refused as one, see
            :mod:`lepton_core.together`. Such a task answers files, no streams.
        again: whether the same record id may come again in a stream with more known of it, as a
            customer whose history has grown: it is scored anew, where other tasks repeat their
            answer.
        accepts: findings on training data that are no fault of this task's data, as ``one_class``
            where it learns from good parts alone.
    """

    name: str
    title: str
    package: str
    inputs: Spec
    outputs: Spec
    preprocessor: str
    trainer: str
    sample: str
    sample_data: str
    config: str
    explainer: str = ""
    protocols: Mapping[str, str] = field(default_factory=dict)
    measures: str = ""
    figures: str = ""
    counts: str = ""
    baselines: str = ""
    fairness: str = ""
    deciding: str = ""
    about: Mapping[str, str] = field(default_factory=dict)
    headline: tuple[str, ...] = ()
    default_bundle: str = "sample"
    stateful: bool = False
    together: tuple[str, ...] = ()
    again: bool = False
    accepts: tuple[str, ...] = ()

    def hook(self, reference: str) -> Any:
        """What ``module:attribute`` below the task's package stands for."""
        module, _, attribute = reference.partition(":")
        return getattr(importlib.import_module(f"{self.package}.{module}"), attribute)

    @cached_property
    def folder(self) -> Path:
        """The task's folder on disk."""
        spec = importlib.util.find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            raise LeptonError("usage.no_package", task=self.name, package=self.package)
        return Path(next(iter(spec.submodule_search_locations)))

    def bundles(self) -> dict[str, Path]:
        """Name -> folder of every shipped bundle."""
        folders = sorted((self.folder / "bundles").glob("*/manifest.json"))
        return {path.parent.name: path.parent for path in folders}

    def bundle(self, name: str | None = None) -> Path:
        """The folder of a shipped bundle, the default one when ``name`` is None."""
        shipped = self.bundles()
        wanted = name or self.default_bundle
        if name is None and wanted not in shipped and "sample" in shipped:
            wanted = "sample"
        if wanted not in shipped:
            known = ", ".join(shipped) or "-"
            raise UsageError("usage.unknown_bundle", task=self.name, bundle=wanted, known=known)
        return shipped[wanted]

    def bundle_for(self, data: str) -> Path:
        """The shipped bundle made from the data set ``data``, otherwise the default one."""
        name = "sample" if data == self.sample_data else data
        return self.bundles().get(name) or self.bundle()


@dataclass(frozen=True)
class Solution:
    """One industry domain.

    Args:
        name: its folder's name in ``solutions/``.
        title: message key of its title.
        package: dotted package.
        tasks: its tasks, the first being what the solution's name alone means.
        dashboard: ``module:function`` below the package that draws its page.
        icon: a Material symbol name for the hub.
    """

    name: str
    title: str
    package: str
    tasks: tuple[Task, ...]
    dashboard: str = "dashboard:page"
    icon: str = "widgets"

    def __post_init__(self) -> None:
        spec = importlib.util.find_spec(self.package)
        if spec is not None and spec.submodule_search_locations:
            add_messages(Path(next(iter(spec.submodule_search_locations))) / "messages")

    def page(self) -> Any:
        """The function that draws the dashboard."""
        module, _, attribute = self.dashboard.partition(":")
        return getattr(importlib.import_module(f"{self.package}.{module}"), attribute)


@dataclass(frozen=True)
class Broken:
    """An installed solution that cannot be loaded, and why."""

    name: str
    reason: str


def entries() -> dict[str, EntryPoint]:
    """Name -> entry point of every installed solution; imports none of them."""
    return {entry.name: entry for entry in sorted(entry_points(group=GROUP), key=lambda e: e.name)}


def load_solution(name: str) -> Solution:
    """The installed solution ``name``.

    Raises:
        UsageError: when there is none of that name.
    """
    known = entries()
    if name not in known:
        raise UsageError("usage.unknown_task", task=name, known=", ".join(known) or "-")
    solution = known[name].load()
    if not isinstance(solution, Solution):
        raise LeptonError("usage.not_a_solution", name=name, received=type(solution).__name__)
    return solution


def solutions() -> tuple[list[Solution], list[Broken]]:
    """Every installed solution that loads, and those that do not, with the reason."""
    loaded, broken = [], []
    for name in entries():
        try:
            loaded.append(load_solution(name))
        # A stranger's package may fail in any way; one that does must not take the others down.
        except Exception as error:
            broken.append(Broken(name, f"{type(error).__name__}: {error}"))
    return loaded, broken


@dataclass(frozen=True)
class Address:
    """A task, and perhaps one of its bundles: ``solution[/task][@bundle]`` or a bundle folder."""

    task: Task
    bundle: Path | None
    text: str

    def bundle_or_default(self) -> Path:
        """The bundle named, or the task's default one."""
        return self.bundle or self.task.bundle()


def find_task(text: str) -> Task:
    """The task of ``solution`` or ``solution/task``.

    Raises:
        UsageError: when there is none.
    """
    solution_name, _, task_name = text.partition("/")
    solution = load_solution(solution_name)
    if not task_name:
        return solution.tasks[0]
    for task in solution.tasks:
        if task.name == text:
            return task
    known = ", ".join(task.name for task in solution.tasks)
    raise UsageError("usage.unknown_task", task=text, known=known)


def resolve(text: str) -> Address:
    """What a person wrote for TASK or BUNDLE on the command line.

    Args:
        text: ``fraud_rnn``, ``fraud_rnn/transactions``, ``fraud_rnn@sample`` or a bundle folder.
    """
    path = Path(text)
    if (path / "card.json").is_file() or (path / "manifest.json").is_file():
        from lepton_core.bundle import read_task_name

        return Address(find_task(read_task_name(path)), path, text)
    if path.is_dir() and (path.is_absolute() or len(path.parts) > 2):
        raise BundleError("bundle.not_found", bundle=path)
    name, _, bundle = text.partition("@")
    task = find_task(name)
    return Address(task, task.bundle(bundle) if bundle else None, text)
