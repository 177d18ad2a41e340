"""What this process holds. Others in it may let go of theirs meanwhile: only what came is ever held against a test."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil


def files_open() -> set[tuple[str, str]]:
    """The number and the target of each descriptor; none where the system does not list them."""
    found = set()
    with suppress(FileNotFoundError):
        for one in os.listdir("/proc/self/fd"):
            with suppress(FileNotFoundError):  # the listing's own
                found.add((one, os.readlink(f"/proc/self/fd/{one}")))
    return found


@contextmanager
def leaves_no_file_open() -> Iterator[None]:
    """What is done here closes whatever it opens."""
    gc.collect()
    before = files_open()
    yield
    gc.collect()
    assert not files_open() - before


@contextmanager
def leaves_no_thread() -> Iterator[None]:
    """What is done here ends every thread that it began."""
    before = set(threading.enumerate())
    yield
    assert not set(threading.enumerate()) - before


def below(word: str = "spawn_main") -> dict[int, psutil.Process]:
    """The processes that this one began, by number, whose command has this word; unless told, those that look."""
    found = {}
    for one in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # it ends just now
            if word in " ".join(one.cmdline()):
                found[one.pid] = one
    return found
