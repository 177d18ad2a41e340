"""The second export: a DSSE envelope around an in-toto Statement v1, checked by its own rules too."""

import base64
import hashlib
import json
import shutil
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from app.domain.canonical import canonical
from app.steps.certify import Standing, verify

NAME = "manifest.dsse.json"


@pytest.fixture
def copy(small, tmp_path):
    folder = tmp_path / "case" / "certificate"
    shutil.copytree(small, folder)
    return folder


def test_it_is_an_in_toto_statement_on_the_files(small):
    envelope = json.loads((small / NAME).read_bytes())
    assert envelope["payloadType"] == "application/vnd.in-toto+json"
    statement = json.loads(base64.b64decode(envelope["payload"]))
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    for one in statement["subject"]:
        assert one["digest"]["sha256"] == hashlib.sha256((small / one["name"]).read_bytes()).hexdigest()
    assert {one["name"] for one in statement["subject"]} == {
        "certificate.pdf",
        "inventory.csv",
        "manifest.json",
        "manifest.p7s",
    }
    manifest = json.loads((small / "manifest.json").read_bytes())
    assert statement["predicate"]["status"] == manifest["status"]
    assert statement["predicate"]["leaves"] == manifest["leaves"]


def test_both_signed_the_pre_authentication_encoding(small, tmp_path, people):
    """By the words of the DSSE specification, with a stranger's library and with openssl."""
    envelope = json.loads((small / NAME).read_bytes())
    body = base64.b64decode(envelope["payload"])
    kind = envelope["payloadType"].encode()
    encoding = (
        b"DSSEv1 " + str(len(kind)).encode() + b" " + kind + b" " + str(len(body)).encode() + b" " + body
    )
    assert [one["keyid"] for one in envelope["signatures"]] == [one.fingerprint for one in people]
    for one in envelope["signatures"]:
        certificate = x509.load_der_x509_certificate(base64.b64decode(one["cert"]))
        value = base64.b64decode(one["sig"])
        certificate.public_key().verify(value, encoding, ec.ECDSA(hashes.SHA256()))
        if shutil.which("openssl"):
            from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

            (tmp_path / "key.pem").write_bytes(
                certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            )
            (tmp_path / "sig").write_bytes(value)
            (tmp_path / "data").write_bytes(encoding)
            command = ["openssl", "dgst", "-sha256", "-verify", "key.pem", "-signature", "sig", "data"]
            assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0


def test_it_is_verified(copy):
    verdict = verify(copy / NAME)
    assert verdict.kind == "dsse"
    assert verdict.valid, verdict
    assert {"dsse.form", "dsse.signed", "dsse.file.certificate.pdf"} <= {one.name for one in verdict.checks}


def test_bits_all_over_it(copy):
    path = copy / NAME
    good = path.read_bytes()
    for other in ("certificate.pdf", "leaves.jsonl"):
        (copy / other).unlink()
    shutil.rmtree(copy.parent / "journal", ignore_errors=True)
    for bit in range(0, len(good) * 8, 67):
        data = bytearray(good)
        data[bit // 8] ^= 1 << bit % 8
        path.write_bytes(data)
        assert not verify(path).valid, bit


def test_a_statement_of_other_words(copy):
    """Signed by nobody: the payload says another status."""
    envelope = json.loads((copy / NAME).read_bytes())
    statement = json.loads(base64.b64decode(envelope["payload"]))
    statement["predicate"]["status"] = "all_destroyed"
    statement["predicate"]["totals"]["all"]["destroyed"] += 1
    envelope["payload"] = base64.b64encode(canonical(statement)).decode()
    (copy / NAME).write_bytes(canonical(envelope))
    failed = {one.name for one in verify(copy / NAME).checks if not one.ok}
    assert {"dsse.form", "dsse.signed"} <= failed
    assert "dsse.signed" in {one.name for one in verify(copy / "certificate.pdf").checks if not one.ok}


@pytest.mark.parametrize("change", ["one signer", "swapped", "twice"])
def test_other_signers(copy, change):
    envelope = json.loads((copy / NAME).read_bytes())
    first, second = envelope["signatures"]
    envelope["signatures"] = {
        "one signer": [first],
        "swapped": [{**first, "sig": second["sig"]}, {**second, "sig": first["sig"]}],
        "twice": [first, first],
    }[change]
    (copy / NAME).write_bytes(canonical(envelope))
    assert verify(copy / NAME).status is Standing.ALTERED


def test_a_file_that_was_changed_since(copy):
    (copy / "certificate.pdf").write_bytes((copy / "certificate.pdf").read_bytes() + b"\n")
    failed = {one.name for one in verify(copy / NAME).checks if not one.ok}
    assert failed == {"dsse.file.certificate.pdf"}
