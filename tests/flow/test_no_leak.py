"""Nothing that leaves the case, and nothing it leaves behind, names a customer."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.domain.case import AnnexHolder, Backup, NameLevel
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


def test_only_the_holders_of_the_annex_read_the_names(
    planted: Office, advance: Callable[[Flow, Step], list[Event]]
) -> None:
    """Masked on the front, handles in the inventory, all of them in the annex, which one key opens."""
    import pyrage

    key = pyrage.x25519.Identity.generate()
    holder = AnnexHolder("何律师", str(key.to_public()))
    terms = replace(planted.case.certificate, holders=(holder,), language="both")
    flow = Flow.create(planted.folder / "case", replace(planted.case, certificate=terms), planted.officer)
    advance(flow, Step.CONFIRM)
    for copy in flow.copies():
        flow.accept(copy.id, "林晓文")
    advance(flow, Step.CERTIFY)
    out = (flow.certificate or Path()).parent
    found = [
        (where, name)
        for where, text in written(flow)
        for name in PLANTED
        if name in text and not where.endswith("case.toml")
    ]
    assert found == []
    names = pyrage.decrypt((out / "names.csv.age").read_bytes(), [key]).decode("utf-8-sig")
    assert {"欧阳春晓", "上官无双", "13812345678"} <= {name for name in PLANTED if name in names}
    rows = (out / "inventory.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
    shown = [row.split(",")[3] for row in rows]
    assert all(re.fullmatch(r"[a-z0-9]+-[0-9a-f]{16}", one) for one in shown), shown
    assert all(f"{row.split(',')[1]}," in names for row in rows)
    flow.close()


def test_what_a_pdf_keeps_out_of_sight_names_nobody(
    planted: Office, advance: Callable[[Flow, Step], list[Event]]
) -> None:
    """Every stream unpacked, the metadata, and every text of every object."""
    import pikepdf

    flow = Flow.create(planted.folder / "case", planted.case, planted.officer)
    advance(flow, Step.CONFIRM)
    for copy in flow.copies():
        flow.accept(copy.id, "林晓文")
    advance(flow, Step.CERTIFY)
    out = io.BytesIO()
    with pikepdf.open(flow.certificate or Path()) as pdf:
        pdf.save(out, qdf=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
        texts = [str(one) for each in pdf.objects for one in strings(each)]
        with pdf.open_metadata() as told:
            texts.append(str(told))
    data = out.getvalue()
    for name in PLANTED:
        assert not any(name in text for text in texts)
        for code in ("utf-8", "utf-16-be", "utf-16-le", "gb18030"):
            assert name.encode(code) not in data, (name, code)
    flow.close()


def strings(value: object) -> Iterator[object]:
    """Every string in a PDF object."""
    import pikepdf

    if isinstance(value, pikepdf.String):
        yield value
    elif isinstance(value, pikepdf.Array):
        for inner in value:
            yield from strings(inner)
    elif isinstance(value, (pikepdf.Dictionary, pikepdf.Stream)):
        for name in value.keys():  # noqa: SIM118 - a PDF dictionary gives its keys only so
            if name not in ("/Parent", "/P"):
                inner = value[name]
                if isinstance(inner, pikepdf.String):
                    yield inner


def refuse(path: Path) -> None:
    raise OSError(5, "Input/output error", str(path))


@pytest.mark.parametrize("error", [RuntimeError, OSError, KeyError, "chained"])
def test_a_crash_with_a_path_in_it_names_nobody(
    planted: Office,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    error: type[Exception] | str,
) -> None:
    """A step breaks on a customer's file: neither what is printed nor what is kept says which."""
    from app.cli.parser import parse
    from app.cli.verbs import run_verb
    from app.flow import work
    from app.flow.case_text import case_toml

    monkeypatch.delenv("LETHE_DEBUG", raising=False)
    monkeypatch.setenv("OFFICER", "a passphrase")
    monkeypatch.setenv("WITNESS", "another one")
    people = tuple(replace(one, passphrase_env=one.role.value.upper()) for one in planted.case.people)
    case_file = planted.folder / "CASE.toml"
    case_file.write_text(case_toml(replace(planted.case, people=people)), encoding="utf-8")
    path = planted.folder / "customers" / "欧阳春晓" / "上官无双_13812345678.csv"

    def breaks(*_: object, **__: object) -> Iterator[Event]:
        if error == "chained":
            try:
                refuse(path)
            except OSError as first:
                raise ValueError(f"bad row in {path}") from first
        if error is OSError:
            refuse(path)
        raise error(f"can't read {path}")
        yield

    monkeypatch.setattr(work, "survey", breaks)
    code = run_verb(parse(["run", str(case_file)]), window=lambda: None)
    assert code != 0
    told = capfd.readouterr()
    texts = [told.out, told.err, caplog.text]
    folder = planted.folder / planted.case.number
    texts += [
        one.read_bytes().decode("utf-8", "replace")
        for one in folder.rglob("*")
        if one.name != "case.toml" and one.is_file()
    ]
    assert len(texts) > 5
    assert not [name for name in PLANTED for text in texts if name in text]
    assert error is OSError or "app/flow/" in told.err


def test_the_window_reports_a_crash_without_its_message() -> None:
    from app.domain.mishap import told

    try:
        try:
            refuse(Path("/data/欧阳春晓.csv"))
        except OSError as first:
            raise RuntimeError("/data/上官无双.csv") from first
    except RuntimeError as error:
        lines = told(error)
    assert lines[0] == "RuntimeError"
    assert "OSError" in lines
    assert not any("欧阳" in line or "上官" in line for line in lines)
