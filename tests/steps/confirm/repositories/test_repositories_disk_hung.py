"""A disk or server that stops to answer, and a password that is wrong: a clear sentence, in time, for every kind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from company_sample import AT, KEY, asked, company, disposed, found, needs, ran, signed
from restic_key import quicken

from app.domain.case import Backup
from app.domain.copies import Copy, Disposal
from app.domain.event import BackupSearched, CopyFound, Progressed, Settled
from app.domain.outcome import CopyOutcome, Reason
from app.domain.record import Stamp
from app.language import Language, say
from app.steps.confirm import check_standing, find_copies
from app.steps.confirm import copies as confirm_copies
from app.steps.confirm.copies import Elsewhere
from app.system.paths import real_paths
from tests.in_time import ends_by_itself, soon


class Disk:
    """A mounted folder whose server can be stopped."""

    def __init__(self, place: Path, server: subprocess.Popen[bytes]) -> None:
        self.place, self._server = place, server

    def stop(self) -> None:
        """From now on nothing there answers."""
        self._server.send_signal(signal.SIGSTOP)
        # What the kernel remembers of names it forgets after a second.
        time.sleep(1.2)

    def go_on(self) -> None:
        """Answer again."""
        self._server.send_signal(signal.SIGCONT)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A FUSE file system of our own: for who reads it, what a server at the other end of a wire is."""
    needs("gocryptfs")
    needs("fusermount")
    if not os.access("/dev/fuse", os.W_OK):
        pytest.skip("no FUSE here")
    cipher, place, word = tmp_path / "cipher", tmp_path / "disk", tmp_path / "word"
    for one in (cipher, place):
        one.mkdir()
    word.write_text("pw\n")
    ran("gocryptfs", "-q", "-init", "-scryptn", "10", "-passfile", str(word), str(cipher))
    server = subprocess.Popen(
        ["gocryptfs", "-q", "-fg", "-passfile", str(word), str(cipher), str(place)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        soon(lambda: os.path.ismount(place) or server.poll() is not None)
        if server.poll() is not None:
            pytest.skip("nothing could be mounted")
        yield Disk(place, server)
    finally:
        server.send_signal(signal.SIGCONT)
        subprocess.run(["fusermount", "-u", "-z", str(place)], check=False)
        server.terminate()
        server.wait(20)


def _folder(place: Path, root: Path) -> Backup:
    shutil.copytree(root, place / "backup")
    return Backup("folder", place / "backup")


def _archive(place: Path, root: Path) -> Backup:
    with zipfile.ZipFile(place / "all.zip", "w") as archive:
        for path in root.rglob("*"):
            archive.write(path, path.relative_to(root))
    return Backup("archive", place / "all.zip")


def _bag(place: Path, root: Path) -> Backup:
    import hashlib

    bag = place / "bag"
    shutil.copytree(root, bag / "data")
    (bag / "bagit.txt").write_text("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(bag)}\n"
        for path in sorted((bag / "data").rglob("*"))
        if path.is_file()
    ]
    (bag / "manifest-sha256.txt").write_text("".join(lines))
    return Backup("bagit", bag)


def _duplicity(place: Path, root: Path) -> Backup:
    needs("duplicity")
    ran("duplicity", "full", str(root), f"file://{place}/repo", env={"PASSPHRASE": "pw"})
    return Backup("duplicity", place / "repo")


def _restic(place: Path, root: Path) -> Backup:
    needs("restic")
    env = {"RESTIC_PASSWORD": "pw"}
    ran("restic", "init", "-q", "-r", str(place / "repo"), env=env)
    quicken(place / "repo", b"pw")
    ran("restic", "backup", "-q", "--no-cache", "-r", str(place / "repo"), str(root), env=env)
    return Backup("restic", place / "repo")


def _borg(place: Path, root: Path) -> Backup:
    needs("borg")
    env = {"BORG_BASE_DIR": str(root.parent / "base"), "BORG_PASSPHRASE": "pw"}
    ran("borg", "init", "-e", "repokey", str(place / "repo"), env=env)
    ran("borg", "create", f"{place}/repo::a", str(root), env=env)
    return Backup("borg", place / "repo")


def _rclone(place: Path, root: Path) -> Backup:
    needs("rclone")
    word = ran("rclone", "obscure", "pw").strip()
    conf = Path(os.environ["RCLONE_CONFIG"])
    conf.write_text(f"[enc]\ntype = crypt\nremote = {place}/repo\npassword = {word}\n")
    ran("rclone", "copy", str(root), "enc:")
    return Backup("rclone", Path("enc:"))


Make = Callable[[Path, Path], Backup]
REPOSITORIES = [_duplicity, _restic, _borg, _rclone]


@pytest.fixture(autouse=True)
def _own(own_gnupg: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RCLONE_CONFIG", str(tmp_path / "rclone.conf"))
    monkeypatch.setenv("BORG_BASE_DIR", str(tmp_path / "base"))
    monkeypatch.setattr(confirm_copies, "_MORE", 0.5)


@pytest.mark.parametrize("make", [_folder, _archive, _bag, *REPOSITORIES])
def test_a_disk_that_stops_to_answer(disk: Disk, tmp_path: Path, make: Make) -> None:
    one = company(tmp_path / "co", 3, 3)
    one.write()
    backup = make(disk.place, one.root)
    assert found(backup, one.wanted(paths=False))[1].fault is None
    disk.stop()
    with ends_by_itself():
        events = list(
            find_copies([backup], one.wanted(paths=False), key=KEY, password=lambda _: "pw", patience=2.5)
        )
    (told,) = [event.searched for event in events if isinstance(event, BackupSearched)]
    assert told.fault is Reason.TOOL_HUNG
    assert sum(isinstance(event, Progressed) for event in events) >= 3
    # broken off in the middle of it, it comes back at once
    run = find_copies([backup], one.wanted(paths=False), key=KEY, password=lambda _: "pw", patience=60)
    with ends_by_itself():
        next(run)
        next(run)
        run.close()
    disk.go_on()
    assert all(say(Reason.TOOL_HUNG, language) for language in Language)


def test_a_disk_that_is_silent_before_certifying_is_not_asked_again(
    disk: Disk, tmp_path: Path, signers
) -> None:
    one = company(tmp_path / "co", 2, 2)
    one.write()
    backup = _borg(disk.place, one.root)
    copies, _ = found(backup, one.wanted(paths=False))
    plan = signed(copies, signers)
    ended = disposed(plan, copies, backup)
    disk.stop()
    again = asked(plan, copies, backup, ended, patience=1)
    disk.go_on()
    assert {event.evidence.limits[-1] for event in again.values()} == {Reason.NOT_ASKED_AGAIN}
    assert {dict(event.evidence.facts)["absent_at"] for event in again.values()} == {AT}


@pytest.mark.parametrize("make", REPOSITORIES)
def test_a_wrong_password_is_told_as_one(tmp_path: Path, make: Make) -> None:
    """In well under the limit to a tool's silence: none of them may wait at a terminal for a better one."""
    one = company(tmp_path / "co", 2, 2)
    one.write()
    (tmp_path / "place").mkdir()
    backup = make(tmp_path / "place", one.root)
    if backup.kind == "rclone":
        conf = Path(os.environ["RCLONE_CONFIG"])
        other = ran("rclone", "obscure", "another").strip()
        conf.write_text(conf.read_text().rpartition("password")[0] + f"password = {other}\n")
    for password in ("another", ""):
        with ends_by_itself():
            copies, searched = found(backup, one.wanted(paths=False), password, patience=60)
            assert (copies, searched.fault) == ([], Reason.WRONG_PASSPHRASE)
    assert "密码" in say(Reason.WRONG_PASSPHRASE, Language.ZH) or "口令" in say(
        Reason.WRONG_PASSPHRASE, Language.ZH
    )


def test_a_folder_that_is_passed_over_may_lie_on_a_silent_disk(disk: Disk, tmp_path: Path) -> None:
    one = company(tmp_path / "co", 2, 2)
    one.write()
    (disk.place / "repo").mkdir()
    disk.stop()
    (tmp_path / "link").symlink_to(one.root / "data/0")
    aside = (disk.place / "repo", tmp_path / "link")
    run = find_copies(
        [Backup("folder", one.root)], one.wanted(paths=False), key=KEY, exclude=aside, patience=5
    )
    events = list(run)
    disk.go_on()
    found = [event.copy for event in events if isinstance(event, CopyFound)]
    # what does answer is followed to where it leads
    assert [Path(copy.path).parent.name for copy in found] == ["1"]
    assert sum(isinstance(event, Progressed) for event in events) >= 2


def test_a_silent_disk_is_waited_for_once_for_all_that_is_passed_over(
    disk: Disk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty keys that lie there were asked for one by one, and for each place anew."""
    one = company(tmp_path / "co", 2, 2)
    one.write()
    (tmp_path / "link").symlink_to(one.root / "data/0")
    aside = (*(disk.place / f"key{number}" for number in range(20)), tmp_path / "link")
    elsewhere = Elsewhere((Backup("restic", disk.place / "repo"),))
    waits = list[float]()

    def waited(paths: list[str], seconds: float) -> list[str]:
        waits.append(seconds)
        return real_paths(paths, seconds)

    monkeypatch.setattr(confirm_copies, "real_paths", waited)
    disk.stop()
    with ends_by_itself():
        for _ in range(3):
            run = find_copies(
                [Backup("folder", one.root)],
                one.wanted(paths=False),
                key=KEY,
                exclude=aside,
                patience=6,
                elsewhere=elsewhere,
            )
            found = [event.copy for event in run if isinstance(event, CopyFound)]
            assert [Path(copy.path).parent.name for copy in found] == ["1"]
    disk.go_on()
    assert waits == [6]


def test_a_locked_copy_on_a_silent_disk_is_not_asked_for(disk: Disk, signers) -> None:
    """And its password is asked for where somebody can be asked."""
    where, place = list[threading.Thread](), str(disk.place)
    backup = Backup("duplicity", disk.place)
    copy = Copy(
        "c1",
        ("r1",),
        f"{place}::a",
        "a",
        Stamp(0, 0, 9, 0, 0, 1),
        "0" * 64,
        Disposal.LOCKED,
        repository=place,
        until=date(2030, 1, 1),
    )

    def password(_: Backup) -> str:
        where.append(threading.current_thread())
        return "pw"

    disk.stop()
    run = check_standing(
        signed([copy], signers).plan.items,
        {copy.id: copy},
        backups=[backup],
        password=password,
        patience=0.5,
    )
    (told,) = [event for event in run if isinstance(event, Settled)]
    disk.go_on()
    assert (told.outcome, told.evidence.limits) == (CopyOutcome.LOCKED, (Reason.NOT_ASKED_AGAIN,))
    assert where == [threading.current_thread()]


def test_what_is_only_declared_waits_for_nobody(tmp_path: Path) -> None:
    tape = Backup("declared", tmp_path / "nowhere", "", "", Disposal.UNREACHABLE, None, "林晓文")
    copies, searched = found(tape, company(tmp_path / "co", 1, 1).wanted(), patience=0.1)
    assert (len(copies), searched.fault, searched.limits) == (1, None, (Reason.DECLARED,))
