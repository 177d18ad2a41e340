"""What an overwrite may claim on the Mac: nothing good on APFS, and elsewhere only in the plain case."""

import errno
from types import SimpleNamespace as Ground

import pytest
from recorded_mac import FILE, LOCAL, extended, volume

from app.domain.outcome import Outcome, Reason
from app.steps.wipe.foresight import foresee
from app.system.macos import api as m
from app.system.macos.extents import attributes, extents
from app.system.macos.limits import doubts_of
from app.system.macos.media import medium_of, stands_on
from app.system.macos.volumes import volume_of

DISK = {"DeviceIdentifier": "disk2", "WholeDisk": True, "BusProtocol": "SATA", "SolidState": False}


def best(mac):
    """The outcome as the wipe step foresees it, and every reason."""
    found = volume_of(FILE, mac)
    ground = Ground(volume=found, medium=medium_of(found, mac), beneath=stands_on(found, mac))
    sparse = sum(end - start for start, end in mac.runs(5, mac.bytes)) < mac.bytes
    outcome, limits = foresee(ground, extents(5, mac), attributes(5, mac), sparse=sparse, half=False)
    doubts = doubts_of(5, mac)
    return (Outcome.RESIDUE_POSSIBLE if doubts else outcome), {*limits, *doubts}


@pytest.fixture
def plain(mac):
    """A plain file on HFS+ on one disk that spins."""
    mac.volume = volume("hfs", source="/dev/disk2")
    mac.disks, mac.extended = {"/dev/disk2": DISK}, errno.ENOTSUP
    return mac


def test_the_plain_case_is_good(plain):
    outcome, reasons = best(plain)
    assert outcome is Outcome.OVERWRITTEN
    assert Reason.FLASH not in reasons


@pytest.mark.parametrize(
    ("differs", "reason"),
    [
        ({"volume": volume("apfs", source="/dev/disk2")}, Reason.COPY_ON_WRITE),
        ({"volume": volume("apfs", source="/dev/disk2"), "extended": extended(1)}, Reason.SHARED_EXTENTS),
        ({"volume": volume("macfuse", source="/dev/disk2")}, Reason.UNKNOWN_MEDIUM),
        ({"volume": volume("hfs", LOCAL | 0x40000000, source="/dev/disk2")}, Reason.UNKNOWN_MEDIUM),
        ({"volume": volume("smbfs", 0)}, Reason.NETWORK),
        ({"flags": m.UF_COMPRESSED}, Reason.COMPRESSED),
        ({"segments": [(0, 4096)], "places": {0: (4096, 8192)}}, Reason.SPARSE),
        ({"attributes": {b"com.apple.ResourceFork": 9}}, Reason.OTHER_STREAMS),
        ({"attributes": errno.EACCES}, Reason.OTHER_STREAMS),
        ({"nlink": 2}, Reason.HARD_LINK),
        ({"places": {0: errno.ENOTSUP}}, Reason.SHARED_EXTENTS),
        ({"disks": {}}, Reason.UNKNOWN_MEDIUM),
        ({"disks": {"/dev/disk2": DISK | {"BusProtocol": "Disk Image"}}}, Reason.UNKNOWN_MEDIUM),
    ],
)
def test_what_differs_is_never_good(plain, differs, reason):
    plain.__dict__.update(differs)
    outcome, reasons = best(plain)
    assert not outcome.good
    assert reason in reasons


@pytest.mark.parametrize("told", [{"SolidState": True}, {"BusProtocol": "USB"}])
def test_what_does_not_say_that_it_spins_is_named_as_flash(plain, told):
    plain.disks = {"/dev/disk2": DISK | told}
    assert Reason.FLASH in best(plain)[1]
