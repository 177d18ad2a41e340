"""The people of a case: tokens, authorities, approvers, stand-ins, from the case file to the certificate."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "identity"))
sys.path.insert(0, str(Path(__file__).parents[1] / "steps/certify"))

from authority import PIN, Authority, Tokens, softhsm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from time_service import answered, furnish, serving

from app.domain.case import PersonSource, Role
from app.domain.fault import Fault, Refused
from app.domain.step import Step
from app.flow import Flow, carry_out, people_of, read_case_file
from app.flow.case_file import reread_case
from app.flow.case_text import case_toml
from app.identity import create
from app.identity.certificate import self_issue
from app.steps.certify import LEDGER, verify

if TYPE_CHECKING:
    from tests.flow.conftest import Office

PHRASES = {
    "OFFICER": "a passphrase",
    "WITNESS": "another one",
    "APPROVER": "may be",
    "PIN": PIN,
    "CA": "from a CA",
}


def phrase(_: Path, name: str) -> str:
    return PHRASES.get(name, "")


def refusal(call, *args, **named):
    with pytest.raises(Refused) as refused:
        call(*args, **named)
    return refused.value


def whole(folder: Path, text: str) -> tuple[Path, dict]:
    """Carry a case out from its file; give the certificate and the manifest."""
    path = folder / "CASE.toml"
    path.write_text(text, encoding="utf-8")
    case = read_case_file(path)
    people = people_of(case, phrase)
    flow = Flow.create(folder / case.number, case, people[0])
    try:
        for _ in carry_out(flow, people, phrase):
            pass
        certificate = flow.certificate
        assert certificate
        return certificate, json.loads((certificate.parent / "manifest.json").read_bytes())
    finally:
        flow.close()
        for person in people:
            person.lock()


@pytest.fixture
def approver(tmp_path: Path) -> PersonSource:
    path = tmp_path / "approver.p12"
    create("郑批准", Role.APPROVER, path, PHRASES["APPROVER"])
    return PersonSource(Role.APPROVER, path, "APPROVER")


def test_an_approver_who_is_declared_must_sign_the_plan(
    office: Office, approver: PersonSource, tmp_path: Path
) -> None:
    office = replace(office, case=replace(office.case, people=(*office.case.people, approver)))
    flow = office.flow()
    for step in (Step.LOCATE, Step.DECIDE, Step.CONFIRM):
        list(flow.begin(step))
    refused = refusal(flow.sign, office.people)
    assert (refused.fault, refused.subject) == (Fault.PERSON_MISSING, "approver")
    assert not flow.done(Step.SIGN)
    twice = people_of(office.case, phrase)
    assert refusal(flow.sign, [*office.people, twice[1]]).fault is Fault.PERSON_MISSING
    flow.sign(people_of(office.case, phrase))
    assert [one.role for one in flow.signers()] == ["officer", "witness", "approver"]
    flow.close()


def test_approvers_sign_before_and_not_after(office: Office, approver: PersonSource, tmp_path: Path) -> None:
    case = replace(office.case, people=(*office.case.people, approver))
    certificate, manifest = whole(tmp_path, case_toml(case))
    assert [one["name"] for one in manifest["plan_signers"]] == ["林晓文", "周建国", "郑批准"]
    assert [one["name"] for one in manifest["signatures"]] == ["林晓文", "周建国"]
    assert verify(certificate).valid


def test_a_token_an_authority_and_a_time_stamp_from_the_case_file(office: Office, tmp_path: Path) -> None:
    pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed: no token was tried")
    module = softhsm()
    if module is None:
        pytest.skip("SoftHSM2 is not installed: no token was tried")
    authority, key = Authority.make(), rsa.generate_private_key(public_exponent=65537, key_size=2048)
    uri = Tokens(tmp_path / "hsm", module).put("经办", key, self_issue(key, "林晓文", Role.OFFICER))
    authority.person(tmp_path / "w.p12", "周𬭚国", PHRASES["CA"], with_chain=False)
    (tmp_path / "chain.pem").write_bytes(
        authority.root.public_bytes(Encoding.PEM) + authority.certificate.public_bytes(Encoding.PEM)
    )
    for name, crl in zip(("ca.crl", "root.crl"), authority.crls, strict=True):
        (tmp_path / name).write_bytes(crl)
    case = replace(
        office.case,
        people=(
            PersonSource(Role.OFFICER, uri, "PIN", module),
            PersonSource(
                Role.WITNESS,
                tmp_path / "w.p12",
                "CA",
                chain=(tmp_path / "chain.pem",),
                revocation=(tmp_path / "ca.crl", tmp_path / "root.crl"),
            ),
        ),
    )
    clockwork = furnish(tmp_path / "tsa", authority)
    with serving(lambda query: answered(clockwork, query)) as (url, seen):
        terms = replace(case.certificate, tsa=url, tsa_papers=(tmp_path / "ca.crl", tmp_path / "root.crl"))
        certificate, manifest = whole(tmp_path, case_toml(replace(case, certificate=terms)))
    assert len(seen) == 3
    verdict = verify(certificate)
    assert verdict.valid, [one for one in verdict.checks if not one.ok]
    told = {one.name: one.detail for one in verdict.checks}
    assert {"time.officer", "time.witness", "trust.witness", "register.entry"} <= told.keys()
    assert "not revoked" in told["trust.witness"]
    assert manifest["time"] == "rfc3161"
    assert len((tmp_path / LEDGER).read_bytes().splitlines()) == 1


def test_an_officer_on_an_elliptic_token_is_told_at_once(office: Office, tmp_path: Path) -> None:
    pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed: no token was tried")
    module = softhsm()
    if module is None:
        pytest.skip("SoftHSM2 is not installed: no token was tried")
    key = ec.generate_private_key(ec.SECP256R1())
    uri = Tokens(tmp_path / "hsm", module).put("ec", key, self_issue(key, "林晓文", Role.OFFICER))
    source = PersonSource(Role.OFFICER, uri, "PIN", module)
    case = replace(office.case, people=(source, office.case.people[1]))
    assert refusal(whole, tmp_path, case_toml(case)).fault is Fault.TOKEN_UNUSABLE
    assert not (tmp_path / case.number).exists()


def test_without_the_service_it_waits_and_goes_on_without(office: Office, tmp_path: Path) -> None:
    """All is destroyed by then: nothing may be lost but the stamp, and that only by the officer's word."""
    terms = replace(office.case.certificate, tsa="http://127.0.0.1:9/")
    text = case_toml(replace(office.case, certificate=terms))
    assert refusal(whole, tmp_path, text).fault is Fault.TIME_NOT_STAMPED
    folder = tmp_path / office.case.number
    path = folder / "case.toml"
    path.write_text("".join(x for x in path.read_text().splitlines(keepends=True) if not x.startswith("tsa")))
    people = people_of(office.case, phrase)
    flow = Flow.open(folder, people[0])
    list(carry_out(flow, people, phrase))
    certificate = flow.certificate
    flow.close()
    assert certificate
    assert verify(certificate).valid


def test_a_stand_in_signs_with_a_reason(
    office: Office, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, advance
) -> None:
    # Beside the case's keys it would be doubted: nobody has said whose it is.
    other = create("吴接替", Role.WITNESS, tmp_path_factory.mktemp("home") / "other.p12", PHRASES["WITNESS"])
    flow = office.flow()
    advance(flow, Step.WIPE)
    assert (
        refusal(lambda: list(flow.begin(Step.CERTIFY, people=[office.officer, other]))).fault
        is Fault.OTHER_SIGNER
    )
    folder = flow.folder
    flow.close()
    path = folder / "case.toml"
    text = path.read_text(encoding="utf-8").replace(str(office.witness.path), str(other.path))
    at = text.index(f'identity = "{other.path}"')
    end = text.index("\n", at) + 1
    text = text[:end] + 'instead_of = "周建国"\nreason = "因病缺席"\n' + text[end:]
    path.write_text(text, encoding="utf-8")
    people = people_of(reread_case(path), phrase)
    again = Flow.open(folder, people[0])
    list(again.begin(Step.CERTIFY, people=people))
    certificate = again.certificate
    again.close()
    assert certificate
    assert verify(certificate).valid
    manifest = json.loads((certificate.parent / "manifest.json").read_bytes())
    assert manifest["stand_ins"][0]["reason"] == "因病缺席"
    assert [one["name"] for one in manifest["signatures"]] == ["林晓文", "吴接替"]


def test_cases_that_lie_together_follow_each_other(office: Office, tmp_path: Path, advance) -> None:
    heads = []
    for number in ("2026-001", "2026-002"):
        flow = Flow.create(tmp_path / number, replace(office.case, number=number, keys=()), office.officer)
        advance(flow, Step.CERTIFY)
        heads.append(json.loads((flow.folder / "certificate" / "manifest.json").read_bytes())["register"])
        flow.close()
    assert [one["n"] for one in heads] == [1, 2]
    lines = (tmp_path / LEDGER).read_bytes().splitlines()
    assert json.loads(lines[0])["certificate"] == heads[1]["previous"]
    assert "示例" not in (tmp_path / LEDGER).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("extra", "key"),
    [
        ('identity = "pkcs11:token=a;object=b"', "module"),
        ('identity = "w.p12"\nmodule = "x.so"', "module"),
        ('identity = "w.p12"\ninstead_of = "甲"', "reason"),
        ('identity = "w.p12"\nreason = "甲"', "reason"),
        ('identity = "w.p12"\nchain = "w.p12"', "chain"),
        ('identity = "w.p12"\nchain = [1]', "chain"),
        ('identity = "w.p12"\nrevocation = ["none.crl"]', "revocation"),
    ],
)
def test_what_a_person_may_be(tmp_path: Path, extra: str, key: str) -> None:
    (tmp_path / "w.p12").write_bytes(b"")
    text = f'case = "1"\n[company]\nname = "示例"\nuscc = "91350100M000100Y43"\n[[person]]\nrole = "witness"\n{extra}\n'
    (tmp_path / "CASE.toml").write_text(text, encoding="utf-8")
    refused = refusal(read_case_file, tmp_path / "CASE.toml")
    assert refused.detail.startswith(f"person.{key}")


def test_where_time_comes_from_is_an_address(tmp_path: Path) -> None:
    text = 'case = "1"\n[company]\nname = "示例"\nuscc = "91350100M000100Y43"\n[certificate]\ntsa = "tsa.example"\n'
    (tmp_path / "CASE.toml").write_text(text, encoding="utf-8")
    assert refusal(read_case_file, tmp_path / "CASE.toml").detail.startswith("certificate.tsa")


def test_a_revoked_person_is_refused_at_unlocking(tmp_path: Path) -> None:
    from app.flow.people import unlocked

    authority = Authority.make()
    certificate = authority.person(tmp_path / "w.p12", "周某", PHRASES["CA"])
    for name, crl in (
        ("ca.crl", authority.crl(certificate)),
        ("root.crl", authority.crls[1]),
        ("junk", b"no"),
    ):
        (tmp_path / name).write_bytes(crl)
    crls = (tmp_path / "ca.crl", tmp_path / "root.crl")
    source = PersonSource(Role.WITNESS, tmp_path / "w.p12", "CA", revocation=crls)
    assert refusal(unlocked, source, phrase).fault is Fault.CERTIFICATE_REVOKED
    # What was given does not tell of all: the authority's own is missing.
    assert refusal(unlocked, replace(source, revocation=crls[1:]), phrase).fault is Fault.CERTIFICATE_REVOKED
    assert unlocked(replace(source, revocation=()), phrase).name == "周某"
    junk = replace(source, revocation=(tmp_path / "junk",))
    assert refusal(unlocked, junk, phrase).fault is Fault.IDENTITY_UNREADABLE


def test_nobody_allows_what_they_sign_as_another(office: Office, approver: PersonSource) -> None:
    case = replace(office.case, people=(*office.case.people, approver))
    flow = replace(office, case=case).flow()
    for step in (Step.LOCATE, Step.DECIDE, Step.CONFIRM):
        list(flow.begin(step))
    people = people_of(case, phrase)
    assert refusal(flow.sign, [*people, people[2]]).fault is Fault.OFFICER_IS_WITNESS
    flow.close()


def test_a_certificate_that_was_entered_is_not_issued_again(
    office: Office, tmp_path: Path, advance, monkeypatch
) -> None:
    """Killed between the register of certificates and handing it out, the same certificate goes out."""
    flow = office.flow()
    advance(flow, Step.WIPE)

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("app.flow.closing.hand_out", killed)
        with pytest.raises(KeyboardInterrupt):
            list(flow.begin(Step.CERTIFY, people=office.people))
    folder = flow.folder
    flow.close()
    before = (folder / "certificate" / "certificate.pdf").read_bytes()
    again = Flow.open(folder, office.officer)
    list(again.begin(Step.CERTIFY, people=office.people))
    again.close()
    assert (tmp_path / "out" / "certificate.pdf").read_bytes() == before
    assert len((tmp_path / LEDGER).read_bytes().splitlines()) == 1
