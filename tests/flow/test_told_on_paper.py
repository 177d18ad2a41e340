"""What the account says of the ground that was touched, of passes and of traces."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.case import NameLevel
from app.domain.copies import Trace
from app.domain.fate import Fate
from app.domain.outcome import Reason
from app.domain.step import Step
from app.domain.wiping import Method, Wiping
from app.flow import accounting
from app.flow.outlook import outlook
from app.steps.certify.account import Account
from app.steps.certify.document.chapters import copies, kept, media, methods
from app.steps.certify.tally import by_method, traces_of
from app.steps.certify.wording import Words
from app.system.media import medium_of
from app.system.volumes import volume_of


def printed(strips: list) -> str:
    """Every text in the strips of a chapter."""
    found: list[str] = []
    seen: set[int] = set()

    def walk(one: object) -> None:
        if isinstance(one, str):
            found.append(one)
        elif isinstance(one, (list, tuple)):
            for inner in one:
                walk(inner)
        elif type(one).__module__.startswith("app.") and id(one) not in seen:
            seen.add(id(one))
            names = getattr(one, "__slots__", None) or vars(one)
            for name in names:
                walk(getattr(one, name, None))

    walk(strips)
    return " ".join(found).replace("\n", " ")


@pytest.fixture
def account(office, flow, advance) -> Account:
    """Of a case on three passes, with two backup files of an editor, of which the officer keeps one."""
    customers = office.folder / "customers"
    (customers / "a.csv~").write_text("old", encoding="utf-8")
    (customers / "名单.csv~").write_text("older", encoding="utf-8")
    terms = replace(office.case.certificate, names=NameLevel.FULL, language="both")
    case = replace(flow.case, wiping=Wiping(Method.GAT_1143_3), certificate=terms)
    flow.declare(case)
    advance(flow, Step.CONFIRM)
    traces = {Path(copy.path).name: copy for copy in flow.copies() if copy.trace}
    assert {copy.trace for copy in traces.values()} == {Trace.EDITOR_BACKUP}
    flow.accept(traces["名单.csv~"].id, "林晓文")
    flow.let_go(traces["a.csv~"].id)
    advance(flow, Step.WIPE)
    desk = flow._at.desk()
    return accounting.make_account(desk, flow.plan(), 1, "0" * 64)


def test_each_pass_is_printed_by_its_bytes(account: Account) -> None:
    words = Words.of("both")
    rows = [row for row in by_method(account) if row.method == "overwrite-passes"]
    assert {row.passes for row in rows} == {"55 aa random"}
    said = printed(methods(account, words))
    for text in ("0x55", "0xaa", "AES-256-CTR"):
        assert text in said
    assert "pass_bytes" not in said


def test_the_ground_is_printed_with_its_facts(account: Account, office) -> None:
    here = medium_of(volume_of(office.folder))
    assert here in account.media
    said = printed(media(account, Words.of("en")))
    for fact in filter(None, (here.device, here.mount, here.model, here.serial, here.bus, here.file_system)):
        assert fact in said
    assert here.options.split(",")[0] in said


def test_traces_are_counted_and_the_kept_one_is_named_for_it(account: Account) -> None:
    (row,) = traces_of(account.lines)
    assert (row.trace, row.count, row.destroyed) == (Trace.EDITOR_BACKUP, 2, 1)
    assert "traces" in printed(copies(account, Words.of("en")))
    stays = next(line for line in account.lines if line.name.endswith("名单.csv~"))
    assert stays.fate is Fate.LEAVE
    assert stays.rule == f"trace.editor_backup {Reason.KEPT_BY_OFFICER.value}"
    said = printed(kept(account, Words.of("en")))
    assert "the officer chose to keep it" in said
    assert "kept_by_officer" not in said


def test_the_outlook_counts_what_goes(office, flow, advance) -> None:
    advance(flow, Step.CONFIRM)
    plan = flow.plan()
    gone = list(plan.with_fate(Fate.WIPE, Fate.SHRED))
    (ground,) = outlook(plan)
    assert ground.files == len(gone)
    assert ground.bytes == sum(item.stamp.size for item in gone)
    assert ground.medium == medium_of(volume_of(office.folder))
    assert ground.cost.names == sum(item.fate is Fate.WIPE for item in gone)
    assert not Path(office.folder / "case" / "certificate" / "account.json").exists()
