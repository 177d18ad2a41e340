import pytest
from recorded_windows import FILE, GUID, OTHER, descriptor, disks, truth

from app.system.volumes import Writes
from app.system.windows.api import VolumeAnswer
from app.system.windows.media import medium_of, stands_on
from app.system.windows.shadows import Shadow, shadows, shadows_in_vssadmin, shadows_in_wmi
from app.system.windows.volumes import volume_of

DEVICE = "\\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy"
ENGLISH = f"""vssadmin 1.1 - Volume Shadow Copy Service administrative command-line tool
(C) Copyright 2001-2013 Microsoft Corp.

Contents of shadow copy set ID: {{001689e5-f1a7-40a8-8b5b-8b6371bd07ca}}
   Contained 2 shadow copies at creation time: 9/9/2026 3:10:57 AM
      Shadow Copy ID: {{046396e4-6312-45b7-96cd-5e5f6fb017ef}}
         Original Volume: (C:){GUID}\\
         Shadow Copy Volume: {DEVICE}1
         Originating Machine: pc
         Provider: 'Microsoft Software Shadow Copy provider 1.0'
      Shadow Copy ID: {{146396e4-6312-45b7-96cd-5e5f6fb017ef}}
         Original Volume: (D:){OTHER}\\
         Shadow Copy Volume: {DEVICE}12
"""
CHINESE = f"""vssadmin 1.1 - 卷影复制服务管理命令行工具
(C) 版权所有 2001-2013 Microsoft Corp.

卷影复制集 ID: {{12345678-1234-1234-1234-123456789ABC}} 的内容
   在创建时间: 2026/4/19 14:30:00 包含 1 个卷影副本
      卷影复制 ID: {{ABCDEF12-3456-7890-ABCD-EF1234567890}}
         原始卷: (C:){GUID}\\
         卷影复制 卷: {DEVICE}3
"""


def wmi(*lines):
    return "\r\n".join([*lines, "lethe-end", ""])


@pytest.fixture
def quiet(windows):
    """No shadow copies, and Windows says so."""
    windows.programs["powershell.exe"] = wmi()
    return windows


def test_a_disk_that_spins(quiet):
    medium = medium_of(volume_of(FILE, quiet), quiet)
    assert (medium.model, medium.serial, medium.bus) == ("WDC WD10EZEX", "WD-123", "sata")
    assert (medium.rotational, medium.discard) == (True, False)
    assert (medium.device, medium.mount, medium.file_system) == (GUID, "C:\\", "NTFS")
    assert stands_on(volume_of(FILE, quiet), quiet) == ()
    assert quiet.opened == {}


def test_flash_that_takes_trim(quiet):
    quiet.properties = {0: descriptor(b"Samsung", b"SSD 990", b"S6", 17), 7: truth(0), 8: truth(1)}
    medium = medium_of(volume_of(FILE, quiet), quiet)
    assert (medium.model, medium.bus, medium.rotational, medium.discard) == (
        "Samsung SSD 990",
        "nvme",
        False,
        True,
    )


@pytest.mark.parametrize(("seek", "spins"), [(truth(1), None), (truth(0), False), (1, None)])
@pytest.mark.parametrize(
    ("product", "bus"), [(b"WD", 7), (b"WD", 14), (b"VMware Virtual disk", 10), (b"Virtual Disk", 1)]
)
def test_a_disk_is_not_believed_to_spin_when_another_speaks_for_it(quiet, seek, spins, product, bus):
    quiet.properties = {0: descriptor(b"", product, b"", bus), 7: seek}
    medium = medium_of(volume_of(FILE, quiet), quiet)
    assert medium.rotational is spins
    assert medium.discard is None
    assert medium.serial == ""


@pytest.mark.parametrize(
    ("bus", "below"),
    [
        (16, Writes.UNKNOWN),
        (15, Writes.UNKNOWN),
        (14, Writes.UNKNOWN),
        (8, Writes.UNKNOWN),
        (9, Writes.SERVER),
    ],
)
def test_layers_below_a_volume(quiet, bus, below):
    quiet.properties[0] = descriptor(bus=bus)
    assert stands_on(volume_of(FILE, quiet), quiet) == (below,)


def test_a_bus_nobody_knows_is_unknown(quiet):
    quiet.properties[0] = descriptor(bus=99)
    assert stands_on(volume_of(FILE, quiet), quiet) == (Writes.UNKNOWN,)
    assert medium_of(volume_of(FILE, quiet), quiet).rotational is None


@pytest.mark.parametrize("answer", [5, b"", b"\1\0"])
def test_disks_that_can_not_be_asked_are_unknown(quiet, answer):
    quiet.disks = answer
    medium = medium_of(volume_of(FILE, quiet), quiet)
    assert (medium.model, medium.rotational, medium.discard) == ("", None, None)
    assert stands_on(volume_of(FILE, quiet), quiet) == (Writes.UNKNOWN,)


def test_a_volume_over_two_disks_spins_only_if_both_do(quiet):
    quiet.disks = disks(1, 0, 1)
    medium = medium_of(volume_of(FILE, quiet), quiet)
    assert medium.rotational is True
    opened = [entry[1] for entry in quiet.log if entry[0] == "open"]
    assert "\\\\.\\PhysicalDrive0" in opened
    assert "\\\\.\\PhysicalDrive1" in opened
    quiet.refusals["\\\\.\\PhysicalDrive1"] = 5
    assert medium_of(volume_of(FILE, quiet), quiet).rotational is None


def test_a_share_has_no_disk_here(quiet):
    quiet.drive = 4
    assert medium_of(volume_of(FILE, quiet), quiet).model == ""
    assert stands_on(volume_of(FILE, quiet), quiet) == ()


def test_a_shadow_copy_of_the_volume_keeps_the_old_bytes(windows):
    windows.programs["powershell.exe"] = wmi(GUID + "\\", DEVICE + "1")
    assert stands_on(volume_of(FILE, windows), windows) == (Writes.ELSEWHERE,)


def test_a_shadow_copy_of_another_volume_does_not(windows):
    windows.programs["powershell.exe"] = wmi(OTHER + "\\", DEVICE + "1")
    assert stands_on(volume_of(FILE, windows), windows) == ()


def test_without_an_answer_nobody_knows_of_shadow_copies(windows):
    assert shadows(windows) is None
    assert stands_on(volume_of(FILE, windows), windows) == (Writes.UNKNOWN,)
    windows.volume = VolumeAnswer("exFAT", 0x6)
    assert stands_on(volume_of(FILE, windows), windows) == ()


def test_vssadmin_is_asked_when_wmi_does_not_answer_whole(windows):
    windows.programs = {"powershell.exe": GUID, "vssadmin.exe": ENGLISH}
    assert shadows(windows) == (Shadow(GUID, DEVICE + "1"), Shadow(OTHER, DEVICE + "12"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (ENGLISH, (Shadow(GUID, DEVICE + "1"), Shadow(OTHER, DEVICE + "12"))),
        (CHINESE, (Shadow(GUID, DEVICE + "3"),)),
        ("No items found that satisfy the query.\r\n", ()),
        ("找不到满足查询的项目。\r\n", ()),
        ("Error: You don't have the correct permissions to run this command.", None),
        ("错误: 你没有运行此命令的正确权限。", None),
        ("Aucun élément trouvé", None),
        ("", None),
        (f"{DEVICE}1\n", None),
        (f"{GUID}\n{DEVICE}1\n{DEVICE}2\n", None),
    ],
)
def test_what_vssadmin_prints(text, found):
    assert shadows_in_vssadmin(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (wmi(), ()),
        (wmi(GUID + "\\", DEVICE + "1"), (Shadow(GUID, DEVICE + "1"),)),
        (GUID + "\\\r\n" + DEVICE + "1\r\n", None),
        ("", None),
        (wmi(DEVICE + "1"), None),
    ],
)
def test_what_wmi_prints(text, found):
    assert shadows_in_wmi(text) == found
