"""Killed at any moment: the next run asks the database what came of it, and says no more than that."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from app.domain.outcome import Outcome, Reason
from app.domain.step import Step
from app.flow import Flow
from tests.flow.databases.company import customers
from tests.flow.databases.conftest import Held, Office, sqlite_at


def killed_in_wipe(folder: Path, office: Office, moment: str, times: int = 1) -> bool:
    """Wipe in a process of its own that ends itself at a moment, the n-th time; whether it got so far."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 9
    try:
        from sqlalchemy.engine import Connection

        from app.flow.recording import Recorder

        left = times

        def at(*names: str) -> None:
            nonlocal left
            left -= moment in names
            if left == 0:
                os._exit(9)

        append, commit = Recorder._append, Connection.commit

        def appending(self: Recorder, event: str, body: dict[str, object]) -> None:
            told = f"{event} {body.get('what', '')}".strip()
            at(f"before {told}", "any")
            append(self, event, body)
            self._journal.commit()
            at(f"after {told}", "any")

        def committing(self: Connection) -> None:
            at("before commit", "any")
            commit(self)
            at("after commit", "any")

        Recorder._append = appending
        Connection.commit = committing
        flow = Flow.open(folder, office.officer)
        list(flow.begin(Step.WIPE))
        flow.close()
    except BaseException:  # noqa: BLE001  the child must never go on as a second run of the tests
        import traceback

        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def resumed(
    held: Held, office: Office, moment: str, times: int = 1
) -> tuple[bool, list[tuple[Outcome, set[Reason]]]]:
    """Sign, be killed, go on; what is left must be what nobody signed for, to the last row."""
    going = held.people[2:5]
    flow = office.flow()
    office.to(flow, Step.SHRED)
    folder = flow.folder
    flow.close()
    before = held.all()
    was_killed = killed_in_wipe(folder, office, moment, times)
    again = Flow.open(folder, office.officer)
    office.to(again, Step.WIPE)
    gone = {str(c.number) for c in going}
    after = held.all()
    assert after["客户"] == [row for row in before["客户"] if row[0] not in gone], moment
    assert after["订单"] == [row for row in before["订单"] if row[1] not in gone], moment
    ends = [(one.outcome, set(one.evidence.limits)) for one in again.results()]
    again.close()
    assert len(ends) == 2
    for outcome, limits in ends:
        assert outcome in (Outcome.OVERWRITTEN, Outcome.RESIDUE_POSSIBLE), (moment, ends)
        if outcome.good:
            assert not limits & {Reason.COMMIT_NOT_SEEN, Reason.FILES_NOT_SEARCHED}
    return was_killed, ends


def unsure(ends: list[tuple[Outcome, set[Reason]]]) -> int:
    return sum(Reason.COMMIT_NOT_SEEN in limits for _, limits in ends)


MOMENTS = (
    "before begun",
    "after begun",
    "before noted deleting",
    "after noted deleting",
    "before commit",
    "after commit",
    "before noted deleted",
    "after noted deleted",
    "before settled",
    "after settled",
)


@pytest.mark.parametrize("moment", MOMENTS)
def test_sqlite(moment: str, tmp_path: Path, office_of: Callable[..., Office]) -> None:
    held = sqlite_at(tmp_path / "crm.db", customers(30))
    was_killed, ends = resumed(held, office_of(held, held.people[2:5]), moment)
    assert was_killed
    # The one moment of which nobody can say whose commit it was.
    assert unsure(ends) == (moment in ("after commit", "before noted deleted"))
    for c in held.people[2:5]:
        for value in c.values:
            assert held.holding(value) == []


@pytest.mark.parametrize("moment", ["after noted deleting", "after commit"])
@pytest.mark.parametrize("make", ["postgresql", "mariadb"])
def test_a_server(
    make: str, moment: str, request: pytest.FixtureRequest, office_of: Callable[..., Office]
) -> None:
    held: Held = request.getfixturevalue(f"new_{make}")(30)
    was_killed, ends = resumed(held, office_of(held, held.people[2:5]), moment)
    assert was_killed
    assert {outcome for outcome, _ in ends} == {Outcome.RESIDUE_POSSIBLE}
    # PostgreSQL can say how a transaction ended; MariaDB can't.
    assert unsure(ends) == (make == "mariadb" and moment == "after commit")


@pytest.mark.long
def test_sqlite_at_every_single_moment(
    tmp_path_factory: pytest.TempPathFactory, office_at: Callable[[Path], Callable[..., Office]]
) -> None:
    for times in range(1, 60):
        folder = tmp_path_factory.mktemp("killed")
        held = sqlite_at(folder / "crm.db", customers(30))
        was_killed, _ = resumed(held, office_at(folder)(held, held.people[2:5]), "any", times)
        if not was_killed:
            assert times > 12
            return
    pytest.fail("the wipe never came to its end")
