"""Real servers: found exactly, signed, three customers wiped of a thousand, the rest equal."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.domain.outcome import Outcome, Reason
from app.domain.step import Step
from tests.flow.databases.conftest import Held, Office


@pytest.fixture(params=["postgresql", "mariadb"])
def held(request: pytest.FixtureRequest) -> Held:
    made: Held = request.getfixturevalue(f"{request.param}_held")
    return made


def test_three_customers_of_a_thousand(held: Held, office_of: Callable[..., Office]) -> None:
    going = [held.people[place] for place in (3, 500, 998)]
    before = held.all()
    office = office_of(held, going)
    flow = office.flow()
    office.to(flow, Step.LOCATE)
    found = {row.record.path.rpartition(".")[2].rpartition("/")[2]: row.record for row in flow.rows()}
    counts = {name: one.rows.count for name, one in found.items() if one.rows}
    assert counts == {"客户": 3, "订单": sum(c.number % 2 for c in going)}
    office.to(flow, Step.WIPE)
    results = {one.id: one for one in flow.results()}
    for one in results.values():
        print(one.outcome, one.evidence)
    after = held.all()
    gone = {str(c.number) for c in going}
    assert after["客户"] == [row for row in before["客户"] if row[0] not in gone]
    assert after["订单"] == [row for row in before["订单"] if row[1] not in gone]
    assert after["settings"] == before["settings"]
    for one in found.values():
        assert results[one.id].outcome is Outcome.RESIDUE_POSSIBLE
        assert {Reason.WRITE_AHEAD_LOG, Reason.FREED_BLOCKS} <= set(results[one.id].evidence.limits)
    told = dict(results[found["客户"].id].evidence.facts)
    assert told["found_before"] >= 9
    print({value: held.holding(value) for c in going for value in c.values})
    office.to(flow, Step.CERTIFY)
    assert flow.closed
