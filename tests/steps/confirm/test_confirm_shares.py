"""A custodian's key in shares: enough of them open the package with any age, one less opens nothing."""

from __future__ import annotations

import hashlib
import itertools
import os
from datetime import date
from pathlib import Path

import pytest

from app.domain.case import Custodian
from app.domain.event import Settled
from app.domain.fate import Decision, Fate, Ground
from app.domain.fault import Refused
from app.domain.outcome import KeepOutcome, Reason
from app.domain.record import Look, Record, Stamp, Tier
from app.steps.confirm import seal, verify_sealed
from app.steps.confirm.envelope import identities_in
from app.steps.confirm.shares import _packed, _unpacked, joined, words_in

pyrage = pytest.importorskip("pyrage")
KEY = b"k" * 32


@pytest.fixture
def kept(tmp_path: Path) -> list[tuple[Record, Decision]]:
    path = tmp_path / "凭证.csv"
    path.write_bytes(b"of the books\n" * 200)
    seen = path.stat()
    stamp = Stamp(seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_nlink)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    record = Record("r-1", str(path), str(tmp_path), stamp, sha256, Look.FOUND, Tier.SENSITIVE, "finance", 3)
    return [(record, Decision("r-1", Fate.SEAL, Ground.RETENTION, "acc", "law", date(2050, 1, 1)))]


def sealed(kept, folder: Path, *custodians: Custodian) -> Settled:
    (end,) = [one for one in seal(kept, custodians, folder, case="1", key=KEY) if isinstance(one, Settled)]
    return end


def shares_in(folder: Path) -> list[str]:
    return [path.read_text() for path in sorted(folder.glob("custodian-1-share-*.txt"))]


def test_any_two_of_three_open_the_package_and_none_alone(tmp_path: Path, kept) -> None:
    end = sealed(kept, tmp_path / "s", Custodian("律所", shares=(2, 3)))
    assert end.outcome is KeepOutcome.SEALED
    assert end.evidence.limits == (Reason.CUSTODIAN_KEY_MADE_HERE,)
    facts = dict(end.evidence.facts)
    assert (facts["restored_with"], facts["restores"], facts["recipients"]) == ("shares", 1, 1)
    shares, package = shares_in(tmp_path / "s"), tmp_path / "s/sealed-1.tar.age"
    assert len(shares) == 3
    for two in itertools.combinations(shares, 2):
        assert all(check.ok for check in verify_sealed(package, "\n".join(two)))
        assert pyrage.decrypt(package.read_bytes(), list(identities_in("".join(two))))
    for few in ([shares[0]], [shares[1]], [shares[2]]):
        told = {check.name: check.ok for check in verify_sealed(package, "".join(few))}
        assert told["identity"] is False
    assert all(check.ok for check in verify_sealed(package, "".join(shares)))
    # the key itself is nowhere
    key = joined([words_in(one)[0] for one in shares[:2]]).encode()
    files = [path for path in (tmp_path / "s").rglob("*") if path.is_file()]
    assert all(key not in path.read_bytes() for path in files)
    assert all(path.stat().st_mode & 0o077 == 0 for path in files if "share" in path.name)


def test_a_share_of_another_key_or_a_word_wrong_opens_nothing(tmp_path: Path, kept) -> None:
    sealed(kept, tmp_path / "s", Custodian("A", shares=(2, 2)))
    sealed(kept, tmp_path / "other", Custodian("A", shares=(2, 2)))
    mine, other = shares_in(tmp_path / "s"), shares_in(tmp_path / "other")
    with pytest.raises(ValueError, match="shares"):
        identities_in(mine[0] + other[1])
    words = words_in(mine[0])[0].split()
    words[9] = "academic" if words[9] != "academic" else "acid"
    with pytest.raises(ValueError, match="shares"):
        identities_in(" ".join(words) + "\n" + mine[1])


def test_sealed_again_the_shares_that_are_there_stay_true(tmp_path: Path, kept) -> None:
    who = Custodian("A", shares=(2, 3))
    sealed(kept, tmp_path / "s", who)
    before = shares_in(tmp_path / "s")
    sealed(kept, tmp_path / "s", who)
    assert shares_in(tmp_path / "s") == before
    # one was handed out: what is sealed from now on has a key of its own
    (tmp_path / "s/custodian-1-share-2-of-3.txt").unlink()
    assert sealed(kept, tmp_path / "s", who).outcome is KeepOutcome.SEALED
    after = shares_in(tmp_path / "s")
    assert not set(before) & set(after)
    assert all(one.ok for one in verify_sealed(tmp_path / "s/sealed-1.tar.age", after[0] + after[2]))


def test_a_share_that_was_changed_is_not_sealed_to(tmp_path: Path, kept) -> None:
    who = Custodian("A", shares=(2, 3))
    sealed(kept, tmp_path / "s", who)
    (tmp_path / "s/custodian-1-share-3-of-3.txt").write_text("# nothing\n")
    with pytest.raises(Refused):
        sealed(kept, tmp_path / "s", who)


def test_shares_beside_a_custodian_with_a_key(tmp_path: Path, kept) -> None:
    own = pyrage.x25519.Identity.generate()
    people = (Custodian("A", str(own.to_public())), Custodian("B", shares=(3, 5)))
    end = sealed(kept, tmp_path / "s", *people)
    assert dict(end.evidence.facts)["recipients"] == 2
    assert set(end.evidence.limits) == {Reason.NO_CUSTODIAN_KEY, Reason.CUSTODIAN_KEY_MADE_HERE}
    assert pyrage.decrypt((tmp_path / "s/sealed-1.tar.age").read_bytes(), [own])
    assert len(list((tmp_path / "s").glob("custodian-2-share-*-of-5.txt"))) == 5
    assert not (tmp_path / "s/custodian-key.txt").exists()


def test_keys_come_back_from_bytes_as_age_writes_them() -> None:
    for _ in range(200):
        text = str(pyrage.x25519.Identity.generate())
        assert _packed(_unpacked(text)) == text
    with pytest.raises(ValueError, match="age key"):
        _packed(os.urandom(16))
