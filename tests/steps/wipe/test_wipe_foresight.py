"""What may be claimed of an overwrite, before it is made."""

import pytest

from app.domain.medium import Medium
from app.domain.outcome import Outcome, Reason
from app.steps.wipe.foresight import foresee
from app.steps.wipe.scene import Ground
from app.system.extents import Attribute, Extent, ExtentFlag
from app.system.volumes import Volume, writes_of

NO_MARKS = Attribute(0)
ALWAYS = {Reason.NOT_READ_FROM_DEVICE}
PLAIN = (Extent(0, 1 << 20, 4096, ExtentFlag.LAST),)


def ground(file_system="ext4", beneath=(), rotational=True, journalled=False):
    volume = Volume(
        1, "/mnt", "/dev/sdx", file_system, "rw", writes_of(file_system), 4096, 1 << 30, journalled
    )
    return Ground(volume, Medium("/dev/sdx", "/mnt", file_system, "rw", rotational=rotational), beneath)


def foreseen(where, places=PLAIN, marks=NO_MARKS, *, sparse=False, half=False):
    return foresee(where, places, marks, sparse=sparse, half=half)


@pytest.mark.parametrize("file_system", ["ext2", "ext3", "ext4", "xfs", "vfat", "exfat"])
def test_in_place_on_a_disk_that_spins_has_only_the_limits_of_every_file(file_system):
    outcome, limits = foreseen(ground(file_system))
    assert outcome is Outcome.OVERWRITTEN
    assert set(limits) == ALWAYS


@pytest.mark.parametrize("rotational", [False, None])
def test_flash_or_what_may_be_flash_is_named_but_lowers_nothing(rotational):
    outcome, limits = foreseen(ground(rotational=rotational))
    assert outcome is Outcome.OVERWRITTEN
    assert set(limits) == ALWAYS | {Reason.FLASH}


@pytest.mark.parametrize(
    ("file_system", "reason"),
    [
        ("btrfs", Reason.COPY_ON_WRITE),
        ("zfs", Reason.COPY_ON_WRITE),
        ("f2fs", Reason.COPY_ON_WRITE),
        ("nfs4", Reason.NETWORK),
        ("cifs", Reason.NETWORK),
        ("9p", Reason.NETWORK),
        ("overlay", Reason.UNKNOWN_MEDIUM),
        ("fuseblk", Reason.UNKNOWN_MEDIUM),
        ("NTFS", Reason.UNKNOWN_MEDIUM),
        ("", Reason.UNKNOWN_MEDIUM),
    ],
)
def test_other_file_systems(file_system, reason):
    outcome, limits = foreseen(ground(file_system))
    assert outcome is Outcome.RESIDUE_POSSIBLE
    assert limits[0] is reason


@pytest.mark.parametrize(("swaps", "best"), [(False, Outcome.OVERWRITTEN), (True, Outcome.RESIDUE_POSSIBLE)])
def test_what_lies_in_memory_is_as_good_as_the_swap_allows(swaps, best, monkeypatch):
    monkeypatch.setattr("app.steps.wipe.foresight.may_swap", lambda: swaps)
    outcome, limits = foreseen(ground("tmpfs", rotational=None))
    assert outcome is best
    assert set(limits) == ALWAYS | {Reason.IN_MEMORY}


@pytest.mark.parametrize("layer", ["btrfs", "nfs", "fuseblk"])
def test_what_the_device_itself_lies_on_counts_too(layer):
    outcome, _ = foreseen(ground(beneath=(writes_of("ext4"), writes_of(layer))))
    assert outcome is Outcome.RESIDUE_POSSIBLE
    assert foreseen(ground(beneath=(writes_of("ext4"),)))[0] is Outcome.OVERWRITTEN


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        (ExtentFlag.SHARED, Reason.SHARED_EXTENTS),
        (ExtentFlag.ENCODED, Reason.COMPRESSED),
        (ExtentFlag.INLINE | ExtentFlag.NOT_ALIGNED, Reason.INLINE),
        (ExtentFlag.ENCODED | ExtentFlag.ENCRYPTED, None),
        (ExtentFlag.UNWRITTEN | ExtentFlag.MERGED, None),
    ],
)
def test_extents(flags, reason):
    outcome, limits = foreseen(ground(), (*PLAIN, Extent(4096, 2 << 20, 4096, flags)))
    assert outcome is (Outcome.RESIDUE_POSSIBLE if reason else Outcome.OVERWRITTEN)
    assert set(limits) == ALWAYS | ({reason} if reason else set())


def test_journalled_data_by_the_volume_or_by_the_file():
    assert foreseen(ground(journalled=True))[0] is Outcome.RESIDUE_POSSIBLE
    outcome, limits = foreseen(ground(), marks=Attribute.JOURNAL_DATA)
    assert outcome is Outcome.RESIDUE_POSSIBLE
    assert limits[0] is Reason.JOURNALLED_DATA


def test_no_attributes_are_no_doubt():
    assert foreseen(ground(), marks=None)[0] is Outcome.OVERWRITTEN


def test_sparse():
    outcome, limits = foreseen(ground(), sparse=True)
    assert outcome is Outcome.RESIDUE_POSSIBLE
    assert Reason.SPARSE in limits


def test_what_can_not_be_known_any_more_where_blocks_may_be_shared():
    assert foreseen(ground("xfs"), half=True)[0] is Outcome.RESIDUE_POSSIBLE
    assert foreseen(ground("xfs"), None)[0] is Outcome.RESIDUE_POSSIBLE
    assert foreseen(ground("ext4"), half=True)[0] is Outcome.OVERWRITTEN
    assert foreseen(ground("vfat"), None)[0] is Outcome.OVERWRITTEN


def test_no_limit_is_named_twice():
    _, limits = foreseen(ground("btrfs", beneath=(writes_of("btrfs"),)), half=True)
    assert len(set(limits)) == len(limits)
