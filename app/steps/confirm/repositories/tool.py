"""Run a repository's own tool: watched, with a limit to its silence, ended when the work is broken off."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import IO, Final

from typing_extensions import override

from app.domain.outcome import Reason
from app.steps.confirm.repositories.contract import Beat, Run, Unusable
from app.system.programs import Life, end, environment_with, signal_group, started

_BEAT: Final = 0.1
_CHUNK: Final = 1 << 16
_TOLD: Final = 1 << 16
"""Bytes of what a tool says on its error channel that are looked at."""
_GRACE: Final = 5.0

_ANY: Final = (
    (rb"no space left on device|disk quota exceeded", Reason.NO_SPACE),
    (rb"permission denied|operation not permitted|access is denied", Reason.DENIED),
)

Words = Sequence[tuple[bytes, Reason]]
"""What a tool says, as a pattern, and what it means; the first that is found counts."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A program, the settings it is run with, and how to understand its complaints.

    `silent` names the beginnings of environment variables that are not handed down;
    `alarms` are words that mean a failure although it ends as if all were well.
    """

    name: str
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)
    words: Words = ()
    silent: tuple[str, ...] = ()
    patience: float = 300.0
    alarms: Words = ()
    given: bytes = field(default=b"", repr=False)
    """What it reads from its input; nothing larger than what a pipe holds."""
    unlock: Sequence[str] = ()
    """What takes the locks of ended processes away, where it stops for them before it prints anything."""

    def output(self, *arguments: str, cwd: str | None = None, fine: Sequence[int] = (0,)) -> Run[bytes]:
        """Run it and give all it printed.

        Raises:
            Unusable: with what its complaint means.
        """
        kept = bytearray()
        yield from self.feed(arguments, kept.extend, cwd=cwd, fine=fine)
        return bytes(kept)

    def lines(self, arguments: Sequence[str], take: Callable[[bytes], None]) -> Run[None]:
        """Run it and hand on each line as it comes; nothing of it is held.

        Raises:
            Unusable: with what its complaint means.
        """
        rest = bytearray()

        def split(data: bytes) -> None:
            rest.extend(data)
            *whole, last = bytes(rest).split(b"\n")
            for line in whole:
                take(line)
            rest[:] = last

        yield from self.feed(arguments, split)
        if rest:
            take(bytes(rest))

    def feed(
        self,
        arguments: Sequence[str],
        take: Callable[[bytes], None],
        *,
        cwd: str | None = None,
        fine: Sequence[int] = (0,),
    ) -> Run[None]:
        """Run it and hand on what it prints. Closed or hung, it and all it has started are ended.

        A lock that an ended process left is taken away; one of a process that lives stays.

        Raises:
            Unusable: TOOL_MISSING, TOOL_HUNG, or what its complaint means.
        """
        try:
            yield from self._fed(arguments, take, cwd, fine)
        except Unusable as error:
            if error.reason is not Reason.REPOSITORY_LOCKED or not self.unlock:
                raise
        else:
            return
        yield from replace(self, unlock=()).output(*self.unlock)
        yield from self._fed(arguments, take, cwd, fine)

    def _fed(
        self, arguments: Sequence[str], take: Callable[[bytes], None], cwd: str | None, fine: Sequence[int]
    ) -> Run[None]:
        program = shutil.which(self.name)
        if program is None:
            raise Unusable(Reason.TOOL_MISSING)
        environment = environment_with(self.settings, self.silent)
        stdin = subprocess.PIPE if self.given else subprocess.DEVNULL
        with started([program, *arguments], environment, cwd=cwd, stdin=stdin) as process:
            self._give(process)
            said = _Reader(process.stderr)
            got = _Reader(process.stdout, take)
            try:
                yield from self._watched(process, got, said)
            finally:
                if process.poll() is None:
                    end(process)
                if got.unfinished() or said.unfinished():
                    # What it left behind still holds the channel open.
                    signal_group(process, getattr(signal, "SIGKILL", signal.SIGTERM))
            if got.error is not None:
                raise got.error
            if process.returncode not in fine:
                raise Unusable(self._meaning(bytes(said.kept)))
            for told, why in self.alarms:
                if re.search(told, bytes(said.kept).lower()):
                    raise Unusable(why)

    def _watched(self, process: subprocess.Popen[bytes], got: _Reader, said: _Reader) -> Run[None]:
        life = Life(process.pid)
        while process.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                process.wait(_BEAT)
            if life.silence(got.count + said.count) > self.patience:
                raise Unusable(Reason.TOOL_HUNG)
            yield Beat(got.count)

    def _give(self, process: subprocess.Popen[bytes]) -> None:
        if process.stdin:
            with suppress(OSError):
                process.stdin.write(self.given)
                process.stdin.close()

    def _meaning(self, said: bytes) -> Reason:
        lower = said.lower()
        return next((why for told, why in (*self.words, *_ANY) if re.search(told, lower)), Reason.TOOL_FAILED)


class _Reader(threading.Thread):
    """Reads one channel to its end, so that the tool never waits for us."""

    def __init__(self, stream: IO[bytes] | None, take: Callable[[bytes], None] | None = None) -> None:
        super().__init__(daemon=True)
        self._stream = stream
        self._take = take
        self.kept = bytearray()
        self.count = 0
        self.error: Exception | None = None
        self.start()

    def unfinished(self) -> bool:
        """Wait a moment for the end of the channel; whether it did not come."""
        self.join(_GRACE)
        return self.is_alive()

    @override
    def run(self) -> None:
        """Read until the channel is closed; after an error of ours, only count."""
        while self._stream and (data := os.read(self._stream.fileno(), _CHUNK)):
            self.count += len(data)
            if self._take is None:
                self.kept += data[: max(0, _TOLD - len(self.kept))]
            elif self.error is None:
                try:
                    self._take(data)
                except Exception as error:  # noqa: BLE001 - it is raised again in the thread that asked
                    self.error = error
