"""Key files are made, opened and refused as promised; strangers' tools read them."""

import os
import pickle
import stat
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from app.domain.case import Role
from app.domain.fault import Fault, Refused
from app.identity import create, unlock
from app.identity.certificate import has_signed, plain_name
from app.identity.keyfile import _mac_key


def refusal(call, *args):
    with pytest.raises(Refused) as caught:
        call(*args)
    return caught.value.fault


def test_a_new_person_signs_and_opens_again(officer):
    again = unlock(officer.path, "经办 😀", Role.OFFICER)
    assert (again.name, again.role, again.fingerprint) == ("王𬭚", Role.OFFICER, officer.fingerprint)
    assert has_signed(officer.certificate_der, again.sign(b"x"), b"x")
    assert not has_signed(officer.certificate_der, again.sign(b"x"), b"y")


def test_the_certificate_is_what_the_facts_ask(officer):
    certificate = x509.load_der_x509_certificate(officer.certificate_der)
    life = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    names = {a.oid: a.value for a in certificate.subject}
    assert certificate.version is x509.Version.v3
    assert life.days == 30 * 365
    assert usage.digital_signature
    assert usage.content_commitment
    assert not usage.key_cert_sign
    assert names == {
        NameOID.ORGANIZATION_NAME: "Lethe",
        NameOID.ORGANIZATIONAL_UNIT_NAME: "officer",
        NameOID.COMMON_NAME: "王𬭚",
    }
    assert certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)


def test_openssl_opens_it_and_every_guess_costs_the_full_rounds(officer):
    told = subprocess.run(
        ["openssl", "pkcs12", "-in", officer.path, "-info", "-noout", "-passin", "pass:经办 😀"],
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    assert "MAC: sha256, Iteration 600000" in told
    assert told.count("PBES2, PBKDF2, AES-256-CBC, Iteration 600000") == 2


def test_the_mac_key_is_that_of_rfc_7292():
    options = ("digest:SHA256", "id:3", "iter:5", "hexsalt:" + b"salt".hex())
    options += ("hexpass:" + ("密码".encode("utf-16-be") + b"\0\0").hex(),)
    flags = [flag for option in options for flag in ("-kdfopt", option)]
    command = ["openssl", "kdf", "-keylen", "32", *flags, "-binary", "PKCS12KDF"]
    made = subprocess.run(command, capture_output=True, check=True).stdout
    assert _mac_key("密码", b"salt", 5) == made


def test_only_its_owner_may_read_it(officer):
    assert stat.S_IMODE(officer.path.stat().st_mode) == 0o600


def test_an_existing_file_is_never_replaced(tmp_path):
    path = tmp_path / "a.p12"
    path.write_bytes(b"mine")
    link = tmp_path / "b.p12"
    link.symlink_to(tmp_path / "nowhere")
    assert refusal(create, "a", Role.OFFICER, path, "pw") is Fault.IDENTITY_EXISTS
    assert refusal(create, "a", Role.OFFICER, link, "pw") is Fault.IDENTITY_EXISTS
    assert path.read_bytes() == b"mine"
    assert not (tmp_path / "nowhere").exists()


def test_a_file_that_appears_meanwhile_is_not_replaced(tmp_path, monkeypatch):
    path = tmp_path / "a.p12"
    path.write_bytes(b"mine")
    monkeypatch.setattr(os.path, "lexists", lambda _: False)
    assert refusal(create, "a", Role.OFFICER, path, "pw") is Fault.IDENTITY_EXISTS
    assert path.read_bytes() == b"mine"


@pytest.mark.parametrize("name", ["", " \u200b", "a\nb", "a\udc80", "名" * 22])
def test_an_impossible_name_is_refused(tmp_path, name):
    assert refusal(create, name, Role.OFFICER, tmp_path / "a.p12", "pw") is Fault.CASE_FILE_WRONG_VALUE
    assert not (tmp_path / "a.p12").exists()


def test_a_missing_folder_is_refused(tmp_path):
    assert refusal(create, "a", Role.OFFICER, tmp_path / "no" / "a.p12", "pw") is Fault.CASE_FILE_MISSING_PATH


def test_a_full_disk_is_said_and_leaves_nothing():
    device = Path("/dev/full")
    if not device.exists():
        pytest.skip("no /dev/full here")
    from app.identity.person import _unwritable

    with pytest.raises(OSError) as caught, device.open("wb", buffering=0) as file:
        file.write(b"x")
    assert _unwritable(device, caught.value).fault is Fault.DISK_FULL


def test_a_write_that_fails_leaves_nothing(tmp_path, monkeypatch):
    def fails(_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fails)
    assert refusal(create, "a", Role.OFFICER, tmp_path / "a.p12", "pw") is Fault.CASE_FILE_MISSING_PATH
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("passphrase", ["", "\udc80"])
def test_no_passphrase_no_person(tmp_path, officer, passphrase):
    assert refusal(create, "a", Role.OFFICER, tmp_path / "a", passphrase) is Fault.PASSPHRASE_MISSING
    assert refusal(unlock, officer.path, passphrase) is Fault.PASSPHRASE_MISSING


def test_a_wrong_passphrase_takes_as_long_as_the_right_one(officer):
    def seconds(passphrase):
        begin = time.process_time()
        with suppress(Refused):
            unlock(officer.path, passphrase)
        return time.process_time() - begin

    assert refusal(unlock, officer.path, "经办 😁") is Fault.WRONG_PASSPHRASE
    right = min(seconds("经办 😀") for _ in range(3))
    wrong = min(seconds("经办 😁") for _ in range(3))
    assert 0.6 < wrong / right < 1.6


def test_a_wrong_role_is_refused(officer):
    assert refusal(unlock, officer.path, "经办 😀", Role.WITNESS) is Fault.WRONG_ROLE


@pytest.mark.parametrize("content", [b"", b"text", b"\x30\x03\x02\x01\x03"])
def test_what_is_no_key_file_is_unreadable(tmp_path, content):
    path = tmp_path / "a.p12"
    path.write_bytes(content)
    assert refusal(unlock, path, "pw") is Fault.IDENTITY_UNREADABLE


def test_cut_or_padded_files_are_unreadable(tmp_path, officer):
    data = officer.path.read_bytes()
    for cut in (
        data[:-1],
        data[: len(data) // 2],
        data + b"x",
        data.replace(b"\x02\x01\x03", b"\x02\x01\x02", 1),
    ):
        (tmp_path / "a.p12").write_bytes(cut)
        assert refusal(unlock, tmp_path / "a.p12", "经办 😀") is Fault.IDENTITY_UNREADABLE


def test_a_missing_file_or_a_folder_is_unreadable(tmp_path):
    assert refusal(unlock, tmp_path / "none", "pw") is Fault.IDENTITY_UNREADABLE
    assert refusal(unlock, tmp_path, "pw") is Fault.IDENTITY_UNREADABLE


def test_locked_people_do_nothing(people_dir, witness):
    person = unlock(witness.path, "witness")
    person.lock()
    for call in (lambda: person.sign(b""), lambda: person.secret(b"")):
        assert refusal(call) is Fault.PASSPHRASE_MISSING


def test_the_secret_hangs_on_key_and_context(officer, witness):
    again = unlock(officer.path, "经办 😀")
    assert officer.secret(b"case 1") == again.secret(b"case 1")
    assert len({officer.secret(b"case 1"), officer.secret(b"case 2"), witness.secret(b"case 1")}) == 3
    assert len(officer.secret(b"")) == 32


def test_a_person_tells_no_secrets(officer):
    assert "王" not in repr(officer)
    with pytest.raises(TypeError):
        pickle.dumps(officer)


def issue(key, ou="officer", cn=("赵六",), signer=None, issuer=None):
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, one) for one in cn]
    attributes += [x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, ou)] if ou else []
    subject = x509.Name(attributes)
    officer_cert = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer or subject)
    officer_cert = officer_cert.public_key(key.public_key()).serial_number(x509.random_serial_number())
    from datetime import UTC, datetime, timedelta

    now = datetime.now(UTC)
    return (
        officer_cert.not_valid_before(now)
        .not_valid_after(now + timedelta(days=9))
        .sign(signer or key, hashes.SHA256())
    )


def pack(path, key, certificate):
    encryption = serialization.BestAvailableEncryption(b"pw") if key else serialization.NoEncryption()
    path.write_bytes(pkcs12.serialize_key_and_certificates(b"x", key, certificate, None, encryption))
    return path


def test_a_strangers_rsa_file_opens_and_signs(tmp_path):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    person = unlock(pack(tmp_path / "a", key, issue(key, "witness")), "pw", Role.WITNESS)
    key.public_key().verify(person.sign(b"data"), b"data", padding.PKCS1v15(), hashes.SHA256())
    assert has_signed(person.certificate_der, person.sign(b"data"), b"data")


def test_what_a_stranger_can_get_wrong(tmp_path):
    key, other = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    curve = ec.generate_private_key(ec.SECP384R1())
    path = tmp_path / "a"
    assert refusal(unlock, pack(path, key, issue(key, "chief")), "pw") is Fault.WRONG_ROLE
    for certificate in (issue(key, ""), issue(key, cn=("甲", "乙")), issue(key, signer=other)):
        assert refusal(unlock, pack(path, key, certificate), "pw") is Fault.IDENTITY_UNREADABLE
    foreign = issue(key, signer=other, issuer=x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "CA")]))
    assert refusal(unlock, pack(path, key, foreign), "pw") is Fault.IDENTITY_UNREADABLE
    for bad in (weak, curve):
        assert refusal(unlock, pack(path, bad, issue(bad)), "pw") is Fault.IDENTITY_UNREADABLE


def without_mac(path, replacement=lambda content: content):
    from asn1crypto.pkcs12 import Pfx

    pfx = Pfx.load(path.read_bytes())
    content = pfx["auth_safe"]["content"].native
    path.write_bytes(
        Pfx({"version": "v3", "auth_safe": {"content_type": "data", "content": replacement(content)}}).dump()
    )


def test_a_key_beside_anothers_certificate_is_refused(tmp_path):
    key, other = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    own = issue(key).public_bytes(serialization.Encoding.DER)
    while len(foreign := issue(other).public_bytes(serialization.Encoding.DER)) != len(own):
        pass
    path = tmp_path / "a"
    certificate = x509.load_der_x509_certificate(own)
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(b"x", key, certificate, None, serialization.NoEncryption())
    )
    without_mac(path, lambda content: content.replace(own, foreign))
    with pytest.raises(Refused) as caught:
        unlock(path, "pw")
    assert caught.value.detail == "no key with its own certificate"


def test_a_certificate_without_key_is_unreadable(tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    (tmp_path / "c.pem").write_bytes(issue(key).public_bytes(serialization.Encoding.PEM))
    subprocess.run(
        ["openssl", "pkcs12", "-export", "-nokeys", "-in", "c.pem", "-out", "a", "-passout", "pass:pw"],
        cwd=tmp_path,
        check=True,
    )
    assert refusal(unlock, tmp_path / "a", "pw") is Fault.IDENTITY_UNREADABLE


def test_names_are_compared_as_people_see_them():
    assert plain_name("Ｗang  Wei\u200b") == plain_name("wang wei") == plain_name("WANGWEI")
    assert plain_name("王𬭚") != plain_name("王鏿")


def test_without_a_mac_a_wrong_passphrase_is_still_one(tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    without_mac(pack(tmp_path / "a", key, issue(key)))
    assert refusal(unlock, tmp_path / "a", "no") is Fault.WRONG_PASSPHRASE
