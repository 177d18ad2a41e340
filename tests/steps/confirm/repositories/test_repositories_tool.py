"""Running a tool: a hung one is ended with all it started, and every complaint becomes one reason."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from app.domain.case import Backup
from app.domain.event import BackupSearched
from app.domain.outcome import Reason
from app.steps.confirm import Wanted
from app.steps.confirm.repositories import KINDS
from app.steps.confirm.repositories.contract import Unusable
from app.steps.confirm.repositories.finding import search_repository
from app.steps.confirm.repositories.tool import Tool
from tests.in_time import SLEEP, ends_by_itself, sleepers, soon


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Make a program of a name out of a shell script."""

    def make(script: str, **how: object) -> Tool:
        path = tmp_path / "faketool"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        return Tool("faketool", **how)

    return make


def ended(run):
    beats = 0
    try:
        while True:
            next(run)
            beats += 1
    except StopIteration as end:
        return end.value, beats


def test_what_it_prints_comes_whole_and_by_lines(program):
    tool = program("seq 1 200000; echo last line without end | tr -d '\\n'")
    lines: list[bytes] = []
    ended(tool.lines((), lines.append))
    assert (len(lines), lines[0], lines[-1]) == (200_001, b"1", b"last line without end")
    assert ended(tool.output())[0].startswith(b"1\n2\n")


def test_a_hung_tool_and_its_children_are_ended(program):
    tool = program(f"{SLEEP} & {SLEEP}", patience=0.6)
    with ends_by_itself():
        with pytest.raises(Unusable) as error:
            ended(tool.output())
        assert error.value.reason is Reason.TOOL_HUNG
    assert soon(lambda: not sleepers())


def test_a_busy_tool_is_not_hung(program):
    tool = program("i=0; while [ $i -lt 30 ]; do i=$((i+1)); echo x; sleep 0.2; done", patience=4)
    assert ended(tool.output())[0] == b"x\n" * 30


def test_closing_ends_the_tool_and_its_children(program):
    run = program(f"{SLEEP} & {SLEEP}").output()
    next(run)
    assert soon(lambda: (next(run), sleepers())[1])
    run.close()
    assert soon(lambda: not sleepers())


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("write /x: no space left on device", Reason.NO_SPACE),
        ("open /x: Permission denied", Reason.DENIED),
        ("mine: known words", Reason.REPOSITORY_LOCKED),
        ("anything else", Reason.TOOL_FAILED),
    ],
)
def test_complaints_become_reasons(program, said: str, reason: Reason):
    tool = program(f"echo '{said}' >&2; exit 1", words=((rb"known words", Reason.REPOSITORY_LOCKED),))
    with pytest.raises(Unusable) as error:
        ended(tool.output())
    assert error.value.reason is reason


def test_a_tool_that_is_not_there(program):
    program("true")
    with pytest.raises(Unusable) as error:
        ended(Tool("no-such-tool").output())
    assert error.value.reason is Reason.TOOL_MISSING


def test_settings_of_the_user_are_not_handed_down(program, monkeypatch):
    monkeypatch.setenv("FAKE_REPO", "elsewhere")
    tool = program('echo "$FAKE_REPO$MINE"', settings={"MINE": "here"}, silent=("FAKE_",))
    assert ended(tool.output())[0] == b"here\n"


def test_an_error_of_ours_while_reading_is_ours(program):
    def take(_: bytes) -> None:
        raise ValueError

    with pytest.raises(ValueError):
        ended(program("echo x").feed((), take))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("ls", "null"),
        ("ls", "[1]"),
        ("ls", '{"struct_type": "node", "type": "file", "path": "/a", "size": 1e999}'),
        ("ls", "[" * 100_000),
        ("find", "null"),
        ("find", '["x"]'),
        ("snapshots", "[null]"),
        ("snapshots", '{"id": "s"}'),
        ("config", "null"),
        ("config", "what?"),
    ],
)
def test_a_tool_that_says_what_nobody_expects_is_told_and_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str, said: str
) -> None:
    """Another version of it, or something else of its name."""
    answers = {
        "config": '{"id": "one"}',
        "snapshots": '[{"id": "s", "tree": "t", "time": "2026-01-01T00:00:00Z"}]',
        "find": "[]",
        "ls": '{"struct_type": "snapshot"}',
    }
    for name, text in (answers | {asked: said}).items():
        (tmp_path / name).write_text(text)
    tool = tmp_path / "restic"
    cases = "".join(f"*{name}*) cat {tmp_path}/{name};;" for name in answers)
    tool.write_text(f'#!/bin/sh\ncase "$*" in {cases} esac\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    wanted, found = Wanted({"0" * 64: ("r1",)}, frozenset({9}), frozenset()), KINDS["restic"]

    def search() -> Reason | None:
        run = search_repository(Backup("restic", tmp_path), found, wanted, lambda _: "pw", key=b"k" * 32)
        (one,) = [event.searched for event in run if isinstance(event, BackupSearched)]
        return one.fault

    assert search() is Reason.TOOL_FAILED
    (tmp_path / asked).write_text(answers[asked])
    assert search() is None
