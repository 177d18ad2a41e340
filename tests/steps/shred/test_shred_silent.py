"""A tool that falls silent in the hunt: told of five times a second, and ended within a second of a stop."""

import itertools
import os
import threading
from contextlib import closing

import key_stores as stores
import pytest

from app.domain.event import Progressed
from app.steps.shred import Grounds, Repository
from app.steps.shred.hunt import Quarry, hunt
from app.steps.shred.meanwhile import meanwhile
from app.steps.shred.needles import needles_of
from app.steps.shred.progress import progress_of
from tests.held import below
from tests.in_time import ends_by_itself

QUARRY = Quarry("k", "", (0, 0), needles_of([os.urandom(64)]))


def hunting(kind, path):
    return hunt([QUARRY], Grounds(repositories=(Repository(kind, str(path), stores.PASSPHRASE),)))


@pytest.fixture(params=["restic", "borg"])
def silent(request, tmp_path, monkeypatch):
    """A real repository in which one file is a pipe that nobody writes to: its tool waits there for ever."""
    store = {"restic": stores.Restic, "borg": stores.Borg}[request.param].make(tmp_path)
    repository = tmp_path / "repo"
    monkeypatch.setenv("BORG_BASE_DIR", str(tmp_path / "base"))
    file = store.path if request.param == "restic" else repository / "config"
    file.unlink()
    os.mkfifo(file)
    return request.param, repository


def test_a_silent_tool_gives_signs_of_life_and_ends_with_the_hunt(silent):
    kind, repository = silent
    with closing(hunting(kind, repository)) as seen:
        assert next(seen) == str(repository)
        with ends_by_itself(20):
            assert list(itertools.islice(seen, 5)) == [""] * 5
        assert below(kind)
    assert not below(kind)
    assert not [one for one in threading.enumerate() if one.name == "lethe-drawing"]


def test_the_step_says_so_twice_a_second_and_stops(silent):
    kind, repository = silent
    told = progress_of(hunting(kind, repository))
    with ends_by_itself(20):
        for one in itertools.islice(told, 3):
            assert isinstance(one, Progressed)
            assert one.now == str(repository)
        told.close()
    assert not below(kind)


def test_what_is_drawn_meanwhile_comes_whole_in_order_and_with_its_error():
    seen = threading.Event()

    def things():
        yield from range(50)
        seen.wait(120)
        raise OSError("at the end")

    stopped = []
    drawn = meanwhile(things, lambda: stopped.append(1))
    given = []
    while len(given) < 50:
        given += [one for one in [next(drawn)] if one is not None]
    assert given == list(range(50))
    assert next(drawn) is None
    seen.set()
    with pytest.raises(OSError, match="at the end"):
        list(drawn)
    assert stopped == [1]
