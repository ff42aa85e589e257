"""Lets the tests of this folder share ``scoring_task``, which pytest's import mode does not."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
