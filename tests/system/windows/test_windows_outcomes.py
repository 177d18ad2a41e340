"""What an overwrite may claim on Windows: good for one plain case, and for nothing that differs from it."""

import struct
from types import SimpleNamespace as Ground

import pytest
from recorded_windows import FILE, GUID, NTFS, descriptor, pointers, stream_list, truth

from app.domain.outcome import Outcome, Reason
from app.steps.wipe.foresight import foresee
from app.system.windows import api as w
from app.system.windows.api import Answer, VolumeAnswer
from app.system.windows.extents import attributes, data_segments, extents
from app.system.windows.limits import doubts_of
from app.system.windows.media import medium_of, stands_on
from app.system.windows.volumes import VolumeFlag, volume_of

SHADOW = "\\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy1"


def best(windows):
    """The outcome as the wipe step foresees it, and every reason."""
    volume = volume_of(FILE, windows)
    ground = Ground(volume=volume, medium=medium_of(volume, windows), beneath=stands_on(volume, windows))
    size = len(windows.content)
    sparse = sum(end - start for start, end in data_segments(5, size, windows)) < size
    outcome, limits = foresee(ground, extents(5, windows), attributes(5, windows), sparse=sparse, half=False)
    doubts = doubts_of(5, windows)
    return (Outcome.RESIDUE_POSSIBLE if doubts else outcome), {*limits, *doubts}


@pytest.fixture
def plain(windows):
    """A plain file on NTFS on one disk that spins, no shadow copies, everything answered."""
    windows.programs["powershell.exe"] = "lethe-end"
    return windows


def test_the_plain_case_is_good(plain):
    outcome, reasons = best(plain)
    assert outcome is Outcome.OVERWRITTEN
    assert Reason.FLASH not in reasons


def with_ranges(windows):
    windows.controls[w.FSCTL_QUERY_ALLOCATED_RANGES] = [Answer(struct.pack("<qq", 0, 4096))]


def change(**what):
    return lambda windows: windows.__dict__.update(what)


def info(kind, answer):
    return lambda windows: windows.infos.__setitem__(kind, answer)


def control(code, answer):
    return lambda windows: windows.controls.__setitem__(code, answer)


POINTERS = w.FSCTL_GET_RETRIEVAL_POINTERS


@pytest.mark.parametrize(
    ("differs", "reason"),
    [
        (control(POINTERS, w.HANDLE_EOF), Reason.INLINE),
        (control(POINTERS, w.ACCESS_DENIED), Reason.SHARED_EXTENTS),
        (control(POINTERS, [Answer(pointers([(1, 2)])[:-1])]), Reason.SHARED_EXTENTS),
        (change(attributes=0x820), Reason.COMPRESSED),
        (with_ranges, Reason.SPARSE),
        (info(w.STREAM_INFO, stream_list(("::$DATA", 1), (":a:$DATA", 1))), Reason.OTHER_STREAMS),
        (info(w.STREAM_INFO, 5), Reason.OTHER_STREAMS),
        (change(links=2), Reason.HARD_LINK),
        (change(attributes=0x420, tag=0x9000001A), Reason.SYNCED),
        (change(attributes=0x420, tag=0x80000013), Reason.UNKNOWN_MEDIUM),
        (change(volume=VolumeAnswer("ReFS", NTFS | VolumeFlag.BLOCK_REFCOUNTING)), Reason.COPY_ON_WRITE),
        (change(volume=VolumeAnswer("NTFS", NTFS | VolumeFlag.IS_COMPRESSED)), Reason.UNKNOWN_MEDIUM),
        (change(volume=VolumeAnswer("CSVFS", NTFS)), Reason.UNKNOWN_MEDIUM),
        (change(drive=4), Reason.NETWORK),
        (change(programs={"powershell.exe": f"{GUID}\\\r\n{SHADOW}\r\nlethe-end"}), Reason.COPY_ON_WRITE),
        (change(programs={}), Reason.UNKNOWN_MEDIUM),
        (change(disks=5), Reason.UNKNOWN_MEDIUM),
        (change(properties={0: descriptor(bus=16), 7: truth(1)}), Reason.UNKNOWN_MEDIUM),
        (change(properties={0: descriptor(bus=9), 7: truth(1)}), Reason.NETWORK),
        (change(clusters=5), Reason.SHARED_EXTENTS),
    ],
)
def test_what_differs_is_never_good(plain, differs, reason):
    differs(plain)
    outcome, reasons = best(plain)
    assert not outcome.good
    assert reason in reasons


@pytest.mark.parametrize("seek", [truth(0), 1])
@pytest.mark.parametrize("trim", [truth(1), truth(0), 1])
def test_what_does_not_say_that_it_spins_is_named_as_flash(plain, seek, trim):
    plain.properties |= {7: seek, 8: trim}
    _, reasons = best(plain)
    assert Reason.FLASH in reasons
