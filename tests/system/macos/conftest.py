"""A Mac that answers as recorded: bytes laid out as sys/mount.h, sys/fcntl.h and sys/attr.h define them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from recorded_mac import RecordedMac


@pytest.fixture
def mac():
    return RecordedMac()
