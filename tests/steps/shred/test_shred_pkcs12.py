"""Files of PKCS#12 with their keys in unusual parts: all of them are opened, or the file is not."""

import os

import key_stores as stores
import pytest
from asn1crypto import cms, pem, pkcs12, x509
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from test_shred_new_passphrase import made_pair
from test_shred_rewrapped import shredded
from test_shred_strangers import KEY, shut, told

from app.domain.outcome import KeyOutcome, Reason
from app.steps.shred.ciphers import pbkdf2
from app.steps.shred.kinds import KINDS, open_keys
from app.steps.shred.kinds.contract import Rewrap, described, store_over

WORD = b"a word"
KEYS = [KEY, rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP384R1())]


def bag(key, word=WORD):
    lock = BestAvailableEncryption(word) if word else NoEncryption()
    name = "pkcs8_shrouded_key_bag" if word else "key_bag"
    return {"bag_id": name, "bag_value": key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, lock)}


def listed(*bags):
    # Each value is DER already, which a structure takes only as what it is.
    made = pkcs12.SafeContents()
    for one in bags:
        kind = pkcs12.SafeBag._oid_specs[one["bag_id"]]
        made.append(pkcs12.SafeBag({**one, "bag_value": kind.load(one["bag_value"])}))
    return made.dump()


def clear(*bags):
    return cms.ContentInfo({"content_type": "data", "content": listed(*bags)})


def locked(*bags, cipher="aes256_cbc"):
    """A part that is encrypted as a whole, by PBES2."""
    salt, vector = os.urandom(16), os.urandom(16 if cipher == "aes256_cbc" else 8)
    make, wide = (AES, 32) if cipher == "aes256_cbc" else (TripleDES, 24)
    how = {"key_derivation_func": {"algorithm": "pbkdf2", "parameters": {
               "salt": {"specified": salt}, "iteration_count": 2048, "prf": {"algorithm": "sha256"}}},
           "encryption_scheme": {"algorithm": cipher, "parameters": vector}}  # fmt: skip
    plain = listed(*bags)
    fill = make.block_size // 8 - len(plain) % (make.block_size // 8)
    sealed = Cipher(make(pbkdf2("sha256", WORD, salt, 2048, wide)), CBC(vector)).encryptor()
    told_of = {"content_type": "data", "encrypted_content": sealed.update(plain + bytes([fill]) * fill),
               "content_encryption_algorithm": {"algorithm": "pbes2", "parameters": how}}  # fmt: skip
    return cms.ContentInfo(
        {"content_type": "encrypted_data", "content": {"version": "v0", "encrypted_content_info": told_of}}
    )


def file_of(*parts):
    whole = {"content_type": "data", "content": pkcs12.AuthenticatedSafe(list(parts)).dump()}
    return pkcs12.Pfx({"version": "v3", "auth_safe": whole}).dump()


ONE, TWO, THREE = map(bag, KEYS)
SPREAD = {
    "one, locked twice": ([locked(ONE)], KEYS[:1]),
    "one without a lock of its own": ([locked(bag(KEY, b""))], KEYS[:1]),
    "two in an encrypted part": ([locked(ONE, TWO)], KEYS[:2]),
    "one in the clear and one in an encrypted part": ([clear(ONE), locked(TWO)], KEYS[:2]),
    "an encrypted part before two in the clear": ([locked(THREE), clear(ONE, TWO)], [KEYS[2], *KEYS[:2]]),
}


@pytest.mark.parametrize(("parts", "keys"), SPREAD.values(), ids=SPREAD)
def test_every_key_is_opened_in_whatever_part_it_lies(parts, keys):
    found = open_keys(KINDS["pkcs12"], store_over(file_of(*parts)), WORD.decode())
    assert sorted(found, key=lambda one: one.fingerprint) == sorted(
        map(described, keys), key=lambda one: one.fingerprint
    )
    assert shut("pkcs12", file_of(*parts), "no") is Reason.WRONG_PASSPHRASE


def nested(*bags):
    return {"bag_id": "safe_contents", "bag_value": listed(*bags)}


@pytest.mark.parametrize(
    "parts",
    [
        [clear(ONE, bag(KEYS[1], b"another"))],
        [clear(nested(ONE, TWO))],
        [clear(ONE), locked(TWO, cipher="tripledes_3key")],
    ],
    ids=["a passphrase of its own", "a list in a list", "a cipher that is not undone here"],
)
def test_a_file_in_which_more_keys_may_be_is_not_opened(parts):
    """One key of it alone would stand for all, and no copy of the others be looked for."""
    assert shut("pkcs12", file_of(*parts), WORD.decode()) is Reason.UNREADABLE


def test_a_part_for_somebody_elses_key_leaves_the_file_unopened(tmp_path):
    _, certificate = made_pair(tmp_path, "own", "rsa:2048")
    (tmp_path / "plain").write_bytes(listed(TWO))
    stores.do("openssl", "cms", "-encrypt", "-binary", "-in", tmp_path / "plain", "-outform", "DER",
              "-out", tmp_path / "part", certificate)  # fmt: skip
    part = cms.ContentInfo.load((tmp_path / "part").read_bytes())
    assert shut("pkcs12", file_of(clear(ONE), part), WORD.decode()) is Reason.UNREADABLE


def test_a_copy_of_the_key_in_the_encrypted_part_is_found(bench, tmp_path):
    path, place = tmp_path / "two.p12", tmp_path / "place"
    place.mkdir()
    path.write_bytes(file_of(clear(ONE), locked(TWO)))
    (place / "plain").write_bytes(KEYS[1].private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
    settled, found = shredded(bench((path, "pkcs12"), passphrase=WORD.decode()), place)
    assert [one.path for one in found] == [str(place / "plain")]
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED


def test_a_file_that_is_cut_may_be_a_wrap():
    whole = file_of(clear(ONE), locked(TWO))
    assert told("pkcs12", whole[:400], key=described(KEY)) is Rewrap.MAYBE


STRANGE = ec.generate_private_key(ec.SECP256R1())
SMALL = bag(STRANGE, b"")
OURS = described(KEYS[1])


def numbered(one, number=b"\1"):
    return {**one, "bag_attributes": [{"type": "local_key_id", "values": [number]}]}


def certificate_bag(tmp_path, name, *how):
    _, made = made_pair(tmp_path, name, *how)
    value = {"cert_id": "x509", "cert_value": x509.Certificate.load(pem.unarmor(made.read_bytes())[2])}
    return {"bag_id": "cert_bag", "bag_value": pkcs12.CertBag(value).dump()}


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([clear(SMALL), locked(TWO)], Rewrap.MAYBE),
        ([clear(SMALL), locked(SMALL)], Rewrap.NO),
        ([clear(SMALL)], Rewrap.NO),
        ([clear(SMALL, nested(TWO))], Rewrap.MAYBE),
    ],
    ids=["ours in what is locked", "too short for ours", "nothing is locked", "a list in a list"],
)
def test_a_strangers_clear_key_says_nothing_of_what_is_locked_beside_it(parts, said):
    """Of the key in the clear everything is known; what nobody opens may be ours."""
    assert told("pkcs12", file_of(*parts), key=OURS) is said
    assert told("pkcs12", file_of(*parts), "no", key=OURS) is said


def test_ours_locked_for_somebody_beside_a_strangers_clear_key_is_a_doubt(tmp_path):
    _, certificate = made_pair(tmp_path, "own", "rsa:2048")
    (tmp_path / "plain").write_bytes(listed(TWO))
    stores.do("openssl", "cms", "-encrypt", "-binary", "-in", tmp_path / "plain", "-outform", "DER",
              "-out", tmp_path / "part", certificate)  # fmt: skip
    part = cms.ContentInfo.load((tmp_path / "part").read_bytes())
    assert told("pkcs12", file_of(clear(SMALL), part), key=OURS) is Rewrap.MAYBE


def test_a_number_that_two_keys_have_clears_neither(tmp_path):
    """Some programs number every key they write with 1."""
    theirs = numbered(certificate_bag(tmp_path, "theirs", "rsa:2048"))
    alone, both = clear(theirs, numbered(TWO)), clear(theirs, numbered(ONE), numbered(TWO))
    assert told("pkcs12", file_of(alone), key=OURS) is Rewrap.NO
    assert told("pkcs12", file_of(both), key=OURS) is Rewrap.MAYBE


def test_the_hunt_doubts_a_strangers_file_with_ours_in_a_locked_part(bench, make_key, tmp_path):
    path, kind = make_key("rsa")
    place = tmp_path / "place"
    place.mkdir()
    ours = bag(load_pem_private_key(path.read_bytes(), None))
    (place / "theirs.p12").write_bytes(file_of(clear(SMALL), locked(ours)))
    settled, found = shredded(bench((path, kind)), place)
    assert [one.reasons for one in found] == [(Reason.COPY_DOUBTFUL,)]
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
