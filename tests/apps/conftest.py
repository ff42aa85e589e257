"""Modules beside the tests are imported by name, which this import mode of pytest leaves to us."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
