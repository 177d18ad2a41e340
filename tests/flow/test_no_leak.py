"""Nothing that leaves the case, and nothing it leaves behind, names a customer."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.domain.case import Backup, NameLevel
from app.domain.event import Event
from app.domain.step import Step
from app.flow import Flow

if TYPE_CHECKING:
    from tests.flow.conftest import Office

PLANTED = ("欧阳春晓", "上官无双", "11010519491231002X", "13812345678", "zhuge.liang", "6228480012345678903")


@pytest.fixture
def planted(office: Office) -> Office:
    """Names, numbers and people's files, in contents and in the names of files and folders."""
    customers = office.folder / "customers"
    text = "姓名,身份证号,手机,卡号\n欧阳春晓,11010519491231002X,13812345678,6228480012345678903\n"
    (customers / "欧阳春晓").mkdir()
    (customers / "欧阳春晓" / "上官无双_13812345678.csv").write_text(text, encoding="utf-8")
    (customers / "disputes" / "投诉 上官无双 11010519491231002X.txt").write_text(text, encoding="utf-8")
    (customers / "凭证" / "记账凭证-2025-欧阳春晓.csv").write_text(
        "凭证号,日期,摘要,借方,贷方\n1,2025-03-01,收款 欧阳春晓,100,0\n", encoding="utf-8"
    )
    (customers / "contract.zhuge.liang").write_text(text, encoding="utf-8")
    (customers / "坏 上官无双.xlsx").write_bytes(b"PK\x03\x04" + b"\0" * 60)
    (office.folder / "backup" / "上官无双.csv").write_text(text, encoding="utf-8")
    elsewhere = office.folder / "上官无双的备份"
    elsewhere.mkdir()
    case = replace(office.case, backups=(*office.case.backups, Backup("declared", elsewhere)))
    return replace(office, case=case)


def written(flow: Flow) -> Iterator[tuple[str, str]]:
    """The text of everything the case holds and hands out, PDF pages and attachments included."""
    import pikepdf
    import pypdfium2

    for root in (flow.folder, flow.case.certificate.out):
        for path in root.rglob("*"):
            if path.is_file() and path.suffix != ".age" and path.name != "custodian-key.txt":
                yield str(path), path.read_bytes().decode("utf-8", "replace")
            yield f"name of {path}", path.name
    data = (flow.certificate or Path()).read_bytes()
    for page in pypdfium2.PdfDocument(data):
        yield "page", page.get_textpage().get_text_range()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        for name, spec in pdf.attachments.items():
            yield f"attached {name}", spec.get_file().read_bytes().decode("utf-8", "replace")


@pytest.mark.parametrize("level", NameLevel)
def test_no_customer_is_named(
    planted: Office,
    level: NameLevel,
    advance: Callable[[Flow, Step], list[Event]],
    capfd: pytest.CaptureFixture[str],
) -> None:
    terms = replace(planted.case.certificate, names=level, language="both")
    flow = Flow.create(planted.folder / "case", replace(planted.case, certificate=terms), planted.officer)
    advance(flow, Step.CONFIRM)
    for copy in flow.copies():
        flow.accept(copy.id, "林晓文")
    advance(flow, Step.CERTIFY)
    texts = list(written(flow))
    assert len(texts) > 12
    found = [(where, name) for where, text in texts for name in PLANTED if name in text]
    # case.toml is the officer's own declaration, with the places as they declared them.
    leaked = [one for one in found if not one[0].endswith("case.toml")]
    if level is NameLevel.FULL:
        assert {"上官无双", "13812345678"} <= {name for _, name in leaked}, (
            "full names are what was asked for"
        )
        return
    assert leaked == []
    told = capfd.readouterr()
    assert not [name for name in PLANTED if name in told.out + told.err]
    flow.close()
