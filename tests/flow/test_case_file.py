"""CASE.toml: what the contract shows is read; what is wrong is named with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.domain.case import CaseKind, Custodian, NameLevel, Role, Scale
from app.domain.fate import Fate
from app.domain.fault import Fault, Refused
from app.domain.record import Tier
from app.domain.wiping import Method, Pass, Wiping
from app.flow.case_file import case_folder, read_case_file, reread_case
from app.flow.case_text import case_toml

CONTRACT = """\
case = "2026-001"
[company]
name = "示例科技有限公司"
uscc = "91350100M000100Y43"
kind = "ordinary"            # ordinary | simple
people = "under_1m"
[dates]
dissolved = 2026-08-01
committee = 2026-08-10
announced = 2026-08-20
[[location]]
path = "customers"
[[backup]]
kind = "folder"
path = "repo"
password_env = "RESTIC_PASSWORD"
[[key]]
kind = "pem"
path = "vault.pem"
[[decide]]
match = { category = "crm.marketing" }
fate = "wipe"
[[decide]]
match = {}
fate = "wipe"
[[hold]]
reason = "complaint"
match = { glob = "disputes/**" }
[[person]]
role = "officer"
identity = "officer.p12"
passphrase_env = "OFFICER_PASSPHRASE"
[[person]]
role = "witness"
identity = "witness.p12"
passphrase_env = "WITNESS_PASSPHRASE"
[certificate]
out = "out"
names = "masked"
"""


@pytest.fixture
def case_file(tmp_path: Path) -> Path:
    (tmp_path / "customers").mkdir()
    (tmp_path / "repo").mkdir()
    for name in ("vault.pem", "officer.p12", "witness.p12"):
        (tmp_path / name).touch()
    (tmp_path / "CASE.toml").write_text(CONTRACT, encoding="utf-8")
    return tmp_path / "CASE.toml"


def refused(case_file: Path, old: str, new: str) -> Refused:
    case_file.write_text(CONTRACT.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(Refused) as raised:
        read_case_file(case_file)
    return raised.value


def test_the_contract_is_read(case_file: Path, tmp_path: Path) -> None:
    case = read_case_file(case_file)
    assert (case.number, case.company.kind, case.company.people) == (
        "2026-001",
        CaseKind.ORDINARY,
        Scale.UNDER_1M,
    )
    assert case.locations[0].path == tmp_path / "customers"
    assert case.rules[1].fate is Fate.WIPE
    assert case.holds[0].match.glob == "disputes/**"
    assert [person.role for person in case.people] == [Role.OFFICER, Role.WITNESS]
    assert case.certificate.out == tmp_path / "out"
    assert case.certificate.names is NameLevel.MASKED
    assert case_folder(case_file, case) == tmp_path / "2026-001"


def test_writing_and_reading_give_the_same_case(case_file: Path, tmp_path: Path) -> None:
    case = read_case_file(case_file)
    (tmp_path / "case.toml").write_text(case_toml(case), encoding="utf-8")
    (tmp_path / "vault.pem").unlink()
    assert reread_case(tmp_path / "case.toml") == case


@pytest.mark.parametrize(
    ("old", "new", "fault", "line"),
    [
        ('people = "under_1m"', 'peeple = "under_1m"', Fault.CASE_FILE_UNKNOWN_KEY, 6),
        ('kind = "ordinary"', 'kind = "odd"', Fault.CASE_FILE_WRONG_VALUE, 5),
        ("dissolved = 2026-08-01", 'dissolved = "2026-08-01"', Fault.CASE_FILE_WRONG_TYPE, 8),
        ('uscc = "91350100M000100Y43"', "", Fault.CASE_FILE_MISSING_KEY, 2),
        ('path = "customers"', 'path = "nowhere"', Fault.CASE_FILE_MISSING_PATH, 12),
        ('path = "vault.pem"', 'path = "gone.pem"', Fault.CASE_FILE_MISSING_PATH, 19),
        ('identity = "witness.p12"', 'identity = "no.p12"', Fault.CASE_FILE_MISSING_PATH, 35),
        ("match = {}", "match = { catgory = 'x' }", Fault.CASE_FILE_UNKNOWN_KEY, 24),
        ('case = "2026-001"', 'case = "../2026"', Fault.CASE_FILE_WRONG_VALUE, 1),
        ('case = "2026-001"', "case = 2026", Fault.CASE_FILE_WRONG_TYPE, 1),
        ('case = "2026-001"', 'case = "2026-001"\ncolour = 1', Fault.CASE_FILE_UNKNOWN_KEY, 2),
        ("[dates]", "[datas]", Fault.CASE_FILE_UNKNOWN_KEY, 7),
        ("[[location]]", "[location]", Fault.CASE_FILE_WRONG_TYPE, 11),
        ("[[location]]", "location = [1]\n[[locations]]", Fault.CASE_FILE_UNKNOWN_KEY, 12),
        ("[company]", "[company", Fault.CASE_FILE_SYNTAX, 2),
        ("[certificate]", '[wipe]\npasses = ["00"]\n[certificate]', Fault.CASE_FILE_WRONG_VALUE, 38),
        ("[certificate]", '[wipe]\nmethod = "contract"\n[certificate]', Fault.CASE_FILE_WRONG_VALUE, 37),
        (
            "[certificate]",
            '[wipe]\nmethod = "contract"\npasses = ["0"]\n[certificate]',
            Fault.CASE_FILE_WRONG_VALUE,
            39,
        ),
        (
            "[certificate]",
            '[wipe]\nmethod = "contract"\npasses = [1]\n[certificate]',
            Fault.CASE_FILE_WRONG_VALUE,
            39,
        ),
        ('fate = "wipe"', "", Fault.CASE_FILE_MISSING_KEY, 20),
    ],
)
def test_what_is_wrong_is_named_with_its_line(
    case_file: Path, old: str, new: str, fault: Fault, line: int
) -> None:
    error = refused(case_file, old, new)
    assert (error.fault, error.line) == (fault, line)
    assert error.subject == str(case_file)


def test_a_missing_company_and_a_missing_file(case_file: Path, tmp_path: Path) -> None:
    case_file.write_text('case = "1"\n', encoding="utf-8")
    with pytest.raises(Refused) as company:
        read_case_file(case_file)
    assert company.value.fault is Fault.CASE_FILE_MISSING_KEY
    with pytest.raises(Refused) as file:
        read_case_file(tmp_path / "none.toml")
    assert file.value.fault is Fault.CASE_FILE_UNREADABLE
    case_file.write_bytes(b"\xff\xfe\xfd")
    with pytest.raises(Refused) as bytes_:
        read_case_file(case_file)
    assert bytes_.value.fault is Fault.CASE_FILE_UNREADABLE


def test_a_custodian_with_a_key_and_a_tier(case_file: Path, tmp_path: Path) -> None:
    pyrage = pytest.importorskip("pyrage")
    identity = pyrage.x25519.Identity.generate()
    (tmp_path / "key.txt").write_text(str(identity), encoding="utf-8")
    extra = f'[[custodian]]\nname = "律所"\nrecipient = "{identity.to_public()}"\nidentity = "key.txt"\n[certificate]'
    text = CONTRACT.replace("[certificate]", extra).replace("match = {}", 'match = { tier = "core" }')
    case_file.write_text(text, encoding="utf-8")
    case = read_case_file(case_file)
    assert case.custodians[0].identity == tmp_path / "key.txt"
    assert case.rules[1].match.tier is Tier.CORE


def test_how_files_are_wiped(case_file: Path, tmp_path: Path) -> None:
    assert read_case_file(case_file).wiping == Wiping()
    asked = '[wipe]\nmethod = "contract"\npasses = ["00", "ff", "random"]\nnames = false\n[certificate]'
    case_file.write_text(CONTRACT.replace("[certificate]", asked), encoding="utf-8")
    case = read_case_file(case_file)
    assert case.wiping == Wiping(Method.CONTRACT, (Pass(b"\0"), Pass(b"\xff"), Pass()), names=False)
    (tmp_path / "case.toml").write_text(case_toml(case), encoding="utf-8")
    assert reread_case(tmp_path / "case.toml") == case


def test_a_table_that_is_none(case_file: Path) -> None:
    case_file.write_text('case = "1"\ncompany = 3\n', encoding="utf-8")
    with pytest.raises(Refused) as wrong:
        read_case_file(case_file)
    assert wrong.value.fault is Fault.CASE_FILE_WRONG_TYPE


def test_a_custodian_may_get_the_key_in_shares(case_file: Path) -> None:
    text = case_file.read_text(encoding="utf-8")
    extra = '[[custodian]]\nname = "律所"\nshares = "2 of 3"\n[certificate]'
    case_file.write_text(text.replace("[certificate]", extra, 1), encoding="utf-8")
    case = read_case_file(case_file)
    assert case.custodians == (Custodian("律所", shares=(2, 3)),)
    case_file.write_text(case_toml(case), encoding="utf-8")
    assert read_case_file(case_file).custodians == case.custodians


@pytest.mark.parametrize(
    "told",
    [
        'shares = "1 of 3"',
        'shares = "4 of 3"',
        'shares = "2 of 17"',
        'shares = "two"',
        'shares = "2 of 3"\nidentity = "k"',
        'recipient = "age1x"\nshares = "2 of 3"',
    ],
)
def test_shares_that_can_not_be_are_refused_with_the_line(case_file: Path, told: str) -> None:
    refusal = refused(case_file, "[certificate]", f'[[custodian]]\nname = "律所"\n{told}\n[certificate]')
    assert refusal.fault is Fault.CASE_FILE_WRONG_VALUE
    assert "2 of 3" in refusal.detail
    text = case_file.read_text(encoding="utf-8").splitlines()
    assert text[refusal.line - 1].startswith("shares")


def test_a_custodian_has_a_receipt_and_the_officer_reasons(case_file: Path, tmp_path: Path) -> None:
    (tmp_path / "receipt.pdf").write_bytes(b"%PDF")
    extra = """[[custodian]]
name = " 律所 "
receipt = "receipt.pdf"
one_recipient = "股东会只指定一家"
without_restore = " "
without_receipt = "邮寄中"
[certificate]"""
    case_file.write_text(CONTRACT.replace("[certificate]", extra, 1), encoding="utf-8")
    case = read_case_file(case_file)
    assert case.custodians == (
        Custodian(
            "律所",
            receipt=tmp_path / "receipt.pdf",
            one_recipient="股东会只指定一家",
            without_receipt="邮寄中",
        ),
    )
    case_file.write_text(case_toml(case), encoding="utf-8")
    assert read_case_file(case_file).custodians == case.custodians


def test_a_custodian_has_a_name(case_file: Path) -> None:
    refusal = refused(case_file, "[certificate]", '[[custodian]]\nname = "  "\n[certificate]')
    assert (refusal.fault, "name" in refusal.detail) == (Fault.CASE_FILE_WRONG_VALUE, True)
    lost = '[[custodian]]\nname = "x"\nreceipt = "none.pdf"\n[certificate]'
    assert refused(case_file, "[certificate]", lost).fault is Fault.CASE_FILE_MISSING_PATH


def test_a_recipient_that_is_none(case_file: Path) -> None:
    extra = '[[custodian]]\nname = "律所"\nrecipient = "age1short"\n[certificate]'
    assert refused(case_file, "[certificate]", extra).fault is Fault.CASE_FILE_WRONG_VALUE
