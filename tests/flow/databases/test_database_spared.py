"""What must not be destroyed is not, whatever the make: and the outcome says why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from app.domain.case import HoldRule, Match
from app.domain.fate import Fate
from app.domain.outcome import KeepOutcome, Outcome, Reason
from app.domain.step import Step
from app.flow import Flow
from tests.flow.databases.conftest import Held, Office

CASCADE = (
    "CREATE TABLE {q}积分{q} (id INTEGER PRIMARY KEY, {q}客户id{q} INTEGER,"
    " FOREIGN KEY ({q}客户id{q}) REFERENCES {q}客户{q} (id) ON DELETE CASCADE)"
)


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def held(request: pytest.FixtureRequest) -> Held:
    make: Callable[[int], Held] = request.getfixturevalue(f"new_{request.param}")
    return make(200)


def ends(flow: Flow) -> dict[str, tuple[object, tuple[Reason, ...]]]:
    """How each table ended, by its name."""
    results = {one.id: one for one in flow.results()}
    return {
        row.record.path.rpartition("/")[2].rpartition(".")[2]: (
            results[row.record.id].outcome,
            results[row.record.id].evidence.limits,
        )
        for row in flow.rows()
        if row.record.id in results
    }


def test_a_row_edited_after_signing_is_left_with_all_of_its_item(
    held: Held, office_of: Callable[..., Office]
) -> None:
    office = office_of(held, held.people[1:200:50])
    flow = office.flow()
    office.to(flow, Step.SIGN)
    q, one = held.quote, held.people[101]
    held.do(f"UPDATE {q}客户{q} SET {q}备注{q} = '改过' WHERE id = {one.number}")
    before = held.all()
    office.to(flow, Step.WIPE)
    assert ends(flow)["客户"] == (Outcome.FAILED, (Reason.CHANGED,))
    assert held.all()["客户"] == before["客户"]
    flow.close()


def test_a_row_added_after_signing_leaves_the_whole_table(
    held: Held, office_of: Callable[..., Office]
) -> None:
    office = office_of(held)
    flow = office.flow()
    office.to(flow, Step.SIGN)
    q = held.quote
    held.do(f"INSERT INTO {q}订单{q} (no, {q}客户id{q}, {q}金额{q}) VALUES ('X1', 1, 5)")
    office.to(flow, Step.WIPE)
    assert ends(flow)["订单"] == (Outcome.FAILED, (Reason.ROWS_ADDED,))
    # The orders stay, so the customers they belong to can't go either.
    assert ends(flow)["客户"] == (Outcome.FAILED, (Reason.REFERENCED,))
    assert len(held.all()["客户"]) == 200
    flow.close()


def test_a_hold_on_the_orders_keeps_their_customers(held: Held, office_of: Callable[..., Office]) -> None:
    office = office_of(held, held.people[2:3])
    office = replace(office, case=replace(office.case, holds=(HoldRule(Match(glob="**订单"), "lawsuit"),)))
    flow, before = office.flow(), held.all()
    office.to(flow, Step.CERTIFY)
    told = ends(flow) or {}
    assert held.all() == before
    assert told == {} or told["客户"][0] is Outcome.FAILED
    frozen = [one for one in flow.results() if one.outcome is KeepOutcome.FROZEN]
    left = [one for one in flow.results() if Reason.REFERENCED in one.evidence.limits]
    assert (len(frozen), len(left)) == (1, 1)
    flow.close()


def test_rows_that_would_go_along_unsigned_forbid_it(held: Held, office_of: Callable[..., Office]) -> None:
    office = office_of(held, held.people[1:2])
    flow = office.flow()
    office.to(flow, Step.SIGN)
    q = held.quote
    held.do(CASCADE.format(q=q))
    held.do(f"INSERT INTO {q}积分{q} (id, {q}客户id{q}) VALUES (1, {held.people[1].number})")
    before = held.all()
    office.to(flow, Step.WIPE)
    assert ends(flow)["客户"] == (Outcome.FAILED, (Reason.REFERENCED,))
    assert held.all() == before
    assert held.ask(f"SELECT count(*) FROM {q}积分{q}")[0][0] == 1
    flow.close()


def test_a_column_added_after_signing_is_a_change(held: Held, office_of: Callable[..., Office]) -> None:
    office = office_of(held, held.people[1:2])
    flow = office.flow()
    office.to(flow, Step.SIGN)
    held.do(f"ALTER TABLE {held.quote}客户{held.quote} ADD COLUMN 新 VARCHAR(9)")
    office.to(flow, Step.WIPE)
    assert ends(flow)["客户"] == (Outcome.FAILED, (Reason.CHANGED,))
    flow.close()


def test_rows_deleted_by_another_are_never_certified_as_ours(
    held: Held, office_of: Callable[..., Office]
) -> None:
    office = office_of(held, held.people[1:2])
    flow = office.flow()
    office.to(flow, Step.SIGN)
    held.do(f"DELETE FROM {held.quote}客户{held.quote} WHERE id = {held.people[1].number}")
    office.to(flow, Step.WIPE)
    assert ends(flow)["客户"] == (Outcome.FAILED, (Reason.CHANGED,))
    flow.close()


def test_rows_played_back_before_the_certificate_survive(
    held: Held, office_of: Callable[..., Office]
) -> None:
    office, q = office_of(held, held.people[1:2]), held.quote
    flow, one = office.flow(), held.people[1]
    (row,) = held.ask(f"SELECT * FROM {q}客户{q} WHERE id = {one.number}")
    office.to(flow, Step.WIPE)
    assert ends(flow)["客户"][0] in (Outcome.OVERWRITTEN, Outcome.RESIDUE_POSSIBLE)
    mark = "?" if held.url.startswith("sqlite") else "%s"
    held.do(f"INSERT INTO {q}客户{q} VALUES ({', '.join([mark] * 6)})", [row])
    office.to(flow, Step.CERTIFY)
    (end,) = [one for one in flow.results() if one.outcome is Outcome.SURVIVES]
    assert Reason.COPIES_REMAIN in end.evidence.limits
    flow.close()


def test_a_rule_can_leave_a_table_and_it_is_looked_at_once_more(
    held: Held, office_of: Callable[..., Office]
) -> None:
    office = office_of(held)
    rules = tuple(replace(one, fate=Fate.LEAVE) for one in office.case.rules)
    office = replace(office, case=replace(office.case, rules=rules))
    flow = office.flow()
    office.to(flow, Step.WIPE)
    held.do(f"UPDATE {held.quote}客户{held.quote} SET c7 = 'x' WHERE id = 9")
    office.to(flow, Step.CERTIFY)
    outcomes = sorted(str(one.outcome) for one in flow.results() if one.id.startswith("r-"))
    assert outcomes == ["KeepOutcome.LEFT", "Outcome.FAILED"]
    flow.close()


def test_all_rows_of_the_tables_go(held: Held, office_of: Callable[..., Office]) -> None:
    office = office_of(held)
    flow = office.flow()
    office.to(flow, Step.WIPE)
    after = held.all()
    assert (len(after["客户"]), len(after["订单"]), len(after["settings"])) == (0, 0, 2)
    for end, limits in ends(flow).values():
        print(end, limits)
        assert end in (Outcome.OVERWRITTEN, Outcome.RESIDUE_POSSIBLE)
    flow.close()
