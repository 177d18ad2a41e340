"""The purge of names: what becomes of folders, through stops and failures, and what it then may say."""

import errno
import os
import shutil

import pytest
from wiped_secret import SEED

from app.domain.event import Noted
from app.domain.outcome import Outcome, Reason
from app.domain.step import Stage
from app.domain.wiping import Wiping
from app.steps.wipe import folders as emptying
from app.steps.wipe import footprints, wipe
from app.steps.wipe import purge as purging
from app.steps.wipe.footprints import Footprints
from app.system.device import open_device
from app.system.disk import Disk
from app.system.journals import Log, LogKind
from app.system.volumes import volume_of


@pytest.fixture
def deep(job):
    """Files in folders in folders."""
    for names in (("甲", "乙", "丙"), ("甲", "丁"), ("戊",)):
        folder = job.folder.joinpath(*names)
        folder.mkdir(parents=True)
        job.add(folder / "客户.csv", b"secret")
    return job


def limits(job):
    return {reason for end in job.ends().values() for reason in end.evidence.limits}


def purged(job):
    (one,) = [event for event in job.events if isinstance(event, Noted) and event.what == "purged"]
    return one


def test_emptied_folders_go_and_the_location_stays(deep):
    deep.run()
    assert os.listdir(deep.folder) == []
    assert Reason.NAMES_NOT_PURGED not in limits(deep)
    assert purged(deep).ids == (dict(deep.ends()["r-000000"].evidence.facts)["volume"],)
    assert purged(deep).evidence.limits == ()


def test_a_folder_that_holds_something_else_stays_with_those_above_it(deep):
    (deep.folder / "甲" / "丁" / "别的").write_bytes(b"kept")
    (deep.folder / "戊" / "空").mkdir()
    deep.run()
    left = sorted(path.relative_to(deep.folder).as_posix() for path in deep.folder.rglob("*"))
    assert left == sorted(["甲", "甲/丁", "甲/丁/别的", "戊", "戊/空"])


def test_the_medium_is_told_once_without_where_it_is_mounted(deep):
    deep.run()
    (medium,) = [event for event in deep.events if isinstance(event, Noted) and event.what == "medium"]
    facts = dict(medium.evidence.facts)
    assert facts["file_system"]
    assert facts["bytes"] > 0
    assert medium.ids == purged(deep).ids
    assert all("/" not in str(value) for name, value in facts.items() if name != "device")


class StopsAt(Disk):
    """The real disk, on which the run is stopped at a call."""

    def __init__(self, call, after=0):
        self._left = after
        setattr(self, call, self._stop(getattr(self, call)))

    def _stop(self, real):
        def act(*arguments):
            self._left -= 1
            if self._left < 0:
                raise KeyboardInterrupt
            return real(*arguments)

        return act


@pytest.mark.parametrize(
    ("call", "after"), [("remove_folder", 0), ("remove_folder", 2), ("rename", 4), ("rename", 6)]
)
def test_stopped_in_the_middle_of_the_folders_it_goes_on(deep, call, after):
    events = wipe(deep.signed(), stages={}, seed=SEED, disk=StopsAt(call, after))
    with pytest.raises(KeyboardInterrupt):
        deep.events.extend(events)
    noted = deep.noted()
    assert set(noted) == {item.id for item in deep.items}
    ends = deep.run(stages=dict.fromkeys(noted, Stage.NOTED), noted=noted)
    assert set(ends) == set(noted)
    assert os.listdir(deep.folder) == []
    assert [event.what for event in deep.events if isinstance(event, Noted)][:2] == ["medium", "purged"]


def test_a_folder_that_somebody_fills_again_gets_its_name_back(deep):
    class Filled(Disk):
        def remove_folder(self, folder, name):
            made = os.open(f"{name}/new", os.O_CREAT, dir_fd=folder.fd)
            os.close(made)
            super().remove_folder(folder, name)

    deep.run(disk=Filled())
    assert (deep.folder / "戊" / "new").exists()
    assert {end.outcome for end in deep.ends().values()} == {Outcome.RESIDUE_POSSIBLE}
    assert Reason.NAMES_NOT_PURGED in limits(deep)


def test_a_folder_that_can_not_be_renamed_stays(deep):
    class Fixed(Disk):
        def rename(self, folder, old, new):
            if os.path.isdir(f"{folder.real}/{old}"):
                raise OSError(errno.EACCES, "fixed")
            super().rename(folder, old, new)

    deep.run(disk=Fixed())
    assert sorted(os.listdir(deep.folder)) == sorted(["甲", "戊"])


def test_what_a_stopped_run_put_into_a_folder_is_taken_away(deep):
    (deep.folder / "戊" / "\x7f~~~001").write_bytes(b"")
    (deep.folder / "\x7fmine").write_bytes(b"not empty")
    deep.run()
    assert os.listdir(deep.folder) == ["\x7fmine"]


def test_a_protected_folder_stays(deep):
    deep.items.pop(0)
    deep.run(protected=[deep.folder / "甲" / "乙"])
    assert (deep.folder / "甲" / "乙" / "丙" / "客户.csv").exists()
    only = [item for item in deep.items if "戊" in item.path]
    assert deep.ends()[only[0].id].outcome is not Outcome.FAILED


def test_declined_it_touches_no_folder_and_costs_the_grade(deep):
    deep.run(wiping=Wiping(names=False))
    assert sorted(os.listdir(deep.folder)) == sorted(["甲", "戊"])
    assert {end.outcome for end in deep.ends().values()} == {Outcome.RESIDUE_POSSIBLE}
    assert Reason.NAMES_NOT_PURGED in limits(deep)


def test_where_nothing_is_known_of_the_journal_names_are_doubted(deep, monkeypatch):
    monkeypatch.setattr(purging, "log_of", lambda volume, fd: Log(LogKind.UNKNOWN))
    deep.run()
    assert os.listdir(deep.folder) == []
    assert {end.outcome for end in deep.ends().values()} == {Outcome.RESIDUE_POSSIBLE}
    assert purged(deep).evidence.limits == (Reason.NAMES_NOT_PURGED,)


def test_a_purge_that_fails_is_said_to(deep):
    class Forbids(Disk):
        def permit(self, path):
            raise OSError(errno.EACCES, "not here")

    deep.run(disk=Forbids())
    assert {end.outcome for end in deep.ends().values()} == {Outcome.RESIDUE_POSSIBLE}
    assert os.listdir(deep.folder) != []


def test_when_all_is_gone_meanwhile_nothing_is_claimed(deep):
    for event in wipe(deep.signed(), stages={}, seed=SEED):
        deep.events.append(event)
        if isinstance(event, Noted):
            break
    noted = deep.noted()
    shutil.rmtree(deep.folder)
    deep.folder.parent.chmod(0o700)
    ends = deep.run(stages=dict.fromkeys(noted, Stage.NOTED), noted=noted)
    assert {end.outcome for end in ends.values()} <= {Outcome.RESIDUE_POSSIBLE, Outcome.OVERWRITTEN}


def test_a_journal_that_does_not_go_round_is_doubted(job, image, monkeypatch):
    made = image("xfs")
    job.folder = made.mount
    job.add(made.mount / "客户.csv", b"secret")
    monkeypatch.setattr(purging, "went_round", lambda start, now: False)
    monkeypatch.setattr(purging, "_ROUNDS", 2)
    job.run()
    assert limits(job) >= {Reason.NAMES_NOT_PURGED}


def test_a_folder_that_can_not_be_filled_is_doubted(job, image, monkeypatch):
    made = image("xfs")
    job.folder = made.mount
    job.add(made.mount / "客户.csv", b"secret")

    def full(folder):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(emptying, "_fill", full)
    job.run()
    assert limits(job) >= {Reason.NAMES_NOT_PURGED}
    assert os.listdir(made.mount) == []


@pytest.mark.parametrize("how", ["not trimmed", "not read", "not traced", "still there"])
def test_free_blocks_that_are_not_seen_to_be_gone_are_doubted(job, image, monkeypatch, how):
    made = image("xfs")
    job.folder = made.mount
    job.add(made.mount / "客户.csv", b"secret" * 1000)
    wiping = Wiping(trim=how != "not trimmed", device=how != "not read")
    if how == "not traced":
        monkeypatch.setattr(footprints, "folder_blocks", lambda fd, system: None)
    if how == "still there":
        monkeypatch.setattr(Footprints, "stand", lambda prints, device, names: True)
    job.run(wiping=wiping)
    assert limits(job) >= {Reason.NAMES_NOT_PURGED}


def test_an_old_kernel_leaves_entries_in_folders(job, image, monkeypatch):
    made = image("ext4")
    job.folder = made.mount
    job.add(made.mount / "客户.csv", b"secret")
    monkeypatch.setattr(purging, "_ENTRIES_ARE_WIPED", (99, 0))
    job.run()
    assert limits(job) >= {Reason.NAMES_NOT_PURGED}


def test_the_folders_of_xfs_are_filled_over_and_left_as_they_were(job, image):
    made = image("xfs")
    job.folder = made.mount
    for number in range(400):
        job.add(made.mount / f"客户{number}.csv", b"x")
    kept = [made.mount / f"别的{number}" for number in range(40)]
    for path in kept:
        path.write_bytes(b"kept")
    os.sync()
    job.run()
    assert Reason.NAMES_NOT_PURGED not in limits(job)
    assert sorted(path.name for path in made.mount.iterdir()) == sorted(path.name for path in kept)
    assert made.hits("客户".encode()) == 0


@pytest.mark.parametrize("kind", ["ext4", "xfs"])
def test_names_that_stand_where_a_folder_has_its_entries_are_seen(image, kind):
    made = image(kind)
    folder = made.mount / "客户档案"
    folder.mkdir()
    for number in range(300):
        (folder / f"客户{number:04}.csv").write_bytes(b"x")
    os.sync()
    made.detach()
    made.attach()
    prints = Footprints()
    prints.take([(str(folder), str(made.mount))], kind)
    paths = [str(folder), str(made.mount)]
    assert prints.tells(paths)
    assert not prints.tells([str(folder / "other")])
    with open_device(volume_of(made.mount)) as device:
        assert prints.stand(device, {str(folder): {"客户0123.csv".encode()}})
        assert not prints.stand(device, {str(folder): {"客户9123.csv".encode(), b"a"}})
        assert not prints.stand(device, {str(folder / "other"): {"客户0123.csv".encode()}})


def test_a_folder_that_is_not_there_leaves_no_print(tmp_path):
    prints = Footprints()
    prints.take([(str(tmp_path / "gone"), "")], "ext4")
    assert not prints.tells([str(tmp_path / "gone")])


def test_a_run_that_went_on_did_not_see_where_the_entries_stood(job, image):
    made = image("xfs")
    job.folder = made.mount
    item = job.add(made.mount / "客户.csv", b"secret")
    for event in wipe(job.signed(), stages={}, seed=SEED):
        job.events.append(event)
        if isinstance(event, Noted) and event.what == "removed":
            break
    noted = job.noted()
    end = job.run(stages={item.id: Stage.NOTED}, noted=noted)[item.id]
    assert end.outcome is Outcome.RESIDUE_POSSIBLE
    assert Reason.NAMES_NOT_PURGED in end.evidence.limits


def test_many_names_are_looked_for_some_at_a_time(job, image, monkeypatch):
    """Those of one folder together; one that is found in any part is a name that stands."""
    monkeypatch.setattr(purging, "_NAMES_AT_ONCE", 2)
    asked = []

    def stand(prints, device, names):
        asked.append({folder.rpartition(os.sep)[2]: len(some) for folder, some in names.items()})
        return "丙" in asked[-1]

    monkeypatch.setattr(Footprints, "stand", stand)
    job.folder = image("ext4").mount
    for folder, count in (("甲", 3), ("乙", 1), ("丙", 1), ("丁", 1)):
        (job.folder / folder).mkdir()
        for number in range(count):
            job.add(job.folder / folder / f"客户{number}.csv", b"secret" * 1000)
    ends = job.run()
    assert asked[1:] == [{"甲": 3}, {"乙": 1, "丙": 1}]
    assert {end.outcome for end in ends.values()} == {Outcome.RESIDUE_POSSIBLE}
