"""Keys of services in a whole case: declared, asked for, signed, destroyed, certified; and refused by line."""

import socket
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.case import PersonSource, Role, ServiceKey
from app.domain.copies import Disposal
from app.domain.event import Settled
from app.domain.fault import Fault, Refused
from app.domain.outcome import KeyOutcome
from app.domain.plan import Subject
from app.domain.step import Step
from app.flow import Flow, read_case_file
from app.flow.case_text import case_toml, declared_digest
from app.flow.foresight import foreseen_keys
from app.flow.services import refuse_own_tokens
from tests.in_time import ends_by_itself

sys.path.insert(0, str(Path(__file__).parents[1] / "steps/shred/services"))

COMPANY = """case = "2026-010"
[company]
name = "示例科技有限公司"
uscc = "91350100M000100Y43"
"""


def case_of(folder: Path, text: str):
    path = folder / "CASE.toml"
    path.write_text(COMPANY + text, encoding="utf-8")
    return read_case_file(path)


EVERY = """
[[key]]
kind = "openbao"
name = "transit/keys/customers"
url = "http://127.0.0.1:8200"
passphrase_env = "BAO"
timeout = 5
copies = ["backups"]
[[key]]
kind = "aws_kms"
name = "alias/customers"
region = "cn-north-1"
wait = 9
[[key]]
kind = "pkcs11"
name = "pkcs11:token=crm;object=vault"
module = "module.so"
passphrase_env = "PIN"
[[key]]
kind = "tpm2"
name = "owner"
[[key]]
kind = "secret_service"
name = "service=crm;username=backup"
[[key]]
kind = "declared"
name = "escrow"
by = "李四"
paper = "paper.pdf"
"""


@pytest.fixture
def ground(tmp_path: Path) -> Path:
    (tmp_path / "backups").mkdir()
    for name in ("module.so", "paper.pdf", "key.pem"):
        (tmp_path / name).write_bytes(b"x")
    return tmp_path


def test_every_kind_is_read_and_written_back(ground: Path) -> None:
    case = case_of(ground, EVERY)
    assert [one.kind for one in case.services] == [
        "openbao", "aws_kms", "pkcs11", "tpm2", "secret_service", "declared",
    ]  # fmt: skip
    assert case.services[0].copies == (ground / "backups",)
    assert case.services[1].wait == 9
    assert not case.keys
    (ground / "again.toml").write_text(case_toml(case), encoding="utf-8")
    again = read_case_file(ground / "again.toml")
    assert again.services == case.services
    assert declared_digest(again) == declared_digest(case)
    assert declared_digest(replace(case, services=case.services[:-1])) != declared_digest(case)


WRONG = {
    "no_name": ('kind = "openbao"\nurl = "http://x"', Fault.CASE_FILE_MISSING_KEY, "key.name", 5),
    "no_url": ('kind = "openbao"\nname = "x"', Fault.CASE_FILE_MISSING_KEY, "key.url", 5),
    "a_path": ('kind = "tpm2"\nname = "x"\npath = "key.pem"', Fault.CASE_FILE_UNKNOWN_KEY, "key.path", 8),
    "file_name": ('kind = "pem"\npath = "key.pem"\nname = "x"', Fault.CASE_FILE_UNKNOWN_KEY, "key.name", 8),
    "file_bare": ('kind = "pem"', Fault.CASE_FILE_MISSING_KEY, "key.path", 5),
    "kind": ('kind = "vault9"\nname = "x"', Fault.CASE_FILE_WRONG_VALUE, "key.kind", 6),
    "wait": ('kind = "aws_kms"\nname = "x"\nregion = "r"\nwait = 3', Fault.CASE_FILE_WRONG_VALUE, "key.wait", 9),
    "wait_text": ('kind = "aws_kms"\nname = "x"\nwait = "9"', Fault.CASE_FILE_WRONG_TYPE, "key.wait", 8),
    "timeout": ('kind = "tpm2"\nname = "x"\ntimeout = 0', Fault.CASE_FILE_WRONG_VALUE, "key.timeout", 8),
    "paper": (
        'kind = "declared"\nname = "x"\nby = "y"\npaper = "none.pdf"',
        Fault.CASE_FILE_MISSING_PATH, "key.paper", 9,
    ),
    "copies": (
        'kind = "secret_service"\nname = "x"\ncopies = ["none"]', Fault.CASE_FILE_MISSING_PATH, "key.copies", 8,
    ),
}  # fmt: skip


@pytest.mark.parametrize("which", WRONG)
def test_what_is_wrong_is_told_with_its_line(ground: Path, which: str) -> None:
    text, fault, where, line = WRONG[which]
    with pytest.raises(Refused) as refused:
        case_of(ground, f"[[key]]\n{text}\n")
    assert (refused.value.fault, refused.value.line) == (fault, line)
    assert refused.value.detail.startswith(where)


def declared(office) -> ServiceKey:
    (office.folder / "paper.pdf").write_bytes(b"%PDF signed by hand")
    return ServiceKey("declared", "tape escrow", by="李四", paper=office.folder / "paper.pdf")


def with_keys(office, *services: ServiceKey):
    return replace(office, case=replace(office.case, services=services))


def test_a_key_of_a_service_goes_through_the_whole_case(office, advance, tmp_path) -> None:
    pytest.importorskip("hvac")
    from servers import bao

    with bao(tmp_path / "bao") as server:
        server.client.secrets.transit.create_key("customers")
        source = ServiceKey("openbao", "transit/keys/customers", "BAO", server.url)
        office = with_keys(office, source, declared(office))
        flow = office.flow()
        try:
            events = advance_with(flow, office, {"BAO": server.root})
        finally:
            flow.close()
        assert server.client.secrets.transit.list_keys is not None
        assert "customers" not in str(server.client.list("transit/keys"))
    settled = {one.id: one for one in events if isinstance(one, Settled) and one.subject is Subject.KEY}
    outcomes = sorted(one.outcome.value for one in settled.values())
    assert KeyOutcome.MEDIUM_RESIDUE.value in outcomes
    assert KeyOutcome.CLAIMED.value in outcomes
    told = "".join(path.read_text() for path in (office.folder / "case").glob("journal*.jsonl"))
    assert server.root not in told
    assert "transit/keys" not in told
    assert flow.certificate is not None


def test_zipped_snapshots_are_told_before_the_signing_and_lower_the_verdict(office, tmp_path) -> None:
    """Of each key that is in them, also where a copy of a record lies beside them."""
    pytest.importorskip("hvac")
    from servers import bao

    with bao(tmp_path / "bao") as server:
        sources = []
        for name in ("customers", "orders"):
            server.client.secrets.transit.create_key(name)
            sources.append(ServiceKey("openbao", f"transit/keys/{name}", "BAO", server.url))
        hidden, both = office.folder / "customers/holiday.zip", office.folder / "backup/both.zip"
        server.snapshot(tmp_path / "monday.snap")
        for path in (hidden, both):
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
                packed.write(tmp_path / "monday.snap", "beach.jpg")
                if path == both:
                    packed.write(office.folder / "customers/a.csv", "a.csv")
        office = with_keys(office, *sources)
        flow = office.flow()
        try:
            for step in (Step.LOCATE, Step.DECIDE, Step.CONFIRM):
                list(flow.begin(step, passphrase=lambda *_: server.root))
            keys = flow.keys()
            kept = {one.id for one in keys if one.kind == "openbao"}
            copies = {one.path: one for one in flow.copies()}
            assert set(copies[str(hidden)].of) == kept
            assert copies[str(hidden)].member.startswith("beach.jpg")
            assert kept < set(copies[str(both)].of)
            assert copies[str(both)].disposal is Disposal.REWRITE, "the copy of the record goes out of it"
            foreseen = foreseen_keys(flow.case, flow.keys(), flow.copies(), lambda *_: server.root)
            for told in (one for one in foreseen if one.key.id in kept):
                assert set(told.staying) == {str(hidden), str(both)}
                assert told.expected is KeyOutcome.ACCESS_REMOVED
            events = advance_with(flow, office, {"BAO": server.root}, ())
        finally:
            flow.close()
    settled = [one for one in events if isinstance(one, Settled) and one.id in kept]
    assert {one.outcome for one in settled} == {KeyOutcome.ACCESS_REMOVED}
    for one in settled:
        named = set(str(dict(one.evidence.facts)["copies_at"]).split())
        assert named == {copies[str(hidden)].id, copies[str(both)].id}
    with zipfile.ZipFile(both) as left:
        assert left.namelist() == ["beach.jpg"]


def advance_with(
    flow: Flow, office, secrets: dict[str, str], first=(Step.LOCATE, Step.DECIDE, Step.CONFIRM)
) -> list:
    events: list = []
    for step in first:
        events += flow.begin(step, passphrase=lambda _, name: secrets.get(name, ""))
    for copy in flow.copies():
        if copy.disposal.value == "exception" and not copy.declared_by:
            flow.accept(copy.id, "林晓文")
    flow.sign(office.people)
    for step in (Step.SHRED, Step.WIPE):
        events += flow.begin(step, passphrase=lambda _, name: secrets.get(name, ""))
    events += flow.begin(Step.CERTIFY, people=office.people)
    return events


def test_a_server_that_hangs_is_said_in_its_time_and_nothing_is_begun(office) -> None:
    with socket.create_server(("127.0.0.1", 0)) as heard:
        url = f"http://127.0.0.1:{heard.getsockname()[1]}"
        office = with_keys(office, ServiceKey("openbao", "transit/keys/x", "BAO", url, timeout=1))
        flow = office.flow()
        try:
            for step in (Step.LOCATE, Step.DECIDE):
                list(flow.begin(step))
            with ends_by_itself(), pytest.raises(Refused) as refused:
                list(flow.begin(Step.CONFIRM, passphrase=lambda *_: "x"))
        finally:
            flow.close()
    assert refused.value.fault is Fault.KEY_STORE_SILENT
    assert refused.value.detail == "1 s"


@pytest.mark.parametrize(
    ("name", "is_own"),
    [
        ("pkcs11:token=crm;object=officer", True),
        ("pkcs11:object=officer", True),
        ("pkcs11:token=crm;object=vault", False),
        ("pkcs11:token=other;object=officer", False),
        ("pkcs11:token=crm;id=%01", True),
    ],
)
def test_the_key_with_which_a_person_signs_is_not_destroyed(office, name: str, is_own: bool) -> None:
    person = PersonSource(Role.OFFICER, Path("pkcs11:token=crm;object=officer"))
    case = replace(office.case, people=(person,), services=(ServiceKey("pkcs11", name),))
    if not is_own:
        refuse_own_tokens(case)
        return
    with pytest.raises(Refused) as refused:
        refuse_own_tokens(case)
    assert refused.value.fault is Fault.PROTECTED_PLACE
