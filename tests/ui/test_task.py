from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator

from PySide6.QtCore import QObject, QThread, Signal, Slot
from pytestqt.qtbot import QtBot

from app.domain.event import Begun, Progressed
from app.domain.step import Step
from app.ui.task import Task


class Ear(QObject):
    """Writes down what it hears, and on which thread."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.events: list[object] = []
        self.ends: list[bool] = []
        self.errors: list[object] = []
        self.elsewhere = 0
        task.happened.connect(self.hear)
        task.stopped.connect(self.end)
        task.failed.connect(self.fail)

    @Slot(object)
    def hear(self, event: object) -> None:
        self.elsewhere += QThread.currentThread() is not self.thread()
        self.events.append(event)

    @Slot(bool)
    def end(self, done: bool) -> None:
        self.ends.append(done)

    @Slot(object)
    def fail(self, error: object) -> None:
        self.errors.append(error)


class Tower(QObject):
    rang = Signal(bool)


def test_five_thousand_emits_with_a_bool_leave_the_interpreter_alive(qapp: object) -> None:
    """PySide6 6.12.0 drops a reference to the bool at each emit and aborts CPython 3.11."""
    tower, heard = Tower(), []
    tower.rang.connect(heard.append)
    before = sys.getrefcount(True)
    for n in range(5000):
        tower.rang.emit(n % 2 == 0)
    assert len(heard) == 5000
    # 2,500 of the 5,000 are held in the list; a lost reference a call would eat them up.
    assert sys.getrefcount(True) > before
    assert sum(heard) == 2500


def test_events_arrive_in_order_on_the_windows_thread(qtbot: QtBot) -> None:
    task = Task(iter([Begun(Step.WIPE, (str(n),), n) for n in range(3000)]))
    ear = Ear(task)
    with qtbot.waitSignal(task.stopped):
        task.start()
    assert [event.bytes for event in ear.events] == list(range(3000))
    assert ear.ends == [True]
    assert ear.elsewhere == 0


def test_progress_is_thinned_but_its_last_word_and_all_else_arrive(qtbot: QtBot) -> None:
    def events() -> Iterator[object]:
        for n in range(20_000):
            yield Progressed(Step.WIPE, n, 20_000)
            if n % 1000 == 0:
                yield Begun(Step.WIPE, (str(n),), 0)

    task = Task(events())
    ear, started = Ear(task), time.monotonic()
    with qtbot.waitSignal(task.stopped):
        task.start()
    past = time.monotonic() - started
    progress = [event for event in ear.events if isinstance(event, Progressed)]
    assert len(progress) <= past * 20 + 3
    assert progress[-1].done == 19_999
    assert len(ear.events) - len(progress) == 20


def test_what_was_said_last_arrives_though_nothing_follows_for_long(qtbot: QtBot) -> None:
    go_on = threading.Event()

    def events() -> Iterator[object]:
        for n in range(100):
            yield Progressed(Step.LOCATE, n, 100)
        go_on.wait(120)
        yield Begun(Step.LOCATE, (), 0)

    task = Task(events())
    ear = Ear(task)
    task.start()
    try:
        qtbot.waitUntil(lambda: Progressed(Step.LOCATE, 99, 100) in ear.events)
        assert ear.ends == []
        with qtbot.waitSignal(task.stopped):
            go_on.set()
    finally:
        go_on.set()


def test_stop_closes_the_iterator_between_two_events_on_its_own_thread(qtbot: QtBot) -> None:
    closed_on: list[int] = []

    def events() -> Iterator[object]:
        try:
            n = 0
            while True:
                n += 1
                yield Begun(Step.WIPE, (str(n),), n)
                time.sleep(0.001)
        finally:
            closed_on.append(threading.get_ident())

    task = Task(events())
    ear = Ear(task)
    task.start()
    qtbot.waitUntil(lambda: len(ear.events) > 3)
    with qtbot.waitSignal(task.stopped):
        task.stop()
    task.join()
    assert ear.ends == [False]
    assert len(closed_on) == 1
    assert closed_on[0] != threading.get_ident()
    assert not task.running


def test_an_exception_is_told_and_ends_the_task(qtbot: QtBot) -> None:
    def events() -> Iterator[object]:
        yield Begun(Step.WIPE, (), 0)
        raise OSError(28, "No space left on device")

    task = Task(events())
    ear = Ear(task)
    with qtbot.waitSignal(task.failed):
        task.start()
    assert isinstance(ear.errors[0], OSError)
    assert ear.ends == []
    assert len(ear.events) == 1


def test_one_slow_call_gives_its_result(qtbot: QtBot) -> None:
    task = Task.of(threading.get_ident)
    ear = Ear(task)
    with qtbot.waitSignal(task.stopped):
        task.start()
    assert ear.events[0] != threading.get_ident()


def test_the_thread_is_no_daemon() -> None:
    assert not Task(iter([]))._thread.daemon
