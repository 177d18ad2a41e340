"""What the step says and in which order, over ordinary files."""

import hashlib
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wiped_secret import SEED

from app.domain.case import Profile
from app.domain.event import Begun, Noted, Progressed, Settled
from app.domain.fate import Fate
from app.domain.fault import Fault, Refused
from app.domain.outcome import Outcome, Reason
from app.domain.plan import Subject
from app.domain.step import Stage, Step
from app.steps.wipe import step as wiping
from app.steps.wipe import wipe
from app.steps.wipe.keystream import Keystream
from app.system.disk import Disk, ReadOnlyDisk
from app.system.volumes import volume_of
from tests.held import files_open

BLOCK = 4096


class Witness(Disk):
    """The real disk, which keeps what a file held when its name was taken away, and that name."""

    def __init__(self):
        self.seen = []

    def unlink(self, folder, name):
        path, fd = folder.at(name)
        opened = os.open(path, os.O_RDONLY, dir_fd=fd)
        self.seen.append((name, os.pread(opened, 64 << 20, 0)))
        os.close(opened)
        super().unlink(folder, name)


@pytest.fixture(autouse=True)
def _overwritten_here(tmp_path):
    # On a copy-on-write /tmp the same runs end as RESIDUE_POSSIBLE, as test_wipe_image.py shows.
    if volume_of(tmp_path).writes.value != "in_place":
        pytest.skip(
            f"the temporary folder is on {volume_of(tmp_path).file_system}, where nothing is overwritten in place"
        )


def _check_wiped(job, content):
    item = job.add(job.folder / "张三.csv", content)
    witness = Witness()
    end = job.run(disk=witness)[item.id]
    assert end.outcome is Outcome.OVERWRITTEN
    assert os.listdir(job.folder) == []
    ((name, held),) = witness.seen
    rounded = -(-len(content) // BLOCK) * BLOCK
    assert held == Keystream(SEED, item.id).at(0, rounded)
    assert len(os.fsencode(name)) == len("张三.csv".encode())
    assert name.isascii()
    facts = dict(end.evidence.facts)
    assert facts["bytes"] == len(content)
    assert facts["passes"] == 1
    assert facts["read_back"] == "file"
    assert facts["file_system"] == volume_of(job.folder).file_system
    assert facts["seed_sha256"] == Keystream(SEED, item.id).sha256
    assert end.evidence.method == "keystream-1"
    assert facts["pass_bytes"] == "random"
    assert Reason.NAMES_NOT_PURGED not in end.evidence.limits


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, BLOCK - 1, BLOCK, BLOCK + 1, 3_000_017, (8 << 20) + 1])
def test_a_file_is_overwritten_to_the_end_of_its_last_block_and_gone(job, size):
    _check_wiped(job, os.urandom(size))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    blocks=st.integers(0, 40),
    over=st.sampled_from([-1, 0, 1, 511, 2048]),
    byte=st.binary(min_size=1, max_size=1),
)
def test_any_size(job, blocks, over, byte):
    job.items.clear()
    _check_wiped(job, byte * max(0, blocks * BLOCK + over))


def test_intent_comes_first_the_note_before_the_removal_and_the_end_last(job):
    items = [job.add(job.folder / f"{i}.csv", b"x" * 100) for i in range(20)]
    events = wipe(job.signed(), stages={}, seed=SEED)
    begun = next(events)
    assert isinstance(begun, Begun)
    assert begun.step is Step.WIPE
    assert begun.ids == tuple(item.id for item in items)
    assert begun.bytes == 2000
    assert all((job.folder / f"{i}.csv").read_bytes() == b"x" * 100 for i in range(20))
    noted = next(events)
    assert isinstance(noted, Noted)
    assert noted.what == "overwritten"
    assert set(noted.ids) == set(begun.ids)
    assert dict(noted.evidence.facts)["outcome"] == "overwritten"
    assert all((job.folder / f"{i}.csv").stat().st_size == BLOCK for i in range(20))
    rest = list(events)
    kinds = [event.what if isinstance(event, Noted) else type(event) for event in rest]
    assert kinds == ["removed", "medium", Progressed, Begun, "purged", *[Settled] * 20]
    assert rest[2].done == rest[2].total == 4000
    assert os.listdir(job.folder) == []


def test_no_file_is_open_when_a_journalled_event_goes_out(job):
    for i in range(5):
        job.add(job.folder / f"{i}.csv", b"x" * 100)
    before = files_open()
    for event in wipe(job.signed(), stages={}, seed=SEED):
        if not isinstance(event, Progressed):
            assert not files_open() - before


def test_a_big_file_tells_how_far_it_is_and_can_be_stopped_in_the_middle(job):
    job.add(job.folder / "big.csv", b"x" * (66 << 20))
    other = job.add(job.folder / "small.csv", b"x")
    before = files_open()
    events = wipe(job.signed(), stages={}, seed=SEED)
    assert next(events).ids == ("r-000000",)
    told = next(events)
    assert isinstance(told, Progressed)
    assert told.unit == "bytes"
    assert 0 < told.done < told.total
    assert told.now.endswith("big.csv")
    events.close()
    assert not files_open() - before
    ends = job.run(stages={"r-000000": Stage.BEGUN})
    assert {end.outcome for end in ends.values()} == {Outcome.OVERWRITTEN}
    assert ends[other.id].id == other.id
    assert os.listdir(job.folder) == []


def test_batches_hold_at_most_512_files_or_64_mib(job):
    class Item:
        def __init__(self, size):
            self.stamp = type("S", (), {"size": size})

    mib = 1 << 20
    sizes = [[one.stamp.size for one in batch] for batch in wiping.batches(Item(n) for n in [1] * 513)]
    assert [len(batch) for batch in sizes] == [512, 1]
    sizes = [40 * mib, 24 * mib, 1, 900 * mib, 1]
    assert [[one.stamp.size for one in batch] for batch in wiping.batches(Item(n) for n in sizes)] == [
        [40 * mib, 24 * mib],
        [1],
        [900 * mib],
        [1],
    ]
    assert list(wiping.batches([])) == []


def test_only_wipe_and_trash_of_records_and_copies_are_acted_on(job):
    stays = [
        job.add(job.folder / fate.value, b"x", fate=fate)
        for fate in Fate
        if fate not in (Fate.WIPE, Fate.TRASH)
    ]
    key = job.add(job.folder / "key.pem", b"x", subject=Subject.KEY)
    copy = job.add(job.folder / "copy", b"x", subject=Subject.COPY)
    ends = job.run()
    assert set(ends) == {copy.id}
    assert ends[copy.id].subject is Subject.COPY
    assert set(os.listdir(job.folder)) == {item.fate.value for item in stays} | {"key.pem"}
    assert key.id not in ends


def test_what_is_settled_is_left_alone(job):
    item = job.add(job.folder / "a", b"x")
    assert job.run(stages={item.id: Stage.SETTLED}) == {}
    assert (job.folder / "a").read_bytes() == b"x"


def test_only_a_signed_plan_and_a_whole_seed_are_taken(job):
    item = job.add(job.folder / "a", b"x")
    signed = job.signed()
    with pytest.raises(TypeError):
        wipe(signed.plan, stages={}, seed=SEED)
    with pytest.raises(ValueError, match="32"):
        wipe(signed, stages={}, seed=b"short")
    with pytest.raises(Refused) as refused:
        wipe(signed, stages={item.id: Stage.NOTED}, seed=SEED)
    assert refused.value.fault is Fault.JOURNAL_BROKEN
    object.__setattr__(signed, "digest", "0" * 64)
    with pytest.raises(Refused):
        wipe(signed, stages={}, seed=SEED)
    assert (job.folder / "a").read_bytes() == b"x"


def test_the_dry_run_changes_nothing_and_claims_nothing(job):
    good = job.add(job.folder / "a", b"x" * 5000)
    gone = job.add(job.folder / "b", b"x")
    binned = job.add(job.folder / "c", b"x", fate=Fate.TRASH)
    (job.folder / "b").unlink()
    before = os.lstat(job.folder / "a")
    ends = job.run(disk=ReadOnlyDisk())
    assert {end.outcome for end in ends.values()} == {Outcome.FAILED}
    assert ends[good.id].evidence.limits == (Reason.READ_ONLY,)
    assert ends[gone.id].evidence.limits == (Reason.GONE,)
    assert ends[binned.id].evidence.limits == (Reason.READ_ONLY,)
    assert sorted(os.listdir(job.folder)) == ["a", "c"]
    after = os.lstat(job.folder / "a")
    assert (after.st_mtime_ns, after.st_ctime_ns) == (before.st_mtime_ns, before.st_ctime_ns)


def test_the_strict_profile_looks_at_the_content(job):
    same = job.add(job.folder / "same", b"x" * 9000)
    other = job.add(job.folder / "other", b"x" * 9000, sha256=hashlib.sha256(b"y").hexdigest())
    ends = job.run(Profile.STRICT)
    assert ends[same.id].outcome is Outcome.OVERWRITTEN
    assert ends[other.id].outcome is Outcome.FAILED
    assert ends[other.id].evidence.limits == (Reason.CHANGED,)
    assert (job.folder / "other").read_bytes() == b"x" * 9000


def test_many_folders_and_names_of_any_bytes(job):
    names = [b"\xff\xfe\x80", "客户".encode("gb18030"), b"a\nb", b"-rf", "é".encode(), b"x" * 255, b"q"]
    for i in range(12):
        folder = os.fsencode(job.folder) + b"/d\xff%d" % i
        os.mkdir(folder)
        for name in names:
            path = os.fsdecode(folder + b"/" + name)
            job.add(path, b"secret")
    ends = job.run()
    assert len(ends) == 12 * len(names)
    assert {end.outcome for end in ends.values()} == {Outcome.OVERWRITTEN}
    assert all(Reason.NAME_REMAINS not in end.evidence.limits for end in ends.values())
    assert all(os.listdir(folder) == [] for folder in job.folder.iterdir())


def test_a_path_longer_than_the_system_takes_at_once(job):
    part = "长" * 80
    fd = os.open(job.folder, os.O_RDONLY)
    path = str(job.folder)
    for _ in range(20):
        os.mkdir(part, dir_fd=fd)
        inner = os.open(part, os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd, path = inner, f"{path}/{part}"
    file = os.open("a.csv", os.O_CREAT | os.O_RDWR, dir_fd=fd)
    os.write(file, b"secret")
    os.close(file)
    told = os.stat("a.csv", dir_fd=fd)
    assert len(os.fsencode(path)) > 4096
    template = job.add(job.folder / "b", b"x")
    from dataclasses import replace

    from app.domain.record import Stamp

    stamp = Stamp(told.st_dev, told.st_ino, told.st_size, told.st_mtime_ns, told.st_ctime_ns, told.st_nlink)
    job.items.append(replace(template, id="long", path=f"{path}/a.csv", stamp=stamp))
    assert job.run()["long"].outcome is Outcome.OVERWRITTEN
    assert os.listdir(fd) == []
    os.close(fd)


def test_one_letter_names_never_take_another_files_name(job):
    letters = "abcdefghijklmnopqrstuvwxyz23456"
    for letter in letters:
        (job.folder / letter).write_bytes(letter.encode())
    item = job.add(job.folder / "7", b"secret")
    assert job.run()[item.id].outcome is Outcome.OVERWRITTEN
    assert {path.name: path.read_bytes() for path in job.folder.iterdir()} == {c: c.encode() for c in letters}
