"""What the account says of the ground that was touched, of passes and of traces."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.case import Database, NameLevel, ServiceKey
from app.domain.copies import Trace
from app.domain.event import Event, Settled
from app.domain.fate import Fate
from app.domain.outcome import Evidence, Outcome, Reason
from app.domain.plan import Subject
from app.domain.step import Step
from app.domain.wiping import Method, Wiping
from app.flow import Flow, accounting
from app.flow.outlook import outlook, outlook_of_places
from app.steps.certify import Status, verify
from app.steps.certify.account import Account
from app.steps.certify.document.chapters import copies, kept, media, methods
from app.steps.certify.tally import by_method, traces_of
from app.steps.certify.wording import Words
from app.system.media import medium_of
from app.system.volumes import Volume, volume_of


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


def test_the_outlook_leaves_out_what_no_volume_has(office, advance) -> None:
    """A key that a store keeps and rows of a database go by other ways; a volume that is gone is not told."""
    (office.folder / "letter.txt").write_text("gone", encoding="utf-8")
    source = ServiceKey("declared", "the safe's key", by="林晓文", paper=office.folder / "letter.txt")
    with sqlite3.connect(office.folder / "crm.db") as held:
        held.execute("CREATE TABLE 客户 (id INTEGER PRIMARY KEY, 身份证号 TEXT)")
        held.execute("INSERT INTO 客户 VALUES (1, '11010519491231002X')")
    held.close()
    base = Database(f"sqlite:///{office.folder}/crm.db")
    case = replace(office.case, services=(source,), databases=(base,), backups=())
    flow = Flow.create(office.folder / "other", case, office.officer)
    advance(flow, Step.CONFIRM)
    for copy in flow.copies():
        flow.accept(copy.id, "林晓文")
    plan = flow.plan()
    goes = list(plan.with_fate(Fate.WIPE, Fate.SHRED))
    files = [item for item in goes if Path(item.path).is_file()]
    assert {item.path for item in goes} - {item.path for item in files} == {
        source.locator,
        next(item.path for item in goes if item.rows),
    }
    (ground,) = outlook(plan)
    assert (ground.files, ground.bytes) == (len(files), sum(item.stamp.size for item in files))
    flow.close()
    shutil.rmtree(office.folder / "customers")
    (office.folder / "key.pem").unlink()
    gone = replace(plan, items=tuple(item for item in goes if item.path.startswith(str(office.folder / "c"))))
    assert outlook(gone) == ()


def test_the_outlook_of_places_tells_each_volume_once(office) -> None:
    customers = office.folder / "customers"
    places = (customers, customers / "a.csv", office.folder / "none" / "at all", Path("/proc"))
    here, proc = outlook_of_places(places)
    assert here.medium == medium_of(volume_of(customers))
    assert (proc.medium.mount, proc.medium.file_system) == ("/proc", "proc")
    for ground in (here, proc):
        assert (ground.files, ground.bytes) == (0, 0)
        assert ground.cost, "told before anything was looked at"
    assert here.spins == (here.medium.rotational is True)
    assert replace(here, medium=replace(here.medium, rotational=True)).spins
    assert not replace(here, medium=replace(here.medium, rotational=None)).spins


@pytest.mark.parametrize("level", [NameLevel.MASKED, NameLevel.FULL])
def test_a_disk_that_is_mounted_under_a_person_s_name_is_named_in_full_alone(
    office, advance, monkeypatch: pytest.MonkeyPatch, level: NameLevel
) -> None:
    mount, options = "/media/林晓文/BACKUP", "rw,relatime,lowerdir=/home/林晓文/x"

    def mounted(path: str) -> Volume:
        return replace(volume_of(path), mount=mount, options=options)

    case = replace(office.case, certificate=replace(office.case.certificate, names=level))
    flow = Flow.create(office.folder / "other", case, office.officer)
    advance(flow, Step.CONFIRM)
    monkeypatch.setattr(accounting, "volume_of", mounted)
    told = accounting.make_account(flow._at.desk(), flow.plan(), 1, "0" * 64).media
    expected = (mount, options) if level is NameLevel.FULL else ("", "rw,relatime")
    assert [(one.mount, one.options) for one in told] == [expected]
    assert told[0].device == medium_of(volume_of(office.folder)).device
    flow.close()


def test_an_outcome_that_nobody_planned_is_an_exception_on_the_certificate(office, flow, advance) -> None:
    def stray() -> Iterator[Event]:
        yield Settled(Step.WIPE, "r-stray", Subject.RECORD, Outcome.OVERWRITTEN, Evidence("overwrite"))

    advance(flow, Step.WIPE)
    list(flow._at.recorder().follow(Step.WIPE, stray(), lambda: [0, 0, 0, 0]))
    advance(flow, Step.CERTIFY)
    assert flow.status is Status.WITH_EXCEPTIONS
    assert flow.certificate
    manifest = json.loads(flow.certificate.with_name("manifest.json").read_bytes())
    assert manifest["difference"]["not_planned"] == ["r-stray"]
    assert verify(flow.certificate, flow.folder / "journal.jsonl").valid
