"""The wipe's end of the privileged reader."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import TracebackType

from app.domain.wiping import Wiping
from app.identity import SignedPlan
from app.register.codec import plain
from app.steps.wipe.places import Place


class Helper:
    """A reader at work in a process of its own. One that dies or refuses has seen nothing."""

    def __init__(self, command: Sequence[str], plan: SignedPlan, seed: bytes, wiping: Wiping) -> None:
        self.devices = 0
        self._process: subprocess.Popen[str] | None = None
        with suppress(OSError):
            self._process = subprocess.Popen(
                [*command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
            )
        asked = {
            "plan": plain(plan.plan),
            "planned": plan.planned,
            "signatures": [one.plain() for one in plan.signatures],
            "seed": seed.hex(),
            "passes": [one.text for one in wiping.sequence],
        }
        answer = self._ask(asked)
        if isinstance(answer, dict):
            self.devices = int(answer.get("ready", 0))

    def __enter__(self) -> Helper:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the reader end, and wait for it."""
        if self._process:
            for pipe in filter(None, (self._process.stdin, self._process.stdout)):
                with suppress(OSError):
                    pipe.close()
            self._process.wait()
            self._process = None

    def seen(self, places: Mapping[str, Sequence[Place]]) -> frozenset[str]:
        """The ids whose places the reader has seen to hold the last pass."""
        rows = {name: [(p.physical, p.length, p.logical) for p in own] for name, own in places.items()}
        answer = self._ask(rows) if self.devices and rows else []
        return frozenset(answer) if isinstance(answer, list) else frozenset()

    def _ask(self, asked: object) -> object:
        given = self._process.stdin if self._process else None
        out = self._process.stdout if self._process else None
        if not (given and out):
            return None
        try:
            print(json.dumps(asked), file=given, flush=True)
            return json.loads(out.readline() or "null")
        except (OSError, ValueError):
            self.devices = 0
            return None
