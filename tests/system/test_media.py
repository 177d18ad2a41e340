import os
import shutil
import subprocess

import pytest

from app.system import media
from app.system.media import medium_of, stands_on
from app.system.volumes import Volume, Writes, volume_of


def volume(source, kind="ext4"):
    return Volume(1, "/mnt", source, kind, "rw", Writes.IN_PLACE, 4096, 1 << 30)


@pytest.fixture
def system(tmp_path, monkeypatch):
    """A /sys as the kernel lays it out, of the test's own: what each disk says of itself, in text files."""
    monkeypatch.setattr(media, "_SYS", tmp_path)

    def add(place, **words):
        folder = tmp_path / "devices" / place
        folder.mkdir(parents=True, exist_ok=True)
        for name, word in words.items():
            path = folder / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{word}\n")
        return folder

    return add


def describe(folder):
    return media._description(folder, 4)


def test_a_disk_that_spins(system):
    disk = system(
        "pci0/ata1/host0/block/sda",
        device__model="WDC WD10  ",
        device__serial="WD-1",
        queue__rotational="1",
        queue__discard_max_bytes="0",
    )
    assert describe(disk) == (
        {"model": "WDC WD10", "serial": "WD-1", "bus": "ata"},
        {"rotational": True, "discard": False},
    )


def test_flash(system):
    disk = system(
        "pci0/nvme/nvme0/nvme0n1", serial="S1", queue__rotational="0", queue__discard_max_bytes="4096"
    )
    text, truth = describe(disk)
    assert text == {"model": "", "serial": "S1", "bus": "nvme"}
    assert truth == {"rotational": False, "discard": True}


def test_what_is_not_said_stays_unknown(system):
    assert describe(system("virtual/block/x")) == ({"model": "", "serial": "", "bus": ""}, {})
    assert describe(None) == ({}, {})
    medium = medium_of(volume("host:/share", "nfs4"))
    assert (medium.rotational, medium.discard, medium.model) == (None, None, "")
    assert medium.device == "host:/share"
    assert stands_on(volume("host:/share", "nfs4")) == ()
    assert stands_on(volume("/dev/null")) == ()


def test_a_mapped_device_is_followed_to_the_one_disk_it_is_made_of(system):
    disk = system("pci0/ata1/block/sda", queue__rotational="1", device__model="M")
    part = system("pci0/ata1/block/sda/sda1", partition="1")
    mapped = system("virtual/block/dm-0", dm__uuid="CRYPT-LUKS2-1")
    (mapped / "slaves").mkdir()
    (mapped / "slaves" / "sda1").symlink_to(part)
    assert describe(mapped)[0]["model"] == "M"
    assert list(media._layers(mapped, 4)) == []
    other = system("pci0/ata2/block/sdb", queue__rotational="0")
    (mapped / "slaves" / "sdb").symlink_to(other)
    assert "model" not in describe(mapped)[0] or describe(mapped)[0]["model"] == ""
    assert disk.exists()


@pytest.mark.parametrize(
    ("name", "words", "writes"),
    [
        ("dm-1", {"dm__uuid": "LVM-abc-real"}, [Writes.ELSEWHERE]),
        ("dm-2", {"dm__uuid": "LVM-abc-tpool"}, [Writes.ELSEWHERE]),
        ("dm-3", {"dm__uuid": "LVM-abc"}, []),
        ("zd0", {}, [Writes.ELSEWHERE]),
        ("nbd0", {}, [Writes.SERVER]),
        ("loop9", {"loop__backing_file": "/none/such (deleted)"}, [Writes.UNKNOWN]),
        ("sda", {}, []),
    ],
)
def test_layers(system, name, words, writes):
    assert list(media._layers(system(f"virtual/block/{name}", **words), 4)) == writes


def test_layers_without_end_are_unknown(system):
    assert list(media._layers(system("virtual/block/sda"), 0)) == [Writes.UNKNOWN]
    snapshot = system("virtual/block/dm-5", dm__uuid="LVM-x")
    (snapshot / "slaves").mkdir()
    (snapshot / "slaves" / "dm-5").symlink_to(snapshot)
    assert list(media._layers(snapshot, 4)) == [Writes.UNKNOWN]
    assert describe(snapshot) == ({}, {})


def test_a_loop_whose_image_is_gone(system):
    disk = system("virtual/block/loop9", loop__backing_file="/none/such (deleted)")
    assert describe(disk) == ({"bus": "loop"}, {})


@pytest.mark.skipif(not os.path.isdir("/sys/dev/block"), reason="no /sys here")
def test_the_disk_of_this_machine(tmp_path):
    here = volume_of(tmp_path)
    medium = medium_of(here)
    assert medium.file_system == here.file_system
    assert medium.bytes == here.bytes > 0
    if os.path.exists(here.source):
        name = os.path.basename(os.path.realpath(here.source))
        if os.path.exists(f"/sys/block/{name}/queue/rotational"):
            with open(f"/sys/block/{name}/queue/rotational") as file:
                assert medium.rotational is (file.read().strip() == "1")


def test_a_loop_device_is_followed_to_the_disk_that_holds_its_image(tmp_path):
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or not shutil.which("mkfs.ext4"):
        pytest.skip("mounting an image needs root and mkfs.ext4")
    image, mount = tmp_path / "image", tmp_path / "mount"
    mount.mkdir()
    with image.open("wb") as file:
        file.truncate(16 << 20)
    subprocess.run(["mkfs.ext4", "-q", image], check=True)
    done = subprocess.run(["mount", "-o", "loop", image, mount], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"no loop devices here: {done.stderr!r}")
    try:
        inner = volume_of(mount)
        assert inner.file_system == "ext4"
        assert medium_of(inner).bus.startswith("loop on ")
        assert medium_of(inner).rotational == medium_of(volume_of(tmp_path)).rotational
        assert stands_on(inner)[0] is volume_of(tmp_path).writes
    finally:
        subprocess.run(["umount", mount], check=True)
