"""SQLite by address: found exactly, signed, three customers wiped of a thousand, the rest equal."""

from __future__ import annotations

from collections.abc import Callable

from app.domain.outcome import Outcome
from app.domain.step import Step
from app.flow.sought import sought_in
from app.system.databases.rows import AT_ONCE
from tests.flow.databases.conftest import Held, Office


def test_three_customers_of_a_thousand(sqlite_held: Held, office_of: Callable[..., Office]) -> None:
    going = [sqlite_held.people[place] for place in (3, 500, 998)]
    before = sqlite_held.all()
    office = office_of(sqlite_held, going)
    flow = office.flow()
    office.to(flow, Step.LOCATE)
    found = {row.record.path.rpartition("/")[2]: row.record for row in flow.rows()}
    assert {name: one.rows.count for name, one in found.items()} == {
        "客户": 3,
        "订单": sum(c.number % 2 for c in going),
    }
    assert {f.kind: f.count for f in found["客户"].findings if f.kind != "custom.customer"} == {
        "cn.id": 3,
        "cn.mobile": 3,
        "email": 3,
        "name": 3,
    }
    office.to(flow, Step.WIPE)
    results = {one.id: one for one in flow.results()}
    print(results)
    after = sqlite_held.all()
    gone = {str(c.number) for c in going}
    assert after["客户"] == [row for row in before["客户"] if row[0] not in gone]
    assert after["订单"] == [row for row in before["订单"] if row[1] not in gone]
    assert after["settings"] == before["settings"]
    for c in going:
        for value in c.values:
            assert sqlite_held.holding(value) == []
    for one in found.values():
        assert results[one.id].outcome in (Outcome.OVERWRITTEN, Outcome.RESIDUE_POSSIBLE)
    office.to(flow, Step.CERTIFY)
    assert flow.closed


def test_one_person_is_found_in_a_database_of_the_case_too(
    new_sqlite: Callable[[int], Held], office_of: Callable[..., Office]
) -> None:
    held = new_sqlite(20)
    person, flow = held.people[7], office_of(held).flow()
    for asked in (person.mobile, person.name):
        flow.sought = sought_in(None, asked)
        list(flow.begin(Step.LOCATE))
        found = {row.record.path.rpartition("/")[2]: row.record.findings for row in flow.rows()}
        assert "custom.subject" in {one.kind for one in found["客户"]}
        assert "custom.subject" not in {one.kind for name in found if name != "客户" for one in found[name]}
    flow.close()


def test_more_rows_than_are_read_at_once_are_all_bound_and_go(
    new_sqlite: Callable[[int], Held], office_of: Callable[..., Office]
) -> None:
    held = new_sqlite(AT_ONCE + 100)
    flow = (office := office_of(held)).flow()
    office.to(flow, Step.LOCATE)
    (found,) = [row.record for row in flow.rows() if row.record.path.endswith("/客户")]
    assert found.rows
    assert found.rows.count == len(list(flow._at.desk().register.rows_of(found.id))) == AT_ONCE + 100
    office.to(flow, Step.WIPE)
    after = held.all()
    assert (after["客户"], after["订单"]) == ([], [])
    assert after["settings"]
    flow.close()
