"""Objects of a bucket, by a server of moto's, and files by address: the same findings as on a disk, and no more."""

from __future__ import annotations

import zipfile

import boto3
import pytest
from moto.server import ThreadedMotoServer

from app.domain.case import Location
from app.domain.event import Located
from app.domain.fault import Fault, Refused
from app.domain.record import Look, Problem
from app.steps.locate import Limits, locate, s3
from app.steps.locate.job import Task
from app.steps.locate.remote import is_remote, survey_remote

KEY = bytes(range(32))
TASK = Task(KEY, Limits())


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
    made = values(4)
    root = tmp_path / "in"
    (root / "部门 A" / "深").mkdir(parents=True)
    (root / "a.txt").write_text(f"手机 {made.mobile()}", encoding="gb18030")
    (root / "部门 A" / "b.csv").write_text(
        f"姓名,护照号\n张三,E1234567{made.rng.randrange(10)}\n", encoding="utf-8"
    )
    with zipfile.ZipFile(root / "部门 A" / "深" / "c.zip", "w") as archive:
        archive.writestr("列表.txt", "\n".join(made.id() for _ in range(50)))
    (root / "clean.txt").write_text("会议记录")
    (root / "large.log").write_bytes(b"line of a log\n" * (1 << 20) + made.mobile().encode())
    return root


def told(event, root):
    record = event.record
    facts = (
        (record.sha256, record.tier, record.category, record.people, record.findings, record.problems)
        if record
        else ()
    )
    return event.path[len(root) :].lstrip("/"), event.look, event.bytes, facts


def here(root):
    return [told(e, str(root)) for e in locate([Location(root)], key=KEY, jobs=0) if isinstance(e, Located)]


def there(address):
    return [told(e, address) for e in survey_remote(address, TASK) if isinstance(e, Located)]


def lay(client, root):
    for path in root.rglob("*"):
        if path.is_file():
            client.put_object(
                Bucket="kehu", Key=f"数据/{path.relative_to(root).as_posix()}", Body=path.read_bytes()
            )


def test_a_bucket_tells_what_a_folder_tells(bucket, company):
    lay(bucket, company)
    assert there("s3://kehu/数据") == there("s3://kehu/数据/") == sorted(here(company))
    assert len(there("s3://kehu")) == 5
    assert [one[1] for one in there("s3://kehu/数据/a.txt")] == [Look.FOUND]


def test_files_by_address_too(company):
    assert there(f"file://{company}") == sorted(here(company))


def test_objects_are_listed_page_by_page(bucket, monkeypatch):
    monkeypatch.setattr(s3, "_PAGE", 3)
    for number in range(20):
        bucket.put_object(Bucket="kehu", Key=f"{number % 4}/{number:05}.txt", Body=b"")
    assert len(there("s3://kehu")) == 20


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


@pytest.mark.parametrize(
    ("address", "detail"),
    [
        ("s3://not-there", "NoSuchBucket"),
        ("s3://kehu/not there", "ClientError"),
        ("file:///not/there", "FileNotFoundError"),
        ("smb://user:secret@host/share", "--password-env"),
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
