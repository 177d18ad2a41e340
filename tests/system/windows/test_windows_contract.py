"""The wipe of a file on Windows, from the step down to the documented calls, over recorded answers."""

from __future__ import annotations

import errno
import ntpath
import os
import struct
import sys
import types
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from recorded_windows import GUID, descriptor, process, stream_list
from windows_world import POSIX_ONLY, SECTOR, World, python_of

from app.domain.event import Noted, Settled
from app.domain.fate import Fate
from app.domain.fault import Fault, Refused
from app.domain.limit import LimitKind
from app.domain.outcome import KeyOutcome, Outcome, Reason
from app.domain.plan import Subject
from app.domain.wiping import Wiping
from app.steps.confirm.traces import system_limits
from app.steps.shred import shred
from app.steps.wipe import wipe
from app.steps.wipe.cost import names_cost
from app.system import protected
from app.system.device import Device, open_source
from app.system.direct import go_direct, same
from app.system.disk import this_disk, this_read_only_disk
from app.system.durable import sync_folder
from app.system.extents import Attribute, attributes
from app.system.lock import acquire
from app.system.rights import become, caller
from app.system.trim import trim
from app.system.windows import api as w
from app.system.windows.api import Answer

FOLDER = "C:\\data\\客户"
FILE = f"{FOLDER}\\名单.csv"
CONTENT = "张三,13800138000\r\n".encode() * 500
SEED = bytes(range(32))
SHADOW = f"{GUID}\\\r\n\\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy3\r\nlethe-end"
POINTERS = w.FSCTL_GET_RETRIEVAL_POINTERS


@pytest.fixture
def world(tmp_path, monkeypatch):
    """A Windows as far as the program can tell: its name, its separators, its calls, and nothing of POSIX."""
    world = World(tmp_path)
    native = types.ModuleType("native")
    native.Native = lambda: world
    monkeypatch.setitem(sys.modules, "app.system.windows.native", native)
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(protected.is_protected, "__defaults__", ((), "win32"))
    monkeypatch.setattr(os, "sep", "\\")
    protected._program.cache_clear()
    for name, call in python_of(world).items():
        monkeypatch.setattr(os, name, call)
    for name in POSIX_ONLY:
        monkeypatch.delattr(os, name)
    yield world
    protected._program.cache_clear()


def run(world, sign, path=FILE, content=CONTENT, wiping=None, location="", **options):
    """Wipe one file; gives how it ended and every note."""
    told = world.make(path, content)
    plan = sign((path, told, content, location or path.rpartition("\\")[0]), wiping=wiping)
    wiping = wiping or Wiping()
    events = list(wipe(plan, stages={}, seed=SEED, wiping=wiping, **options))
    (end,) = [event for event in events if isinstance(event, Settled)]
    return end, {event.what: event for event in events if isinstance(event, Noted)}


def test_a_plain_file_is_overwritten_past_the_cache_renamed_trimmed_and_removed(world, sign):
    end, notes = run(world, sign)
    overwritten = notes["overwritten"].evidence
    assert dict(overwritten.facts)["outcome"] == Outcome.OVERWRITTEN.value
    assert overwritten.limits == (Reason.NOT_READ_FROM_DEVICE,)
    # The journal of NTFS is not written over, so the name may stand there.
    assert (end.outcome, end.evidence.limits[-1]) == (Outcome.RESIDUE_POSSIBLE, Reason.NAMES_NOT_PURGED)
    writes = world.done("write")
    assert writes
    assert all(past and not offset % SECTOR and not length % SECTOR for _, offset, length, past in writes)
    ((old, new),) = world.renamed
    assert old == FILE
    assert len(new) == len(old)
    assert not os.path.exists(world.real(new))
    (left,) = world.last.values()
    assert len(left) == 12_288
    assert CONTENT[:16] not in left
    order = [entry[0] if entry[0] != "control" else entry[1] for entry in world.log]
    assert order.index("flush") < order.index(w.FSCTL_FILE_LEVEL_TRIM)
    kinds = [entry[2] for entry in world.done("set")]
    assert kinds == [w.RENAME_INFO, w.DISPOSITION_INFO_EX]
    # Nothing it opened is open still, but for what Python closed by number.
    for handle in world.opened:
        with pytest.raises(OSError):
            os.fstat(handle)


def test_what_the_volume_stands_on_is_told(world, sign):
    _, notes = run(world, sign)
    facts = dict(notes["medium"].evidence.facts)
    assert facts["device"] == GUID
    assert (facts["model"], facts["serial"], facts["bus"]) == ("WDC WD10EZEX", "WD-123", "sata")
    assert facts["rotational"] is True
    assert facts["file_system"] == "NTFS"


def change(**what):
    return lambda world: world.__dict__.update(what)


def info(kind, answer):
    return lambda world: world.infos.__setitem__(kind, answer)


def control(code, answer):
    return lambda world: world.controls.__setitem__(code, answer)


@pytest.mark.parametrize(
    ("differs", "reason"),
    [
        (info(w.STREAM_INFO, stream_list(("::$DATA", 1), (":身份证:$DATA", 18))), Reason.OTHER_STREAMS),
        (info(w.STREAM_INFO, w.ACCESS_DENIED), Reason.OTHER_STREAMS),
        (control(POINTERS, w.HANDLE_EOF), Reason.INLINE),
        (change(attributes=0x820), Reason.COMPRESSED),
        (control(w.FSCTL_QUERY_ALLOCATED_RANGES, [Answer(struct.pack("<qq", 0, 4096))]), Reason.SPARSE),
        (change(programs={"powershell.exe": SHADOW}), Reason.COPY_ON_WRITE),
        (change(programs={}), Reason.UNKNOWN_MEDIUM),
        (change(drive=4), Reason.NETWORK),
        (change(properties={0: descriptor(bus=16), 7: 1, 8: 1}), Reason.FLASH),
        (change(links=2), Reason.HARD_LINK),
    ],
    ids=["stream", "streams unknown", "resident", "compressed", "sparse", "shadow copy", "shadow copies unknown", "share",
         "storage space", "another name"],
)  # fmt: skip
def test_what_an_overwrite_does_not_reach_is_said_before_and_after(world, sign, differs, reason):
    differs(world)
    end, notes = run(world, sign)
    assert end.outcome is Outcome.RESIDUE_POSSIBLE
    assert reason in end.evidence.limits
    assert reason in notes["overwritten"].evidence.limits


def test_a_resident_file_goes_through_the_cache_and_keeps_its_length(world, sign):
    world.controls[POINTERS] = w.HANDLE_EOF
    _, _ = run(world, sign, content=b"x" * 301)
    assert world.done("write") == [("write", 0, 301, False)]
    assert [len(left) for left in world.last.values()] == [301]


def test_an_encrypted_file_lies_in_place(world, sign):
    world.attributes = 0x4020
    _, notes = run(world, sign)
    assert dict(notes["overwritten"].evidence.facts)["outcome"] == Outcome.OVERWRITTEN.value


@pytest.mark.parametrize(
    ("attributes", "tag", "reason"),
    [
        (0x420, 0xA000000C, Reason.LINK),
        (0x1020, 0, Reason.NETWORK),
        (0x420, 0x80000013, Reason.UNKNOWN_MEDIUM),
    ],
    ids=["symbolic link", "kept elsewhere", "deduplicated"],
)
def test_a_reparse_point_is_refused_untouched(world, sign, attributes, tag, reason):
    world.attributes, world.tag = attributes, tag
    end, _ = run(world, sign)
    assert (end.outcome, end.evidence.limits) == (Outcome.FAILED, (reason,))
    assert end.evidence.method == "untouched"
    assert Path(world.real(FILE)).read_bytes() == CONTENT


def test_a_folder_that_became_a_junction_is_refused(world, sign):
    world.marks["C:\\data\\客户\\内"] = (0x410, 0xA0000003)
    path = f"{FOLDER}\\内\\名单.csv"
    end, _ = run(world, sign, path=path, location=FOLDER)
    assert (end.outcome, end.evidence.limits) == (Outcome.FAILED, (Reason.LINK,))
    assert Path(world.real(path)).read_bytes() == CONTENT


@pytest.mark.parametrize("how", ["handle", "mapping"])
def test_a_file_that_another_program_has_open_is_left(world, sign, how):
    if how == "handle":
        world.held.add(FILE)
    else:
        world.processes = process(4711)
    end, _ = run(world, sign)
    assert (end.outcome, end.evidence.limits) == (Outcome.FAILED, (Reason.OPEN_ELSEWHERE,))
    assert Path(world.real(FILE)).read_bytes() == CONTENT


def test_trim_may_be_declined(world, sign):
    run(world, sign)
    assert len(world.trims()) == 1
    world.log.clear()
    end, _ = run(world, sign, wiping=Wiping(trim=False))
    assert end.outcome is not Outcome.FAILED
    assert world.trims() == []


def test_a_disk_that_takes_no_trim_takes_the_removal(world, sign):
    world.controls[w.FSCTL_FILE_LEVEL_TRIM] = w.NOT_SUPPORTED
    end, _ = run(world, sign)
    assert end.outcome is Outcome.RESIDUE_POSSIBLE
    assert len(world.last) == 1


def test_a_new_name_is_as_long_in_utf_16_and_may_be(world, sign):
    name = "名" * 240 + ".csv"
    end, _ = run(world, sign, path=f"{FOLDER}\\{name}")
    assert end.outcome is Outcome.RESIDUE_POSSIBLE
    ((_, new),) = world.renamed
    assert len(new.rpartition("\\")[2]) == 244
    assert Reason.NAME_REMAINS not in end.evidence.limits


def test_emptied_folders_are_renamed_and_removed_but_not_the_location(world, sign):
    end, _ = run(world, sign, path=f"{FOLDER}\\甲方\\合同\\名单.csv", location=FOLDER)
    assert end.outcome is Outcome.RESIDUE_POSSIBLE
    assert os.listdir(world.real(FOLDER)) == []
    renamed = [old.rpartition("\\")[2] for old, _ in world.renamed]
    assert renamed == ["名单.csv", "合同", "甲方"]


def test_what_purging_names_costs_is_told_as_not_possible(world, sign, monkeypatch):
    monkeypatch.setattr(os.path, "abspath", ntpath.abspath)
    told = world.make(FILE, CONTENT)
    (cost,) = names_cost(sign((FILE, told, CONTENT, FOLDER)).plan)
    assert (cost.mount, cost.file_system, cost.names, cost.possible) == ("C:\\", "NTFS", 1, False)


def test_where_windows_really_lies_is_protected(world, sign):
    world.home = "D:\\winnt"
    path = "D:\\winnt\\客户.csv"
    end, _ = run(world, sign, path=path)
    assert (end.outcome, end.evidence.limits) == (Outcome.FAILED, (Reason.PROTECTED_PLACE,))
    assert Path(world.real(path)).read_bytes() == CONTENT


def test_nothing_is_safe_where_windows_does_not_say_where_it_lies(world, sign):
    world.home = 5
    end, _ = run(world, sign)
    assert (end.outcome, end.evidence.limits) == (Outcome.FAILED, (Reason.PROTECTED_PLACE,))


def test_the_dry_run_changes_nothing(world, sign):
    end, _ = run(world, sign, disk=this_read_only_disk())
    assert (end.outcome, end.evidence.limits) == (Outcome.FAILED, (Reason.READ_ONLY,))
    assert Path(world.real(FILE)).read_bytes() == CONTENT
    assert not world.done("write") + world.done("set") + world.trims()


@pytest.mark.parametrize("resident", [False, True])
def test_a_key_is_shredded_by_the_same_calls(world, sign, monkeypatch, resident):
    for name in ("basename", "dirname", "join"):
        monkeypatch.setattr(os.path, name, getattr(ntpath, name))
    if resident:
        world.controls[POINTERS] = w.HANDLE_EOF
    world.infos[w.STREAM_INFO] = stream_list(("::$DATA", 1), (":Zone.Identifier:$DATA", 26))
    path = f"{FOLDER}\\密钥.pem"
    key = ed25519.Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    told = world.make(path, key)
    plan = sign((path, told, key, FOLDER), subject=Subject.KEY, fate=Fate.SHRED)
    (item,) = plan.plan.items
    events = shred(
        plan,
        kinds={item.id: "pem"},
        stages={},
        passphrase=lambda _: "",
        seed=SEED,
    )
    (end,) = [event for event in events if isinstance(event, Settled)]
    assert (Reason.INLINE in end.evidence.limits) is resident
    assert Reason.OTHER_STREAMS in end.evidence.limits
    assert end.outcome is (KeyOutcome.MEDIUM_RESIDUE if resident else KeyOutcome.KEY_DESTROYED_HERE)
    (left,) = world.last.values()
    # What lies in the MFT would move out of it if it grew, and leave the key there.
    assert left == bytes(len(key) if resident else 4096)
    assert os.listdir(world.real(FOLDER)) == []


def test_shadow_copies_swap_and_hibernation_are_named_as_limits(world, tmp_path):
    world.programs["powershell.exe"] = SHADOW
    found = {(limit.kind, limit.name) for limit in system_limits([Path(FILE)], home=tmp_path)}
    assert found >= {
        (LimitKind.SNAPSHOT, "HarddiskVolumeShadowCopy3"),
        (LimitKind.SWAP, "C:\\pagefile.sys"),
        (LimitKind.HIBERNATION, "hiberfil.sys"),
    }


def test_attributes_are_those_of_windows(world):
    world.make(FILE, CONTENT)
    world.attributes = 0x4820
    fd = world.open(w.long(FILE), 0, w.SHARE_READ, 0)
    assert attributes(fd) == Attribute.COMPRESSED | Attribute.ENCRYPTED
    os.close(fd)


def test_one_officer_at_a_time(world, tmp_path, monkeypatch):
    held = []

    def locking(fd, mode, length):
        assert (mode, length) == (msvcrt.LK_NBLCK, 1)
        if held:
            raise PermissionError(13, "locked")
        held.append(fd)

    msvcrt = types.SimpleNamespace(LK_NBLCK=2, locking=locking)
    monkeypatch.setitem(sys.modules, "msvcrt", msvcrt)
    with acquire(tmp_path), pytest.raises(Refused) as refused:
        acquire(tmp_path)
    assert refused.value.fault is Fault.CASE_IN_USE


def test_what_windows_has_not_is_not_asked_of_it(world, tmp_path, monkeypatch):
    monkeypatch.setenv("SUDO_UID", "1000")
    assert caller() is None
    with pytest.raises(PermissionError):
        become(1000, 1000)
    assert open_source("/dev/null", None) is None
    assert trim(0) is None
    assert not go_direct(0)
    assert same(memoryview(bytearray(b"ab")), memoryview(bytearray(b"ab")))
    assert not same(memoryview(bytearray(b"ab")), memoryview(bytearray(b"ac")))
    # A folder can't be opened there to be synced; the file's own sync has put its name on the disk.
    sync_folder(tmp_path / "no such folder")
    for call in (lambda: this_disk().read_into(0, memoryview(bytearray(1)), 0), lambda: Device(0).read(0, 1)):
        with pytest.raises(OSError) as refused:
            call()
        assert refused.value.errno == errno.ENOSYS
