"""What a case holds sealed itself: each record under its customer's key, until it is handed over."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from app.cli.parser import parse
from app.cli.verbs import run_verb
from app.domain.case import FateRule, Match, PersonSource, Role
from app.domain.fate import Fate
from app.domain.fault import Fault, GateClosed, Refused
from app.domain.outcome import KeyOutcome, Reason
from app.domain.step import Step
from app.domain.vaulting import VaultTerms
from app.flow import Flow, vaulting
from app.flow.sealed_here import SealedHere
from app.vault.slot import overwrite_in_place

ONE = "11010519491231002X"
TWO = "440524188001010014"
PEOPLE = {"one.txt": f"身份证号：{ONE}\n", "two.txt": f"身份证号：{TWO}\n手机：13812345678\n"}


@pytest.fixture
def sealed(office, advance):
    """A case whose two dossiers, and a list of both people, are sealed for custodians and here."""
    place = office.folder / "customers"
    for path in [path for path in place.rglob("*") if path.is_file()]:
        path.unlink()
    for name, text in PEOPLE.items():
        (place / name).write_text(text, encoding="utf-8")
    (place / "both.csv").write_text(f"姓名,身份证号\n张三,{ONE}\n李四,{TWO}\n", encoding="utf-8")
    case = replace(
        office.case,
        rules=(FateRule(Match(), Fate.SEAL, ""),),
        holds=(),
        backups=(),
        keys=(),
        people=(PersonSource(Role.OFFICER, office.officer.path, "OFFICER_PASSPHRASE"),),
        vault=VaultTerms(keep=True),
    )
    flow = Flow.create(office.folder / "case", case, office.officer)
    advance(flow, Step.CONFIRM)
    flow.close()
    return flow.folder


@pytest.fixture
def here(sealed, office):
    made = SealedHere.open(sealed, office.officer)
    yield made
    made.close()


def taken(here, folder):
    here.take(folder)
    return {path.name.split("-", 2)[2]: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def test_records_of_one_person_have_a_key_of_their_own(here, tmp_path):
    seen = here.counted()
    assert (seen.customers, seen.records, seen.shared) == (2, 3, 1)
    out = taken(here, tmp_path / "taken")
    assert {name: text for name, text in out.items() if name in PEOPLE} == PEOPLE
    with pytest.raises(Refused) as full:
        here.take(tmp_path / "taken")
    assert full.value.fault is Fault.CASE_EXISTS


def test_one_customer_is_shredded(here, sealed, office, tmp_path):
    ended = here.shred([f" {ONE[:6]} {ONE[6:]} ".lower()])
    assert (ended.customers, ended.records) == (1, 1)
    assert ended.outcome in (KeyOutcome.KEY_DESTROYED_HERE, KeyOutcome.MEDIUM_RESIDUE)
    assert here.counted().records == 2
    assert set(taken(here, tmp_path / "taken")) == {"two.txt", "both.csv"}
    lines = (sealed / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    told = [json.loads(line) for line in lines]
    events = [one["event"] for one in told]
    assert events.index("vault.shredding") < events.index("vault.shredded")
    body = told[events.index("vault.shredded")]["body"]
    assert (body["customers"], body["outcome"]) == (1, ended.outcome.value)
    assert ONE not in str(told)
    with pytest.raises(Refused) as gone:
        here.shred([ONE])
    assert gone.value.fault is Fault.RECORD_UNKNOWN
    here.close()
    again = SealedHere.open(sealed, office.officer)
    assert again.counted().records == 2
    again.close()


def test_nobody_is_shredded_when_one_is_unknown(here):
    with pytest.raises(Refused) as unknown:
        here.shred([ONE, "110105194912310021"])
    assert unknown.value.fault is Fault.RECORD_UNKNOWN
    assert here.counted().records == 3


def test_the_master_is_changed(here, tmp_path):
    before = here.counted()
    ended = here.rotate()
    assert (ended.customers, ended.records) == (0, 0)
    assert here.counted() == replace(before, generation=before.generation + 1)
    assert len(taken(here, tmp_path / "taken")) == 3


def test_an_overwriting_of_which_nothing_is_said_is_no_destroyed_key(here, sealed, monkeypatch):
    """The vault's own overwriting, which looks at no medium and lays no canary, in place of the step's."""
    monkeypatch.setattr(vaulting, "overwrite_side", overwrite_in_place)
    ended = here.shred([ONE])
    assert ended.outcome is KeyOutcome.ACCESS_REMOVED
    assert Reason.CANARY_FAILED in ended.evidence.limits
    told = [json.loads(line) for line in (sealed / "journal.jsonl").read_text(encoding="utf-8").splitlines()]
    (body,) = (one["body"] for one in told if one["event"] == "vault.shredded")
    assert body["outcome"] == "access_removed"


def test_what_a_hold_keeps_is_not_shredded(sealed, office):
    flow = Flow.open(sealed, office.officer)
    one = next(row.record.id for row in flow.rows() if row.record.path.endswith("one.txt"))
    assert flow.hold(one, "lawsuit").protected
    flow.close()
    here = SealedHere.open(sealed, office.officer)
    try:
        with pytest.raises(Refused) as kept:
            here.shred([ONE])
        assert here.counted().records == 3
    finally:
        here.close()
    assert kept.value.fault is Fault.RECORD_PROTECTED


def test_confirming_again_keeps_what_is_kept_now(sealed, office, advance, tmp_path):
    (office.folder / "customers" / "two.txt").unlink()
    flow = Flow.open(sealed, office.officer)
    flow.declare(replace(flow.case, locations=flow.case.locations[:1]))
    advance(flow, Step.LOCATE)
    for step in (Step.LOCATE, Step.DECIDE, Step.CONFIRM):
        list(flow.begin(step))
    flow.close()
    here = SealedHere.open(sealed, office.officer)
    assert here.counted().records == 2
    assert here.counted().generation > 1, "the key of whom no record is kept is destroyed"
    assert set(taken(here, tmp_path / "taken")) == {"one.txt", "both.csv"}
    here.close()


def test_without_the_officer_s_wish_nothing_is_kept_here(office, advance):
    case = replace(office.case, rules=(FateRule(Match(), Fate.SEAL, ""),), holds=(), backups=(), keys=())
    flow = Flow.create(office.folder / "case", case, office.officer)
    advance(flow, Step.CONFIRM)
    flow.close()
    here = SealedHere.open(flow.folder, office.officer)
    assert here.counted().records == 0
    here.close()


def test_after_the_end_there_is_nothing_to_open(sealed, office, advance):
    flow = Flow.open(sealed, office.officer)
    advance(flow, Step.CERTIFY)
    assert flow.closed
    flow.close()
    assert not (sealed / "vault").exists()
    with pytest.raises(GateClosed):
        SealedHere.open(sealed, office.officer)


def lethe(capsys, *words):
    ended = run_verb(parse(["vault", *map(str, words), "--json"]), window=lambda: None)
    out = capsys.readouterr().out.splitlines()
    return ended, [json.loads(line) for line in out]


def test_the_verb(sealed, office, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("OFFICER_PASSPHRASE", "a passphrase")
    ended, (told,) = lethe(capsys, sealed)
    assert ended == 0
    assert (told["customers"], told["records"], told["shared"]) == (2, 3, 1)
    assert (told["suite"], told["factors"]) == ("aes-256-gcm", ["slot", "secret"])
    ended, (told,) = lethe(capsys, sealed, "--shred", TWO)
    assert ended in (0, 3)
    assert (ended == 0) == (told["outcome"] == "key_destroyed_here")
    assert (told["customers"], told["records"]) == (1, 1)
    ended, (told,) = lethe(capsys, sealed, "--rotate")
    assert told["customers"] == 0
    ended, told = lethe(capsys, sealed, "--take", tmp_path / "taken")
    assert (ended, told) == (0, [{"taken": 2}])
    ended, _ = lethe(capsys, sealed, "--shred", TWO)
    assert ended == 2


def test_a_file_that_is_gone_by_then_is_not_kept_here(sealed, office, advance):
    """And one that goes to nobody is not either."""
    place = office.folder / "customers"
    (place / "left.txt").write_text("身份证号：11010519491231002X 手机：13912345678\n", encoding="utf-8")
    flow = Flow.open(sealed, office.officer)
    rules = (FateRule(Match(glob="**/left.txt"), Fate.WIPE, ""), FateRule(Match(), Fate.SEAL, ""))
    flow.declare(replace(flow.case, rules=rules))
    list(flow.begin(Step.LOCATE))
    list(flow.begin(Step.DECIDE))
    (place / "one.txt").unlink()
    list(flow.begin(Step.CONFIRM))
    flow.close()
    here = SealedHere.open(sealed, office.officer)
    assert here.counted().records == 2
    here.close()


def test_what_does_not_open_is_not_taken_out_in_part(here, sealed, tmp_path):
    for path in (sealed / "vault").rglob("*.sealed"):
        path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(Refused) as broken:
        here.take(tmp_path / "taken")
    assert broken.value.fault is Fault.VAULT_BROKEN
    assert list((tmp_path / "taken").iterdir()) == []


def test_a_case_without_an_officer_has_nobody_to_open_it(sealed, office, capsys):
    flow = Flow.open(sealed, office.officer)
    flow.declare(replace(flow.case, people=()))
    flow.close()
    assert lethe(capsys, sealed) == (1, [])
