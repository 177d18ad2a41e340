"""How rows of a server end when something comes between: named, and never better than was seen."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from app.domain.event import Noted, Settled
from app.domain.outcome import Evidence, Outcome, Reason
from app.domain.step import Stage
from tests.flow.databases.conftest import Held, connect_mariadb, connect_postgresql, list_of
from tests.flow.databases.servers import PASSWORD
from tests.steps.wipe.rows.signed_rows import SignedRows

DROPPING, DROPPED = (Evidence("delete-rows", (), (("stage", one),)) for one in ("deleting", "deleted"))


def chosen(held: Held, people: Any, folder: Path, count: int = 3, **more: Any) -> SignedRows:
    """The rows of some customers who have no orders."""
    going = held.people[1 : 2 * count : 2]
    listed = list_of(folder / "list.csv", going)
    return SignedRows(people, more.get("url", held.url), more.get("word", PASSWORD), listed)


def whole(held: Held, people: Any) -> SignedRows:
    return SignedRows(people, held.url, PASSWORD, whole=True)


def told(end: Settled) -> tuple[object, tuple[Reason, ...]]:
    return end.outcome, end.evidence.limits


def only(ends: dict[str, Settled]) -> Settled:
    (end,) = ends.values()
    return end


def until_noted(events: Iterator[Any], what: str) -> None:
    assert any(isinstance(event, Noted) and event.what == what for event in events)


def session(held: Held, database: str) -> Any:
    """Another program's connection, which decides itself when it commits."""
    connect = connect_postgresql if held.quote == '"' else connect_mariadb
    return closing(connect(port(held), database))


def port(held: Held) -> int:
    return int(held.url.rpartition(":")[2].partition("/")[0])


def admin(held: Held, statement: str) -> None:
    """Say something to the server of a database, from outside of it."""
    with session(held, "") as db:
        db.autocommit = True if held.quote == '"' else db.autocommit
        db.cursor().execute(statement)


@contextmanager
def account(held: Held, *rights: str) -> Iterator[str]:
    """An account with these rights; its name takes the place of {a}, the database's that of {d}."""
    name, database = f"clerk{secrets.token_hex(3)}", held.url.rpartition("/")[2]
    if held.quote == '"':
        held.do(f"CREATE ROLE {name} LOGIN PASSWORD 'word'")
    else:
        held.do(f"CREATE USER {name}@'127.0.0.1' IDENTIFIED BY 'word'")
    for right in rights:
        held.do(right.format(a=name, d=database))
    yield f"{held.url.partition('://')[0]}://{name}@127.0.0.1:{port(held)}/{database}"


@pytest.fixture(params=["postgresql", "mariadb"])
def held(request: pytest.FixtureRequest) -> Held:
    made: Held = request.getfixturevalue(f"new_{request.param}")(40)
    return made


def test_a_table_that_is_gone_and_a_row_that_came(held: Held, people: Any, tmp_path: Path) -> None:
    rows, q = chosen(held, people, tmp_path), held.quote
    held.do(f"INSERT INTO {q}客户{q} (id, {q}姓名{q}) VALUES (999, '新')")
    end = rows.ends()["客户"]
    assert end.outcome is Outcome.RESIDUE_POSSIBLE
    assert Reason.ROWS_ADDED in end.evidence.limits
    assert len(held.all()["客户"]) == 38
    held.do(f"DROP TABLE {q}订单{q}")
    held.do(f"DROP TABLE {q}客户{q}")
    assert told(rows.ends()["客户"]) == (Outcome.FAILED, (Reason.GONE,))


def test_a_table_without_a_name_for_its_rows_is_referred_to(held: Held, people: Any) -> None:
    """A column that may be empty names no row, though a foreign key may lead to it."""
    q = held.quote
    held.do(f"CREATE TABLE {q}线索{q} (code INTEGER UNIQUE, {q}手机{q} VARCHAR(20))")
    held.do(f"INSERT INTO {q}线索{q} VALUES (%s, %s)", [(c.number, c.mobile) for c in held.people])
    rows = SignedRows(people, held.url, PASSWORD)
    held.do(
        f"CREATE TABLE gift (id INTEGER PRIMARY KEY, who INTEGER,"
        f" FOREIGN KEY (who) REFERENCES {q}线索{q} (code) ON DELETE CASCADE)"
    )
    held.do("INSERT INTO gift VALUES (1, 3)")
    assert told(rows.ends()["线索"]) == (Outcome.FAILED, (Reason.REFERENCED,))
    assert held.ask("SELECT count(*) FROM gift")[0][0] == 1
    held.do("DELETE FROM gift")
    assert rows.ends()["线索"].outcome is Outcome.RESIDUE_POSSIBLE


def test_a_key_of_a_part_or_to_a_part_of_a_table(
    new_postgresql: Callable[[int], Held], people: Any, tmp_path: Path
) -> None:
    held = new_postgresql(40)
    held.do("CREATE TABLE visit (id INTEGER, who INTEGER, PRIMARY KEY (id)) PARTITION BY RANGE (id)")
    held.do("CREATE TABLE visit_1 PARTITION OF visit FOR VALUES FROM (1) TO (100)")
    rows = chosen(held, people, tmp_path)
    held.do('ALTER TABLE visit_1 ADD FOREIGN KEY (who) REFERENCES "客户" (id) ON DELETE CASCADE')
    held.do("INSERT INTO visit VALUES (1, 4)")
    assert told(rows.ends()["客户"]) == (Outcome.FAILED, (Reason.REFERENCED,))
    assert held.ask("SELECT count(*) FROM visit") == [(1,)]


def test_a_table_in_parts_goes_with_what_it_refers_to_itself(
    new_postgresql: Callable[[int], Held], people: Any
) -> None:
    held = new_postgresql(40)
    held.do(
        'CREATE TABLE lead (id INTEGER PRIMARY KEY, "手机" VARCHAR(20), up INTEGER) PARTITION BY RANGE (id)'
    )
    held.do("CREATE TABLE lead_1 PARTITION OF lead FOR VALUES FROM (1) TO (1000)")
    held.do("ALTER TABLE lead ADD FOREIGN KEY (up) REFERENCES lead (id)")
    held.do("INSERT INTO lead VALUES (%s, %s, 1)", [(c.number, c.mobile) for c in held.people])
    rows = SignedRows(people, held.url, PASSWORD)
    held.do(
        "CREATE TABLE call (id INTEGER PRIMARY KEY, who INTEGER REFERENCES lead_1 (id) ON DELETE CASCADE)"
    )
    held.do("INSERT INTO call VALUES (1, 3)")
    assert told(rows.ends()["lead"]) == (Outcome.FAILED, (Reason.REFERENCED,))
    held.do("DELETE FROM call")
    assert rows.ends()["lead"].outcome is Outcome.RESIDUE_POSSIBLE
    assert held.ask("SELECT count(*) FROM lead") == [(0,)]


def test_a_row_that_is_being_added_meanwhile_is_waited_for(
    new_postgresql: Callable[[int], Held], people: Any, tmp_path: Path
) -> None:
    held = new_postgresql(40)
    held.do(
        'CREATE TABLE gift (id INTEGER PRIMARY KEY, who INTEGER REFERENCES "客户" (id) ON DELETE CASCADE)'
    )
    rows = chosen(held, people, tmp_path)
    with session(held, held.url.rpartition("/")[2]) as other:
        other.cursor().execute("INSERT INTO gift VALUES (1, 4)")
        soon = threading.Timer(1.5, other.commit)
        soon.start()
        end = rows.ends()["客户"]
        soon.join()
    assert told(end) == (Outcome.FAILED, (Reason.REFERENCED,))
    assert held.ask("SELECT count(*) FROM gift") == [(1,)]


@pytest.mark.parametrize("seen", [True, False])
def test_a_key_of_another_database_of_the_server(
    new_mariadb: Callable[[int], Held],
    people: Any,
    tmp_path: Path,
    *,
    seen: bool,
) -> None:
    """Who may not see the other database is refused by the server itself, unless it would delete there too."""
    held = new_mariadb(40)
    here, there = held.url.rpartition("/")[2], f"营销{secrets.token_hex(3)}"
    held.do(f"CREATE DATABASE `{there}`")
    how = "ON DELETE CASCADE" if seen else ""
    with account(held, "GRANT ALL ON `{d}`.* TO {a}@'127.0.0.1'") as url:
        rows = chosen(held, people, tmp_path, **({} if seen else {"url": url, "word": "word"}))
        held.do(
            f"CREATE TABLE `{there}`.gift (id INTEGER PRIMARY KEY, who INTEGER,"
            f" FOREIGN KEY (who) REFERENCES `{here}`.客户 (id) {how})"
        )
        held.do(f"INSERT INTO `{there}`.gift VALUES (1, 4)")
        end = rows.ends()["客户"]
    assert told(end) == (Outcome.FAILED, (Reason.REFERENCED,))
    assert dict(end.evidence.facts) == ({} if seen else {"code": "1451"})
    assert held.ask(f"SELECT count(*) FROM `{there}`.gift")[0][0] == 1
    held.do(f"DROP DATABASE `{there}`")


def test_a_policy_that_lets_rows_be_seen_and_not_deleted(
    new_postgresql: Callable[[int], Held], people: Any, tmp_path: Path
) -> None:
    held = new_postgresql(40)
    with account(held, "GRANT ALL ON ALL TABLES IN SCHEMA public TO {a}") as url:
        rows = chosen(held, people, tmp_path, url=url, word="word")
        held.do('ALTER TABLE "客户" ENABLE ROW LEVEL SECURITY')
        held.do('CREATE POLICY seen ON "客户" FOR SELECT USING (true)')
        held.do('CREATE POLICY locked ON "客户" FOR UPDATE USING (true)')
        held.do('CREATE POLICY kept ON "客户" FOR DELETE USING (id > 3)')
        end = rows.ends()["客户"]
    assert told(end) == (Outcome.FAILED, (Reason.CHANGED,))
    assert len(held.all()["客户"]) == 40


RIGHTS = {
    '"': ("GRANT SELECT, DELETE, UPDATE ON ALL TABLES IN SCHEMA public TO {a}",),
    "`": ("GRANT SELECT, DELETE, UPDATE, LOCK TABLES ON `{d}`.* TO {a}@'127.0.0.1'",),
}


def test_who_may_not_rebuild_the_table_has_only_removed(held: Held, people: Any, tmp_path: Path) -> None:
    with account(held, *RIGHTS[held.quote]) as url:
        end = chosen(held, people, tmp_path, url=url, word="word").ends()["客户"]
    assert end.outcome is Outcome.REMOVED
    assert {Reason.SPACE_NOT_RECLAIMED, Reason.FILES_NOT_SEARCHED} <= set(end.evidence.limits)
    assert len(held.all()["客户"]) == 37


def test_a_database_that_shuts_after_the_deletion(
    new_postgresql: Callable[[int], Held], people: Any, tmp_path: Path
) -> None:
    held = new_postgresql(40)
    events = (rows := chosen(held, people, tmp_path)).events()
    until_noted(events, "deleted")
    name = held.url.rpartition("/")[2]
    admin(held, f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false')
    end = rows.ends(events)["客户"]
    assert end.outcome is Outcome.REMOVED
    assert {Reason.SPACE_NOT_RECLAIMED, Reason.UNANSWERED} <= set(end.evidence.limits)


@pytest.mark.parametrize("carried_out", [True, False])
def test_a_commit_whose_answer_is_lost_is_asked_for(
    held: Held, people: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, carried_out: bool
) -> None:
    from sqlalchemy.engine import Connection
    from sqlalchemy.exc import OperationalError

    real = Connection.commit

    def dying(self: Connection) -> None:
        if carried_out:
            real(self)
        raise OperationalError("COMMIT", {}, ConnectionResetError())

    rows = chosen(held, people, tmp_path)
    events = rows.events()
    until_noted(events, "deleting")
    with monkeypatch.context() as patched:
        patched.setattr(Connection, "commit", dying)
        first = next(events)
    if carried_out:
        end = rows.ends(events)["客户"]
        assert end.outcome is Outcome.RESIDUE_POSSIBLE
        # PostgreSQL can say how a transaction ended; MariaDB can't.
        assert (Reason.COMMIT_NOT_SEEN in end.evidence.limits) == (held.quote == "`")
    else:
        assert isinstance(first, Settled)
        assert told(first) == (Outcome.FAILED, (Reason.UNANSWERED,))
    assert len(held.all()["客户"]) == (37 if carried_out else 40)


def test_files_of_the_server_that_only_it_may_read_are_not_searched(
    held: Held, people: Any, tmp_path: Path
) -> None:
    if os.geteuid():
        pytest.skip("needs root to become another user")
    rows = chosen(held, people, tmp_path)
    rows.ends()  # so that all that Python looks for is there: nobody may not read its own folder
    rows = chosen(held, people, tmp_path, 6)
    os.seteuid(65534)
    try:
        end = rows.ends()["客户"]
    finally:
        os.seteuid(0)
    assert end.outcome is Outcome.RESIDUE_POSSIBLE
    assert Reason.FILES_NOT_SEARCHED in end.evidence.limits
    assert "found_after" not in dict(end.evidence.facts)
    assert len(held.all()["客户"]) == 34


def test_a_whole_database_that_another_dropped_is_not_ours(held: Held, people: Any) -> None:
    rows, name, q = whole(held, people), held.url.rpartition("/")[2], held.quote
    admin(held, f"DROP DATABASE {q}{name}{q}")
    assert told(only(rows.ends())) == (Outcome.FAILED, (Reason.GONE,))
    (item,) = rows.items
    for noted, sure in ((DROPPING, False), (DROPPED, True)):
        again = only(rows.ends(rows.events({item: Stage.NOTED}, {item: noted})))
        assert again.outcome is Outcome.RESIDUE_POSSIBLE
        assert (Reason.COMMIT_NOT_SEEN not in again.evidence.limits) == sure


def test_a_table_that_is_made_while_the_database_is_dropped_keeps_it(
    new_mariadb: Callable[[int], Held], people: Any
) -> None:
    held = new_mariadb(40)
    rows = whole(held, people)
    events = rows.events()
    until_noted(events, "deleting")
    held.do("CREATE TABLE 新 (id INTEGER PRIMARY KEY)")
    end = only(rows.ends(events))
    assert end.outcome is Outcome.SURVIVES
    assert Reason.ROWS_ADDED in end.evidence.limits
    assert [name for (name,) in held.ask("SHOW TABLES")] == ["新"]


@pytest.mark.parametrize("ours", [True, False])
def test_a_database_without_tables(new_mariadb: Callable[[int], Held], people: Any, *, ours: bool) -> None:
    """A run that was stopped between its tables and itself goes on; without its note nobody signed for that."""
    held = new_mariadb(40)
    rows = whole(held, people)
    (item,) = rows.items
    for name in ("订单", "客户", "settings"):
        held.do(f"DROP TABLE {name}")
    end = only(rows.ends(rows.events({item: Stage.NOTED}, {item: DROPPING}) if ours else rows.events()))
    if ours:
        assert end.outcome is Outcome.RESIDUE_POSSIBLE
        assert Reason.COMMIT_NOT_SEEN in end.evidence.limits
    else:
        assert told(end) == (Outcome.FAILED, (Reason.CHANGED,))
        assert held.ask("SHOW TABLES") == []


ALL = {
    '"': ("ALTER ROLE {a} SUPERUSER", "ALTER ROLE {a} NOLOGIN"),
    "`": ("GRANT ALL ON *.* TO {a}@'127.0.0.1'", "ALTER USER {a}@'127.0.0.1' ACCOUNT LOCK"),
}


def test_a_server_that_shuts_after_the_drop_has_not_shown_its_absence(held: Held, people: Any) -> None:
    every, shut = ALL[held.quote]
    with account(held, every) as url:
        rows = SignedRows(people, url, "word", whole=True)
        events = rows.events()
        until_noted(events, "deleted")
        admin(held, shut.format(a=url.partition("://")[2].partition("@")[0]))
        end = only(rows.ends(events))
    assert end.outcome is Outcome.REMOVED
    assert Reason.UNANSWERED in end.evidence.limits
