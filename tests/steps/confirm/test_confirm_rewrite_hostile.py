"""Archives written anew where somebody was before: nothing of theirs is written over, and no memory filled."""

from __future__ import annotations

import os
import sys
import threading
import tracemalloc
from pathlib import Path

import pytest
from packed_copies import GOES, KEY, STAYS, sha

from app.domain.case import Backup, Profile, Role
from app.domain.copies import Copy, Disposal
from app.domain.event import CopyFound
from app.domain.fate import Fate, Ground
from app.domain.plan import Plan, PlanItem, Subject
from app.domain.record import Stamp, Tier
from app.identity import SignedPlan, create, sign_plan
from app.steps.confirm import Wanted, find_copies, put_in_place, rewrite_archives, rewriting, sevenzip
from app.steps.confirm.rewriting import beside
from tests.packing import zipped

MINE = b"of somebody who signed for nothing\n"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "b.zip"
    path.write_bytes(zipped({"goes": GOES, "stays": STAYS}))
    return path


@pytest.fixture
def signed(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[SignedPlan, Copy]:
    wanted = Wanted({sha(GOES): ("r",)}, frozenset({len(GOES)}), frozenset(), records=frozenset({"r"}))
    events = find_copies([Backup("archive", archive)], wanted, key=KEY)
    copy = next(event.copy for event in events if isinstance(event, CopyFound))
    assert copy.disposal is Disposal.REWRITE
    folder = tmp_path_factory.mktemp("signers")
    people = [
        create(name, role, folder / f"{role.value}.p12", "a passphrase")
        for name, role in (("林晓文", Role.OFFICER), ("周建国", Role.WITNESS))
    ]
    items = tuple(
        PlanItem(one, subject, path, Fate.WIPE, Ground.RULE, "", "", Tier.CORE, "", 1, stamp, sha256)
        for one, subject, path, stamp, sha256 in (
            ("r", Subject.RECORD, "/r", Stamp(0, 0, 0, 0, 0, 1), sha(GOES)),
            (copy.id, Subject.COPY, copy.path, copy.stamp, copy.sha256),
        )
    )
    plan = Plan("2026-1", "2026-11-22T00:00:00Z", "p", Profile.STANDARD, items)
    return sign_plan(plan, people, "2026-11-22T00:00:00Z", ""), copy


def rewritten(signed: tuple[SignedPlan, Copy]) -> tuple[Path, ...]:
    plan, copy = signed
    run = rewrite_archives(plan, {copy.id: copy}, {})
    while True:
        try:
            next(run)
        except StopIteration as end:
            failed: tuple[Path, ...] = end.value
            return failed


@pytest.mark.parametrize("how", ["symlink", "link", "folder"])
def test_what_leads_to_the_files_of_others_is_not_written_to(
    archive: Path, signed: tuple[SignedPlan, Copy], how: str
) -> None:
    theirs, new = archive.with_name("theirs"), beside(str(archive))
    theirs.write_bytes(MINE)
    if how == "folder":
        new.mkdir()
    else:
        new.symlink_to(theirs) if how == "symlink" else os.link(theirs, new)
    before = archive.read_bytes()
    assert rewritten(signed) == (archive,)
    assert (theirs.read_bytes(), archive.read_bytes()) == (MINE, before)
    assert os.path.lexists(new)
    archive.rename(archive.with_name("gone"))
    plan, copy = signed
    put_in_place(plan.plan.items, {copy.id: copy})
    assert not os.path.lexists(archive)


def test_what_a_run_that_was_killed_left_is_made_anew(archive: Path, signed: tuple[SignedPlan, Copy]) -> None:
    beside(str(archive)).write_bytes(MINE)
    assert rewritten(signed) == ()
    assert beside(str(archive)).read_bytes().startswith(b"PK")
    assert beside(str(archive)).stat().st_mode & 0o777 == archive.stat().st_mode & 0o777


def test_one_that_is_done_before_it_hears_that_nobody_waits_is_not_left(
    archive: Path, signed: tuple[SignedPlan, Copy], monkeypatch: pytest.MonkeyPatch
) -> None:
    go, done = threading.Event(), threading.Event()
    count, sync = rewriting._Pace.__call__, rewriting.sync_folder

    def held(pace: rewriting._Pace, size: int) -> None:
        go.wait(120)
        count(pace, size)

    def synced(folder: Path) -> None:
        sync(folder)
        done.set()

    monkeypatch.setattr(rewriting._Pace, "__call__", held)
    monkeypatch.setattr(rewriting, "sync_folder", synced)
    plan, copy = signed
    before, run = archive.read_bytes(), rewrite_archives(plan, {copy.id: copy}, {})
    next(run)
    next(run)
    go.set()
    assert done.wait(120)
    run.close()
    assert not beside(str(archive)).exists()
    assert archive.read_bytes() == before


LISTS = """#!{python}
import sys
if sys.argv[1] == "l":
    for number in range({count}):
        print(f"Path = {{number}}{{'n' * 2000}}\\nSize = 0\\nAttributes = A\\n")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a program of our own is a script here")
def test_the_list_of_a_7z_archive_is_not_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "7z"
    program.write_text(LISTS.format(python=sys.executable, count=20_000))
    program.chmod(0o700)
    monkeypatch.setattr(sevenzip, "program", lambda: str(program))
    tracemalloc.start()
    try:
        assert sum(not part.read() for _, part in sevenzip.parts("a.7z")) == 20_000
        assert tracemalloc.get_traced_memory()[1] < 4 << 20  # of 40 MB that it lists
    finally:
        tracemalloc.stop()


@pytest.mark.skipif(sys.platform == "win32", reason="a program of our own is a script here")
def test_a_line_that_does_not_end_is_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "7z"
    program.write_text("#!/bin/sh\nexec cat /dev/zero\n")
    program.chmod(0o700)
    monkeypatch.setattr(sevenzip, "program", lambda: str(program))
    with pytest.raises(ValueError, match="line"):
        list(sevenzip.parts("a.7z"))
