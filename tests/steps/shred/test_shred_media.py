"""What lies below the file decides the grade: real file systems, looked at raw."""

import os
import shutil
import subprocess
from contextlib import contextmanager

import pytest

from app.domain.outcome import KeyOutcome, Reason
from app.domain.plan import Subject
from app.steps.shred import shred_slot
from app.system.disk import Disk
from app.system.extents import extents
from app.vault import Factors, Vault

MIB = 1 << 20


@contextmanager
def mounted(tmp_path, tool, *options, size=16 * MIB, mount_options="loop"):
    """A file system on an image of our own, unmounted whatever happens."""
    if os.geteuid() or not shutil.which(tool):
        pytest.skip(f"needs root and {tool} to mount an image")
    image, place = tmp_path / "image", tmp_path / "mnt"
    place.mkdir()
    with image.open("wb") as file:
        file.truncate(size)
    subprocess.run([tool, *options, image], check=True, capture_output=True)
    done = subprocess.run(["mount", "-o", mount_options, image, place], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"can't mount here: {done.stderr.decode(errors='replace').strip()}")
    try:
        yield image, place
    finally:
        subprocess.run(["sync", "-f", place], check=False)
        subprocess.run(["umount", place], check=True)


def raw(image, needles):
    """Which of these byte strings the image still holds."""
    whole = image.read_bytes()
    return [needle for needle in needles if needle in whole]


def pieces(body):
    """Every aligned run of 24 bytes of a key: a rest of any size is found."""
    return [body[at : at + 24] for at in range(0, len(body) - 24, 24)]


def settle_on(place, bench, make_key, what="rsa"):
    source, kind = make_key(what)
    body = source.read_bytes()
    path = place / "customer.pem"
    path.write_bytes(body)
    source.unlink()
    with path.open("rb") as file:
        os.fsync(file.fileno())
    return bench((path, kind)).run()["k-0"], body


@pytest.mark.parametrize("what", ["rsa", "age"])
def test_on_ext4_no_byte_of_the_key_is_left_on_the_device(bench, make_key, tmp_path, what):
    with mounted(tmp_path, "mkfs.ext4", "-q") as (image, place):
        settled, body = settle_on(place, bench, make_key, what)
        control = place / "control"
        control.write_bytes(b"control " + body[::-1])
    assert raw(image, [b"control " + body[::-1]]), "the search itself must find what is there"
    assert raw(image, pieces(body)) == []
    assert settled.outcome in (KeyOutcome.KEY_DESTROYED_HERE, KeyOutcome.MEDIUM_RESIDUE)
    assert dict(settled.evidence.facts)["file_system"] == "ext4"


def test_on_ext4_the_slot_is_gone_from_the_device(tmp_path):
    with mounted(tmp_path, "mkfs.ext4", "-q") as (image, place):
        slot = place / "key.slot"
        Vault.create(place, Factors(b"s" * 32), "c").close()
        body = slot.read_bytes()
        assert raw(image, [body]) or subprocess.run(["sync", "-f", place], check=True)
        assert raw(image, [body]) == [body]

        def opens():
            return Vault.opens(place, Factors(b"s" * 32), "c")

        done = shred_slot(slot, opens=opens)
    assert done.outcome is not KeyOutcome.FAILED
    # Each fortieth piece; tests/vault looks for all of them.
    assert raw(image, [piece for piece in pieces(body)[::40] if any(piece)]) == []


def test_journalled_data_is_residue(bench, make_key, tmp_path):
    with mounted(tmp_path, "mkfs.ext4", "-q", mount_options="loop,data=journal") as (_, place):
        settled, _ = settle_on(place, bench, make_key)
    assert settled.outcome is KeyOutcome.MEDIUM_RESIDUE
    assert Reason.JOURNALLED_DATA in settled.evidence.limits


def test_inline_data_is_residue(bench, tmp_path, make_key):
    options = ("-q", "-O", "inline_data", "-I", "1024")
    with mounted(tmp_path, "mkfs.ext4", *options) as (_, place):
        settled, _ = settle_on(place, bench, make_key, "ed25519")
    assert settled.outcome is KeyOutcome.MEDIUM_RESIDUE
    assert Reason.INLINE in settled.evidence.limits


def test_copy_on_write_is_residue(bench, make_key, tmp_path):
    with mounted(tmp_path, "mkfs.btrfs", "-q", size=128 * MIB) as (_, place):
        settled, _ = settle_on(place, bench, make_key)
    assert settled.outcome is KeyOutcome.MEDIUM_RESIDUE
    assert Reason.COPY_ON_WRITE in settled.evidence.limits


def test_an_image_on_copy_on_write_is_residue(bench, make_key, tmp_path):
    """The layers below count too: ext4 on an image that lies on btrfs."""
    with mounted(tmp_path, "mkfs.btrfs", "-q", size=160 * MIB) as (_, below):
        inner = below / "inner"
        inner.mkdir()
        with mounted(inner, "mkfs.ext4", "-q") as (_, place):
            settled, _ = settle_on(place, bench, make_key)
    assert settled.outcome is KeyOutcome.MEDIUM_RESIDUE
    assert Reason.COPY_ON_WRITE in settled.evidence.limits
    assert dict(settled.evidence.facts)["file_system"] == "ext4"


def test_memory_is_a_medium_nobody_knows(bench, make_key, tmp_path):
    place = tmp_path / "memory"
    place.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", place], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("can't mount here")
    try:
        settled, _ = settle_on(place, bench, make_key)
    finally:
        subprocess.run(["umount", place], check=True)
    assert settled.outcome is KeyOutcome.MEDIUM_RESIDUE
    assert Reason.UNKNOWN_MEDIUM in settled.evidence.limits
    assert "C7" not in dict(settled.evidence.facts)["conditions_seen"].split()


class Moving(Disk):
    """A disk under which the file's blocks are given back before they are written, as a CoW layer would."""

    def overwrite(self, fd, offset, data):
        size = str(os.fstat(fd).st_size)
        punch = ["fallocate", "-p", "-o", "0", "-l", size, f"/proc/{os.getpid()}/fd/{fd}"]
        subprocess.run(punch, check=True, capture_output=True)
        super().overwrite(fd, offset, data)


def test_blocks_that_moved_are_seen_whatever_the_file_system_says(bench, make_key):
    path, kind = make_key("ec")
    with path.open("rb") as file:
        if not extents(file.fileno()) or not shutil.which("fallocate"):
            pytest.skip("no extents to ask for here")
    bed = bench((path, kind))
    bed.more = {"disk": Moving()}
    settled = bed.run()["k-0"]
    assert settled.outcome is KeyOutcome.MEDIUM_RESIDUE
    assert Reason.COPY_ON_WRITE in settled.evidence.limits


def test_a_copy_is_graded_by_its_own_medium(bench, make_key, tmp_path):
    with mounted(tmp_path, "mkfs.ext4", "-q", mount_options="loop,data=journal") as (_, place):
        path, kind = make_key("ec")
        shutil.copy(path, place / "copy.pem")
        settled = bench((path, kind), (place / "copy.pem", kind, Subject.COPY)).run()
    assert Reason.JOURNALLED_DATA in settled["k-1"].evidence.limits
    assert Reason.JOURNALLED_DATA not in settled["k-0"].evidence.limits
