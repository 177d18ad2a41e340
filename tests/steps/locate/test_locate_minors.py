"""Children and youths are told by the day of birth inside an identity number, at the day of the look."""

from __future__ import annotations

from datetime import date

import pytest

from app.domain.record import Tier
from app.steps.locate import checks, grade
from app.steps.locate.sighting import Sighting
from app.steps.locate.tally import Tally, people, tier

WHY = grade.PATTERN | grade.CHECKSUM | grade.DATE | grade.REGION


def number(day: date, serial: int = 461) -> str:
    first = f"110101{day:%Y%m%d}{serial:03}"
    return first + checks.id_check(first)


@pytest.mark.parametrize(
    ("born", "today", "years"),
    [
        ((2012, 11, 22), (2026, 11, 22), 14),
        ((2012, 11, 23), (2026, 11, 22), 13),
        ((2008, 11, 22), (2026, 11, 22), 18),
        ((2008, 11, 23), (2026, 11, 22), 17),
        ((2012, 2, 29), (2026, 2, 28), 13),
        ((2012, 2, 29), (2026, 3, 1), 14),
    ],
)
def test_age_turns_on_the_birthday(born, today, years):
    assert checks.age(number(date(*born)), date(*today)) == years


def test_a_file_tells_how_many_are_children_and_youths():
    this = date.today().year
    born = [date(this - years, 1, 1) for years in (3, 10, 13, 15, 17, 19, 40)]
    ids = [number(day, 100 + at) for at, day in enumerate(born)]
    tally = Tally(bytes(32))
    tally.add([Sighting(0, 18, "cn.id", one, WHY) for one in [*ids, *ids]])
    counts = {finding.kind: finding.count for finding in tally.findings()}
    assert counts == {"cn.id": 7, "minor.under14": 3, "minor.under18": 2}
    assert people(tally.findings()) == 7
    assert tier(tally.findings()) is Tier.SENSITIVE


def test_a_day_that_is_none_makes_no_child():
    tally = Tally(bytes(32))
    wrong = "110101" + f"{date.today().year - 5}0231" + "4610"
    tally.add([Sighting(0, 18, "cn.id", wrong, grade.PATTERN | grade.HEADER)])
    assert {finding.kind for finding in tally.findings()} == {"cn.id"}
