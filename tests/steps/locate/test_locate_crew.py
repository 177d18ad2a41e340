"""Processes that stand ready: the look is the same, a dead one costs nothing, none outlives the look."""

from __future__ import annotations

import psutil
import pytest

from app.domain.case import Location
from app.domain.event import Located
from app.steps.locate import Crew, crew, locate, pool
from app.steps.locate.worker import Worker
from tests.held import below
from tests.in_time import soon


@pytest.fixture
def office(tmp_path):
    root = tmp_path / "in"
    root.mkdir()
    for number in range(40):
        (root / f"{number}.txt").write_text(f"手机 138{number:08}\n" if number % 3 else "今天开会\n")
    return root


def looked(root, jobs):
    events = locate([Location(root)], key=b"k" * 32, jobs=jobs)
    return [
        (e.path, e.look, e.record and e.record.findings)
        for e in events
        if isinstance(e, Located)
    ]  # fmt: skip


def children():
    return set(below())


def begun_since(before):
    """How many have begun: one that was just forked bears the name of this process for a moment."""
    soon(lambda: len(children() - before) >= 2)
    return len(children() - before)


def test_a_look_by_those_that_stand_ready_ends_as_any_other(office):
    before = children()
    ready = Crew(2)
    there = looked(office, ready)
    assert len(there) == 40
    assert there == looked(office, 1) == looked(office, 0)
    assert not children() - before


def test_one_that_died_while_it_stood_is_replaced(office):
    before = children()
    ready = Crew(2)
    ready._began.join()
    assert begun_since(before) == 2
    for pid in children() - before:
        psutil.Process(pid).kill()
    assert looked(office, ready) == looked(office, 0)
    assert not children() - before


def test_those_that_nobody_took_are_ended(tmp_path):
    before = children()
    empty = tmp_path / "empty"
    empty.mkdir()
    ready = Crew(2)
    assert looked(empty, ready) == []
    assert not children() - before


def test_those_that_are_handed_to_no_look_are_ended():
    before = children()
    ready = Crew(2)
    ready._began.join()
    assert begun_since(before) == 2
    ready.close()
    ready.close()
    assert not children() - before
    at_once = Crew(2)
    at_once.close()
    assert not children() - before


@pytest.mark.parametrize("where", [crew, pool])
def test_where_only_some_can_begin_none_is_left_behind(where, office, monkeypatch):
    begun = []

    def one_more() -> Worker:
        if len(begun) == 2:
            raise OSError("no more processes")
        begun.append(Worker())
        return begun[-1]

    before = children()
    monkeypatch.setattr(where, "Worker", one_more)
    if where is crew:
        ready = Crew(3)
        ready._began.join()
        assert begun_since(before) == 2
        ready.close()
    else:
        assert looked(office, 3) == looked(office, 0)
    assert len(begun) == 2
    assert not children() - before
