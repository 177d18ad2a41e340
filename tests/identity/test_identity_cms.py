"""Detached signatures: openssl agrees with Lethe, and both see a change."""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.case import Role
from app.domain.fault import Fault, Refused
from app.identity import cms_detached, cms_verify, create
from app.identity.keyfile import unpack

DATA = b"line\r\nline\n\x00\xff"


@pytest.fixture(scope="module")
def p7s(officer, witness):
    return cms_detached(DATA, [officer, witness])


def openssl(folder, data, p7s):
    (folder / "data").write_bytes(data)
    (folder / "p7s").write_bytes(p7s)
    return subprocess.run(
        ["openssl", "cms", "-verify", "-binary", "-noverify", "-inform", "DER", "-in", "p7s", "-content", "data", "-out", "out"],
        cwd=folder, capture_output=True, check=False,
    ).returncode  # fmt: skip


def test_lethe_and_openssl_accept(p7s, tmp_path, officer, witness):
    signers = cms_verify(DATA, p7s)
    assert all(one.valid for one in signers)
    assert {(one.name, one.role, one.fingerprint) for one in signers} == {
        (person.name, person.role, person.fingerprint) for person in (officer, witness)
    }
    assert openssl(tmp_path, DATA, p7s) == 0
    assert (tmp_path / "out").read_bytes() == DATA


def test_lethe_and_openssl_refuse_other_data(p7s, tmp_path):
    for other in (b"", DATA + b"\n", DATA.replace(b"\r\n", b"\n")):
        assert not any(one.valid for one in cms_verify(other, p7s))
        assert openssl(tmp_path, other, p7s) != 0


def signers_of(made):
    """The signers, or none when it is refused, which may be for no other reason than its form."""
    with suppress(Refused):
        return cms_verify(DATA, made)
    with pytest.raises(Refused) as caught:
        cms_verify(DATA, made)
    assert caught.value.fault is Fault.NOT_VERIFIABLE
    return ()


@settings(max_examples=300)
@given(data=st.data())
def test_no_flipped_bit_leaves_a_signer_changed_and_valid(p7s, officer, witness, data):
    octets = bytearray(p7s)
    bit = data.draw(st.integers(0, len(octets) * 8 - 1))
    octets[bit // 8] ^= 1 << bit % 8
    signers = signers_of(bytes(octets))
    known = {
        (officer.name, officer.role, officer.fingerprint),
        (witness.name, witness.role, witness.fingerprint),
    }
    assert {(one.name, one.role, one.fingerprint) for one in signers if one.valid} <= known


@pytest.mark.parametrize("junk", [b"", b"x", b"\x30\x00", b"\x30\x80\x00\x00"])
def test_junk_is_not_verifiable(junk):
    with pytest.raises(Refused) as caught:
        cms_verify(DATA, junk)
    assert caught.value.fault is Fault.NOT_VERIFIABLE


def test_cut_and_padded_files_are_not_verifiable(p7s):
    for cut in (p7s[:-1], p7s + b"\0", p7s[:50]):
        with pytest.raises(Refused):
            cms_verify(DATA, cut)


def test_nobody_signs_nothing():
    with pytest.raises(Refused) as caught:
        cms_detached(DATA, [])
    assert caught.value.fault is Fault.PERSON_MISSING


def parts(p7s):
    from asn1crypto.tsp import ContentInfo

    return ContentInfo.load(p7s)


def test_no_signers_at_all_is_not_verifiable(p7s):
    info = parts(p7s)
    info["content"]["signer_infos"] = []
    with pytest.raises(Refused):
        cms_verify(DATA, info.dump(force=True))


def test_other_kinds_of_cms_are_not_verifiable():
    from asn1crypto.tsp import ContentInfo

    with pytest.raises(Refused):
        cms_verify(DATA, ContentInfo({"content_type": "data", "content": b"x"}).dump())


def test_a_signer_without_certificate_is_not_valid(p7s, officer):
    info = parts(p7s)
    kept = [c for c in info["content"]["certificates"] if c.chosen.dump() == officer.certificate_der]
    info["content"]["certificates"] = kept
    signers = cms_verify(DATA, info.dump(force=True))
    assert {(one.name, one.valid) for one in signers} == {("王𬭚", True), ("", False)}


def test_a_renamed_certificate_of_the_same_key_is_not_valid(p7s, officer):
    """The signature does not cover the certificate, so its own signature must hold."""
    renamed = p7s.replace("王𬭚".encode(), "王鏿".encode() + b"x")
    assert renamed != p7s
    assert not any(one.name != "李四" and one.valid for one in cms_verify(DATA, renamed))


def test_content_inside_must_be_the_data(p7s, tmp_path, officer):
    info = parts(p7s)
    for inside, valid in ((DATA, True), (b"other", False)):
        info["content"]["encap_content_info"] = {"content_type": "data", "content": inside}
        assert all(one.valid is valid for one in cms_verify(DATA, info.dump(force=True)))


def test_content_of_another_type_is_not_valid(p7s):
    info = parts(p7s)
    info["content"]["encap_content_info"]["content_type"] = "signed_data"
    assert not any(one.valid for one in signers_of(info.dump(force=True)))


def by_openssl(folder, officer, *options):
    key, certificate, _ = unpack(officer.path.read_bytes(), "经办 😀", "")
    (folder / "key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    (folder / "cert").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "data").write_bytes(DATA)
    subprocess.run(
        ["openssl", "cms", "-sign", "-binary", "-in", "data", "-signer", "cert", "-inkey", "key", "-outform", "DER", "-out", "made", *options],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    return (folder / "made").read_bytes()


@pytest.mark.parametrize(
    ("options", "valid"),
    [
        ((), True),
        (("-md", "sha512"), True),
        (("-md", "sha384"), True),
        (("-md", "sha1"), False),
        (("-noattr",), True),
        (("-nodetach",), True),
        (("-keyid",), False),
        (("-nocerts",), None),
    ],
)
def test_what_openssl_signs(tmp_path, officer, options, valid):
    made = by_openssl(tmp_path, officer, *options)
    if valid is None:
        assert not any(one.valid for one in signers_of(made))
        return
    assert [one.valid for one in cms_verify(DATA, made)] == [valid]
    assert not any(one.valid for one in cms_verify(DATA + b"!", made))


def test_attributes_bind_the_digest_and_the_content_type(tmp_path, officer):
    made = parts(by_openssl(tmp_path, officer))
    attributes = made["content"]["signer_infos"][0]["signed_attrs"]
    for one in attributes:
        if one["type"].native == "content_type":
            one["values"] = ["signed_data"]
    assert not cms_verify(DATA, made.dump(force=True))[0].valid


def test_a_role_is_read_from_the_certificate(tmp_path):
    person = create("钱七", Role.APPROVER, tmp_path / "a.p12", "pw")
    assert cms_verify(b"", cms_detached(b"", [person]))[0].role is Role.APPROVER


def test_who_has_verified_can_still_write_a_certificate(p7s, tmp_path):
    """What a verification leaves in the parser must not stand in the way of signing with pyHanko after it."""
    (tmp_path / "p7s").write_bytes(p7s)
    code = (
        "import sys; from pathlib import Path; from app.identity import cms_verify;"
        f"cms_verify({DATA!r}, Path(sys.argv[1]).read_bytes());"
        "from asn1crypto.tsp import CMSAttributeType; print(CMSAttributeType('signing_certificate_v2').dotted)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "p7s")],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.stdout.strip() == "1.2.840.113549.1.9.16.2.47", told.stderr
