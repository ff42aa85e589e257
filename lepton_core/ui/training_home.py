"""Where a task's trainings of pages stand: found again, named, and begun."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lepton_core.errors import DataError, UsageError
from lepton_core.store.opening import default_file
from lepton_core.ui.training_job import DONE, RUNNING, PageTraining
from lepton_core.ui.training_worker import ASKED, RECORDS


@dataclass(frozen=True)
class Trainings:
    """A task's trainings that pages began, a folder each.

    Args:
        task_name: what is trained.
        place: folder of them all in ``lepton/`` of the user's data folder; by default one of the
            task's own in ``trained/``.

    Example:
        >>> Trainings("defect_detection/anomaly", "taught").home.name
        'taught'
        >>> Trainings("retail_recommender/next_item").home.parts[-2:]
        ('trained', 'retail_recommender-next_item')
    """

    task_name: str
    place: str = ""

    @property
    def home(self) -> Path:
        """The folder of them all."""
        own = f"trained/{self.task_name.replace('/', '-')}"
        return default_file().parent / (self.place or own)

    def all(self) -> list[PageTraining]:
        """All of them, the latest first."""
        if not self.home.is_dir():
            return []
        found = [path for path in self.home.iterdir() if (path / ASKED).is_file()]
        return [PageTraining(p) for p in sorted(found, key=lambda p: -(p / ASKED).stat().st_mtime)]

    def bundles(self) -> dict[str, Path]:
        """Name -> folder of the bundles of those that are done."""
        return {one.name: one.bundle for one in self.all() if one.state == DONE}

    def start(
        self,
        name: str,
        records: pa.Table,
        settings: Sequence[str],
        *,
        source: str,
        file: str = "",
        epochs: int = 0,
        seed: int = 0,
    ) -> PageTraining:
        """Begin to train; a training of the same name that is not running is replaced.

        Args:
            name: of the bundle, as :func:`bundle_name` gives it.
            records: checked records.
            settings: of the task, ``key=value``.
            source: name of the data, for the bundle's card.
            file: what stands for the data in the command that repeats it; by default ``source``.
            epochs: how many there are at most, for the progress; 0 where there are only steps.
            seed: of everything random.

        Raises:
            UsageError: ``ui.training.is_running``.
            DataError: ``data.cannot_write``.
        """
        training = PageTraining(self.home / name)
        if training.state == RUNNING:
            raise UsageError("ui.training.is_running", name=name)
        words = "".join(f"--set {one} " for one in settings)
        data = file or source
        asked = {
            "task": self.task_name,
            "name": name,
            "settings": list(settings),
            "seed": seed,
            "epochs": epochs,
            "source": source,
            "command": f"lepton train {self.task_name} --data {data} {words}--seed {seed}",
        }
        try:
            shutil.rmtree(training.folder, ignore_errors=True)
            training.folder.mkdir(parents=True)
            pq.write_table(records, training.folder / RECORDS)
            text = json.dumps(asked, ensure_ascii=False)
            (training.folder / ASKED).write_text(text, encoding="utf-8")
        except OSError as error:
            raise DataError("data.cannot_write", out=training.folder, reason=error) from error
        training.go_on()
        return training


def bundle_name(text: str) -> str:
    """What a person typed as the name of a folder and of a bundle; empty where nothing remains.

    Example:
        >>> bundle_name(" Gehäuse 7/b "), bundle_name("..")
        ('Gehäuse_7_b', '')
    """
    return re.sub(r"[^\w-]+", "_", text.strip()).strip("_")[:60]
