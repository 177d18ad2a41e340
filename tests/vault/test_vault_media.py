"""The raw device after a puncture, and after the end of a vault: no byte of the old slot, or the verdict says why."""

import os
import shutil
import subprocess
from contextlib import contextmanager

import pytest
from vaults import CASE, SECRET, customer

from app.domain.outcome import KeyOutcome, Reason
from app.steps.shred.slot import overwrite_side, shred_slot
from app.steps.shred.verdict import verdict
from app.system.extents import Attribute, attributes
from app.system.memory import Secret
from app.vault import SLOT, Factors, Vault
from app.vault.slot import read_secret, read_sides, span_of

MIB = 1 << 20
SYSTEMS = {
    "ext4": (("mkfs.ext4", "-q"), 32, "loop"),
    "xfs": (("mkfs.xfs", "-q"), 320, "loop"),
    "btrfs": (("mkfs.btrfs", "-q"), 128, "loop"),
    "ext4, data=journal": (("mkfs.ext4", "-q"), 32, "loop,data=journal"),
}
FACTORS = Factors(SECRET)


@contextmanager
def mounted(tmp_path, name):
    """A file system on an image of our own, unmounted whatever happens."""
    (tool, *options), size, how = SYSTEMS[name]
    if os.geteuid() or not shutil.which(tool):
        pytest.skip(f"needs root and {tool} to mount an image")
    image, place = tmp_path / "image", tmp_path / "mnt"
    place.mkdir()
    with image.open("wb") as file:
        file.truncate(size * MIB)
    subprocess.run([tool, *options, image], check=True, capture_output=True)
    done = subprocess.run(["mount", "-o", how, image, place], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"can't mount here: {done.stderr.decode(errors='replace').strip()}")
    try:
        yield image, place
    finally:
        subprocess.run(["sync", "-f", place], check=False)
        subprocess.run(["umount", place], check=True)


def found(image, body):
    """How many aligned runs of 16 bytes of an old slot the whole image holds; all zeros do not count.

    Every run of the image is looked at, at each of 16 offsets within the file's own alignment.
    """
    wanted = {body[at : at + 16] for at in range(0, len(body), 16)} - {bytes(16)}
    whole = image.read_bytes()
    return len(wanted & {whole[at : at + 16] for at in range(0, len(whole), 16)})


def side_of(place):
    """The bytes of the side in use, and the secret in it."""
    (side,), _ = read_sides(place / SLOT)
    with Secret(32) as secret:
        read_secret(place / SLOT, side, secret)
        return side, (place / SLOT).read_bytes()[slice(*span_of(side.index))], bytes(secret.view)


@pytest.mark.parametrize("name", SYSTEMS)
def test_after_a_puncture(tmp_path, name):
    with mounted(tmp_path, name) as (image, place):
        vault = Vault.create(place, FACTORS, CASE)
        vault.add(customer(number) for number in range(50))
        _, old, secret = side_of(place)
        subprocess.run(["sync", "-f", place], check=True)
        assert found(image, old[4096:]) > 7990, "the search finds what is there"
        changed = vault.puncture([customer(1)], overwrite_side)
        _, new, _ = side_of(place)
        vault.close()
    # The first 32 bytes name the format, the generation and the suite, and those from 72 to 104 the
    # vault: the new side has them too.
    left, outcome = found(image, old[32:80] + old[112:]), verdict(changed.evidence.limits)
    print(f"{name}: {left} runs of 16 bytes of the old side left, verdict {outcome.value}")
    assert found(image, new[4096:]) > 7990
    assert image.read_bytes().count(secret) == 0, "the secret itself never was on the device"
    if name == "ext4, data=journal":
        assert left
        assert outcome is KeyOutcome.MEDIUM_RESIDUE
        assert Reason.JOURNALLED_DATA in changed.evidence.limits
    else:
        assert left == 0
        assert Reason.COPY_ON_WRITE not in changed.evidence.limits


@pytest.mark.parametrize("name", ["ext4", "xfs", "btrfs"])
def test_after_the_end(tmp_path, name):
    with mounted(tmp_path, name) as (image, place):
        Vault.create(place, FACTORS, CASE).close()
        body = (place / SLOT).read_bytes()
        done = shred_slot(place / SLOT, opens=lambda: Vault.opens(place, FACTORS, CASE))
        assert not Vault.opens(place, FACTORS, CASE)
    assert done.outcome in (KeyOutcome.KEY_DESTROYED_HERE, KeyOutcome.MEDIUM_RESIDUE)
    assert found(image, body) == 0


def test_on_btrfs_the_slot_stays_in_place_and_a_snapshot_is_said(tmp_path):
    with mounted(tmp_path, "btrfs") as (image, place):
        vault = Vault.create(place, FACTORS, CASE)
        with (place / SLOT).open("rb") as file:
            assert attributes(file.fileno()) & Attribute.NO_COPY_ON_WRITE
        _, old, _ = side_of(place)
        taken = ["btrfs", "subvolume", "snapshot", "-r", place, place / "kept"]
        subprocess.run(taken, check=True, capture_output=True)
        changed = vault.puncture([], overwrite_side)
        vault.close()
    assert found(image, old) > 0, "a snapshot keeps the old side, whatever is done to the file"
    assert verdict(changed.evidence.limits) is KeyOutcome.MEDIUM_RESIDUE
    assert Reason.SHARED_EXTENTS in changed.evidence.limits
