"""Products that are being taught, or were: trainings in a home of their own."""

from __future__ import annotations

import json
from contextlib import suppress

from lepton_core.ui.training_home import Trainings
from lepton_core.ui.training_job import PageTraining
from lepton_core.ui.training_worker import ASKED, RECORDS

TASK = "defect_detection/anomaly"
PRODUCTS = Trainings(TASK, "taught")
# As the records of products were called before other solutions trained from their pages, too.
_OLD_RECORDS = "parts.parquet"


def go_on(product: PageTraining) -> None:
    """Begin again what was stopped; one that an earlier version began is renewed first.

    Args:
        product: stopped, or failed.
    """
    asked = product.asked
    if "task" not in asked:
        with suppress(FileNotFoundError):
            (product.folder / _OLD_RECORDS).rename(product.folder / RECORDS)
        renewed = {**asked, "task": TASK, "source": product.name}
        text = json.dumps(renewed, ensure_ascii=False)
        (product.folder / ASKED).write_text(text, encoding="utf-8")
    product.go_on()
