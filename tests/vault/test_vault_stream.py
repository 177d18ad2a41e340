"""Sealed bytes: what comes back is what went in; whatever was changed, moved, repeated or cut is refused."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.vaulting import Suite
from app.vault import stream
from app.vault.stream import HEAD, NotOpened, customer_of, seal, unseal
from app.vault.suite import TAG

SMALL = 64
"""Chunks as small as this are cut and swapped the same way, and quickly."""
KEY = bytes(range(32))
CUSTOMER = b"c" * 16
SUITES = st.sampled_from(list(Suite))


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch):
    monkeypatch.setattr(stream, "CHUNK", SMALL)


def sealed(plain, suite=Suite.AES, record="r-1", key=KEY):
    out = io.BytesIO()
    assert seal(
        io.BytesIO(plain), out, key[: suite.key_bytes], suite=suite, customer=CUSTOMER, record=record
    ) == len(plain)
    return out.getvalue()


def opened(body, suite=Suite.AES, record="r-1", key=KEY):
    out = io.BytesIO()
    assert unseal(io.BytesIO(body), out, key[: suite.key_bytes], record=record) == len(out.getvalue())
    return out.getvalue()


class Dribble(io.RawIOBase):
    """A file that gives and takes a few bytes at a time, as pipes do."""

    def __init__(self, body=b""):
        self.inner = io.BytesIO(body)

    def readinto(self, memory):
        part = self.inner.read(min(len(memory), 7))
        memory[: len(part)] = part
        return len(part)

    def write(self, data):
        return self.inner.write(bytes(data[:5]))


@given(st.binary(max_size=5 * SMALL), SUITES)
def test_it_comes_back(plain, suite):
    body = sealed(plain, suite)
    assert len(body) == HEAD + len(plain) + TAG * max(1, -(-len(plain) // SMALL))
    assert opened(body, suite) == plain
    assert customer_of(body[:HEAD]) == CUSTOMER


@given(st.binary(max_size=3 * SMALL))
def test_files_that_dribble(plain):
    out = Dribble()
    seal(Dribble(plain), out, KEY, suite=Suite.AES, customer=CUSTOMER, record="r-1")
    assert opened(out.inner.getvalue()) == plain


@settings(max_examples=300)
@given(st.binary(max_size=4 * SMALL), SUITES, st.data())
def test_one_bit_anywhere(plain, suite, data):
    body = bytearray(sealed(plain, suite))
    bit = data.draw(st.integers(0, len(body) * 8 - 1))
    body[bit // 8] ^= 1 << bit % 8
    with pytest.raises(NotOpened):
        opened(bytes(body), suite)


@settings(max_examples=300)
@given(st.binary(max_size=4 * SMALL), SUITES, st.data())
def test_cut_anywhere_or_lengthened(plain, suite, data):
    body = sealed(plain, suite)
    cut = data.draw(st.integers(0, len(body) - 1))
    with pytest.raises(NotOpened):
        opened(body[:cut], suite)
    with pytest.raises(NotOpened):
        opened(body + data.draw(st.binary(min_size=1, max_size=2 * SMALL)), suite)


def chunks(body):
    return [body[at : at + SMALL + TAG] for at in range(HEAD, len(body), SMALL + TAG)]


@given(st.permutations(range(5)), SUITES, st.integers(1, SMALL))
def test_chunks_in_another_order(order, suite, last):
    plain = bytes(range(4)) * (SMALL) + b"x" * last
    body = sealed(plain, suite)
    parts = chunks(body)
    shuffled = body[:HEAD] + b"".join(parts[at] for at in order)
    if order == sorted(order):
        assert opened(shuffled, suite) == plain
    else:
        with pytest.raises(NotOpened):
            opened(shuffled, suite)


@given(SUITES, st.integers(1, 4))
def test_whole_chunks_left_out_or_repeated(suite, count):
    body = sealed(b"p" * SMALL * 5, suite)
    parts = chunks(body)
    for changed in (
        parts[:count],
        parts[count:],
        [*parts[:count], parts[0], *parts[count:]],
        [*parts, parts[-1]],
    ):
        with pytest.raises(NotOpened):
            opened(body[:HEAD] + b"".join(changed), suite)


@given(st.binary(max_size=2 * SMALL), SUITES, st.text(max_size=5), st.integers(0, 127))
def test_another_key_or_record(plain, suite, record, bit):
    body = sealed(plain, suite)
    other = bytearray(KEY)
    other[bit // 8] ^= 1 << bit % 8
    with pytest.raises(NotOpened):
        opened(body, suite, key=bytes(other))
    with pytest.raises(NotOpened):
        opened(body, suite, record=f"r-1{record}!")


@given(SUITES)
def test_chunks_and_heads_of_another_file(suite):
    one, two = sealed(b"1" * SMALL * 3, suite), sealed(b"2" * SMALL * 3, suite)
    for mixed in (one[:HEAD] + two[HEAD:], one[: HEAD + SMALL + TAG] + two[HEAD + SMALL + TAG :]):
        with pytest.raises(NotOpened):
            opened(mixed, suite)


def test_the_same_bytes_are_never_sealed_the_same():
    assert len({sealed(b"p")[HEAD:] for _ in range(50)}) == 50


def test_the_suite_in_the_head_can_not_be_changed_to_another():
    body = sealed(b"p" * 200)
    name = Suite.SM4.value.encode().ljust(16, b"\0")
    for key in (KEY, KEY[:16]):
        with pytest.raises(NotOpened):
            unseal(io.BytesIO(body[:16] + name + body[32:]), io.BytesIO(), key, record="r-1")


def test_chunks_of_a_mebibyte(monkeypatch):
    monkeypatch.undo()
    assert stream.CHUNK == 1 << 20
    for size in (0, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20):
        plain = bytes(range(256)) * (size // 256) + bytes(size % 256)
        assert opened(sealed(plain)) == plain
