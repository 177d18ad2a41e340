"""Records sealed for customers: one can be forgotten, and everybody else's open as before."""

import io
import os

import pytest
from vaults import CASE, SECRET, customer

from app.domain.fault import Fault, Refused
from app.vault import FOLDER, REGISTER, Factors, Store, Vault, clear_away


@pytest.fixture
def store(vault):
    store = Store(vault)
    for number in range(6):
        store.keep(customer(number), "r-1", io.BytesIO(body(number, 1)))
        store.keep(customer(number), "r-2", io.BytesIO(body(number, 2)))
    return store


def body(number, record):
    return f"customer {number} record {record} ".encode() * (1 << 16 if number == 3 else 3)


def taken(store, one, record):
    out = io.BytesIO()
    assert store.take(one, record, out) == len(out.getvalue())
    return out.getvalue()


def refusal(act):
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.fault


def test_records_come_back_and_nothing_of_them_is_readable(store, tmp_path):
    for number in range(6):
        assert taken(store, customer(number), "r-1") == body(number, 1)
        assert store.counted(customer(number)) == 2
    raw = b"".join(path.read_bytes() for path in (tmp_path / FOLDER).rglob("*") if path.is_file())
    assert b"customer" not in raw
    if os.name == "posix":
        assert {path.stat().st_mode & 0o77 for path in (tmp_path / FOLDER).rglob("*")} == {0}


def test_one_is_forgotten(store, tmp_path, factors):
    saved = {path: path.read_bytes() for path in (tmp_path / FOLDER / customer(2).hex()).iterdir()}
    store.shred([customer(2)])
    assert not (tmp_path / FOLDER / customer(2).hex()).exists()
    assert refusal(lambda: taken(store, customer(2), "r-1")) is Fault.RECORD_UNKNOWN
    for number in (0, 1, 3, 4, 5):
        assert taken(store, customer(number), "r-2") == body(number, 2)
    # Somebody kept the sealed files: with the vault of today they open no more, nor with a key made anew.
    (tmp_path / FOLDER / customer(2).hex()).mkdir()
    for path, sealed in saved.items():
        path.write_bytes(sealed)
    assert refusal(lambda: taken(store, customer(2), "r-1")) is Fault.RECORD_UNKNOWN
    store.vault.add([customer(2)])
    assert refusal(lambda: taken(store, customer(2), "r-1")) is Fault.VAULT_BROKEN
    store.vault.close()
    again = Vault.open(tmp_path, factors, CASE)
    assert taken(Store(again), customer(4), "r-1") == body(4, 1)


def test_records_can_not_be_swapped(store, tmp_path):
    one, two = store._path(customer(0), "r-1"), store._path(customer(0), "r-2")
    other = store._path(customer(1), "r-1")
    a, b, c = one.read_bytes(), two.read_bytes(), other.read_bytes()
    for swapped in (b, c, c[:128] + a[128:], a[:-1], a + b"x"):
        one.write_bytes(swapped)
        assert refusal(lambda: taken(store, customer(0), "r-1")) is Fault.VAULT_BROKEN
    one.write_bytes(a)
    assert taken(store, customer(0), "r-1") == body(0, 1)


def test_a_newer_one_takes_the_place_and_a_failure_leaves_the_older(store, tmp_path):
    class Breaks(io.RawIOBase):
        def readinto(self, memory):
            raise OSError(5, "unreadable")

    with pytest.raises(OSError, match="unreadable"):
        store.keep(customer(1), "r-1", Breaks())
    assert taken(store, customer(1), "r-1") == body(1, 1)
    assert not list((tmp_path / FOLDER).rglob("*.part"))
    store.keep(customer(1), "r-1", io.BytesIO(b"newer"))
    assert taken(store, customer(1), "r-1") == b"newer"
    assert refusal(lambda: store.keep(customer(99), "r-1", io.BytesIO(b""))) is Fault.RECORD_UNKNOWN


def test_what_a_cut_left_is_removed(store, tmp_path):
    store.vault.puncture([customer(2)])
    assert (tmp_path / FOLDER / customer(2).hex()).exists()
    store.clear_keyless()
    assert not (tmp_path / FOLDER / customer(2).hex()).exists()
    assert store.counted(customer(3)) == 2
    store.clear([customer(3)])
    assert store.counted(customer(3)) == 2, "only of who has no key"


def test_those_that_are_no_longer_kept_are_removed(store):
    store.clear_others({(customer(0), "r-1"), (customer(1), "r-2")})
    assert [store.counted(customer(number)) for number in range(6)] == [1, 1, 0, 0, 0, 0]
    assert store.holds(customer(0), "r-1")
    assert not store.holds(customer(0), "r-2")


def test_the_register_s_key_is_nobody_s(store):
    store.vault.add([REGISTER])
    assert REGISTER not in store.vault.customers()
    assert refusal(lambda: store.shred([REGISTER])) is Fault.RECORD_UNKNOWN


def test_nothing_is_left_at_the_end(store, tmp_path):
    store.vault.close()
    clear_away(tmp_path, Factors(SECRET))
    assert not (tmp_path / FOLDER).exists()
    clear_away(tmp_path, Factors(SECRET))
