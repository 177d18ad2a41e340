"""`[locate]` of a case: a list of passwords is tried and never kept; the coverage counts what stayed shut."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.domain.case import LookTerms
from app.domain.event import Event
from app.domain.fault import Fault, Refused
from app.domain.record import Problem
from app.domain.step import Step
from app.flow import Flow
from app.flow.case_file import read_case_file
from app.flow.case_text import case_toml
from app.flow.looking import means_of
from app.flow.sought import Sought, sought_in
from app.steps.locate import Passwords

WORD = "Geheimwort-7319"


def locked_pdf(path: Path) -> None:
    import pikepdf
    from reportlab.pdfgen.canvas import Canvas

    held = io.BytesIO()
    canvas = Canvas(held)
    canvas.drawString(40, 700, "13812345678 and 11010519491231002X")
    canvas.save()
    with pikepdf.open(held) as pdf:
        pdf.save(path, encryption=pikepdf.Encryption(owner="owner", user=WORD))


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    path = tmp_path / "elsewhere" / "passwords.txt"
    path.parent.mkdir()
    path.write_text(f"first try\n{WORD}\n", encoding="utf-8")
    return path


def kinds(flow: Flow) -> dict[str, set[str]]:
    return {Path(row.record.path).name: {one.kind for one in row.record.findings} for row in flow.rows()}


def test_what_the_case_or_the_officer_names_is_tried_and_nothing_of_it_is_kept(
    office: Any, advance: Callable[[Flow, Step], list[Event]], listed: Path
) -> None:
    place = office.case.locations[0].path
    locked_pdf(place / "locked.pdf")
    case = replace(office.case, looking=LookTerms(listed))
    flow = Flow.create(office.folder / "case", case, office.officer)
    advance(flow, Step.LOCATE)
    assert kinds(flow)["locked.pdf"] == {"cn.id", "cn.mobile"}
    assert Problem.ENCRYPTED.value not in dict(flow.coverage().problems)
    codes = ("utf-8", "utf-16-le")
    files = [path for path in office.folder.rglob("*") if path.is_file() and path != listed]
    assert not [path for path in files for code in codes if WORD.encode(code) in path.read_bytes()]


def test_another_list_lets_what_stayed_shut_be_looked_at_again(flow: Flow, office: Any, listed: Path) -> None:
    locked_pdf(office.case.locations[0].path / "locked.pdf")
    list(flow.begin(Step.LOCATE))
    assert kinds(flow)["locked.pdf"] == set()
    assert dict(flow.coverage().problems)[Problem.ENCRYPTED.value] == 1
    flow.sought = sought_in(None, passwords=listed)
    list(flow.begin(Step.LOCATE))
    assert kinds(flow)["locked.pdf"] == {"cn.id", "cn.mobile"}


def test_both_lists_are_tried(listed: Path) -> None:
    means = means_of(LookTerms(listed), Sought(passwords=Passwords(["mine"])))
    assert list(means.passwords.each(lambda: None)) == ["first try", WORD, "mine"]
    assert not means.pictures
    assert means_of(LookTerms(), Sought(pictures=True)).pictures
    assert means_of(LookTerms(pictures=True), Sought()).pictures


def test_a_list_that_is_gone_stops_the_look_before_it_begins(office: Any, tmp_path: Path) -> None:
    case = replace(office.case, looking=LookTerms(tmp_path / "gone.txt"))
    flow = Flow.create(office.folder / "case", case, office.officer)
    with pytest.raises(Refused) as refused:
        list(flow.begin(Step.LOCATE))
    assert refused.value.fault is Fault.PASSWORDS_UNREADABLE


def test_the_table_is_written_as_it_is_read(office: Any, listed: Path) -> None:
    path = office.folder / "CASE.toml"
    for terms in (LookTerms(), LookTerms(listed), LookTerms(pictures=True)):
        path.write_text(case_toml(replace(office.case, looking=terms)), encoding="utf-8")
        assert read_case_file(path).looking == terms


def test_a_list_that_is_not_there_is_refused_when_the_file_is_read(office: Any) -> None:
    path = office.folder / "CASE.toml"
    text = case_toml(replace(office.case, looking=LookTerms(Path("passwords.txt"))))
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Refused) as refused:
        read_case_file(path)
    assert refused.value.fault is Fault.CASE_FILE_MISSING_PATH
