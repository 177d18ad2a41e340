"""What no wipe reaches: on this machine's own files, on a real btrfs, and on trees as other machines have them."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from app.domain.limit import Limit, LimitKind
from app.steps.confirm.traces import system_limits
from app.steps.confirm.traces.limits import hibernation, swap
from app.steps.confirm.traces.snapshots import btrfs, lvm, zfs
from tests.in_time import soon


def tree(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


HEAD = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"


def test_swap_areas_are_named(tmp_path):
    lines = "/dev/sda2 partition 8 0 -2\n/my\\040swap file 8 0 -3\n/dev/zram0 partition 8 0 100\n"
    root = tree(tmp_path, {"proc/swaps": HEAD + lines, "sys/block/zram0/backing_dev": "none\n"})
    assert [one.name for one in swap(root)] == ["/dev/sda2", "/my swap"]
    tree(tmp_path, {"sys/block/zram0/backing_dev": "/dev/sda3\n"})
    assert [one.name for one in swap(root)] == ["/dev/sda2", "/my swap", "/dev/zram0"]
    tree(tmp_path, {"proc/swaps": HEAD})
    assert list(swap(root)) == []


def test_swap_that_cannot_be_asked_for_may_be_there(tmp_path):
    (limit,) = swap(tmp_path)
    assert (limit.kind, limit.seen) == (LimitKind.SWAP, False)


POWER = {"sys/power/state": "freeze mem disk\n", "sys/power/disk": "[platform] shutdown reboot\n"}


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({}, []),
        ({"proc/cmdline": "resume=/dev/sda2"}, []),
        ({**POWER, "sys/power/state": "freeze mem\n"}, []),
        ({**POWER, "sys/power/disk": "[disabled]\n"}, []),
        ({**POWER, "proc/cmdline": "quiet resume=UUID=12-34 ro\n"}, [("UUID=12-34", True)]),
        ({**POWER, "sys/power/resume": "8:2\n"}, [("8:2", True)]),
        ({**POWER, "sys/power/resume": "0:0\n", "proc/cmdline": "noresume"}, [("", False)]),
    ],
)
def test_hibernation(tmp_path, files, told):
    assert [(one.name, one.seen) for one in hibernation(tree(tmp_path, files))] == told


def test_this_machine_is_asked(tmp_path):
    limits = system_limits([tmp_path], home=tmp_path / "home")
    swaps = Path("/proc/swaps").read_text().splitlines()[1:]
    assert len([one for one in limits if one.kind is LimitKind.SWAP]) <= len(swaps)
    assert all(isinstance(one, Limit) for one in limits)
    assert limits == tuple(dict.fromkeys(limits))


def kinds(limits, kind):
    return [one for one in limits if one.kind is kind]


def test_search_indexes_are_named(tmp_path):
    home = tmp_path / "home"
    for below in (".cache/tracker3", ".local/share/baloo/index", ".recoll/xapiandb"):
        (home / below).mkdir(parents=True)
    root = tree(tmp_path / "root", {"var/lib/plocate/plocate.db": "x"})
    found = kinds(system_limits([tmp_path], home=home, root=root), LimitKind.SEARCH_INDEX)
    assert [one.name for one in found] == sorted(
        [
            str(home / ".cache/tracker3"),
            str(home / ".local/share/baloo/index"),
            str(home / ".recoll/xapiandb"),
            "/var/lib/plocate/plocate.db",
        ]
    )


def clouds(home, *paths):
    return kinds(system_limits(paths, home=home), LimitKind.SYNC_FOLDER)


CLIENTS = {
    "Dropbox": (".dropbox/info.json", lambda folder: json.dumps({"personal": {"path": folder, "host": 1}})),
    "OneDrive": (".config/onedrive/config", lambda folder: f'# x\nsync_dir = "{folder}"\n'),
    "Nextcloud": (
        ".config/Nextcloud/nextcloud.cfg",
        lambda folder: f"[Accounts]\n0\\Folders\\1\\localPath={folder}/\n0\\Folders\\1\\paused=false\n",
    ),
    "ownCloud": (
        ".config/ownCloud/owncloud.cfg",
        lambda folder: f"[Accounts]\n0\\FoldersWithPlaceholders\\2\\localPath={folder}\n",
    ),
    "Syncthing": (
        ".local/state/syncthing/config.xml",
        lambda folder: f'<configuration><folder id="a" label="b" path="{folder}" type="sendreceive">',
    ),
}


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_that_says_which_folder_is_its_own(tmp_path, client):
    home, synced = tmp_path / "home", tmp_path / "同步"
    (synced / "customers").mkdir(parents=True)
    below, settings = CLIENTS[client]
    path = tree(home, {below: settings(str(synced))}) / below
    told = [Limit(LimitKind.SYNC_FOLDER, f"{client}: {synced}", evidence=str(path))]
    assert clouds(home, synced / "customers" / "a.csv") == told
    assert clouds(home, tmp_path) == told, "the folder lies in what is disposed of"
    assert clouds(home, tmp_path / "elsewhere") == []


def test_a_folder_named_from_the_home(tmp_path):
    home = tree(tmp_path / "home", {".config/onedrive/config": 'sync_dir = "~/My Files"\n'})
    (limit,) = clouds(home, home / "My Files" / "a.csv")
    assert limit.name == f"OneDrive: {home}/My Files"


@pytest.mark.parametrize(
    "below", [".nutstore/db", ".config/BaiduNetdisk/x", ".dropbox/info.json", ".config/onedrive/config"]
)
def test_a_client_that_does_not_say_may_hold_anything(tmp_path, below):
    home = tree(tmp_path / "home", {below: "neither json nor a setting"})
    (limit,) = clouds(home, tmp_path / "customers")
    assert not limit.seen
    assert limit.evidence


@pytest.mark.parametrize(
    "mark", [".dropbox.cache", ".stfolder", "._sync_0123456789ab.db", ".sync_0123456789ab.db"]
)
def test_the_mark_that_a_program_leaves_in_its_folder(tmp_path, mark):
    tree(tmp_path, {f"files/{mark}/x": "", "files/c/a.csv": ""})
    (limit,) = clouds(tmp_path / "home", tmp_path / "files/c/a.csv")
    assert limit.evidence == mark
    assert limit.name.endswith(f": {tmp_path}/files")


@pytest.mark.parametrize(
    "name",
    ["Dropbox", "OneDrive - 示例公司", "Nutstore Files", "我的坚果云", "BaiduSyncdisk", "WPS Cloud Files"],
)
def test_the_name_that_a_program_gives_its_folder(tmp_path, name):
    (limit,) = clouds(tmp_path / "home", tmp_path / name / "c" / "a.csv")
    assert (limit.evidence, limit.seen) == ("name", True)
    assert clouds(tmp_path / "home", tmp_path / f"old {name}" / "a.csv") == []


def test_the_strongest_evidence_is_told_once(tmp_path):
    home = tree(
        tmp_path / "home", {".dropbox/info.json": json.dumps({"p": {"path": str(tmp_path / "Dropbox")}})}
    )
    tree(tmp_path, {"Dropbox/.dropbox.cache/x": "", "Dropbox/a.csv": ""})
    (limit,) = clouds(home, tmp_path / "Dropbox/a.csv", tmp_path / "Dropbox/b.csv")
    assert limit.evidence.endswith("info.json")


@pytest.fixture
def image(tmp_path):
    """A real btrfs on a loop device."""
    if not shutil.which("mkfs.btrfs"):
        pytest.skip("no btrfs here")
    path, mount = tmp_path / "image", tmp_path / "mount"
    mount.mkdir()
    with path.open("wb") as file:
        file.truncate(128 << 20)
    subprocess.run(["mkfs.btrfs", "-q", path], check=True)
    if subprocess.run(["mount", "-o", "loop", path, mount], check=False, capture_output=True).returncode:
        pytest.skip("may not mount here")
    try:
        yield mount
    finally:
        assert soon(lambda: subprocess.run(["umount", mount], check=False).returncode == 0)


def test_btrfs_snapshots_are_named(image, tmp_path, monkeypatch):
    subprocess.run(["btrfs", "-q", "subvolume", "create", image / "office"], check=True)
    (image / "office/a.csv").write_bytes(b"A,13800138000")
    paths = [image / "office", image / "office/a.csv"]
    assert kinds(system_limits(paths, home=tmp_path), LimitKind.SNAPSHOT) == []
    (image / ".snapshots").mkdir()
    taken = image / ".snapshots/之 前"
    subprocess.run(["btrfs", "-q", "subvolume", "snapshot", "-r", image / "office", taken], check=True)
    (limit,) = kinds(system_limits(paths, home=tmp_path), LimitKind.SNAPSHOT)
    assert (limit.name, limit.seen) == (f"{image}: .snapshots/之 前", True)
    # Without the tool, or without the right to use it, the folder speaks.
    monkeypatch.setenv("PATH", str(tmp_path))
    (limit,) = btrfs(image)
    assert (limit.name, limit.seen) == (str(image / ".snapshots"), True)
    subprocess.run(
        [shutil.which("btrfs", path="/usr/bin:/bin:/sbin"), "-q", "subvolume", "delete", taken], check=True
    )
    (limit,) = btrfs(image)
    assert (limit.name, limit.seen) == (str(image), False), "nothing seen is not nothing there"


def test_zfs_snapshots_stand_in_a_hidden_folder(tmp_path):
    (limit,) = zfs(tmp_path)
    assert not limit.seen
    (tmp_path / ".zfs/snapshot").mkdir(parents=True)
    assert list(zfs(tmp_path)) == []
    (tmp_path / ".zfs/snapshot/daily").mkdir()
    assert [one.name for one in zfs(tmp_path)] == [f"{tmp_path}@daily"]


def test_lvm_snapshots_by_how_they_are_stacked(tmp_path):
    files = {
        "dm-0/dm/name": "vg-home\n",
        "dm-0/dm/uuid": "LVM-abc\n",
        "dm-0/slaves/dm-1": "",
        "dm-1/dm/uuid": "LVM-abc-real\n",
        "dm-1/holders/dm-0": "",
        "dm-1/holders/dm-3": "",
        "dm-3/dm/name": "vg-before\n",
        "dm-5/dm/uuid": "LVM-thin\n",
        "dm-5/slaves/dm-6": "",
        "dm-6/dm/name": "vg-pool-tpool\n",
        "dm-6/dm/uuid": "LVM-xyz-tpool\n",
        "dm-7/dm/uuid": "CRYPT-LUKS2-x\n",
        "dm-7/slaves/dm-1": "",
    }
    root = tree(tmp_path, {f"sys/block/{name}": text for name, text in files.items()})
    assert [(one.name, one.seen) for one in lvm("/dev/dm-0", root)] == [("vg-before", True)]
    assert [(one.name, one.seen) for one in lvm("/dev/dm-5", root)] == [("vg-pool-tpool", False)]
    assert list(lvm("/dev/dm-7", root)) == list(lvm("/dev/vda1", root)) == list(lvm("tmpfs", root)) == []
