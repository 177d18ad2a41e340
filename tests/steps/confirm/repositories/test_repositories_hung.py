"""A program that hangs and a server that never answers end in a reason, in time; a wrong password as well."""

from __future__ import annotations

import shutil
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from company_sample import KEY, company, disposed, found, ran, signed

from app.domain.case import Backup
from app.domain.copies import Disposal
from app.domain.event import BackupSearched, CopyFound, Progressed
from app.domain.outcome import Outcome, Reason
from app.steps.confirm import Wanted, find_copies, sevenzip
from app.steps.confirm.repositories import KINDS
from app.steps.confirm.repositories.finding import search_repository
from app.steps.confirm.repositories.waiting import waiting
from tests.in_time import SLEEP, ends_by_itself, sleepers, soon

NOBODY = Wanted({"0" * 64: ("r1",)}, frozenset({9}), frozenset())


def programs(folder: Path, monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Put programs of these names first that start another and say nothing ever."""
    (folder / "bin").mkdir(exist_ok=True)
    for name in names:
        path = folder / "bin" / name
        path.write_text(f"#!/bin/sh\n{SLEEP} &\n{SLEEP}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder / 'bin'}:/usr/bin:/bin")


def searched(backup: Backup, patience: float, password: str = "pw") -> tuple[list[object], Reason | None]:
    events = list(
        search_repository(backup, KINDS[backup.kind], NOBODY, lambda _: password, key=KEY, patience=patience)
    )
    (told,) = [event.searched for event in events if isinstance(event, BackupSearched)]
    return events, told.fault


@pytest.fixture
def silent() -> Iterator[int]:
    """A server that takes every connection and never says a word; its port."""
    held: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        over = threading.Event()

        def take() -> None:
            while not over.is_set():
                try:
                    held.append(server.accept()[0])
                except TimeoutError:
                    continue

        thread = threading.Thread(target=take)
        thread.start()
        yield server.getsockname()[1]
        over.set()
        thread.join()
        for one in held:
            one.close()


@pytest.mark.parametrize("kind", ["restic", "borg", "duplicity", "rclone", "btrfs"])
def test_a_program_that_hangs_is_told_and_can_be_broken_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    programs(tmp_path, monkeypatch, kind)
    (tmp_path / "repo").mkdir()
    path = Path("remote:") if kind == "rclone" else tmp_path / "repo"
    with ends_by_itself():
        events, fault = searched(Backup(kind, path), 1.6)
        assert fault is Reason.TOOL_HUNG
    # all the while it was seen to go on, and nothing it started is left
    assert sum(isinstance(event, Progressed) for event in events) >= 3
    assert soon(lambda: not sleepers())
    run = search_repository(Backup(kind, path), KINDS[kind], NOBODY, lambda _: "", key=KEY, patience=60)
    next(run)
    assert soon(lambda: next(run) and sleepers())
    run.close()
    assert soon(lambda: not sleepers())


def test_a_program_that_hangs_while_it_destroys_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, signers
) -> None:
    if not shutil.which("borg"):
        pytest.skip("borg is not installed")
    one = company(tmp_path / "co", 2, 1)
    one.write()
    ran("borg", "init", "-e", "none", str(tmp_path / "repo"), env={"BORG_BASE_DIR": str(tmp_path)})
    ran("borg", "create", f"{tmp_path}/repo::a", str(one.root), env={"BORG_BASE_DIR": str(tmp_path)})
    copies, _ = found(Backup("borg", tmp_path / "repo"), one.wanted())
    assert len(copies) == 2
    programs(tmp_path, monkeypatch, "borg")
    ended = disposed(signed(copies, signers), copies, Backup("borg", tmp_path / "repo"), patience=0.8)
    assert {(event.outcome, event.evidence.limits) for event in ended.values()} == {
        (Outcome.FAILED, (Reason.TOOL_HUNG,))
    }
    assert soon(lambda: not sleepers())


def test_a_7z_that_hangs_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.7z").write_bytes(b"7z\xbc\xaf\x27\x1c" + bytes(600))
    programs(tmp_path, monkeypatch, "7z")
    monkeypatch.setattr(sevenzip, "PATIENCE", 4)
    with ends_by_itself():
        events = list(find_copies([Backup("archive", tmp_path / "a.7z")], NOBODY, key=KEY))
        (told,) = [event.searched for event in events if isinstance(event, BackupSearched)]
        assert told.limits == (Reason.TOOL_HUNG,)
    assert soon(lambda: not sleepers())


def test_a_7z_that_hangs_midway_takes_no_archive_for_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lists all, gives the first file and then nothing: what was found in it is no reason to wipe it."""
    data = b"of the customer who goes" * 40
    (tmp_path / "bin").mkdir()
    listing = "".join(f"Path = {name}\nSize = {len(data)}\n\n" for name in ("a", "b"))
    (tmp_path / "listing").write_text(listing)
    (tmp_path / "content").write_bytes(data)
    program = tmp_path / "bin/7z"
    program.write_text(
        f'#!/bin/sh\n[ "$1" = l ] && exec cat {tmp_path}/listing\ncat {tmp_path}/content\n{SLEEP}\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setattr(sevenzip, "PATIENCE", 4)
    (tmp_path / "a.7z").write_bytes(b"7z\xbc\xaf\x27\x1c" + bytes(600))
    import hashlib

    wanted = Wanted({hashlib.sha256(data).hexdigest(): ("r1",)}, frozenset({len(data)}), frozenset())
    events = list(find_copies([Backup("archive", tmp_path / "a.7z")], wanted, key=KEY))
    (copy,) = [event.copy for event in events if isinstance(event, CopyFound)]
    assert (copy.disposal, copy.reasons) == (Disposal.EXCEPTION, (Reason.TOOL_HUNG,))
    assert soon(lambda: not sleepers())


def test_an_rclone_server_that_never_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, silent: int
) -> None:
    if not shutil.which("rclone"):
        pytest.skip("rclone is not installed")
    monkeypatch.setenv("RCLONE_CONFIG", str(tmp_path / "rclone.conf"))
    (tmp_path / "rclone.conf").write_text(
        f"[far]\ntype = webdav\nurl = http://127.0.0.1:{silent}\nvendor = other\n"
    )
    with ends_by_itself():
        _, fault = searched(Backup("rclone", Path("far:")), 2)
        assert fault is Reason.TOOL_HUNG


@pytest.fixture
def s3_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("boto3")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


def test_an_s3_server_that_never_answers_and_one_broken_off(
    s3_keys: None, monkeypatch: pytest.MonkeyPatch, silent: int
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent}")
    with ends_by_itself():
        events, fault = searched(Backup("s3", Path("bucket")), 2)
        assert fault is Reason.TOOL_HUNG
    assert sum(isinstance(event, Progressed) for event in events) >= 3
    run = search_repository(
        Backup("s3", Path("bucket")), KINDS["s3"], NOBODY, lambda _: "", key=KEY, patience=60
    )
    next(run)
    with ends_by_itself():
        run.close()


def test_s3_with_a_key_that_is_wrong(s3_keys: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that checks its signatures refuses an unknown key."""
    server = pytest.importorskip("moto.server")
    core = pytest.importorskip("moto.settings")
    running = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    try:
        host, port = running.get_host_and_port()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        import boto3

        boto3.client("s3").create_bucket(Bucket="bucket")
        monkeypatch.setattr(core, "INITIAL_NO_AUTH_ACTION_COUNT", 0.0)
        monkeypatch.setattr("moto.core.responses.ActionAuthenticatorMixin.request_count", 0, raising=False)
        assert searched(Backup("s3", Path("bucket")), 60)[1] in (Reason.WRONG_PASSPHRASE, Reason.DENIED)
    finally:
        running.stop()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    assert searched(Backup("s3", Path("bucket")), 60)[1] is Reason.WRONG_PASSPHRASE


def test_an_error_in_waiting_is_the_callers() -> None:
    seen = threading.Event()

    def fails() -> int:
        seen.wait(120)
        raise LookupError

    run = waiting(fails)
    next(run)
    next(run)
    seen.set()
    with pytest.raises(LookupError):
        list(run)
