"""Wrapped keys: equal to the library's one by one, and refused when anything was changed."""

import pytest
from cryptography.hazmat.primitives.keywrap import aes_key_wrap_with_padding
from hypothesis import given
from hypothesis import strategies as st

from app.domain.vaulting import Suite
from app.vault.suite import cipher_of
from app.vault.wrapping import NotUnwrapped, unwrap, wrap, wrapped_size

KEYS = st.binary(min_size=32, max_size=32)


@given(KEYS, st.integers(1, 70), st.integers(1, 5), st.randoms(use_true_random=False))
def test_many_at_once_is_each_alone(key, size, count, random):
    plain = random.randbytes(size * count)
    alone = [aes_key_wrap_with_padding(key, plain[at : at + size]) for at in range(0, len(plain), size)]
    assert wrap(Suite.AES, key, memoryview(plain), size) == b"".join(alone)


@given(KEYS, st.sampled_from(list(Suite)), st.integers(1, 40), st.integers(0, 4), st.data())
def test_comes_back_and_a_changed_bit_is_refused(key, suite, size, count, data):
    own = key[: suite.key_bytes]
    plain = data.draw(st.binary(min_size=size * count, max_size=size * count))
    wrapped = bytearray(wrap(suite, own, memoryview(plain), size))
    assert len(wrapped) == count * wrapped_size(size)
    back = memoryview(bytearray(len(plain)))
    unwrap(suite, own, wrapped, back, size)
    assert back == plain
    if count:
        bit = data.draw(st.integers(0, len(wrapped) * 8 - 1))
        wrapped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(NotUnwrapped):
            unwrap(suite, own, wrapped, back, size)
        assert not any(back), "nothing of the others is given either"


def test_another_key_another_length_and_a_cut_are_refused():
    key, other = bytes(32), bytes(31) + b"\1"
    wrapped = wrap(Suite.AES, key, memoryview(b"k" * 64), 32)
    into = memoryview(bytearray(64))
    for bad, by, size in (
        (wrapped, other, 32),
        (wrapped[:-1], key, 32),
        (wrapped, key, 31),
        (wrapped[:40], key, 32),
    ):
        with pytest.raises(NotUnwrapped):
            unwrap(Suite.AES, by, bad, into, size)


def test_padding_that_is_not_zeros_is_refused():
    """RFC 5649, section 3: step 3 of the check, which a cipher alone does not make."""
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.modes import ECB

    key = bytes(32)
    block = bytes.fromhex("a65959a600000007") + b"1234567" + b"\1"
    made = Cipher(cipher_of(Suite.AES, key), ECB()).encryptor().update(block)
    with pytest.raises(NotUnwrapped):
        unwrap(Suite.AES, key, made, memoryview(bytearray(7)), 7)


def test_more_than_one_go():
    plain = memoryview(bytes(range(256)) * 1100)[: 8200 * 32]
    wrapped = wrap(Suite.AES, bytes(32), plain, 32)
    assert wrapped[8192 * 40 : 8193 * 40] == aes_key_wrap_with_padding(
        bytes(32), plain[8192 * 32 : 8193 * 32]
    )
    back = memoryview(bytearray(len(plain)))
    unwrap(Suite.AES, bytes(32), wrapped, back, 32)
    assert back == plain
