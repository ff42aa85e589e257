"""Where data sets stand: shipped, in a solution's package, in ``$LEPTON_DATA``, in the cache."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from lepton_core.data.cards import DatasetCard, read_card
from lepton_core.data.solution_folders import solution_folders
from lepton_core.errors import DataError
from lepton_core.spec import Spec


@dataclass(frozen=True)
class Dataset:
    """A data set's card and, where its files are on this machine, their folder.

    Args:
        card: what it is.
        folder: the data set's own folder; None where it has not been fetched.
    """

    card: DatasetCard
    folder: Path | None

    @property
    def path(self) -> Path:
        """The file or folder that the card's reader reads.

        Raises:
            DataError: ``data.not_here``, with what to do, where it has not been fetched.
        """
        if self.folder is None:
            urls = ", ".join(source.url for source in self.card.source) or "-"
            can_get = any(source.sha256 for source in self.card.source)
            key = "data.not_here" if can_get else "data.not_here_manual"
            where = Path("$LEPTON_DATA", self.card.name, self.card.reader.path).as_posix()
            raise DataError(key, name=self.card.name, urls=urls, path=where)
        return self.folder / self.card.reader.path


@dataclass(frozen=True)
class Located:
    """A NAME or PATH from the command line, found.

    Args:
        path: what to read.
        mapping: their column name -> ours, the card's and the person's together.
        dataset: the data set, where a name was given.
        source: the name or path as the person gave it, for messages and records of runs.
    """

    path: Path
    mapping: dict[str, str]
    dataset: Dataset | None
    source: str


def shipped_folder() -> Path:
    """The folder of cards and small samples: ``$LEPTON_DATASETS``, or beside the package."""
    given = os.environ.get("LEPTON_DATASETS")
    return Path(given) if given else Path(__file__).resolve().parents[2] / "datasets"


def cache_folder() -> Path:
    """Where fetched data sets go: ``$LEPTON_CACHE``, or ``~/.cache/lepton``."""
    given = os.environ.get("LEPTON_CACHE")
    return Path(given) if given else Path.home() / ".cache" / "lepton"


def roots() -> list[Path]:
    """The folders in which data sets are looked up, in order.

    The shipped ones, the ``datasets`` folder of each installed solution that has one,
    ``$LEPTON_DATA`` and the user's cache.
    """
    given = os.environ.get("LEPTON_DATA")
    own = [folder / "datasets" for folder in solution_folders()]
    return [
        shipped_folder(),
        *(folder for folder in own if folder.is_dir()),
        *([Path(given)] if given else []),
        cache_folder(),
    ]


def find_dataset(name: str) -> Dataset:
    """The data set called ``name``; its card and its files may stand under different roots.

    Raises:
        DataError: ``data.unknown_dataset``, or ``card.*`` where its card is wrong.
    """
    card_path = next((p for root in roots() if (p := root / f"{name}.yaml").is_file()), None)
    if Path(name).name != name or card_path is None:
        known = _names()
        near = get_close_matches(name, known, n=1)
        raise DataError(
            "data.unknown_dataset",
            name=name,
            known=", ".join(known) or "-",
            near=near[0] if near else "-",
        )
    card = read_card(card_path)
    folders = [root / name for root in roots()]
    return Dataset(card, next((f for f in folders if (f / card.reader.path).exists()), None))


def all_datasets(problems: list[DataError] | None = None) -> list[Dataset]:
    """Every data set that has a card, by name.

    Args:
        problems: takes the error of each broken card, so that one does not hide the others;
            where None, the first is raised.
    """
    found = []
    for name in _names():
        try:
            found.append(find_dataset(name))
        except DataError as error:
            if problems is None:
                raise
            problems.append(error)
    return found


def resolve(
    name_or_path: str | Path, mapping: Mapping[str, str] | None = None, spec: Spec | None = None
) -> Located:
    """Find what a person named by a data set's NAME or by a PATH.

    Args:
        name_or_path: a name, or a path: what has a folder in it, a file's ending, or is a file;
            also a folder, where no data set has its name.
        mapping: their column name -> ours, as the person gave it; wins over the card's.
        spec: what the task takes; the card's columns that it does not know are left alone.

    Raises:
        DataError: no such data set, or its files are not on this machine.
    """
    text = str(name_or_path)
    given = dict(mapping or {})
    path = Path(name_or_path)
    if path.name != text or path.suffix or path.is_file():
        return Located(path, given, None, text)
    try:
        dataset = find_dataset(text)
    except DataError as error:
        if error.key != "data.unknown_dataset" or not text or not path.is_dir():
            raise
        return Located(path, given, None, text)
    columns = {
        theirs: ours
        for theirs, ours in dataset.card.reader.columns.items()
        if theirs not in given and ours not in given.values() and (spec is None or spec.takes(ours))
    }
    return Located(dataset.path, columns | given, dataset, text)


def _names() -> list[str]:
    return sorted({path.stem for root in roots() for path in root.glob("*.yaml")})
