"""Objects of a bucket, by a server of moto's, and files by address: the same findings as on a disk, and no more."""

from __future__ import annotations

import shutil
from collections import Counter
from unittest.mock import Mock

import boto3
import pytest
from moto.server import ThreadedMotoServer

from app.domain.event import Located
from app.domain.fault import Fault, Refused
from app.domain.record import Look, Problem
from app.steps.locate import Limits, fetch, s3
from app.steps.locate.address import RemoteLocation
from app.steps.locate.job import Listing, Task
from app.steps.locate.remote import is_remote, survey_remote
from tests.steps.locate.company import KEY, TASK, lay_out, told, told_here

FOLDERS = "多 # 少?"
WATCH = """
import os, sys, time
def watch(event, args):
    if event == 'os.scandir' and '坏' in os.fsdecode(args[0]) and 'spawn_main' in ' '.join(sys.orig_argv):
        {what}
sys.addaudithook(watch)
"""


@pytest.fixture(scope="module")
def server():
    made = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    made.start()
    host, port = made.get_host_and_port()
    yield f"http://{host}:{port}"
    made.stop()


@pytest.fixture
def bucket(server, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", server)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    client = boto3.session.Session().client("s3")
    client.create_bucket(Bucket="kehu")
    yield client
    for one in client.list_objects_v2(Bucket="kehu").get("Contents", ()):
        client.delete_object(Bucket="kehu", Key=one["Key"])
    client.delete_bucket(Bucket="kehu")


@pytest.fixture
def company(tmp_path, values):
    return lay_out(tmp_path / "in", values(4))


def there(address, task=TASK):
    return [told(e, address) for e in survey_remote(address, task) if isinstance(e, Located)]


def lay(client, root):
    for path in root.rglob("*"):
        if path.is_file():
            client.put_object(
                Bucket="kehu", Key=f"数据/{path.relative_to(root).as_posix()}", Body=path.read_bytes()
            )


def test_a_bucket_tells_what_a_folder_tells(bucket, company):
    lay(bucket, company)
    assert there("s3://kehu/数据") == there("s3://kehu/数据/") == told_here(company)
    assert len(there("s3://kehu")) == 5
    assert [one[1] for one in there("s3://kehu/数据/a.txt")] == [Look.FOUND]


def test_files_by_address_too(company):
    assert there(f"file://{company}") == told_here(company)


def test_objects_are_listed_page_by_page(bucket, monkeypatch):
    monkeypatch.setattr(s3, "_PAGE", 3)
    for number in range(20):
        bucket.put_object(Bucket="kehu", Key=f"{number % 4}/{number:05}.txt", Body=b"")
    assert len(s3.Buckets().ls("kehu/0")) == 5
    assert len(there("s3://kehu")) == 20


def test_a_long_list_is_heard_of_while_it_comes(bucket, tmp_path, monkeypatch):
    monkeypatch.setattr(s3, "_PAGE", 3)
    for number in range(20):
        bucket.put_object(Bucket="kehu", Key=f"{number:05}.txt", Body=b"")
        (tmp_path / f"{number}.txt").touch()
    for address, least in (("s3://kehu", 7), (f"file://{tmp_path}", 20)):
        heard = Mock()
        listed = fetch.at_location(Listing(RemoteLocation(address)), TASK, heard)
        assert len(listed.objects) == 20
        assert heard.call_count >= least


def test_a_sign_that_ends_an_address_of_the_web_ends_no_path(bucket, tmp_path):
    for folder, text in (("多 ", "手机 13812345678"), (FOLDERS, "今天 a@b.cn 手机 13912345678")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a?b#c.txt").write_text(text)
        bucket.put_object(Bucket="kehu", Key=f"{folder}/a?b#c.txt", Body=text.encode())
    assert there(f"file://{tmp_path}/{FOLDERS}") == told_here(tmp_path / FOLDERS)
    assert there(f"s3://kehu/{FOLDERS}") == told_here(tmp_path / FOLDERS)
    assert [one[0] for one in there(f"s3://kehu/{FOLDERS}/a?b#c.txt")] == [""]


@pytest.mark.parametrize(
    ("what", "problems"),
    [
        ("os._exit(1)", [Problem.READER_CRASHED] * 5),
        ("time.sleep(1000)", [Problem.READER_HUNG] * 3 + [Problem.IO_ERROR] * 2),
    ],
)
def test_a_folder_that_can_not_be_listed_costs_itself_alone(what, problems, tmp_path, values, monkeypatch):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(WATCH.format(what=what))
    root = lay_out(tmp_path / "in", values(4))
    if Problem.IO_ERROR in problems:
        shutil.rmtree(root / "部门 A")  # so that all that stand still are asked in a row
    whole = told_here(root)
    for number in range(5):
        (root / f"坏{number}").mkdir()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    found = there(f"file://{root}", Task(KEY, Limits(silence=5.0)))
    bad = [one for one in found if one[0].startswith("坏")]
    assert {one[1] for one in bad} == {Look.UNREADABLE}
    assert Counter(one[3][5][0] for one in bad) == Counter(problems)
    assert [one for one in found if one not in bad] == whole


def test_an_object_that_changes_or_goes_while_it_is_read_is_told(bucket, company):
    lay(bucket, company)
    ended = {}
    for event in survey_remote("s3://kehu/数据", TASK):
        if isinstance(event, Located):
            ended[event.path.rpartition("/")[2]] = event
            if len(ended) == 1:
                bucket.delete_object(Bucket="kehu", Key="数据/large.log")
    assert ended["large.log"].look is Look.UNREADABLE
    assert ended["large.log"].record.problems
    assert (
        Problem.MISSING in ended["large.log"].record.problems
        or Problem.IO_ERROR in ended["large.log"].record.problems
    )


def test_nothing_of_it_is_written_here(bucket, company, tmp_path, monkeypatch):
    lay(bucket, company)
    passing = tmp_path / "passing"
    passing.mkdir()
    monkeypatch.setenv("TMPDIR", str(passing))
    assert len(there("s3://kehu")) == 5
    assert list(passing.iterdir()) == []


@pytest.mark.parametrize(
    ("address", "detail"),
    [
        ("s3://not-there", "NoSuchBucket"),
        ("s3://kehu/not there", "404"),
        ("file:///not/there", "FileNotFoundError"),
        ("smb://user:secret@host/share", "--password-env"),
        ("smb://user:se#secret@host/share", "--password-env"),
        ("smb://user:se/secret@host/share", "--password-env"),
        ("smb://user:12/secret@host/share", "--password-env"),
        ("smb://ho#st/share", "ValueError"),
        ("smb://127.0.0.1:9/share", ""),
    ],
)
def test_what_can_not_be_listed_is_refused_and_no_password_is_told(bucket, address, detail):
    with pytest.raises(Refused) as refused:
        there(address)
    assert refused.value.fault is Fault.REMOTE_UNREACHABLE
    assert detail in refused.value.detail
    assert "secret" not in f"{refused.value.subject}{refused.value.detail}"


def test_what_is_such_an_address():
    assert is_remote("S3://kehu")
    assert is_remote("smb://h/s")
    assert not is_remote("postgresql://h/d")
    assert not is_remote("/tmp/s3:/x")
