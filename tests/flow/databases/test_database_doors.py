"""Doors that stay shut: each refusal is one clear sentence, in time, and never holds the password."""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from app.domain.case import Database
from app.domain.event import Located
from app.domain.fault import Fault, Refused
from app.domain.outcome import Outcome, Reason
from app.domain.record import Look, Problem
from app.domain.step import Step
from app.flow.databases import database_of
from app.language import Language, explain
from app.steps.locate.databases import locate_database
from app.system.databases import opened
from tests.flow.databases.conftest import Held, Office
from tests.flow.databases.servers import PASSWORD, Running, free_port
from tests.in_time import ends_by_itself


def looked(url: str, word: str = PASSWORD) -> list[Located]:
    database = database_of(url)
    return [
        one for one in locate_database(database, key=b"k" * 32, password=word) if isinstance(one, Located)
    ]


def refused(url: str, word: str = PASSWORD) -> Refused:
    with pytest.raises(Refused) as caught:
        looked(url, word)
    for language in Language:
        said = explain(caught.value, language)
        assert said
        assert word not in said
    chain: BaseException | None = caught.value
    while chain:
        assert word not in repr(chain)
        chain = chain.__cause__
    return caught.value


@pytest.fixture(params=["postgresql", "mysql"])
def silent(request: pytest.FixtureRequest) -> Iterator[str]:
    """A server that takes connections and never says a word."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        taken: list[socket.socket] = []

        def take() -> None:
            while True:
                try:
                    taken.append(listening.accept()[0])
                except OSError:
                    return

        threading.Thread(target=take, daemon=True).start()
        yield f"{request.param}://somebody@127.0.0.1:{listening.getsockname()[1]}/crm"
        listening.shutdown(socket.SHUT_RDWR)
        for one in taken:
            one.close()


def test_a_server_that_says_nothing(silent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opened, "LOGIN", 2)
    with ends_by_itself():
        assert refused(silent).fault is Fault.DATABASE_SILENT


def test_a_server_that_hangs_in_the_middle(
    postgresql_held: Held, postgresql_server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    import functools

    monkeypatch.setattr(opened, "LOGIN", 2)
    short = functools.partial(opened.connected, silence=2)
    monkeypatch.setattr("app.steps.locate.databases.step.connected", short)
    looking = locate_database(database_of(postgresql_held.url), key=b"k" * 32, password=PASSWORD)
    next(looking)
    # Its processes for single connections are stopped too.
    group = [int(one) for one in _children(postgresql_server.process.pid)]
    try:
        for pid in (postgresql_server.process.pid, *group):
            os.kill(pid, 19)
        with ends_by_itself():
            with pytest.raises(Refused) as caught:
                list(looking)
            assert caught.value.fault is Fault.DATABASE_SILENT
    finally:
        for pid in (postgresql_server.process.pid, *group):
            os.kill(pid, 18)


def _children(pid: int) -> list[str]:
    from pathlib import Path

    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


@pytest.mark.parametrize("make", ["postgresql", "mysql"])
def test_nobody_listens(make: str) -> None:
    assert refused(f"{make}://somebody@127.0.0.1:{free_port()}/crm").fault is Fault.DATABASE_UNREACHABLE


@pytest.mark.parametrize("make", ["postgresql", "mariadb"])
def test_a_wrong_password(make: str, request: pytest.FixtureRequest) -> None:
    held: Held = request.getfixturevalue(f"{make}_held")
    assert refused(held.url, "a wrong secret 口令").fault is Fault.DATABASE_LOGIN
    assert refused(held.url, "plain").fault is Fault.DATABASE_LOGIN


@pytest.mark.parametrize("make", ["postgresql", "mariadb"])
def test_no_such_database(make: str, request: pytest.FixtureRequest) -> None:
    held: Held = request.getfixturevalue(f"{make}_held")
    assert refused(f"{held.url}没有").fault is Fault.DATABASE_UNREACHABLE


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://somebody:hunter2@127.0.0.1/crm",
        "postgresql://somebody@127.0.0.1/crm?password=hunter2",
        "mysql://somebody@127.0.0.1/crm?passwd=hunter2",
        "mssql://somebody@127.0.0.1/crm?odbc_connect=DRIVER%3Dx%3BPWD%3Dhunter2",
        "postgresql://somebody:hun@ter2@127.0.0.1/crm",
        "postgresql://somebody@127.0.0.1:99999/crm?secret=hunter2",
    ],
)
def test_a_password_in_an_address_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(Refused) as caught:
        database_of(url)
    assert caught.value.fault is Fault.DATABASE_ADDRESS
    assert "hunter2" not in repr(caught.value)
    assert "ter2" not in repr(caught.value)


@pytest.mark.parametrize("make", ["postgresql", "mariadb"])
def test_an_account_that_may_only_read(
    make: str, request: pytest.FixtureRequest, office_of: Callable[..., Office]
) -> None:
    held: Held = request.getfixturevalue(f"{make}_held")
    name, database = f"reader{secrets.token_hex(3)}", held.url.rpartition("/")[2]
    if make == "postgresql":
        held.do(f"CREATE ROLE {name} LOGIN PASSWORD 'word'")
        held.do(f'GRANT SELECT ON "客户", settings TO {name}')
    else:
        held.do(f"CREATE USER {name}@'127.0.0.1' IDENTIFIED BY 'word'")
        for table in ("客户", "settings", "订单"):
            held.do(f"GRANT SELECT ON `{database}`.`{table}` TO {name}@'127.0.0.1'")
    head, _, tail = held.url.partition("@")
    url = f"{head.rpartition('/')[0]}/{name}@{tail}"
    found = {one.path.rpartition("/")[2].rpartition(".")[2]: one for one in looked(url, "word")}
    assert found["客户"].look is Look.FOUND
    assert found["客户"].record
    assert {f.kind: f.count for f in found["客户"].record.findings if f.kind != "name"} == {
        "cn.id": 1000,
        "cn.mobile": 1000,
        "email": 1000,
    }
    assert found["settings"].look is Look.CLEAN
    if make == "postgresql":
        assert found["订单"].look is Look.UNREADABLE
        assert found["订单"].record
        assert found["订单"].record.problems == (Problem.DENIED,)
    office, before = office_of(held), held.all()
    os.environ["READER_WORD"] = "word"
    office = replace(
        office, case=replace(office.case, databases=(Database(database_of(url).url, "READER_WORD"),))
    )
    flow = office.flow()
    office.to(flow, Step.WIPE)
    ended = [one for one in flow.results() if one.outcome is Outcome.FAILED]
    assert ended
    assert {one.evidence.limits for one in ended} <= {(Reason.DENIED,), (Reason.REFERENCED,)}
    assert held.all() == before
    flow.close()


def test_a_database_that_went_away_before_the_act(
    postgresql_held: Held, office_of: Callable[..., Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    office = office_of(postgresql_held)
    flow, before = office.flow(), postgresql_held.all()
    office.to(flow, Step.SIGN)
    os.environ["DATABASE_WORD"] = "changed meanwhile"
    office.to(flow, Step.WIPE)
    assert {one.evidence.limits for one in flow.results()} == {(Reason.UNANSWERED,)}
    assert postgresql_held.all() == before
    flow.close()


def test_the_password_is_nowhere(postgresql_held: Held, office_of: Callable[..., Office]) -> None:
    office = office_of(postgresql_held, postgresql_held.people[:2])
    flow = office.flow()
    office.to(flow, Step.CERTIFY)
    planted = [
        PASSWORD.encode(),
        *(v.encode() for c in postgresql_held.people[:2] for v in (*c.values, c.name)),
    ]
    for folder in (flow.folder, office.case.certificate.out):
        for path in folder.rglob("*"):
            data = path.read_bytes() if path.is_file() else b""
            assert [one for one in planted if one in data] == [], path
    flow.close()
