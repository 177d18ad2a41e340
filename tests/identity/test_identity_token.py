"""People whose key is on a PKCS#11 token, on real SoftHSM2."""

import subprocess

import pytest
from authority import PIN
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from app.domain.case import Role
from app.domain.fault import Fault, Refused
from app.identity import cms_detached, cms_verify, sign_plan, unlock
from app.identity.certificate import has_signed, self_issue
from app.identity.token import open_token
from tests.in_time import ends_by_itself

AT = "2026-11-21T20:00:00+08:00"


@pytest.fixture(scope="module")
def rsa_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def rsa_token(tokens, rsa_key):
    return tokens.put("经办", rsa_key, self_issue(rsa_key, "王𬭚", Role.OFFICER))


@pytest.fixture(scope="module")
def ec_token(tokens):
    key = ec.generate_private_key(ec.SECP256R1())
    return tokens.put("jianxiao", key, self_issue(key, "李四鿏", Role.WITNESS))


@pytest.fixture
def held(tokens, rsa_token):
    person = unlock(rsa_token, PIN, Role.OFFICER, module=tokens.module)
    yield person
    person.lock()


@pytest.fixture
def watching(tokens, ec_token):
    person = unlock(ec_token, PIN, module=tokens.module)
    yield person
    person.lock()


def refusal(call, *args, **named):
    with pytest.raises(Refused) as refused:
        call(*args, **named)
    return refused.value.fault


def test_rsa_and_elliptic_curves_sign(held, watching):
    for person, name in ((held, "王𬭚"), (watching, "李四鿏")):
        assert person.name == name
        assert has_signed(person.certificate_der, person.sign(b"x" * 100_000), b"x" * 100_000)
        assert not has_signed(person.certificate_der, person.sign(b"x"), b"y")


def test_two_tokens_sign_a_plan(plan, held, watching):
    signed = sign_plan(plan, [held, watching], AT)
    signed.verify()
    assert [one.name for one in signed.signatures] == ["王𬭚", "李四鿏"]


def test_a_token_and_a_file_sign_one_plan(plan, held, witness):
    sign_plan(plan, [held, witness], AT).verify()


def test_openssl_reads_what_tokens_sign(tmp_path, held, watching):
    made = cms_detached(b"\0manifest", [held, watching])
    assert all(one.valid for one in cms_verify(b"\0manifest", made))
    (tmp_path / "m").write_bytes(b"\0manifest")
    (tmp_path / "p7s").write_bytes(made)
    command = [
        "openssl",
        "cms",
        "-verify",
        "-binary",
        "-inform",
        "DER",
        "-in",
        "p7s",
        "-content",
        "m",
        "-noverify",
        "-out",
        "back",
    ]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    (tmp_path / "m").write_bytes(b"\0Manifest")
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode != 0


def test_an_rsa_token_gives_the_same_secret_each_time(tokens, held, rsa_token, rsa_key):
    first = held.secret(b"case 1")
    held.lock()
    again = unlock(rsa_token, PIN, module=tokens.module)
    assert again.secret(b"case 1") == first != again.secret(b"case 2")
    again.lock()


def test_a_token_with_an_elliptic_curve_opens_no_register(watching):
    assert refusal(watching.secret, b"case 1") is Fault.TOKEN_UNUSABLE


def test_the_key_does_not_leave_the_token(held):
    from pkcs11 import Attribute, AttributeSensitive

    handle = held._key._handle
    assert handle[Attribute.SENSITIVE]
    assert not handle[Attribute.EXTRACTABLE]
    with pytest.raises(AttributeSensitive):
        handle[Attribute.PRIVATE_EXPONENT]


def test_a_wrong_pin_and_a_locked_person(tokens, rsa_token, ec_token):
    assert refusal(unlock, rsa_token, "999999", module=tokens.module) is Fault.WRONG_PASSPHRASE
    assert refusal(unlock, rsa_token, "", module=tokens.module) is Fault.PASSPHRASE_MISSING
    person = unlock(ec_token, PIN, module=tokens.module)
    person.lock()
    person.lock()
    assert refusal(person.sign, b"") is Fault.PASSPHRASE_MISSING
    # Logged out: the token asks for the right PIN again.
    assert refusal(unlock, ec_token, "999999", module=tokens.module) is Fault.WRONG_PASSPHRASE


def test_a_second_login_never_passes_unasked(tokens, held, rsa_token):
    """PKCS#11 logs a whole process in: a wrong PIN would pass while somebody is."""
    assert refusal(unlock, rsa_token, "999999", module=tokens.module) in (
        Fault.TOKEN_UNUSABLE,
        Fault.WRONG_PASSPHRASE,
    )
    assert held.sign(b"x")


def test_the_role_is_held_to(tokens, ec_token):
    assert refusal(unlock, ec_token, PIN, Role.OFFICER, module=tokens.module) is Fault.WRONG_ROLE
    # Refused, it was logged out too.
    unlock(ec_token, PIN, Role.WITNESS, module=tokens.module).lock()


@pytest.mark.parametrize(
    "uri",
    [
        "pkcs11:token=nobody;object=签名",
        "pkcs11:token=经办;object=other",
        "pkcs11:token=经办;id=%01",
        "pkcs11:object=签名",
        "pkcs11:",
        "pkcs11:token",
        "pkcs11:token=经办;colour=red",
        "pkcs11:token=经办?pin-value=246810",
    ],
)
def test_what_names_no_single_key_is_refused(tokens, rsa_token, ec_token, uri):
    from pathlib import Path

    with pytest.raises(Refused) as refused:
        unlock(Path(uri), PIN, module=tokens.module)
    assert refused.value.fault is Fault.TOKEN_UNUSABLE
    assert "246810" not in f"{refused.value.subject}{refused.value.detail}"


def test_uris_are_decoded(tokens, rsa_token):
    from pathlib import Path
    from urllib.parse import quote

    unlock(Path(f"pkcs11:token={quote('经办')};id=%0a%0b"), PIN, module=tokens.module).lock()


def test_no_module_or_another_file(tokens, rsa_token, tmp_path):
    assert refusal(unlock, rsa_token, PIN) is Fault.TOKEN_UNUSABLE
    assert refusal(unlock, rsa_token, PIN, module=tmp_path / "none.so") is Fault.TOKEN_UNUSABLE
    (tmp_path / "text.so").write_text("no library")
    assert refusal(unlock, rsa_token, PIN, module=tmp_path / "text.so") is Fault.TOKEN_UNUSABLE


def test_a_certificate_of_another_key_is_seen(tokens, authority):
    key, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    uri = tokens.put("swapped", key, self_issue(other, "赵六", Role.WITNESS))
    person = unlock(uri, PIN, module=tokens.module)
    assert refusal(person.sign, b"x") is Fault.TOKEN_UNUSABLE
    person.lock()


def test_an_authoritys_certificate_on_a_token(tokens, authority, plan, officer):
    key = ec.generate_private_key(ec.SECP256R1())
    uri = tokens.put(
        "ca", key, authority.issue("孙七", key.public_key()), authority.certificate, authority.root
    )
    person = unlock(uri, PIN, Role.WITNESS, module=tokens.module)
    assert person.role is Role.WITNESS
    assert person.papers.chain == authority.chain
    person.lock()


def test_a_weak_key_on_a_token_is_refused(tokens):
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    uri = tokens.put("weak", key, self_issue(key, "周八", Role.WITNESS))
    assert refusal(unlock, uri, PIN, module=tokens.module) is Fault.TOKEN_UNUSABLE


@pytest.mark.parametrize("where", ["AT_LOAD", "AT_LIST", "AT_CRASH", "AT_INITIALIZE", "AT_SLOTS"])
def test_a_module_that_hangs_or_crashes_is_refused_in_its_time(hanging_module, where):
    with ends_by_itself(), pytest.raises(Refused) as refused:
        open_token("pkcs11:token=a;object=b", hanging_module(where), PIN, patience=2)
    assert (refused.value.fault, refused.value.subject) == (Fault.TOKEN_UNUSABLE, "pkcs11:token=a;object=b")
    assert refused.value.detail.endswith(" s")


def test_a_token_that_falls_silent_as_it_signs_is_refused_in_its_time(tokens, rsa_token, hanging_module):
    module = hanging_module(f'AT_SIGN="{tokens.module}"', name="silent")
    key, _, _ = open_token(str(rsa_token), module, PIN, patience=2)
    try:
        with ends_by_itself():
            assert refusal(key.sign, b"x") is Fault.TOKEN_UNUSABLE
    finally:
        key.close()
