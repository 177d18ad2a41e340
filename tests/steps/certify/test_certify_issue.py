"""The issued files: whole, archival, signed, and readable by strangers' tools."""

import hashlib
import io
import json
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import account_sample as sample
import pikepdf
import pytest
import rfc8785
from certify_issued import certified, issue, ready
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from pikepdf import pdfa

from app.domain.case import Role
from app.domain.fault import Fault, Refused
from app.domain.outcome import KeyOutcome
from app.identity import create, unlock
from app.steps.certify import Standing, compose, verify, verify_code

FILES = (
    "certificate.pdf",
    "manifest.json",
    "manifest.p7s",
    "inventory.csv",
    "manifest.dsse.json",
    "check_certificate.py",
    "leaves.jsonl",
)


def need(tool):
    if not shutil.which(tool):
        pytest.skip(f"{tool} is not installed")
    return tool


def test_all_files_are_there_and_nothing_else(issued):
    assert sorted(path.name for path in issued.iterdir()) == sorted(FILES)


def test_the_certificate_is_valid(issued, people):
    for name in FILES[:5]:
        verdict = verify(issued / name)
        assert verdict.status is Standing.VALID, verdict
    checks = {check.name: check.detail for check in verify(issued / "certificate.pdf").checks}
    for person in people:
        detail = checks[f"signer.{person.role.value}"]
        assert person.fingerprint in detail
        assert "self-issued" in detail
    assert {"leaves.root", "manifest.same", "p7s.same", "inventory.same", "manifest.printed"} <= checks.keys()


def test_the_manifest_is_rfc_8785_and_binds_the_files(issued):
    data = (issued / "manifest.json").read_bytes()
    manifest = json.loads(data)
    assert rfc8785.dumps(manifest) == data
    assert (
        manifest["inventory"]["sha256"] == hashlib.sha256((issued / "inventory.csv").read_bytes()).hexdigest()
    )
    assert manifest["status"] == "with_exceptions"
    assert [one["role"] for one in manifest["signatures"]] == ["officer", "witness"]
    assert manifest["journal"]["count"] == 1 + sum(1 for line in sample.mixed().lines if line.outcome)
    assert len(manifest["exceptions"]) == 12


def test_archival_after_signing_too(issued):
    """Signed files are beyond pikepdf's allow-list, but it names no rule that is broken."""
    report = pdfa.validate_written(issued / "certificate.pdf", "3b")
    assert not [finding for finding in report.findings if finding.kind == "violation"]


def test_attachments_are_the_files_beside_it(issued):
    with pikepdf.open(issued / "certificate.pdf") as pdf:
        for name in ("manifest.json", "manifest.p7s", "inventory.csv"):
            spec = pdf.attachments[name]
            assert spec.get_file().read_bytes() == (issued / name).read_bytes()
            assert spec.obj.AFRelationship == "/Data"


def test_openssl_verifies_the_manifest(issued):
    command = [
        need("openssl"),
        "cms",
        "-verify",
        "-binary",
        "-inform",
        "DER",
        "-noverify",
        "-out",
        "/dev/null",
    ]
    command += ["-in", str(issued / "manifest.p7s"), "-content", str(issued / "manifest.json")]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_pdfsig_says_both_are_valid(issued):
    said = subprocess.run(
        [need("pdfsig"), "-nocert", str(issued / "certificate.pdf")],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    assert said.count("Signature is Valid") == 2
    assert said.count("ETSI.CAdES.detached") == 2
    assert said.count("Total document signed") == 1
    assert "CN=王𬭚" in said
    assert "CN=李四鿏" in said


def test_every_font_is_embedded_and_copies_right(issued):
    listed = subprocess.run(
        [need("pdffonts"), str(issued / "certificate.pdf")], capture_output=True, text=True, check=False
    ).stdout
    fonts = listed.splitlines()[2:]
    assert fonts
    assert all("NotoSansSC" in line and "yes yes yes" in line for line in fonts), listed


def test_rare_characters_are_searched_and_copied_right(issued):
    text = subprocess.run(
        [need("pdftotext"), str(issued / "certificate.pdf"), "-"], capture_output=True, text=True, check=False
    ).stdout
    assert "王𬭚" in text
    assert "李四鿏" in text
    assert '<img src="file:///etc/hostname"/>' in "".join(text.split("\n"))
    assert "<U+202E>" in text
    assert "\u202e" not in text


def test_the_qr_code_is_read_from_the_page(issued, tmp_path):
    subprocess.run(
        [need("pdftoppm"), "-r", "150", "-png", str(issued / "certificate.pdf"), str(tmp_path / "page")],
        check=True,
    )
    read = subprocess.run(
        [need("zbarimg"), "-q", "--raw", *map(str, sorted(tmp_path.glob("*.png")))],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    for name in ("manifest.json", "manifest.p7s"):
        shutil.copy(issued / name, tmp_path)
    verdict = verify_code(read.strip("\n").encode(), tmp_path)
    assert verdict.valid, verdict
    assert {"code.signed", "code.manifest", "code.agrees", "code.signer"} <= {
        one.name for one in verdict.checks
    }


def test_no_helvetica_and_no_transition(issued):
    with pikepdf.open(issued / "certificate.pdf") as pdf:
        assert not any("/Trans" in page.obj for page in pdf.pages)
        out = io.BytesIO()
        pdf.save(out, qdf=True)
    assert b"Helvetica" not in out.getvalue()


def test_again_leaves_the_signed_files_alone(tmp_path, people):
    folder = tmp_path / "c"
    account, terms = ready(sample.clean(2), folder, people)
    list(compose(account, folder, people, **terms))
    before = {name: (folder / name).read_bytes() for name in FILES}
    list(compose(account, folder, people, **terms))
    assert {name: (folder / name).read_bytes() for name in FILES} == before


@pytest.mark.parametrize("stop", range(5))
def test_stopped_at_any_stage_it_is_done_again(tmp_path, people, stop):
    tmp_path = tmp_path / "c"
    account, terms = ready(sample.clean(2), tmp_path, people)
    steps = compose(account, tmp_path, people, **terms)
    for _ in range(stop + 1):
        next(steps)
    steps.close()
    assert not (tmp_path / "certificate.pdf").exists()
    events = list(compose(account, tmp_path, people, **terms))
    assert events[-1].done == events[-1].total
    certified(tmp_path, terms["journal"])
    assert verify(tmp_path / "certificate.pdf").valid
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)


def test_another_account_replaces_the_old_certificate(tmp_path, people):
    folder = issue(sample.clean(2), tmp_path / "c", people)
    issue(sample.clean(3), folder, people)
    verdict = verify(folder / "certificate.pdf")
    assert verdict.valid
    assert json.loads((folder / "manifest.json").read_bytes())["totals"]["record"]["lines"] == 3


def test_who_must_sign(tmp_path, people):
    tmp_path = tmp_path / "c"
    account, terms = ready(sample.clean(2), tmp_path, people)

    def refusal(signers):
        with pytest.raises(Refused) as refused:
            list(compose(account, tmp_path, signers, **terms))
        assert sorted(path.name for path in tmp_path.iterdir()) == ["inventory.csv", "leaves.jsonl"]
        return refused.value.fault

    assert refusal(people[:1]) is Fault.PERSON_MISSING
    assert refusal(people[1:]) is Fault.PERSON_MISSING
    assert refusal([]) is Fault.PERSON_MISSING
    assert refusal([*people, people[1]]) is Fault.OFFICER_IS_WITNESS
    twin = create(people[0].name, Role.WITNESS, tmp_path.parent / "twin.p12", "a b c d")
    assert refusal([people[0], twin]) is Fault.OFFICER_IS_WITNESS


def test_three_people(tmp_path, people):
    third = create("赵六", Role.APPROVER, tmp_path / "a.p12", "correct horse 3")
    folder = issue(sample.clean(2, language="both", rehearsal=True), tmp_path / "c", [third, *people])
    verdict = verify(folder / "certificate.pdf")
    assert verdict.valid, verdict
    assert {"signer.officer", "signer.witness", "signer.approver"} <= {check.name for check in verdict.checks}


def test_the_status_follows_the_registers_key(tmp_path, people):
    folder = issue(sample.clean(2), tmp_path / "c", people, sample.closing(KeyOutcome.FAILED))
    assert json.loads((folder / "manifest.json").read_bytes())["status"] == "with_exceptions"


def test_an_empty_case_is_not_destroyed(tmp_path, people):
    folder = issue(replace(sample.clean(0), media=(), locations=()), tmp_path / "c", people)
    assert verify(folder / "certificate.pdf").valid
    assert json.loads((folder / "manifest.json").read_bytes())["status"] == "not_destroyed"


def test_people_with_rsa_keys(tmp_path):
    """Key files made elsewhere may hold RSA."""
    people = [_rsa_person(tmp_path, "陈一", Role.OFFICER), _rsa_person(tmp_path, "林二", Role.WITNESS)]
    folder = issue(sample.clean(2), tmp_path / "c", people)
    verdict = verify(folder / "certificate.pdf")
    assert verdict.valid, verdict


def _rsa_person(folder, name, role):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Lethe"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, role.value),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{role.value}.p12"
    secret = serialization.BestAvailableEncryption(b"correct horse 4")
    path.write_bytes(pkcs12.serialize_key_and_certificates(b"k", key, certificate, None, secret))
    return unlock(path, "correct horse 4")
