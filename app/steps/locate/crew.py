"""Processes that stand ready to look before there is anything to look at."""

from __future__ import annotations

import threading

from app.steps.locate.category import compiled_sieve
from app.steps.locate.engine import compiled
from app.steps.locate.worker import Worker


class Crew:
    """Processes begun ahead of a look, which then need not wait for them nor for the searches to be compiled.

    Nothing is read before the look. Where the system lets none begin there are none, and the look
    says so itself.
    """

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self._workers: list[Worker] = []
        self._began = threading.Thread(target=self._begin, daemon=True)
        self._began.start()

    def _begin(self) -> None:
        try:
            for _ in range(self.jobs):
                self._workers.append(
                    Worker()
                )  # at once: those that began are ended, whatever comes of the next
        except OSError:
            return
        compiled()
        compiled_sieve()

    def leave(self) -> list[Worker]:
        """Give the processes away, to be ended by whoever takes them."""
        self._began.join()
        left, self._workers = self._workers, []
        return left

    def close(self) -> None:
        """End the processes that nobody took."""
        for worker in self.leave():
            worker.end()
