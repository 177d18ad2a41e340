"""The synthetic company, read back with strangers' readers."""

from __future__ import annotations

import csv
import email
import email.policy
import hashlib
import io
import re
import sqlite3
import tomllib
import zipfile
from contextlib import closing
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import openpyxl
import pypdfium2
import pyrage
import pytest
import python_calamine
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from PIL import Image

from app import identity
from app.domain.case import Role
from app.domain.fault import Fault, Refused
from app.rehearsal import PASSPHRASES, build_company

ID = re.compile(r"(?<![\dX])\d{17}[\dX](?![\dX])")
RECORDS = 90


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_company(tmp_path_factory.mktemp("made") / "company", records=RECORDS).parent


@pytest.fixture(scope="module")
def texts(company: Path) -> dict[str, str]:
    """The text of every file in the customers' folder, each through a reader that is not ours."""
    root = company / "customers"
    return {p.relative_to(root).as_posix(): read_text(p) for p in sorted(root.rglob("*")) if p.is_file()}


def read_text(path: Path) -> str:
    content = path.read_bytes()
    match path.suffix:
        case ".xlsx":
            sheet = openpyxl.load_workbook(path).active
            return "\n".join(",".join(map(str, row)) for row in sheet.values)
        case ".docx":
            return docx_text(content)
        case ".pdf":
            return "\n".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(path))
        case ".eml":
            return eml_text(content)
        case ".zip":
            with zipfile.ZipFile(path) as archive:
                assert archive.testzip() is None
                return "\n".join(archive.read(name).decode("utf-8-sig") for name in archive.namelist())
        case ".db":
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
                assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
                return "\n".join(",".join(row) for row in database.execute("SELECT * FROM 会员"))
        case ".png":
            with Image.open(path) as picture:
                picture.load()
                return str(picture.size)
        case _:
            if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
                return content.decode("utf-16")
            return content.decode("gb18030" if "老系统" in path.name else "utf-8-sig")


def docx_text(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        for name in package.namelist():
            ET.fromstring(package.read(name))
        root = ET.fromstring(package.read("word/document.xml"))
    space = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
    return "\n".join("".join(t.text or "" for t in p.iter(space + "t")) for p in root.iter(space + "p"))


def eml_text(content: bytes) -> str:
    mail = email.message_from_bytes(content, policy=email.policy.default)
    assert not mail.defects
    parts = [mail.get_body(("plain",)).get_content()]
    for part in mail.iter_attachments():
        assert part.get_filename() == "名单.csv"
        parts.append(part.get_content().removeprefix("\ufeff"))
    return "\n".join(parts)


def id_is_right(number: str) -> bool:
    # ISO 7064 MOD 11-2 by Horner's rule, another way than the code's table of weights.
    total = 0
    for digit in number[:17]:
        total = (total + int(digit)) * 2 % 11
    total = (total + (10 if number[17] == "X" else int(number[17]))) % 11
    birthday = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    return total == 1 and date(1950, 1, 1) < birthday < date(2010, 1, 1)


def luhn_is_right(number: str) -> bool:
    doubled = [sum(divmod(2 * int(d), 10)) for d in number[-2::-2]]
    return (sum(doubled) + sum(int(d) for d in number[-1::-2])) % 10 == 0


def test_the_case_file_names_only_what_is_there(company: Path) -> None:
    case = tomllib.loads((company / "CASE.toml").read_text(encoding="utf-8"))
    assert case["rehearsal"] is True
    assert case["company"]["uscc"] == "91350100M000100Y43"
    sections = ("location", "backup", "key")
    named = [entry["path"] for section in sections for entry in case[section]]
    named += [entry["identity"] for section in ("person", "custodian") for entry in case[section]]
    named += [entry["receipt"] for entry in case["custodian"] if "receipt" in entry]
    assert len(named) == 4 + 2 + 3 + 2 + 2 + 2
    assert all((company / name).exists() and not Path(name).is_absolute() for name in named)
    wanted = [e["passphrase_env"] for s in ("key", "person") for e in case[s] if "passphrase_env" in e]
    assert sorted(wanted) == sorted(PASSPHRASES)


def test_every_customer_stands_in_one_list_and_one_dossier(texts: dict[str, str]) -> None:
    dossiers = {name: text for name, text in texts.items() if name.startswith("客户档案/")}
    disputes = {name: text for name, text in texts.items() if name.startswith("disputes/")}
    lists = {n: t for n, t in texts.items() if n not in dossiers and n not in disputes and "副本" not in n}
    filed = [number for text in dossiers.values() for number in ID.findall(text)]
    listed = [number for text in lists.values() for number in ID.findall(text)]
    complaining = [number for text in disputes.values() for number in ID.findall(text)]
    assert len(disputes) == len(complaining) == 2
    assert len(filed) == len(set(filed)) == len(dossiers) == RECORDS - 2
    assert sorted(listed) == sorted(filed)
    assert not set(complaining) & set(filed)


def test_each_kind_of_file_holds_customers(texts: dict[str, str]) -> None:
    for suffix in (".csv", ".xlsx", ".docx", ".pdf", ".eml", ".zip", ".db", ".txt"):
        assert any(ID.search(text) for name, text in texts.items() if name.endswith(suffix)), suffix
    assert texts["名单/客户名单.csv"] == texts["名单/客户名单 - 副本.csv"]
    assert not ID.search(texts["使用说明.txt"] + texts["logo.png"])


def test_the_encodings_are_what_they_say(company: Path) -> None:
    old = (company / "customers/名单/老系统客户.csv").read_bytes()
    with pytest.raises(UnicodeDecodeError):
        old.decode("utf-8")
    assert old.decode("gb18030").startswith("客户编号,")
    assert (company / "customers/系统/短信平台.txt").read_bytes()[:2] in (b"\xff\xfe", b"\xfe\xff")
    assert (company / "customers/名单/客户名单.csv").read_bytes().decode("utf-8").startswith("客户编号,")


def test_every_identifier_passes_its_check(texts: dict[str, str]) -> None:
    dossiers = [text for name, text in texts.items() if name.startswith("客户档案/")]
    columns: dict[str, list[str]] = {}
    for text in dossiers:
        for line in text.splitlines()[1:]:
            label, _, value = line.partition("：")
            columns.setdefault(label, []).append(value)
    assert all(id_is_right(value) for value in columns["身份证号"])
    assert all(luhn_is_right(v) and len(v) == 19 and v.startswith("62") for v in columns["银行卡号"])
    assert all(re.fullmatch(r"1[3-9]\d{9}", value) for value in columns["手机"])
    assert all(re.fullmatch(r"[京沪粤闽浙川][A-E]\d{5}", value) for value in columns["车牌"])
    assert all(re.fullmatch(r"\w+@example\.(com|org|net)", value) for value in columns["邮箱"])
    assert all(re.search(r"市.+区.+\d+号\d+栋\d+室$", value) for value in columns["地址"])
    for label in ("身份证号", "银行卡号", "手机", "车牌", "邮箱"):
        assert len(set(columns[label])) == RECORDS - 2, label


def test_vouchers_balance_and_name_their_year(company: Path) -> None:
    books = sorted((company / "财务/凭证").rglob("记账凭证-*"))
    assert {book.parent.name for book in books} == {"2024", "2025"}
    for book in books:
        if book.suffix == ".csv":
            rows = list(csv.reader(io.StringIO(book.read_bytes().decode("utf-8-sig"), newline="")))
        else:
            rows = python_calamine.CalamineWorkbook.from_path(book).get_sheet_by_index(0).to_python()
        header, *entries = rows
        assert header[0] == "凭证号"
        assert len(entries) >= 10
        assert sum(int(row[6]) for row in entries) == sum(int(row[7]) for row in entries) > 0
        assert all(str(row[1]).startswith(book.parent.name) for row in entries)
        assert all(row[3] and row[3] in row[2] for row in entries)


def test_contracts_name_a_partner_with_a_right_code(company: Path) -> None:
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    contracts = sorted((company / "合同").rglob("*.docx"))
    assert len(contracts) == 3
    for contract in contracts:
        codes = re.findall(r"信用代码：(\w{18})", read_text(contract))
        assert len(codes) == 2
        for code in codes:
            total = sum(alphabet.index(char) * 3**place for place, char in enumerate(code[:17]))
            assert (total + alphabet.index(code[17])) % 31 == 0


def test_the_nightly_backup_mirrors_the_customers_and_one_key(company: Path) -> None:
    nightly = company / "backup/nightly"
    assert digests(nightly / "customers") == digests(company / "customers")
    assert (nightly / "keys/database.pem").read_bytes() == (company / "keys/database.pem").read_bytes()
    assert len(list((nightly / "keys").iterdir())) == 1


def test_the_weekly_backup_holds_only_what_goes(company: Path) -> None:
    with zipfile.ZipFile(company / "backup/weekly.zip") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    assert len(members) > 8
    for name, content in members.items():
        assert (company / name).read_bytes() == content
        assert name.startswith("customers/")
        assert not name.startswith(("customers/disputes/", "customers/logo", "customers/使用说明"))


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_keys_open(company: Path) -> None:
    case = tomllib.loads((company / "CASE.toml").read_text(encoding="utf-8"))
    keys = {entry["kind"]: entry for entry in case["key"]}
    pem = (company / keys["pem"]["path"]).read_bytes()
    word = PASSPHRASES[keys["pem"]["passphrase_env"]].encode()
    assert serialization.load_pem_private_key(pem, word).key_size == 2048
    bag = (company / keys["pkcs12"]["path"]).read_bytes()
    assert pkcs12.load_pkcs12(bag, PASSPHRASES[keys["pkcs12"]["passphrase_env"]].encode()).key is not None
    secret = age_identity(company / keys["age"]["path"])
    assert pyrage.decrypt(pyrage.encrypt(b"x", [secret.to_public()]), [secret]) == b"x"


def age_identity(path: Path) -> pyrage.x25519.Identity:
    line = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    assert len(line) == 1
    return pyrage.x25519.Identity.from_str(line[0])


def test_each_custodian_can_open_what_is_sealed_for_them(company: Path) -> None:
    custodians = tomllib.loads((company / "CASE.toml").read_text(encoding="utf-8"))["custodian"]
    assert len({custodian["recipient"] for custodian in custodians}) == 2
    for custodian in custodians:
        recipient = pyrage.x25519.Recipient.from_str(custodian["recipient"])
        sealed = pyrage.encrypt("保全".encode(), [recipient])
        assert pyrage.decrypt(sealed, [age_identity(company / custodian["identity"])]).decode() == "保全"


def test_officer_and_witness_are_two_people(company: Path) -> None:
    case = tomllib.loads((company / "CASE.toml").read_text(encoding="utf-8"))
    people = [
        identity.unlock(
            company / entry["identity"], PASSPHRASES[entry["passphrase_env"]], Role(entry["role"])
        )
        for entry in case["person"]
    ]
    assert [person.role for person in people] == [Role.OFFICER, Role.WITNESS]
    assert people[0].name != people[1].name
    assert people[0].fingerprint != people[1].fingerprint


DRAWN_ANEW = re.compile(r"(.*\.p12|keys/.*|custodian/.*|CASE\.toml|backup/nightly/keys/.*)")


def test_the_same_seed_gives_the_same_bytes_but_for_the_keys(tmp_path: Path) -> None:
    first, second, other = (
        digests(build_company(tmp_path / name, records=30, seed=seed).parent)
        for name, seed in (("a", 7), ("b", 7), ("c", 8))
    )
    assert {n: d for n, d in first.items() if not DRAWN_ANEW.fullmatch(n)} == {
        n: d for n, d in second.items() if not DRAWN_ANEW.fullmatch(n)
    }
    assert first["keys/archive.age"] != second["keys/archive.age"]
    assert first["customers/名单/客户名单.csv"] != other["customers/名单/客户名单.csv"]


def test_few_records_still_make_every_kind_of_file(tmp_path: Path) -> None:
    company = build_company(tmp_path / "small", records=1).parent
    lists = [path for path in (company / "customers").rglob("*") if path.is_file()]
    assert {path.suffix for path in lists} >= {".csv", ".xlsx", ".docx", ".pdf", ".eml", ".zip", ".db"}
    for path in lists:
        if path.suffix != ".png" and path.name != "使用说明.txt":
            assert ID.search(read_text(path)), path


@pytest.mark.parametrize("occupied", ["folder", "file"])
def test_an_occupied_place_is_refused_and_left_alone(tmp_path: Path, occupied: str) -> None:
    place = tmp_path / "there"
    if occupied == "folder":
        place.mkdir()
        (place / "mine.txt").write_text("mine")
    else:
        place.write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(Refused) as refusal:
        build_company(place, records=30)
    assert (refusal.value.fault, refusal.value.subject) == (Fault.CASE_EXISTS, str(place))
    assert sorted(tmp_path.rglob("*")) == before


def test_an_empty_folder_is_used_and_nothing_lies_outside_it(tmp_path: Path) -> None:
    place = tmp_path / "deep" / "place"
    place.mkdir(parents=True)
    assert build_company(place, records=30) == place / "CASE.toml"
    assert [path.name for path in tmp_path.iterdir()] == ["deep"]
    assert [path.name for path in place.parent.iterdir()] == ["place"]
