import errno
import importlib
import os
import pkgutil
import sys

import pytest
from recorded_mac import FILE, LOCAL, STORE, VOLUME, WHOLE, volume

from app.system.macos.media import medium_of, stands_on
from app.system.macos.volumes import MountFlag, volume_of
from app.system.volumes import Writes


def test_apfs_writes_elsewhere(mac):
    found = volume_of(FILE, mac)
    assert (found.mount, found.source, found.file_system) == ("/System/Volumes/Data", "/dev/disk3s5", "apfs")
    assert found.writes is Writes.ELSEWHERE
    assert (found.block, found.bytes, found.device) == (4096, 4096 << 20, 77)
    assert found.options == "rw,local"
    assert found.journalled_data is None
    assert volume_of(5, mac) == found


@pytest.mark.parametrize(
    ("kind", "flags", "writes"),
    [
        ("apfs", LOCAL, Writes.ELSEWHERE),
        ("hfs", LOCAL | MountFlag.JOURNALED, Writes.IN_PLACE),
        ("hfs", LOCAL | MountFlag.SNAPSHOT, Writes.UNKNOWN),
        ("exfat", LOCAL, Writes.IN_PLACE),
        ("msdos", LOCAL, Writes.IN_PLACE),
        ("smbfs", 0, Writes.SERVER),
        ("nfs", 0, Writes.SERVER),
        ("hfs", 0, Writes.SERVER),
        ("macfuse", LOCAL, Writes.UNKNOWN),
        ("ntfs", LOCAL, Writes.UNKNOWN),
        ("", LOCAL, Writes.UNKNOWN),
    ],
)
def test_where_the_new_bytes_go(mac, kind, flags, writes):
    mac.volume = volume(kind, flags)
    assert volume_of(FILE, mac).writes is writes


def test_how_it_is_mounted(mac):
    mac.volume = volume("hfs", LOCAL | MountFlag.RDONLY | MountFlag.JOURNALED)
    found = volume_of(FILE, mac)
    assert found.options == "ro,local,journaled"
    assert found.journalled_data is False


def test_a_volume_that_can_not_be_asked(mac):
    mac.volume = errno.ENOENT
    with pytest.raises(FileNotFoundError):
        volume_of(FILE, mac)


@pytest.mark.skipif(sys.platform == "darwin", reason="the real calls are there")
def test_elsewhere_there_is_no_mac():
    with pytest.raises(OSError) as caught:
        volume_of(os.sep)
    assert caught.value.errno == errno.ENOSYS


def test_an_internal_ssd_behind_its_container(mac):
    medium = medium_of(volume_of(FILE, mac), mac)
    assert (medium.model, medium.serial, medium.bus) == ("APPLE SSD AP0512Z", "0ba0123", "Apple Fabric")
    assert (medium.rotational, medium.discard) == (False, True)
    assert stands_on(volume_of(FILE, mac), mac) == ()


def plain(mac, **told):
    mac.volume = volume("hfs", source="/dev/disk2s1")
    mac.disks = {
        "/dev/disk2s1": {"ParentWholeDisk": "disk2", "WholeDisk": False},
        "disk2": {"DeviceIdentifier": "disk2", "WholeDisk": True, "MediaName": "WD", **told},
    }
    return volume_of(FILE, mac)


@pytest.mark.parametrize(
    ("bus", "solid", "spins"),
    [
        ("SATA", False, True),
        ("SATA", True, False),
        ("SATA", None, None),
        ("USB", False, None),
        ("USB", True, False),
        ("Thunderbolt", False, None),
    ],
)
def test_a_disk_spins_only_by_its_own_word(mac, bus, solid, spins):
    told = {"BusProtocol": bus} | ({} if solid is None else {"SolidState": solid})
    medium = medium_of(plain(mac, **told), mac)
    assert medium.rotational is spins
    assert (medium.model, medium.serial, medium.discard) == ("WD", "", None)


@pytest.mark.parametrize(("trim", "discard"), [("Yes", True), ("No", False), ("maybe", None)])
def test_trim(mac, trim, discard):
    mac.profile = [{"_items": [{"bsd_name": "disk2", "spsata_trim_support": trim, "device_serial": "S"}]}]
    medium = medium_of(plain(mac, BusProtocol="SATA"), mac)
    assert (medium.discard, medium.serial) == (discard, "S")


@pytest.mark.parametrize(
    "told",
    [
        {"BusProtocol": "Disk Image"},
        {"BusProtocol": "Virtual Interface"},
        {},
        {"BusProtocol": ""},
    ],
)
def test_what_is_no_disk_of_its_own_is_unknown(mac, told):
    assert stands_on(plain(mac, **told), mac) == (Writes.UNKNOWN,)


@pytest.mark.parametrize("told", [errno.EIO, b"not a plist", b"<plist><string>x</string></plist>"])
def test_a_disk_that_can_not_be_asked_is_unknown(mac, told):
    mac.disks["/dev/disk3s5"] = told
    medium = medium_of(volume_of(FILE, mac), mac)
    assert (medium.model, medium.rotational, medium.discard) == ("", None, None)
    assert stands_on(volume_of(FILE, mac), mac) == (Writes.UNKNOWN,)


def test_a_container_on_two_disks_is_none_alone(mac):
    mac.disks["/dev/disk3s5"] = VOLUME | {
        "APFSPhysicalStores": [{"APFSPhysicalStore": "disk0s2"}, {"APFSPhysicalStore": "disk1s2"}]
    }
    assert medium_of(volume_of(FILE, mac), mac).rotational is None
    assert stands_on(volume_of(FILE, mac), mac) == (Writes.UNKNOWN,)


@pytest.mark.parametrize("where", ["/dev/disk3s5", "disk0s2"])
def test_a_raid_or_core_storage_is_unknown(mac, where):
    mac.disks[where] = (VOLUME if where != "disk0s2" else STORE) | {"CoreStorageUUID": "x"}
    assert stands_on(volume_of(FILE, mac), mac) == (Writes.UNKNOWN,)


def test_a_store_or_disk_that_can_not_be_asked(mac):
    mac.disks["disk0"] = errno.EIO
    assert stands_on(volume_of(FILE, mac), mac) == (Writes.UNKNOWN,)
    mac.disks |= {"disk0": WHOLE, "disk0s2": errno.EIO}
    assert stands_on(volume_of(FILE, mac), mac) == (Writes.UNKNOWN,)
    mac.disks["/dev/disk3s5"] = VOLUME | {"APFSPhysicalStores": [{}]}
    assert stands_on(volume_of(FILE, mac), mac) == (Writes.UNKNOWN,)


def test_without_a_profile_the_serial_stays_empty(mac):
    mac.profile = errno.EIO
    medium = medium_of(volume_of(FILE, mac), mac)
    assert (medium.serial, medium.discard, medium.model) == ("", None, "APPLE SSD AP0512Z")


def test_a_share_has_no_disk_here(mac):
    mac.volume = volume("smbfs", 0, source="//li@server/share")
    assert medium_of(volume_of(FILE, mac), mac).model == ""
    assert stands_on(volume_of(FILE, mac), mac) == ()


def test_every_module_can_be_imported_on_any_system():
    import app.system.macos as room

    names = [module.name for module in pkgutil.iter_modules(room.__path__)]
    assert {"native", "volumes", "media", "extents", "streams", "handles", "disk", "limits"} <= set(names)
    for name in names:
        importlib.import_module(f"{room.__name__}.{name}")
