"""What is about to be declared is tried, and told as it is: a silent store is never one that answers."""

from __future__ import annotations

import shutil
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from app.domain.case import Backup, ServiceKey
from app.domain.fault import Fault, Refused
from app.domain.outcome import Reason
from app.flow.databases import database_of
from app.flow.trying import try_backup, try_database, try_service
from tests.in_time import ends_by_itself

DENIED = b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>"


def test_a_key_that_a_person_speaks_of_is_told_with_what_that_is_worth(tmp_path: Path) -> None:
    paper = tmp_path / "letter.pdf"
    paper.write_bytes(b"destroyed on the 3rd")
    source = ServiceKey("declared", "the safe's key", by="林晓文", paper=paper)
    told = try_service(source, "")
    assert (told.locator, told.calls, told.wait) == (source.locator, (), 0)
    assert Reason.DECLARED in told.limits


def test_a_store_that_does_not_answer_is_refused_in_its_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as heard:
        url = f"http://127.0.0.1:{heard.getsockname()[1]}"
        with ends_by_itself(), pytest.raises(Refused) as refused:
            try_service(ServiceKey("openbao", "transit/keys/x", "BAO", url, timeout=1), "x")
    assert (refused.value.fault, refused.value.detail) == (Fault.KEY_STORE_SILENT, "1 s")


def test_a_database_tells_how_many_tables_it_shows(tmp_path: Path) -> None:
    path = tmp_path / "客户.db"
    held = sqlite3.connect(path)
    held.executescript("CREATE TABLE a (x); CREATE TABLE b (y); INSERT INTO a VALUES (1)")
    held.close()
    before = path.read_bytes()
    assert try_database(database_of(f"sqlite:///{path}"), "") == 2
    assert path.read_bytes() == before


def test_what_is_no_database_is_refused_when_it_is_asked(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(b"no database at all, but of some length" * 100)
    with pytest.raises(Refused) as refused:
        try_database(database_of(f"sqlite:///{path}"), "")
    assert (refused.value.fault, refused.value.subject) == (Fault.LOCATION_UNREADABLE, str(path))


def test_a_database_with_tables_of_a_program_of_its_own_is_refused(tmp_path: Path) -> None:
    """It opens; only when a table is looked at it says that nobody here knows how to read it."""
    path = tmp_path / "客户.db"
    held = sqlite3.connect(path)
    held.executescript(
        "CREATE TABLE a (x); PRAGMA writable_schema = 1; INSERT INTO sqlite_master"
        " VALUES ('table', '全文', '全文', 0, 'CREATE VIRTUAL TABLE 全文 USING its_own(x)')"
    )
    held.close()
    with pytest.raises(Refused) as refused:
        try_database(database_of(f"sqlite:///{path}"), "")
    assert (refused.value.fault, refused.value.subject) == (Fault.LOCATION_UNREADABLE, str(path))


def test_what_shows_only_slowly_whether_it_can_be_listed_is_not_tried(tmp_path: Path) -> None:
    for kind in ("folder", "borg", "declared"):
        assert try_backup(Backup(kind, tmp_path / "none"), "") is None


def test_a_bucket_is_listed(s3) -> None:
    assert try_backup(Backup("s3", Path("none")), "") is Reason.UNREADABLE
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert try_backup(Backup("s3", Path("bucket")), "") is None, "nothing in it is no fault"
    for name in ("a", "b", "c"):
        s3.put_object(Bucket="bucket", Key=name, Body=b"x")
    assert try_backup(Backup("s3", Path("bucket")), "") is None


@contextmanager
def slow_store(seconds: float) -> Iterator[str]:
    """A store that thinks for a while, and then lets nobody in."""

    class Slow(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            time.sleep(seconds)
            self.send_response(403)
            self.send_header("Content-Length", str(len(DENIED)))
            self.end_headers()
            self.wfile.write(DENIED)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("seconds", "patience", "why"), [(0.6, 20.0, Reason.DENIED), (3.0, 0.5, Reason.TOOL_HUNG)]
)
def test_a_store_that_has_not_answered_yet_is_not_said_to_answer(
    monkeypatch: pytest.MonkeyPatch, seconds: float, patience: float, why: Reason
) -> None:
    pytest.importorskip("boto3")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with slow_store(seconds) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        with ends_by_itself():
            assert try_backup(Backup("s3", Path("bucket")), "", patience) is why


def test_a_remote_of_rclone_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not shutil.which("rclone"):
        pytest.skip("rclone is not installed")
    monkeypatch.setenv("RCLONE_CONFIG", str(tmp_path / "rclone.conf"))
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "a.csv").write_text("x", encoding="utf-8")
    subprocess.run(
        ["rclone", "config", "create", "far", "alias", f"remote={tmp_path / 'far'}"],
        check=True,
        capture_output=True,
    )
    assert try_backup(Backup("rclone", Path("far:")), "") is None
    assert try_backup(Backup("rclone", Path("none:")), "") is Reason.UNREADABLE
    assert try_backup(Backup("rclone", Path("far:")), "", patience=0.0) is Reason.TOOL_HUNG
