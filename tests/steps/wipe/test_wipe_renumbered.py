"""A volume that has another number after a restart is known again by a file of its own, and by nothing less."""

from dataclasses import replace

import pytest

from app.domain.outcome import Outcome, Reason
from app.domain.step import Stage

CONTENT = b"110101199003074610 client\n" * 400


def elsewhere(item, **changes):
    """The item as it would be signed for on a volume with another number."""
    return replace(item, stamp=replace(item.stamp, device=item.stamp.device + 7, **changes))


def test_the_volume_is_known_again_by_one_file(job):
    names = ("a.csv", "b.csv", "c.csv", "gone.csv")
    items = [job.add(job.folder / name, CONTENT) for name in names]
    (job.folder / "gone.csv").unlink()
    job.items = [
        elsewhere(items[0], mtime_ns=1),
        replace(elsewhere(items[1]), sha256="00" * 32),
        elsewhere(items[2]),
        elsewhere(items[3]),
    ]
    ends = job.run()
    told = dict(job.events[0].evidence.facts)
    before, now = (str(item.stamp.device) for item in (job.items[0], items[0]))
    assert told == {"volume_number_signed": before, "volume_number_found": now}
    assert ends[items[1].id].outcome.good
    assert ends[items[2].id].outcome.good
    assert ends[items[0].id].evidence.limits == (Reason.CHANGED,)
    assert ends[items[3].id].evidence.limits == (Reason.GONE,)


@pytest.mark.parametrize(
    "other",
    [{"sha256": ""}, {"sha256": "00" * 32}, {"inode": 1}, {"ctime_ns": 1}, {"mtime_ns": 1}, {"size": 1}],
)
def test_less_than_all_of_it_does_not_do(job, other):
    item = job.add(job.folder / "a.csv", CONTENT)
    stamp = {name: value for name, value in other.items() if name != "sha256"}
    changed = elsewhere(item, **stamp)
    job.items = [replace(changed, sha256=other.get("sha256", item.sha256))]
    end = job.run()[item.id]
    assert (end.outcome, end.evidence.limits) == (Outcome.FAILED, (Reason.REPLACED,))
    assert (job.folder / "a.csv").read_bytes() == CONTENT


def test_a_link_in_its_place_tells_nothing(job):
    item = job.add(job.folder / "a.csv", CONTENT)
    (job.folder / "a.csv").rename(job.folder / "b.csv")
    (job.folder / "a.csv").symlink_to("b.csv")
    job.items = [elsewhere(item)]
    assert job.run()[item.id].evidence.limits == (Reason.LINK,)
    assert (job.folder / "b.csv").read_bytes() == CONTENT


def test_btrfs_after_it_was_mounted_again(image, job, tmp_path):
    """btrfs is given a number when it is mounted: the lowest that is free."""
    made = image("btrfs")
    job.folder = made.mount
    items = [job.add(made.mount / f"{number}.csv", CONTENT) for number in range(6)]
    before = made.mount.stat().st_dev
    made.detach()
    (tmp_path / "other").mkdir()
    image("btrfs", folder=tmp_path / "other")
    made.attach()
    assert made.mount.stat().st_dev != before
    ends = job.run(stages={items[0].id: Stage.BEGUN})
    assert {end.outcome for end in ends.values()} == {Outcome.RESIDUE_POSSIBLE}
    assert not list(made.mount.glob("*.csv"))
