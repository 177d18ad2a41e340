import errno
import os
import plistlib
import struct

import pytest
from recorded_mac import FILE, HOME, LOCAL, extended, snapshot, volume

from app.domain.limit import Limit, LimitKind
from app.domain.outcome import Reason
from app.system.extents import Attribute, Extent, ExtentFlag
from app.system.macos import api as m
from app.system.macos.extents import attributes, extents, may_share
from app.system.macos.handles import alone, holders, path_of
from app.system.macos.limits import doubts_of, limits_of
from app.system.macos.snapshots import names_in_tmutil, snapshots
from app.system.macos.streams import RESOURCE_FORK, Stream, streams_of
from app.system.macos.volumes import volume_of
from app.system.protected import is_protected

UNKNOWN = ExtentFlag.UNKNOWN


def test_a_file_on_hfs_lies_where_the_system_says(mac):
    mac.volume = volume("hfs")
    assert extents(5, mac) == (Extent(0, 40_960, 10_000, 0),)


def test_extents_go_on_and_holes_are_left_out(mac):
    mac.volume = volume("hfs")
    mac.bytes, mac.segments = 30_000, [(0, 8192), (20_480, 30_000)]
    mac.places = {0: (4096, 40_960), 4096: (4096, 81_920), 20_480: (12_288, 4096)}
    assert extents(5, mac) == (
        Extent(0, 40_960, 4096, 0),
        Extent(4096, 81_920, 4096, 0),
        Extent(20_480, 4096, 9520, 0),
    )


def test_on_apfs_the_numbers_count_from_elsewhere(mac):
    assert extents(5, mac) == (Extent(0, 40_960, 10_000, UNKNOWN),)


@pytest.mark.parametrize(
    ("kind", "answer", "flags"),
    [
        ("apfs", extended(0x1), UNKNOWN | ExtentFlag.SHARED),
        ("apfs", extended(0x2), UNKNOWN),
        ("apfs", extended(0, told=0), UNKNOWN),
        ("apfs", errno.ENOTSUP, UNKNOWN),
        ("hfs", errno.ENOTSUP, ExtentFlag(0)),
        ("exfat", errno.ENOTSUP, UNKNOWN),
    ],
)
def test_clones(mac, kind, answer, flags):
    mac.volume, mac.extended = volume(kind), answer
    assert extents(5, mac)[0].flags == flags


def test_may_share(mac):
    assert may_share(5, mac) is False
    mac.extended = extended(0x1)
    assert may_share(5, mac) is True
    mac.extended = extended(0x1)[:20]
    assert may_share(5, mac) is None


def test_a_compressed_file_is_inline_and_nowhere(mac):
    mac.flags = m.UF_COMPRESSED
    (only,) = extents(5, mac)
    assert only.length == 10_000
    assert all(only.has(flag) for flag in (ExtentFlag.INLINE, ExtentFlag.ENCODED, UNKNOWN))


@pytest.mark.parametrize("place", [errno.ERANGE, errno.ENOTSUP, (0, 0), (-1, 5), (4096, -1)])
def test_no_map_is_better_than_a_wrong_one(mac, place):
    mac.places[0] = place
    assert extents(5, mac) is None


def test_an_empty_file_has_no_extents(mac):
    mac.bytes, mac.segments = 0, []
    assert extents(5, mac) == ()


@pytest.mark.parametrize(
    ("flags", "found"),
    [
        (0, Attribute(0)),
        (m.UF_IMMUTABLE, Attribute.IMMUTABLE),
        (m.SF_IMMUTABLE, Attribute.IMMUTABLE),
        (m.UF_APPEND, Attribute.APPEND_ONLY),
        (m.SF_APPEND | m.UF_COMPRESSED, Attribute.APPEND_ONLY | Attribute.COMPRESSED),
        (None, None),
    ],
)
def test_attributes(mac, flags, found):
    mac.flags = flags
    assert attributes(5, mac) == found


def test_streams(mac):
    assert streams_of(5, mac) == ()
    mac.attributes = {RESOURCE_FORK.encode(): 42, "user.客户".encode(): 7}
    assert streams_of(5, mac) == (Stream(RESOURCE_FORK, 42), Stream("user.客户", 7))


def test_streams_nobody_can_tell_of_are_unknown(mac):
    mac.attributes = errno.ENOTSUP
    assert streams_of(5, mac) == ()
    mac.attributes = errno.EACCES
    assert streams_of(5, mac) is None
    mac.attributes = {b"a": -93, b"b": 1}
    assert streams_of(5, mac) == (Stream("b", 1),)
    mac.attributes = {b"a": -errno.EACCES}
    assert streams_of(5, mac) is None


def pids(*numbers):
    return struct.pack(f"={len(numbers)}i", *numbers)


def test_who_has_it_open(mac):
    assert holders(FILE, mac) == ()
    assert alone(5, mac) is True
    mac.pids = pids(os.getpid(), 4242, 0)
    assert holders(FILE, mac) == (4242,)
    assert alone(5, mac) is False


def test_who_may_not_look_does_not_know(mac):
    mac.root = False
    assert alone(5, mac) is None
    mac.pids = pids(4242)
    assert alone(5, mac) is False
    for answer in (errno.EPERM, b"xxx"):
        mac.root, mac.pids = True, answer
        assert holders(FILE, mac) is None
        assert alone(5, mac) is None
    mac.path = errno.ENOENT
    assert alone(5, mac) is None


def test_the_real_path_is_what_is_protected(mac):
    mac.path = "/Applications/某.app/a"
    assert not is_protected("/Volumes/U/link/a", system="darwin")
    assert is_protected(path_of(5, mac), system="darwin")


NAMES = ("com.apple.TimeMachine.2026-10-12-080000.local", "com.bombich.ccc.X")


def snaps(mac):
    return snapshots(volume_of(FILE, mac), mac)


def test_snapshots_as_the_kernel_lists_them(mac):
    assert snaps(mac) == ()
    mac.snaps = [snapshot(name) for name in NAMES]
    assert snaps(mac) == NAMES


LIST = "diskutil apfs listSnapshots"


@pytest.mark.parametrize(
    "kernel", [errno.EPERM, [snapshot("x")[:10]], [snapshot("x", told=0)], [snapshot("")]]
)
def test_snapshots_as_diskutil_lists_them(mac, kernel):
    mac.snaps = kernel
    rows = [{"SnapshotName": NAMES[0]}, {"SnapshotUUID": "U"}]
    mac.programs[LIST] = plistlib.dumps({"Snapshots": rows})
    assert snaps(mac) == (NAMES[0], "U")
    mac.programs[LIST] = plistlib.dumps({"Snapshots": []})
    assert snaps(mac) == ()


@pytest.mark.parametrize(
    "answer",
    [
        errno.EIO,
        b"",
        plistlib.dumps({}),
        plistlib.dumps([]),
        plistlib.dumps({"Snapshots": [{}]}),
        plistlib.dumps({"Snapshots": ["x"]}),
    ],
)
def test_that_tmutil_lists_none_says_nothing(mac, answer):
    mac.snaps, mac.programs[LIST] = errno.EPERM, answer
    assert snaps(mac) is None
    mac.programs["listlocalsnapshots"] = b"Snapshots for disk /:\n"
    assert snaps(mac) is None
    mac.programs["listlocalsnapshots"] = f"Snapshots for disk /:\n{NAMES[0]}\n".encode()
    assert snaps(mac) == (NAMES[0],)


def test_what_tmutil_prints():
    assert names_in_tmutil("com.apple.TimeMachine.2018-12-04-123456\n") == (
        "com.apple.TimeMachine.2018-12-04-123456",
    )
    assert names_in_tmutil("com.apple.TimeMachine.2017-12-23-090037 (dataless)\n") == (
        "com.apple.TimeMachine.2017-12-23-090037",
    )
    assert names_in_tmutil("Snapshots for volume group containing disk /:\n") == ()


def test_only_apfs_has_snapshots(mac):
    mac.volume, mac.snaps = volume("hfs"), errno.EPERM
    assert snaps(mac) == ()


def test_limits_of_a_machine_that_answers(mac):
    mac.snaps = [snapshot(NAMES[0])]
    assert set(limits_of(FILE, HOME, mac)) == {
        Limit(LimitKind.SNAPSHOT, NAMES[0]),
        Limit(LimitKind.BACKUP_SERVICE, "备份盘"),
        Limit(LimitKind.SWAP, "/System/Volumes/VM/swapfile0"),
        Limit(LimitKind.HIBERNATION, "/System/Volumes/VM/sleepimage"),
    }
    mac.snaps, mac.folders = [], {"/private/var/vm": []}
    mac.programs["tmutil"] = plistlib.dumps({"Destinations": []})
    assert limits_of(FILE, HOME, mac) == ()


@pytest.mark.parametrize(
    "told", [errno.EIO, b"tmutil: No destinations configured.", plistlib.dumps({}), plistlib.dumps([])]
)
def test_limits_of_a_machine_that_does_not(mac, told):
    mac.volume, mac.folders, mac.programs["tmutil"] = errno.EIO, {}, told
    assert set(limits_of(FILE, HOME, mac)) == {
        Limit(LimitKind.SNAPSHOT, "APFS", seen=False),
        Limit(LimitKind.BACKUP_SERVICE, "Time Machine", seen=False),
        Limit(LimitKind.SWAP, "/System/Volumes/VM", seen=False),
        Limit(LimitKind.HIBERNATION, "/System/Volumes/VM", seen=False),
    }


def test_a_destination_without_a_name(mac):
    mac.programs["tmutil"] = plistlib.dumps({"Destinations": [{"Kind": "Local"}, "x"]})
    assert Limit(LimitKind.BACKUP_SERVICE, "Time Machine") in limits_of(FILE, HOME, mac)


def sync(mac, path):
    return {limit.name for limit in limits_of(path, HOME, mac) if limit.kind is LimitKind.SYNC_FOLDER}


@pytest.mark.parametrize(
    ("path", "names"),
    [
        (f"{HOME}/Library/CloudStorage/OneDrive-示例/a.csv", {"OneDrive-示例"}),
        (f"{HOME}/Library/Mobile Documents/com~apple~CloudDocs/a.csv", {"iCloud Drive"}),
        (f"{HOME}/Dropbox/a.csv", {"Dropbox"}),
        (f"{HOME}/坚果云/x/a.csv", {"坚果云"}),
        (f"{HOME}/Desktop/a.csv", set()),
        (f"{HOME}/data/a.csv", set()),
        (f"{HOME}/data/Dropbox", set()),
    ],
)
def test_sync_folders(mac, path, names):
    assert sync(mac, path) == names


def test_a_desktop_that_icloud_keeps(mac):
    mac.folders[f"{HOME}/Library/Mobile Documents/com~apple~CloudDocs"] = ["Desktop"]
    assert sync(mac, f"{HOME}/Desktop/a.csv") == {"iCloud Drive"}
    assert sync(mac, f"{HOME}/Documents/a.csv") == set()


def test_no_doubts_of_a_plain_file(mac):
    assert doubts_of(5, mac) == ()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"attributes": {b"com.apple.ResourceFork": 1}}, Reason.OTHER_STREAMS),
        ({"attributes": errno.EACCES}, Reason.OTHER_STREAMS),
        ({"flags": m.UF_COMPRESSED}, Reason.COMPRESSED),
        ({"nlink": 2}, Reason.HARD_LINK),
        ({"extended": extended(1)}, Reason.SHARED_EXTENTS),
        ({"extended": errno.ENOTSUP}, Reason.SHARED_EXTENTS),
        ({"flags": None}, Reason.UNKNOWN_MEDIUM),
        ({"extended": errno.ENOTSUP, "volume": errno.EIO}, Reason.UNKNOWN_MEDIUM),
    ],
)
def test_doubts(mac, change, reason):
    mac.__dict__.update(change)
    assert reason in doubts_of(5, mac)


def test_what_can_not_share_is_not_doubted(mac):
    mac.volume, mac.extended = volume("hfs", LOCAL), errno.ENOTSUP
    assert doubts_of(5, mac) == ()
