"""Wait for an answer of a library with signs of life in between, so that the wait can be broken off."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, TypeVar

from app.steps.confirm.repositories.contract import Beat, Run

T = TypeVar("T")

_BEAT: Final = 0.1


def waiting(call: Callable[[], T]) -> Run[T]:
    """Give what `call` gives. Broken off, nobody waits for it; it ends by the limits it has itself.

    Raises:
        Exception: what `call` raises.
    """
    answers: list[T] = []
    errors: list[BaseException] = []

    def ask() -> None:
        try:
            answers.append(call())
        except BaseException as error:  # noqa: BLE001 - it is raised again in the thread that asked
            errors.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(_BEAT)
    while thread.is_alive():
        yield Beat()
        thread.join(_BEAT)
    if errors:
        raise errors[0]
    return answers[0]
