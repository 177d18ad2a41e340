"""The strength of an algorithm, by the names that the kinds and services give it."""

import pytest

from app.steps.shred.strength import ENOUGH, strength_of


@pytest.mark.parametrize(
    ("algorithm", "bits"),
    [
        ("RSA-1024", 80),
        ("RSA-2048", 112),
        ("RSA-3072", 128),
        ("RSA-4096", 128),
        ("RSA-512", 0),
        ("DSA-1024", 80),
        ("EC-secp256r1", 128),
        ("EC-secp224r1", 112),
        ("Ed25519", 128),
        ("X25519", 128),
        ("LUKS aes-xts-plain64 512", 256),
        ("LUKS aes-xts-plain64 256", 128),
        ("LUKS aes-cbc-essiv:sha256 128", 128),
        ("LUKS cipher_null-ecb 256", 0),
        ("restic AES-256-CTR Poly1305", 256),
        ("Cryptomator AES-256", 256),
        ("KMS RSA_2048", 112),
        ("KMS ECC_NIST_P256", 128),
        ("KMS SYMMETRIC_DEFAULT", 256),
        ("transit aes128-gcm96", 128),
        ("transit rsa-2048", 112),
        ("transit ecdsa-p384", 192),
        ("AES-128", 128),
        ("DES3-168", 0),
        ("KV 2", 0),
        ("declared", 0),
    ],
)
def test_strength(algorithm, bits):
    assert strength_of(algorithm) == bits
    assert (strength_of(algorithm) >= ENOUGH) is (bits >= 128)
