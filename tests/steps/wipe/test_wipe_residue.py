"""What is left on the raw image, content and names: where a good outcome is said, nothing is."""

import os
import re

import pytest

from app.domain.outcome import Outcome, Reason

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
