"""The attacks lie beside the tests that need them."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))  # for journal_battery
