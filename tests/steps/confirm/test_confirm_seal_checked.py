"""A sealed package looked at again: whole, or cut, flipped, packed anew, of strangers."""

import io
import tarfile
from dataclasses import replace

import pyrage
import pytest
from sealed_archive import kept_of, person, run

from app.domain.fault import Fault, Refused
from app.steps.confirm import envelope, naming, sealing, verify_sealed
from app.steps.confirm.package import unpack


@pytest.fixture
def sealed(archive, tmp_path):
    """A package, and the key that opens it."""
    _, records = archive
    custodian = person(tmp_path)
    run(kept_of(records), [custodian], tmp_path / "out")
    return tmp_path / "out/sealed-2026-001.tar.age", custodian.identity.read_text()


def identity_in(secret):
    return pyrage.x25519.Identity.from_str(next(s for s in secret.splitlines() if s.startswith("AGE")))


@pytest.mark.parametrize("where", ["header", "middle", "last"])
def test_one_flipped_bit_fails(sealed, where):
    package, secret = sealed
    data = bytearray(package.read_bytes())
    data[{"header": 60, "middle": len(data) // 2, "last": len(data) - 1}[where]] ^= 4
    package.write_bytes(data)
    failed = {check.name for check in verify_sealed(package, secret) if not check.ok}
    assert failed == {"digest", "opens"}
    assert {check.name for check in verify_sealed(package) if not check.ok} == {"digest"}
    # even when the file beside it is made to agree, it does not open
    package.with_name("sealed-2026-001.json").unlink()
    assert {check.name for check in verify_sealed(package, secret) if not check.ok} == {"opens"}


def test_a_cut_package_fails(sealed):
    package, secret = sealed
    with open(package, "r+b") as file:
        file.truncate(package.stat().st_size - 65_536 - 16)
    failed = {check.name for check in verify_sealed(package, secret) if not check.ok}
    assert failed == {"digest", "bytes", "opens"}


def test_a_stranger_does_not_open_it(sealed):
    package, _ = sealed
    stranger = str(pyrage.x25519.Identity.generate())
    assert {check.name for check in verify_sealed(package, stranger) if not check.ok} == {"opens"}
    assert {check.name for check in verify_sealed(package, "no key") if not check.ok} == {"identity"}


def repack(package, secret, change):
    """Open a package, change its tree, and seal it again to the same key: what an insider could do."""
    identity = identity_in(secret)
    plain = io.BytesIO(pyrage.decrypt(package.read_bytes(), [identity]))
    out = io.BytesIO()
    with tarfile.open(fileobj=plain) as source, tarfile.open(fileobj=out, mode="w") as target:
        for info in source:
            body = source.extractfile(info).read()
            for name, data in change(info.name, body):
                made = tarfile.TarInfo(name)
                made.size = len(data)
                target.addfile(made, io.BytesIO(data))
    package.write_bytes(pyrage.encrypt(out.getvalue(), [identity.to_public()]))
    package.with_name("sealed-2026-001.json").unlink(missing_ok=True)


def same(name, body):
    return [(name, body)]


CHANGES = {
    "a file changed": (lambda n, b: [(n, b[:-1] + b"!")] if n.endswith("Same.TXT") else same(n, b),
                       {"payload.sha256", "payload.sha512"}),
    "a file left out": (lambda n, b: [] if n.endswith("Same.TXT") else same(n, b),
                        {"payload.sha256", "payload.sha512", "oxum"}),
    "a file too many": (lambda n, b: [(n, b), ("sealed-2026-001/data/x", b"x")] if "bag-info" in n else same(n, b),
                        {"payload.sha256", "payload.sha512", "oxum"}),
    "a list changed": (lambda n, b: [(n, b + b"x")] if n.endswith("清册.csv") else same(n, b),
                       {"tags.sha256", "tags.sha512"}),
    "a way out": (lambda n, b: [(n, b), ("sealed-2026-001/data/../../x", b"x")] if "bag-info" in n else same(n, b),
                  {"structure"}),
    "a file twice": (lambda n, b: [(n, b), (n, b)] if n.endswith("Same.TXT") else same(n, b), {"structure"}),
}  # fmt: skip


@pytest.mark.parametrize("kind", CHANGES)
def test_a_bag_that_is_not_whole_is_told(sealed, kind):
    change, expected = CHANGES[kind]
    package, secret = sealed
    repack(package, secret, same)
    assert all(check.ok for check in verify_sealed(package, secret))
    repack(package, secret, change)
    assert {check.name for check in verify_sealed(package, secret) if not check.ok} == expected


def test_what_is_no_package_is_told_or_refused(tmp_path):
    stray = tmp_path / "stray.tar.age"
    stray.write_bytes(b"hello")
    assert {check.name for check in verify_sealed(stray) if not check.ok} == {"envelope", "beside"}
    (tmp_path / "stray.json").write_text("[" * 100_000)
    assert {check.name for check in verify_sealed(stray) if not check.ok} == {"envelope", "beside"}
    with pytest.raises(Refused) as refused:
        verify_sealed(tmp_path / "none.tar.age")
    assert refused.value.fault is Fault.NOT_VERIFIABLE


def test_what_follows_the_tar_is_read_to_the_envelopes_end(sealed):
    package, secret = sealed
    identity = identity_in(secret)
    longer = pyrage.decrypt(package.read_bytes(), [identity]) + bytes(3 << 20)
    package.write_bytes(pyrage.encrypt(longer, [identity.to_public()]))
    package.with_name("sealed-2026-001.json").unlink()
    assert all(check.ok for check in verify_sealed(package, secret))
    data = bytearray(package.read_bytes())
    data[-1] ^= 1
    package.write_bytes(data)
    assert {check.name for check in verify_sealed(package, secret) if not check.ok} == {"opens"}


def test_a_restore_is_held_against_what_was_located(archive, tmp_path):
    """A whole bag is not enough: it must hold these records, all of them and no other bytes."""
    _, records = archive
    custodian = person(tmp_path)
    run(kept_of(records), [custodian], tmp_path / "out")
    holders = envelope.keyholders([custodian], tmp_path / "out")
    *_, unpacked = unpack(tmp_path / "out/sealed-2026-001.tar.age", holders.trials[0])

    def held(located):
        names = naming.payload_names(located)
        work = sealing._Sealing(kept_of(located), names, "2026-001", tmp_path / "out", holders)
        return sealing._equal(work, unpacked)

    assert held(records)
    assert not held([replace(records[0], sha256="0" * 64), *records[1:]])
    assert not held(records[:-1])
