"""A list of customers and one person are looked for in the same pass, and stay in memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.domain.event import Event
from app.domain.fault import Fault, Refused
from app.domain.step import Step
from app.flow import Flow
from app.flow.sought import Sought, processes, sought_in, stand_ready

KIND, SUBJECT = "custom.customer", "custom.subject"
ABSENT = "欧阳无人"


@pytest.fixture
def customers(tmp_path: Path) -> Path:
    path = tmp_path / "elsewhere" / "list.csv"
    path.parent.mkdir()
    path.write_text(f"客户姓名,手机\n张三,13812345678\n{ABSENT},13900000001\n", encoding="gb18030")
    return path


def kinds(flow: Flow) -> dict[str, set[str]]:
    return {Path(row.record.path).name: {one.kind for one in row.record.findings} for row in flow.rows()}


def test_the_named_are_found_and_counted(
    flow: Flow, advance: Callable[[Flow, Step], list[Event]], customers: Path
) -> None:
    flow.sought = sought_in(customers)
    advance(flow, Step.LOCATE)
    assert KIND in kinds(flow)["a.csv"]
    assert flow.named() == (1, 2)


def test_one_person_is_found_by_name(flow: Flow, advance: Callable[[Flow, Step], list[Event]]) -> None:
    flow.sought = sought_in(None, " 李四 ")
    advance(flow, Step.LOCATE)
    assert [name for name, found in kinds(flow).items() if SUBJECT in found] == ["名单.csv"]
    assert flow.named() is None


def test_a_second_look_without_a_list_forgets_the_first(flow: Flow, customers: Path) -> None:
    flow.sought = sought_in(customers)
    list(flow.begin(Step.LOCATE))
    flow.sought = sought_in(None)
    list(flow.begin(Step.LOCATE))
    assert flow.named() is None
    assert KIND not in set().union(*kinds(flow).values())


def test_the_list_is_never_written(
    flow: Flow, office: Any, advance: Callable[[Flow, Step], list[Event]], customers: Path
) -> None:
    flow.sought = sought_in(customers, ABSENT)
    assert ABSENT not in repr(flow.sought)
    advance(flow, Step.LOCATE)
    needles = [ABSENT.encode(code) for code in ("utf-8", "gb18030", "utf-16-le")]
    files = [path for path in office.folder.rglob("*") if path.is_file() and path != customers]
    assert files
    assert not [path for path in files for needle in needles if needle in path.read_bytes()]


def test_a_list_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    with pytest.raises(Refused) as why:
        sought_in(tmp_path / "x.xlsx")
    assert why.value.fault is Fault.CUSTOMERS_UNREADABLE


def test_as_many_read_as_there_are_cores(monkeypatch: pytest.MonkeyPatch, flow: Flow) -> None:
    import app.flow.work as room

    asked: list[int] = []

    def looking(*given: object, jobs: int, **more: object) -> Iterator[Event]:
        asked.append(jobs)
        return iter(())

    monkeypatch.setattr(room, "survey", looking)
    list(flow.begin(Step.LOCATE))
    assert asked == [processes()]
    assert asked[0] >= 1


def test_processes_that_stood_ready_look_like_any_and_are_ended(flow: Flow) -> None:
    list(flow.begin(Step.LOCATE))
    before = flow.rows()
    crew = stand_ready()
    crew._began.join()
    ready = [one._process.pid for one in crew._workers]
    assert len(ready) == processes()
    flow.sought = Sought(crew=crew)
    list(flow.begin(Step.LOCATE))
    assert [row.record for row in flow.rows()] == [row.record for row in before]
    assert crew.leave() == [], "the look took them"
    for one in ready:
        with pytest.raises(ProcessLookupError):
            os.kill(one, 0)
