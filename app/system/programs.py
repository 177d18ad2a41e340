"""Other programs at work: what they print as a stream, a limit to silence, an end to all they started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final, Self

_LOOK: Final = 0.5
_GRACE: Final = 5.0
"""Seconds that a program has to end by itself."""
_IDLE: Final = 0.02
"""The share of a processor that a program may use while it does nothing but wait."""


class Hung(TimeoutError):
    """A program showed no sign of life for too long, and was ended."""


class Running:
    """A program whose output is read. Left, or silent for `patience` seconds, it is ended."""

    def __init__(
        self,
        command: Sequence[str],
        patience: float,
        environment: Mapping[str, str] | None = None,
        grace: float | None = None,
    ) -> None:
        self._process = started(command, environment, stderr=subprocess.DEVNULL)
        self._patience = patience
        self._grace = grace
        self._given = 0
        self._asked = self._hung = False
        self._left = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def read(self, size: int = -1) -> bytes:
        """Give what there is, at most `size` bytes; nothing at the end.

        Raises:
            Hung: when nothing came.
        """
        self._asked = True
        try:
            data = b"" if self._process.stdout is None else self._process.stdout.read(size)
        finally:
            self._asked = False
        if self._hung:
            raise Hung
        self._given += len(data)
        return data

    def ended_well(self) -> bool:
        """Read what is left of the output, and wait for the end; whether it says that all went well.

        Raises:
            Hung: when the end did not come.
        """
        while self.read(1 << 16):
            pass
        try:
            return self._process.wait(self._patience) == 0
        except subprocess.TimeoutExpired:
            raise Hung from None

    def ended(self, within: float) -> bool:
        """Wait so many seconds at the most for the end; whether it came. Only for one that prints little.

        Raises:
            Hung: when it showed no sign of life for too long.
        """
        self._asked = True
        try:
            self._process.wait(within)
        except subprocess.TimeoutExpired:
            return False
        if self._hung:
            raise Hung
        return True

    def _watch(self) -> None:
        life = Life(self._process.pid)
        while not self._left.wait(min(_LOOK, self._patience / 4)):
            if not self._asked:
                # It waits for us and not we for it.
                life = Life(self._process.pid)
            elif life.silence(self._given) > self._patience:
                self._hung = True
                self.end()
                return

    def end(self) -> None:
        """End it, from any thread: one that reads of it comes to an end then. May be called again."""
        end(self._process, self._grace)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._left.set()
        if self._process.stdout:
            # One that waits for us to read goes at once when nobody will.
            self._process.stdout.close()
        self.end()
        self._watcher.join()


def started(
    command: Sequence[str],
    environment: Mapping[str, str] | None = None,
    *,
    cwd: str | None = None,
    stdin: int = subprocess.DEVNULL,
    stderr: int = subprocess.PIPE,
) -> subprocess.Popen[bytes]:
    """Start a program in a group of its own, so that what it starts (ssh, a mount) is ended with it."""
    return subprocess.Popen(
        list(command),
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=stderr,
        bufsize=0,
        env=None if environment is None else dict(environment),
        cwd=cwd,
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        start_new_session=sys.platform != "win32",
    )


def end(process: subprocess.Popen[bytes], grace: float | None = None) -> None:
    """End a program and its group: asked first, so that it can let go of its lock in `grace` seconds."""
    if process.poll() is None:
        signal_group(process, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE if grace is None else grace)
    signal_group(process, getattr(signal, "SIGKILL", signal.SIGTERM))
    process.wait()


def signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Send a signal to a program and all that it started; on Windows it is ended itself."""
    if sys.platform == "win32":
        if process.poll() is None:
            process.kill()
        return
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


class Life:
    """Signs of life of a program and all it started: it prints, moves bytes, or computes."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._seconds, self._moved = _used(pid)
        self._printed = -1
        self._since = time.monotonic()

    def silence(self, printed: int) -> float:
        """Seconds since the last sign of life; `printed` is what was read from it so far."""
        now, (seconds, moved) = time.monotonic(), _used(self._pid)
        computed = seconds - self._seconds > _IDLE * (now - self._since)
        if computed or (printed, moved) != (self._printed, self._moved):
            self._seconds, self._moved, self._printed, self._since = seconds, moved, printed, now
        return now - self._since


def _used(pid: int) -> tuple[float, int]:
    """Seconds of processor time, and bytes moved."""
    import psutil

    seconds, moved = 0.0, 0
    with suppress(psutil.Error):
        main = psutil.Process(pid)
        for one in (main, *main.children(recursive=True)):
            with suppress(psutil.Error):
                times = one.cpu_times()
                seconds += times.user + times.system
                if hasattr(one, "io_counters"):
                    counted = one.io_counters()
                    moved += counted.read_bytes + counted.write_bytes
    return seconds, moved


def environment_with(settings: Mapping[str, str], silent: Sequence[str] = ()) -> dict[str, str]:
    """Give the environment for a program: ours, without what begins as in `silent`, and its settings.

    What it says is in English.
    """
    given = {name: text for name, text in os.environ.items() if not name.startswith((*silent, "\0"))}
    return {**given, "LC_ALL": "C.UTF-8", "LANGUAGE": "C", **settings}
