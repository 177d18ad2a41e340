"""Reading and searching ahead: a processor that is idle inflates and searches what is next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Final, NoReturn, Self, TypeVar

from app.steps.locate.engine import Hits, Scan
from app.steps.locate.read.source import Stream

_BLOCK: Final = 1 << 19
_SHORT: Final = 6
"""Blocks that are not worth a thread."""
_Piece = TypeVar("_Piece")
_Answer = TypeVar("_Answer")


class Aside:
    """A thread that does one thing after the other, and ends with the block it is used in.

    It begins with the first thing it is asked. One for both reading and searching: each thread
    keeps memory of its own.
    """

    def __init__(self) -> None:
        self._asked: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread: Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._thread:
            self._asked.put(None)
            self._thread.join()

    def ask(self, do: Callable[[], _Answer]) -> Callable[[], _Answer]:
        """Let it do something, and give what waits for the answer; it raises what was raised."""
        answers: SimpleQueue[Callable[[], _Answer]] = SimpleQueue()

        def done() -> None:
            try:
                told = do()
            except BaseException as error:  # noqa: BLE001  whoever asked is told of everything, and decides
                answers.put(partial(_raise, error))
            else:
                answers.put(lambda: told)

        if self._thread is None:
            self._thread = Thread(target=self._run, daemon=True)
            self._thread.start()
        self._asked.put(done)

        def answer() -> _Answer:
            return answers.get()()

        return answer

    def _run(self) -> None:
        while do := self._asked.get():
            do()


def _raise(error: BaseException) -> NoReturn:
    raise error


def blocks_ahead(stream: Stream, aside: Aside) -> Iterator[bytes]:
    """Give the blocks of a stream. While one is looked at, the next is read."""
    for _ in range(_SHORT):
        block = stream.read(_BLOCK)
        if not block:
            return
        yield block
    following = aside.ask(partial(stream.read, _BLOCK))
    while block := following():
        following = aside.ask(partial(stream.read, _BLOCK))
        yield block


def searched_ahead(
    pieces: Iterator[_Piece], search: Callable[[_Piece], Hits], aside: Aside
) -> Iterator[tuple[_Piece, Hits]]:
    """Give pieces with what a search says of each. While one is looked at, the next is searched."""
    for piece in islice(pieces, _SHORT):
        yield piece, search(piece)
    held: tuple[_Piece, Callable[[], Hits]] | None = None
    for piece in pieces:
        following = piece, aside.ask(partial(search, piece))
        if held:
            yield held[0], held[1]()
        held = following
    if held:
        yield held[0], held[1]()


def in_turn(search: Scan) -> Scan:
    """Let no two threads search at the same time: an engine has one room to work in."""
    lock = Lock()

    def searched(data: bytes) -> Hits:
        with lock:
            return search(data)

    return searched
