"""What a test may say of time on a machine that others keep busy."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil

SLEEP = f"sleep 7000.{os.getpid()}"
"""A command that hangs, and that no other run of the tests on this machine has under this name."""


@contextmanager
def ends_by_itself(seconds: float = 40) -> Iterator[None]:
    """What is done here waits for what never comes, and yet ends: early, or as late as a busy machine makes it.

    The limit is far from what it takes and from the hour that it would hang: no load reaches it.
    """
    began = time.monotonic()
    yield
    took = time.monotonic() - began
    assert took < seconds, f"{took:.1f} s"


@contextmanager
def computes_within(seconds: float) -> Iterator[None]:
    """What is done here takes no more time of the processor; what others take of it meanwhile is not counted."""
    began = time.process_time()
    yield
    took = time.process_time() - began
    assert took < seconds, f"{took:.1f} s"


def soon(seen: Callable[[], object], seconds: float = 30) -> object:
    """Wait until something true is seen, and give it; what was seen last where it never is."""
    end = time.monotonic() + seconds
    while not (found := seen()) and time.monotonic() < end:
        time.sleep(0.02)
    return found


def sleepers() -> list[int]:
    """The processes that hang in our own `SLEEP`."""
    command = SLEEP.split()
    return [one.pid for one in psutil.process_iter(["cmdline"]) if one.info["cmdline"] == command]
