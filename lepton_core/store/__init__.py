"""What people and runs leave behind: verdicts, runs and their predictions, in an SQL database."""

from __future__ import annotations

from lepton_core.store.database import Store
from lepton_core.store.verdict import WITHDRAWN, Verdict

__all__ = ["WITHDRAWN", "Store", "Verdict"]
