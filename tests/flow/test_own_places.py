"""What Lethe itself lays down is passed over, by its names, and nothing that lies beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.case import Case, Custodian
from app.domain.event import Event
from app.domain.step import Step
from app.flow import Flow, closing
from app.flow.gates import first_changed
from app.steps.certify import Status
from app.steps.confirm import sealed_names
from app.steps.confirm.reading import digest, reading

Advance = Callable[[Flow, Step], list[Event]]
OTHER = "姓名,身份证号,手机\n赵新,11010519491231002X,13987654321\n"


def case_with_out(office, out: Path) -> Case:
    return replace(office.case, certificate=replace(office.case.certificate, out=out))


@pytest.fixture
def old(office) -> Path:
    """A list of the company's own, in a folder that is named as Lethe's would be."""
    place = office.folder / "customers/sealed/old.csv"
    place.parent.mkdir()
    place.write_text(OTHER, encoding="utf-8")
    return place


def test_a_company_s_own_file_beside_the_package_is_found_and_goes(
    office, old: Path, advance: Advance
) -> None:
    stock = old.parents[1] / "inventory-2025-客户.csv.pdf"
    stock.write_text(OTHER, encoding="utf-8")
    flow = Flow.create(office.folder / "case", case_with_out(office, old.parents[1]), office.officer)
    advance(flow, Step.WIPE)
    package = old.with_name("sealed-2026-009.tar.age")
    with reading(str(package)) as (file, _):
        sealed = digest(file)
    advance(flow, Step.CERTIFY)
    assert not old.exists()
    assert not stock.exists()
    assert flow.status is Status.ALL_DESTROYED
    with reading(str(package)) as (file, _):
        assert digest(file) == sealed == flow._at.state.package
    account = closing.get_account(flow.folder / "certificate", flow._at.state.accounted)
    assert (account.coverage.unreadable, account.coverage.not_looked_at) == (0, 0)
    flow.close()


def test_what_is_laid_down_has_the_names_that_are_told(office, advance: Advance) -> None:
    """So that a second look finds none of it, whoever takes the package over."""
    shared = (Custodian("甲", shares=(2, 3)), Custodian("乙"), *office.case.custodians)
    flow = Flow.create(office.folder / "case", replace(office.case, custodians=shared), office.officer)
    advance(flow, Step.CONFIRM)
    laid = {one.name for one in (office.folder / "out/sealed").iterdir()}
    told = set(sealed_names(flow.case.number, shared))
    assert laid == told - {"sealed-2026-009.tar.age.part"}
    assert {"custodian-key.txt", "custodian-1-share-3-of-3.txt"} < laid
    flow.close()


def test_where_lethe_lays_its_own_is_looked_at_once_it_lays_it_elsewhere(office, advance: Advance) -> None:
    """What was passed over for the first declaration is a file like any other for the second."""
    customers = office.folder / "customers"
    other = customers / "manifest.json"
    other.write_text(OTHER, encoding="utf-8")
    before = case_with_out(office, customers)
    flow = Flow.create(office.folder / "case", before, office.officer)
    advance(flow, Step.LOCATE)
    assert str(other) not in {row.record.path for row in flow.rows()}
    flow.declare(case_with_out(office, office.folder / "elsewhere"))
    assert not flow.done(Step.LOCATE)
    advance(flow, Step.LOCATE)
    assert str(other) in {row.record.path for row in flow.rows()}
    flow.close()


def test_what_is_passed_over_in_a_location_voids_the_look(office) -> None:
    case, inside = office.case, office.folder / "customers"
    first, second = case.custodians

    def void(**terms: Path) -> Step:
        return first_changed(case, replace(case, certificate=replace(case.certificate, **terms)))

    def with_key(place: Path) -> Step:
        return first_changed(case, replace(case, custodians=(first, replace(second, identity=place))))

    assert void(out=inside) is Step.LOCATE
    assert void(out=office.folder / "elsewhere") is Step.CONFIRM
    assert void(register=inside / "certificates.jsonl") is Step.LOCATE
    assert void(register=office.folder / "certificates.jsonl") is Step.CONFIRM
    assert with_key(inside / "key.age") is Step.LOCATE
    assert with_key(office.folder / "key.age") is Step.CONFIRM
    link = office.folder / "link"
    link.symlink_to(inside)
    assert void(out=link) is Step.LOCATE
