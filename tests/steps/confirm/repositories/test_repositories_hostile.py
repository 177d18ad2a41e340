"""Repositories that were made to harm, or that tell of their files otherwise than they are."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from types import SimpleNamespace

import pytest
from company_sample import Company, disposed, found, needs, ran, sha, signed
from restic_key import quicken

from app.domain.case import Backup
from app.domain.outcome import Reason
from app.domain.step import Stage
from app.steps.confirm import Wanted
from app.steps.confirm.repositories import inside
from app.steps.confirm.repositories.contract import Beat, Place, Unusable
from app.steps.confirm.repositories.untar import untarred
from tests.packing import tarred

GOES = b"name,phone\nA,13800138000\n" * 20


def drawn(run: Iterator[Beat]) -> None:
    for _ in run:
        pass


def test_a_removal_that_was_begun_takes_no_file_of_others(
    tmp_path: Path, own_gnupg: Path, signers: tuple[object, object]
) -> None:
    needs("duplicity")
    one = Company(tmp_path / "co", {"data/a": GOES}, {})
    one.write()
    ran("duplicity", "full", str(one.root), f"file://{tmp_path}/repo", env={"PASSPHRASE": "pw"})
    backup, theirs = Backup("duplicity", tmp_path / "repo"), tmp_path / "repo/of-others.xlsx"
    copies, _ = found(backup, one.wanted())
    theirs.write_bytes(b"nobody signed for it")
    names = [path.name for path in theirs.parent.iterdir()]
    going = {"contents": [[copy.sha256, copy.stamp.size] for copy in copies], "files": names}
    (tmp_path / "repo/.lethe-going").write_text(json.dumps(going))
    stages = {copy.id: Stage.NOTED for copy in copies}
    disposed(signed(copies, signers), copies, backup, stages=stages)
    assert {path.name for path in theirs.parent.iterdir()} == {".lethe-going", "of-others.xlsx"}


def test_what_begins_with_a_file_that_goes_is_opened_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Restic cuts a long file after 8 MiB at the latest: the first part of a mailbox is the older one."""
    needs("restic")
    old = EmailMessage()
    old["From"], old["Subject"] = "a@example.com", "old"
    text = bytes(old) + b"\n"
    box = b"From a@b Sun Nov 22 10:00:00 2026\n" + text
    box += b"a" * 70 + b"\n"
    box += (b"a" * 1023 + b"\n") * (((8 << 20) - len(box)) // 1024)
    box += b"a" * ((8 << 20) - len(box) - 1) + b"\n"
    new = EmailMessage()
    new["From"], new["Subject"] = "a@example.com", "new"
    new.add_attachment(GOES, maintype="application", subtype="octet-stream", filename="goes.csv")
    grown = box + b"\nFrom a@b Sun Nov 22 11:00:00 2026\n" + bytes(new)
    one = Company(tmp_path / "co", {"old": box, "goes.csv": GOES}, {"grown": grown})
    one.write()
    monkeypatch.setenv("RESTIC_PASSWORD", "pw")
    repo = tmp_path / "repo"
    ran("restic", "init", "--repo", str(repo))
    quicken(repo, b"pw")
    ran("restic", "backup", "--repo", str(repo), str(one.root))
    assert sha(box) in ran("restic", "list", "blobs", "--repo", str(repo))
    copies, searched = found(Backup("restic", repo), one.wanted(paths=False))
    assert {copy.sha256 for copy in copies} == {sha(box), sha(GOES), sha(grown)}
    assert searched.unopened == 0


def test_what_is_longer_than_it_was_told_is_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inside, "LARGEST", 1 << 20)
    given, seen = [0], inside.Inside()

    def endless(take: Callable[[bytes], None]) -> Iterator[Beat]:
        for _ in range(64):
            take(bytes(1 << 20))
            given[0] += 1
            yield Beat()

    held: list[int] = []
    monkeypatch.setattr(
        inside, "io", SimpleNamespace(BytesIO=lambda data: held.append(len(data)) or io.BytesIO(data))
    )
    wanted = Wanted({sha(GOES): ("r",)}, frozenset({len(GOES)}), frozenset())
    drawn(inside.look_inside((Place("", "x"),), -1, endless, wanted, seen))
    assert (given, held, seen.unopened) == ([64], [(1 << 20) + 1], 1)


def test_a_header_that_can_not_be_read_is_damage(tmp_path: Path) -> None:
    """In the midst of a tar that a tool prints, it is no end: what stands behind it would not be seen."""
    whole = tarred({"a": b"x" * 600, "b": GOES})
    names: list[str] = []

    def read(data: bytes) -> Callable[[Callable[[bytes], None]], Iterator[Beat]]:
        def reader(take: Callable[[bytes], None]) -> Iterator[Beat]:
            take(data)
            yield Beat()

        return reader

    drawn(untarred(read(whole), lambda info, _: names.append(info.name)))
    assert names == ["a", "b"]
    with pytest.raises(Unusable) as told:
        drawn(untarred(read(whole[:1536] + b"\xff" + whole[1537:]), lambda *_: None))
    assert told.value.reason is Reason.REPOSITORY_DAMAGED
