"""Kill -9 at any moment of a change of the master: all customers open, or all but the one.

benchmarks/slot_crash.py kills more often.
"""

import sys

import pytest
from slot_crash_campaign import CASE, SECRET, campaign, told
from vaults import customer

from app.vault import Factors, Vault
from app.vault import vault as room
from app.vault.slot import read_sides


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is a signal of POSIX")
def test_thirty_kills(tmp_path):
    seen = campaign(tmp_path, 30, seed=5)
    print(seen.line)
    assert seen.bad == []
    assert seen.before + seen.after == 30


class Cut(BaseException):
    """The power goes."""


STEPS = ("keys", "half a side", "side", "half overwritten", "random", "overwritten", "unlinked")


@pytest.mark.parametrize("at", STEPS)
def test_a_cut_between_any_two_acts(tmp_path, monkeypatch, at):
    """Each place in turn, where a kill hits only by chance."""
    factors = Factors(SECRET)
    vault = Vault.create(tmp_path, factors, CASE)
    vault.add(customer(number) for number in range(10))
    before = told(vault)
    write_durably, write_side = room.write_durably, room.write_side

    def keys(path, data):
        write_durably(path, data)
        if at == "keys":
            raise Cut

    def side(path, new, secret):
        write_side(path, new, secret)
        if at == "half a side":
            with path.open("r+b") as file:
                file.seek(new.span[0] + 60_000)
                file.write(bytes(new.span[1] - file.tell()))
        if at in ("side", "half a side"):
            raise Cut

    def overwriting(path, start, stop):
        until = stop if at in ("random", "overwritten", "unlinked") else start + 50_000
        with path.open("r+b") as file:
            file.seek(start)
            file.write((bytes if at == "overwritten" else lambda n: b"r" * n)(until - start))
        if at == "unlinked":
            with path.open("r+b") as file:
                file.seek(start)
                file.write(bytes(stop - start))
            return
        raise Cut

    def gone(*_):
        raise Cut

    monkeypatch.setattr(room, "write_durably", keys)
    monkeypatch.setattr(room, "write_side", side)
    if at == "unlinked":
        monkeypatch.setattr(room.Known, "forget", gone)
    with pytest.raises(Cut):
        vault.puncture([customer(4)], overwriting)
    monkeypatch.undo()
    vault = Vault.open(tmp_path, factors, CASE)
    after = {one: key for one, key in before.items() if one != customer(4)}
    assert told(vault) == (before if at in ("keys", "half a side") else after)
    assert [len(part) for part in read_sides(tmp_path / "key.slot")] == [1, 0]
    vault.puncture([])
    assert customer(4) in vault.customers() or told(vault) == after
