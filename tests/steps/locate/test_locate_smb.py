"""A share by its address, on a Samba server: what a folder tells, what is denied, a wrong password, silence."""

from __future__ import annotations

import contextlib
import socket
import tempfile
from pathlib import Path

import pytest

from app.domain.event import Located
from app.domain.fault import Fault, Refused
from app.domain.record import Look, Problem
from app.language import Language, explain
from app.steps.locate import Limits
from app.steps.locate.job import Task
from app.steps.locate.remote import survey_remote
from tests.held import below
from tests.in_time import ends_by_itself
from tests.steps.locate import samba
from tests.steps.locate.company import KEY, TASK, lay_out, told, told_here

HASTY = Task(KEY, Limits(silence=2.0))

pytestmark = pytest.mark.skipif(bool(samba.missing()), reason=samba.missing() or "Samba runs here")


@pytest.fixture
def shared(values):
    """Not below pytest's own folder: each run that begins closes that to the account, which the server works as."""
    with tempfile.TemporaryDirectory(prefix="lethe-share-") as folder:
        Path(folder).chmod(0o755)
        yield lay_out(Path(folder) / "in", values(7))


@pytest.fixture
def server(shared):
    made = samba.Share(shared.parent / "samba", shared)
    try:
        yield made
    finally:
        made.end()


def there(address, password=samba.PASSWORD, task=TASK):
    return {
        event.path[len(address) :].lstrip("/"): event
        for event in survey_remote(address, task, password)
        if isinstance(event, Located)
    }


def test_a_share_tells_what_a_folder_tells_and_leaves_nothing_on_the_disk(
    server, shared, tmp_path, monkeypatch
):
    passing = tmp_path / "passing"
    passing.mkdir()
    monkeypatch.setenv("TMPDIR", str(passing))
    address = server.address()
    away = sorted(told(one, address) for one in there(address).values())
    assert away == told_here(shared)
    assert len(away) == 5
    assert [one.name for one in passing.iterdir()] == []
    assert list(there(server.address("/部门 A"))) == ["b.csv", "深/c.zip"]
    assert [one.look for one in there(server.address("/a.txt")).values()] == [Look.FOUND]


def test_what_is_denied_is_told_and_the_rest_is_looked_at(server, shared):
    (shared / "a.txt").chmod(0)
    (shared / "部门 A" / "深").chmod(0)
    try:
        found = there(server.address())
    finally:
        (shared / "部门 A" / "深").chmod(0o755)
    assert found["a.txt"].look is Look.UNREADABLE
    assert found["a.txt"].record.problems == (Problem.DENIED,)
    assert found["部门 A/深/"].look is Look.UNREADABLE
    assert found["部门 A/深/"].record.problems == (Problem.DENIED,)
    assert found["部门 A/b.csv"].look is Look.FOUND
    assert found["clean.txt"].look is Look.CLEAN


def test_a_file_that_goes_or_is_held_by_another_is_told(server, shared):
    import smbclient

    ended, held_already = {}, False
    with contextlib.ExitStack() as held:
        for event in survey_remote(server.address(), TASK, samba.PASSWORD):
            if isinstance(event, Located):
                ended[event.path.rpartition("/")[2]] = event
            elif event.total and not event.done and not held_already:
                held_already = True
                (shared / "large.log").unlink()
                (shared / "clean.txt").chmod(0o666)
                smbclient.register_session(
                    "127.0.0.1", samba.NAME, samba.PASSWORD, port=server.port, connection_timeout=5
                )
                held.callback(smbclient.reset_connection_cache)
                path = "\\\\127.0.0.1\\kehu\\clean.txt"
                held.enter_context(smbclient.open_file(path, "r+b", port=server.port, share_access=""))
    assert ended["large.log"].record.problems == (Problem.MISSING,)
    assert ended["clean.txt"].record.problems == (Problem.LOCKED,)


@pytest.mark.parametrize(
    ("name", "password", "share", "fault", "detail"),
    [
        (samba.NAME, "wrong", "kehu", Fault.REMOTE_LOGIN, "LogonFailure"),
        ("nobody-here", samba.PASSWORD, "kehu", Fault.REMOTE_LOGIN, "LogonFailure"),
        (samba.NAME, samba.PASSWORD, "not-there", Fault.REMOTE_UNREACHABLE, "NOT_FOUND"),
        (
            samba.NAME,
            samba.PASSWORD,
            "kehu/not-there",
            Fault.REMOTE_UNREACHABLE,
            "STATUS_OBJECT_NAME_NOT_FOUND",
        ),
    ],
)
def test_a_refusal_says_what_is_wrong_in_a_sentence(server, name, password, share, fault, detail):
    with pytest.raises(Refused) as refused:
        there(server.address(name=name, share=share), password)
    assert refused.value.fault is fault
    assert detail in refused.value.detail
    said = [explain(refused.value, language) for language in Language]
    if fault is Fault.REMOTE_LOGIN:
        assert "用户名或密码" in said[0] + said[1]
        assert "name or password" in said[0] + said[1]
    assert not any(password in one for one in said)


def test_a_server_that_accepts_and_says_nothing_ends_in_its_time():
    with socket.create_server(("127.0.0.1", 0)) as mute:
        address = f"smb://{samba.NAME}@127.0.0.1:{mute.getsockname()[1]}/kehu"
        with ends_by_itself(), pytest.raises(Refused) as refused:
            there(address, task=HASTY)
    assert refused.value.fault is Fault.REMOTE_SILENT


def test_a_server_that_stands_still_in_the_middle_costs_what_was_not_read_and_ends(server, shared):
    for number in range(10):
        (shared / f"z{number}.txt").write_text("手机 13812345678")
    ended, limits = {}, Limits()
    with ends_by_itself(200):
        for event in survey_remote(server.address(), Task(KEY, limits), samba.PASSWORD):
            if isinstance(event, Located):
                if not ended:
                    server.stand_still()
                    object.__setattr__(
                        limits, "silence", 2.0
                    )  # before it does, nobody is to be called silent
                ended[event.path.rpartition("/")[2]] = event
    assert len(ended) == 15
    assert ended["a.txt"].look is Look.FOUND
    late = [one for name, one in ended.items() if name != "a.txt"]
    assert {one.look for one in late} == {Look.UNREADABLE}
    problems = [one.record.problems for one in late]
    assert problems[:3] == [(Problem.READER_HUNG,)] * 3
    assert set(problems[3:]) == {(Problem.IO_ERROR,)}


def test_stopping_ends_the_process_that_fetches(server):
    before = set(below())
    looking = survey_remote(server.address(), TASK, samba.PASSWORD)
    while not isinstance(next(looking), Located):
        pass
    looking.close()
    assert not set(below()) - before
