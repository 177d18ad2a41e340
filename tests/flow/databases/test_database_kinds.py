"""Tables of every sort, and databases as a whole."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.copies import Disposal
from app.domain.event import Located, Noted
from app.domain.fate import Fate
from app.domain.fault import Fault, Refused
from app.domain.outcome import KeepOutcome, Outcome, Reason
from app.domain.record import Look, Problem
from app.domain.step import Step
from app.flow import Flow
from app.system.databases import sqlite
from tests.flow.databases.company import customers, identity
from tests.flow.databases.conftest import Held, Office, sqlite_at
from tests.flow.databases.test_database_spared import ends

TRIGGER = {
    "sqlite": 'CREATE TRIGGER keep AFTER DELETE ON "客户" BEGIN INSERT INTO settings VALUES (OLD.c7, OLD.c7); END',
    "mariadb": "CREATE TRIGGER keep AFTER DELETE ON 客户 FOR EACH ROW INSERT INTO settings VALUES (OLD.手机, OLD.c7)",
    "postgresql": 'CREATE TRIGGER keep AFTER DELETE ON "客户" FOR EACH ROW EXECUTE FUNCTION kept()',
}


def problems(flow: Flow, name: str) -> tuple[Problem, ...]:
    (found,) = [row.record.problems for row in flow.rows() if row.record.path.endswith(name)]
    return found


@pytest.mark.parametrize("make", ["sqlite", "postgresql", "mariadb"])
def test_a_trigger_is_told_and_forbids(
    make: str, request: pytest.FixtureRequest, office_of: Callable[..., Office]
) -> None:
    held: Held = request.getfixturevalue(f"new_{make}")(40)
    if make == "postgresql":
        body = "BEGIN INSERT INTO settings VALUES (OLD.c7, OLD.c7); RETURN OLD; END"
        held.do(f"CREATE FUNCTION kept() RETURNS trigger LANGUAGE plpgsql AS '{body}'")
    held.do(TRIGGER[make])
    office = office_of(held, held.people[:2])
    flow, before = office.flow(), held.all()
    office.to(flow, Step.LOCATE)
    assert problems(flow, "客户") == (Problem.TRIGGERS,)
    office.to(flow, Step.WIPE)
    assert ends(flow)["客户"] == (Outcome.FAILED, (Reason.TRIGGERS,))
    after = held.all()
    assert (after["客户"], after["settings"]) == (before["客户"], before["settings"])
    flow.close()


@pytest.mark.parametrize("make", ["postgresql", "mariadb"])
def test_a_table_without_a_key_goes_whole_or_not_at_all(
    make: str, request: pytest.FixtureRequest, office_of: Callable[..., Office]
) -> None:
    held: Held = request.getfixturevalue(f"new_{make}")(20)
    q = held.quote
    held.do(f"CREATE TABLE {q}线索{q} ({q}手机{q} VARCHAR(20), n INTEGER)")
    same = [(held.people[0].mobile, 1)] * 2 + [(c.mobile, c.number) for c in held.people]
    held.do(f"INSERT INTO {q}线索{q} VALUES (%s, %s)", same)
    chosen = office_of(held, held.people[:2])
    flow = chosen.flow()
    chosen.to(flow, Step.WIPE)
    assert ends(flow)["线索"] == (Outcome.FAILED, (Reason.NO_PRIMARY_KEY,))
    flow.close()
    assert held.ask(f"SELECT count(*) FROM {q}线索{q}")[0][0] == 22


@pytest.mark.parametrize("changed", [False, True])
@pytest.mark.parametrize("make", ["postgresql", "mariadb"])
def test_a_table_without_a_key_is_compared_whole(
    make: str, changed: bool, request: pytest.FixtureRequest, office_of: Callable[..., Office]
) -> None:
    held: Held = request.getfixturevalue(f"new_{make}")(20)
    q = held.quote
    held.do(f"CREATE TABLE {q}线索{q} ({q}手机{q} VARCHAR(20), n INTEGER)")
    held.do(f"INSERT INTO {q}线索{q} VALUES (%s, %s)", [(c.mobile, c.number) for c in held.people] * 2)
    office = office_of(held)
    flow = office.flow()
    office.to(flow, Step.SIGN)
    if changed:
        held.do(f"UPDATE {q}线索{q} SET n = 99 WHERE n = 7")
    office.to(flow, Step.WIPE)
    end, limits = ends(flow)["线索"]
    left = held.ask(f"SELECT count(*) FROM {q}线索{q}")[0][0]
    assert (end, left) == ((Outcome.FAILED, 40) if changed else (Outcome.RESIDUE_POSSIBLE, 0))
    assert changed == (Reason.CHANGED in limits)
    flow.close()


def test_a_table_without_transactions_is_left(
    new_mariadb: Callable[[int], Held], office_of: Callable[..., Office]
) -> None:
    held = new_mariadb(20)
    held.do("CREATE TABLE 名单 (手机 VARCHAR(20) PRIMARY KEY) ENGINE=MyISAM")
    held.do("INSERT INTO 名单 VALUES (%s)", [(c.mobile,) for c in held.people])
    office = office_of(held)
    flow = office.flow()
    office.to(flow, Step.LOCATE)
    assert problems(flow, "名单") == (Problem.NOT_TRANSACTIONAL,)
    office.to(flow, Step.WIPE)
    assert ends(flow)["名单"] == (Outcome.FAILED, (Reason.NOT_TRANSACTIONAL,))
    assert held.ask("SELECT count(*) FROM 名单")[0][0] == 20
    flow.close()


@pytest.mark.parametrize(
    "pragma", ["PRAGMA journal_mode = WAL", "PRAGMA encoding = 'UTF-16'", "PRAGMA page_size = 512"]
)
def test_sqlite_of_every_sort(pragma: str, tmp_path: Path, office_of: Callable[..., Office]) -> None:
    path = tmp_path / "crm.db"
    with sqlite3.connect(path) as made:
        made.execute(pragma)
        made.execute("CREATE TABLE first (id INTEGER PRIMARY KEY)")
    made.close()
    held = sqlite_at(path, customers(300))
    office = office_of(held, held.people[7:10])
    flow = office.flow()
    office.to(flow, Step.WIPE)
    for end, limits in ends(flow).values():
        assert end in (Outcome.OVERWRITTEN, Outcome.RESIDUE_POSSIBLE), limits
        assert Reason.FILES_NOT_SEARCHED not in limits
    for one in held.people[7:10]:
        for value in one.values:
            assert held.holding(value) == []
    assert len(held.all()["客户"]) == 297
    if "WAL" in pragma:
        assert held.ask("PRAGMA journal_mode") == [("wal",)]
    flow.close()


def test_sqlite_that_another_program_writes_to(
    tmp_path: Path, office_of: Callable[..., Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "WAIT", 2.0)
    held = sqlite_at(tmp_path / "crm.db", customers(30))
    office = office_of(held, held.people[:2])
    flow = office.flow()
    office.to(flow, Step.SIGN)
    other = sqlite3.connect(tmp_path / "crm.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        office.to(flow, Step.WIPE)
    finally:
        other.execute("ROLLBACK")
        other.close()
    assert {end for end, _ in ends(flow).values()} == {Outcome.FAILED}
    assert ends(flow)["客户"][1] == (Reason.OPEN_ELSEWHERE,)
    assert len(held.all()["客户"]) == 30
    flow.close()


def test_numbers_in_columns_of_numbers_and_odd_names(
    tmp_path: Path, office_of: Callable[..., Office]
) -> None:
    path, chance = tmp_path / "奇 怪:%'名.db", random.Random(5)
    with sqlite3.connect(path) as made:
        made.execute(
            'CREATE TABLE "a:b/c%d""e" ("手机" INTEGER, c1 TEXT, "x:y" BLOB, PRIMARY KEY ("手机", c1)) WITHOUT ROWID'
        )
        rows = [(13_900_000_000 + n, identity(chance), f"note {n}".encode()) for n in range(200)]
        made.executemany('INSERT INTO "a:b/c%d""e" VALUES (?, ?, ?)', rows)
    made.close()

    def ask(query: str) -> list[tuple[object, ...]]:
        with sqlite3.connect(path) as db:
            return db.execute(query).fetchall()

    held = Held(f"sqlite:///{path}", [], ask, lambda *_: None, lambda: [path])
    held.url = "sqlite:///" + str(path).replace("%", "%25")
    office = office_of(held)
    flow = office.flow()
    office.to(flow, Step.LOCATE)
    (row,) = flow.rows()
    assert {f.kind: f.count for f in row.record.findings} == {"cn.id": 200, "cn.mobile": 200}
    assert row.record.path.endswith('/a:b%2Fc%25d"e')
    office.to(flow, Step.CERTIFY)
    assert ask('SELECT count(*) FROM "a:b/c%d""e"') == [(0,)]
    flow.close()


@pytest.mark.parametrize("changed", [False, True])
@pytest.mark.parametrize("make", ["postgresql", "mariadb"])
def test_a_database_as_a_whole(
    make: str, changed: bool, request: pytest.FixtureRequest, office_of: Callable[..., Office]
) -> None:
    held: Held = request.getfixturevalue(f"new_{make}")(50)
    office, q = office_of(held, whole=True), held.quote
    flow = office.flow()
    office.to(flow, Step.SIGN)
    (row,) = flow.rows()
    assert row.record.rows
    assert (row.record.rows.whole, row.record.rows.count, row.record.people) == (True, 77, 50)
    if changed:
        held.do(f"UPDATE {q}settings{q} SET v = 'light' WHERE k = 'theme'")
    office.to(flow, Step.WIPE)
    (end,) = flow.results()
    if changed:
        assert (end.outcome, end.evidence.limits) == (Outcome.FAILED, (Reason.CHANGED,))
        assert len(held.all()["客户"]) == 50
    else:
        assert end.outcome is Outcome.RESIDUE_POSSIBLE
        with pytest.raises(Exception, match=r"does not exist|Unknown database"):
            held.all()
    office.to(flow, Step.CERTIFY)
    assert flow.closed
    flow.close()


def test_a_database_in_use_is_not_dropped(
    new_postgresql: Callable[[int], Held], office_of: Callable[..., Office], postgresql_server: object
) -> None:
    from tests.flow.databases.conftest import connect_postgresql

    held = new_postgresql(20)
    office = office_of(held, whole=True)
    flow = office.flow()
    office.to(flow, Step.SIGN)
    other = connect_postgresql(postgresql_server.port, held.url.rpartition("/")[2])
    office.to(flow, Step.WIPE)
    other.close()
    (end,) = flow.results()
    assert (end.outcome, end.evidence.limits) == (Outcome.FAILED, (Reason.OPEN_ELSEWHERE,))
    assert len(held.all()["客户"]) == 20
    flow.close()


def test_a_slot_of_a_replica_is_an_exception_a_person_accepts(
    new_postgresql: Callable[[int], Held], office_of: Callable[..., Office]
) -> None:
    held = new_postgresql(20)
    held.do("SELECT pg_create_physical_replication_slot('standby_7')")
    try:
        office = office_of(held, held.people[:2])
        flow = office.flow()
        office.to(flow, Step.CONFIRM)
        (copy,) = flow.copies()
        assert (copy.disposal, copy.reasons) == (Disposal.EXCEPTION, (Reason.REPLICA,))
        assert not flow.done(Step.SIGN)
        assert flow.gate(Step.SIGN) is not None
        office.to(flow, Step.CERTIFY)
        limits = {one.evidence.limits for one in flow.results() if one.id.startswith("r-")}
        assert all(Reason.REPLICA in one for one in limits)
        flow.close()
    finally:
        held.do("SELECT pg_drop_replication_slot('standby_7')")


def test_rows_that_a_policy_hides_make_the_table_unreadable(new_postgresql: Callable[[int], Held]) -> None:
    from app.flow.databases import database_of
    from app.steps.locate.databases import locate_database

    held, name = new_postgresql(20), f"hidden{random.Random().randrange(10**9)}"
    held.do('ALTER TABLE "客户" ENABLE ROW LEVEL SECURITY')
    held.do('CREATE POLICY hiding ON "客户" USING (id < 5)')
    held.do(f"CREATE ROLE {name} LOGIN PASSWORD 'word'")
    held.do(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}")
    url = held.url.replace("postgres@", f"{name}@")
    found = {
        one.path.rpartition(".")[2]: one
        for one in locate_database(database_of(url), key=b"k" * 32, password="word")
        if isinstance(one, Located)
    }
    assert found["客户"].record
    assert (found["客户"].look, found["客户"].record.problems) == (Look.UNREADABLE, (Problem.DENIED,))


def test_a_database_declared_twice_is_deleted_from_once(
    tmp_path: Path, office_of: Callable[..., Office]
) -> None:
    held = sqlite_at(tmp_path / "crm.db", customers(30))
    office = office_of(held)
    office = replace(office, case=replace(office.case, databases=office.case.databases * 2))
    flow = office.flow()
    office.to(flow, Step.WIPE)
    assert held.all()["客户"] == []
    flow.close()


def test_a_file_in_the_case_folder_is_no_place_for_a_database(
    tmp_path: Path, office_of: Callable[..., Office]
) -> None:
    office = office_of(Held("sqlite:////etc/crm.db", [], lambda *_: [], lambda *_: None, list))
    with pytest.raises(Refused) as caught:
        office.flow()
    assert caught.value.fault is Fault.PROTECTED_PLACE


def test_a_stop_before_the_commit_gives_the_rows_back(
    tmp_path: Path, office_of: Callable[..., Office]
) -> None:
    held = sqlite_at(tmp_path / "crm.db", customers(30))
    office = office_of(held, held.people[:3])
    flow, before = office.flow(), held.all()
    office.to(flow, Step.SHRED)
    working = flow.begin(Step.WIPE)
    for event in working:
        if isinstance(event, Noted):
            break
    working.close()
    assert held.all() == before
    office.to(flow, Step.WIPE)
    assert len(held.all()["客户"]) == 27
    assert all(
        end is Outcome.OVERWRITTEN or end is Outcome.RESIDUE_POSSIBLE for end, _ in ends(flow).values()
    )
    flow.close()


def test_what_the_law_keeps_is_frozen_where_it_is(tmp_path: Path, office_of: Callable[..., Office]) -> None:
    held = sqlite_at(tmp_path / "crm.db", customers(30))
    held.do('CREATE TABLE "发票" (id INTEGER PRIMARY KEY, "发票号码" TEXT, "税额" REAL, "手机" TEXT)')
    held.do(
        'INSERT INTO "发票" VALUES (?, ?, ?, ?)',
        [(c.number, f"F{c.number}", 1.5, c.mobile) for c in held.people],
    )
    office = office_of(held)
    flow = office.flow()
    office.to(flow, Step.CONFIRM)
    fates = {row.record.path.rpartition("/")[2]: row.decision.fate for row in flow.rows() if row.decision}
    assert fates == {"客户": Fate.WIPE, "订单": Fate.WIPE, "发票": Fate.FREEZE}
    office.to(flow, Step.CERTIFY)
    assert held.ask('SELECT count(*) FROM "发票"') == [(30,)]
    assert [one.outcome for one in flow.results()].count(KeepOutcome.FROZEN) == 1
    flow.close()
