"""A Windows that answers as recorded: bytes laid out as winioctl.h, minwinbase.h and restartmanager.h define them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from recorded_windows import Recorded


@pytest.fixture
def windows():
    return Recorded()
