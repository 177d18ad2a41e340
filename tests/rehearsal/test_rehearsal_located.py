"""What locate finds in the synthetic company is what was put there, to the last number."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.domain.case import Location
from app.domain.event import Located
from app.domain.record import Look, Record
from app.rehearsal import build_company
from app.steps.locate import locate

RECORDS = 60


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Record]:
    root = build_company(tmp_path_factory.mktemp("made") / "company", records=RECORDS).parent
    places = [Location(root / name) for name in ("customers", "营销", "财务", "合同")]
    found = [event.record for event in locate(places, key=bytes(32), jobs=1) if isinstance(event, Located)]
    return {Path(r.path).relative_to(root).as_posix(): r for r in found if r and r.look is Look.FOUND}


@pytest.mark.parametrize("kind", ["cn.id", "cn.mobile", "bank.card", "cn.plate", "email"])
def test_every_identifier_of_every_customer_is_found_and_no_other(
    records: dict[str, Record], kind: str
) -> None:
    seen = {
        mac
        for name, record in records.items()
        if name.startswith("customers/")
        for finding in record.findings
        if finding.kind == kind
        for mac in finding.macs
    }
    # The company's own mailbox stands in each letter.
    assert len(seen) == RECORDS + (kind == "email")


def test_each_file_is_taken_for_what_it_is(records: dict[str, Record]) -> None:
    for name, record in records.items():
        place = name.split("/")[0]
        wanted = {"营销": "crm.marketing", "财务": "acct.voucher", "合同": "corp.contract"}.get(place)
        if "disputes" not in name:
            assert record.category == (wanted or "crm.contact"), name
    vouchers = {name: record.year for name, record in records.items() if name.startswith("财务/")}
    assert len(vouchers) == 4
    assert all(f"/{year}/" in name for name, year in vouchers.items())
    assert not any(Path(name).name in ("使用说明.txt", "logo.png") for name in records)
