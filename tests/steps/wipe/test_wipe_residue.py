"""What is left on the raw image, content and names: where a good outcome is said, nothing is."""

import os
import re
import subprocess
from dataclasses import replace

import pytest

from app.domain.outcome import Outcome, Reason
from app.domain.wiping import Method, Pass, Wiping

SIZES = [1, 40, 900, 1023, 1024, 1500, 4095, 4096, 4097, 6000, 17_000, 70_000, 1_000_000]
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏"


def line(n):
    return f"客户第{n:06d}号身份证11010519491231{n % 10000:04d}；".encode()


def fill(job, image, folders=6, each=14):
    """Records of many sizes, Chinese names in Chinese folders; one folder keeps something."""
    number = 0
    root = image.mount / "公司资料"
    root.mkdir()
    job.folder = root
    for f in range(folders):
        folder = root / f"客户档案{f}区" / ("分册" if f % 2 else "总册")
        folder.mkdir(parents=True)
        for n in range(each):
            surname = SURNAMES[number % len(SURNAMES)]
            size = SIZES[number % len(SIZES)]
            text = (line(number) * (size // len(line(number)) + 1))[:size]
            (folder / f"{surname}{'某' * (n % 9)}合同{number:04d}.csv").write_bytes(text)
            number += 1
    keep = root / "客户档案0区" / "总册" / "目录.txt"
    keep.write_bytes(b"kept")
    os.sync()
    image.detach()
    image.attach()
    for path in sorted(root.rglob("*.csv")):
        job.add(path)
    return number


def residue(job, image):
    """How many record lines, and which names of files and of emptied folders, stand in the raw image."""
    raw = nonzero(image)
    lines = len(set(re.findall("客户第[0-9]{6}号".encode(), raw)))
    wanted = {os.path.basename(item.path)[:-4] for item in job.items}
    wanted |= {f"客户档案{f}区" for f in range(1, 6)}
    found = set()
    for coding in ("utf-8", "utf-16-le"):
        # Every name holds one of these two; where neither stands, no name does.
        for core in ("合同", "客户档案"):
            for near in re.finditer(re.escape(core.encode(coding)), raw):
                around = raw[max(0, near.start() - 128) : near.end() + 128]
                found |= {name for name in wanted if name.encode(coding) in around}
    return lines, found


def nonzero(image):
    """The raw image without its empty stretches, and without a seam that could hide a name."""
    image.detach()
    os.sync()
    parts, empty = [], bytes(1 << 16)
    with image.path.open("rb") as file:
        while part := file.read(1 << 16):
            if part != empty[: len(part)]:
                parts.append(part)
    return b"".join(parts)


CLEAN = {
    "ext4": ("ext4", []),
    "ext4 of 1 KiB blocks": ("ext4", ["-b", "1024"]),
    "ext4 without a journal": ("ext4", ["-O", "^has_journal"]),
    "xfs": ("xfs", []),
}


@pytest.mark.parametrize("name", CLEAN)
def test_neither_content_nor_names_are_left(job, image, name):
    kind, mkfs = CLEAN[name]
    made = image(kind, mkfs)
    fill(job, made)
    ends = job.run()
    assert {end.outcome for end in ends.values()} == {Outcome.PROVEN}
    assert not {reason for end in ends.values() for reason in end.evidence.limits} - {Reason.FLASH}
    assert {dict(end.evidence.facts)["read_back"] for end in ends.values()} == {"device"}
    left = sorted(path.name for path in job.folder.rglob("*"))
    assert sorted(left) == sorted(["客户档案0区", "总册", "目录.txt"])
    assert residue(job, made) == (0, set())


MOUNTED = {
    "ext4 data=journal": ("ext4", [], ["data=journal"], Reason.JOURNALLED_DATA),
    "ext4 inline": ("ext4", ["-O", "inline_data", "-I", "256"], [], Reason.INLINE),
    "btrfs": ("btrfs", [], [], Reason.COPY_ON_WRITE),
    "btrfs zstd": ("btrfs", [], ["compress-force=zstd"], Reason.COPY_ON_WRITE),
    "btrfs nodatacow": ("btrfs", [], ["nodatacow"], Reason.COPY_ON_WRITE),
}


@pytest.mark.parametrize("name", MOUNTED)
def test_where_a_good_outcome_is_said_nothing_is_left(job, image, name):
    """And where it is not, the limit is named. Often nothing is left there either, but nobody saw it."""
    kind, mkfs, mount, reason = MOUNTED[name]
    made = image(kind, mkfs, mount)
    fill(job, made)
    ends = job.run()
    doubtful = {end.outcome for end in ends.values() if reason in end.evidence.limits}
    assert doubtful == {Outcome.RESIDUE_POSSIBLE}
    good = {item.path for item in job.items if ends[item.id].outcome.good}
    _, found = residue(job, made)
    assert not found & {os.path.basename(path)[:-4] for path in good}
    for item in job.items:
        if item.path in good:
            assert _marks(item.path) not in nonzero(made)
    print(name, "left:", residue(job, made))


def _marks(path):
    return line(int(re.search("合同([0-9]+)", path)[1]))[: len("客户第000000号".encode())]


def test_a_reflink_on_xfs_keeps_content_and_the_outcome_says_so(job, image):
    made = image("xfs")
    fill(job, made)
    shared = next(item for item in job.items if item.stamp.size == 70_000)
    copy = made.mount / "copy"
    if subprocess.run(["cp", "--reflink=always", shared.path, copy], check=False).returncode:
        pytest.skip("no reflink here")
    os.sync()
    paths = [item.path for item in job.items]
    job.items.clear()
    for path in paths:
        job.add(path)
    ends = job.run()
    for item in job.items:
        end = ends[item.id]
        assert end.outcome is (Outcome.SURVIVES if item.path == shared.path else Outcome.PROVEN)
        assert (Reason.SHARED_EXTENTS in end.evidence.limits) == (item.path == shared.path)
    lines, found = residue(job, made)
    assert (lines, found) == (1, set())


def test_a_declined_purge_costs_the_grade(job, image):
    made = image("ext4")
    fill(job, made)
    ends = job.run(wiping=Wiping(names=False))
    assert {end.outcome for end in ends.values()} == {Outcome.RESIDUE_POSSIBLE}
    assert all(Reason.NAMES_NOT_PURGED in end.evidence.limits for end in ends.values())
    lines, found = residue(job, made)
    assert lines == 0
    assert found


def test_without_the_device_the_grade_says_so(job, image):
    made = image("ext4")
    fill(job, made)
    ends = job.run(wiping=Wiping(device=False))
    assert {end.outcome for end in ends.values()} == {Outcome.OVERWRITTEN}
    assert all(Reason.NOT_READ_FROM_DEVICE in end.evidence.limits for end in ends.values())
    assert residue(job, made) == (0, set())


PASSES = [
    (Wiping(Method.ZEROS), "00"),
    (Wiping(Method.GAT_1143_3), "55 aa random"),
    (Wiping(Method.GAT_1143_7), "00 ff random 00 55 aa random"),
    (Wiping(Method.CONTRACT, (Pass.of("random"), Pass.of("6db6db"))), "random 6db6db"),
]


@pytest.mark.parametrize(("wiping", "text"), PASSES)
def test_every_method_leaves_nothing_and_tells_its_bytes(job, image, wiping, text):
    made = image("ext4")
    fill(job, made)
    ends = job.run(wiping=wiping)
    assert {end.outcome for end in ends.values()} == {Outcome.PROVEN}
    facts = dict(ends[job.items[0].id].evidence.facts)
    assert facts["pass_bytes"] == text
    assert facts["passes"] == len(text.split())
    assert residue(job, made) == (0, set())


def test_a_mount_inside_is_not_crossed_unless_named(job, image):
    outer = image("ext4")
    job.folder = outer.mount
    inner = outer.mount / "inner"
    inner.mkdir()
    other = image("ext4", folder=_made(outer.mount.parent / "other"))
    subprocess.run(["mount", "--bind", other.mount, inner], check=True)
    try:
        kept = job.add(inner / "a.csv", b"secret")
        named = job.add(inner / "b.csv", b"secret")
        assert job.run()[kept.id].evidence.limits == (Reason.MOUNT_CROSSED,)
        assert (inner / "a.csv").read_bytes() == b"secret"
        job.items = [replace(named, id="named"), job.add(inner / "c.csv", b"secret", location=inner)]
        assert {end.outcome for end in job.run().values()} == {Outcome.PROVEN}
    finally:
        subprocess.run(["umount", inner], check=True)


def _made(folder):
    folder.mkdir()
    return folder
