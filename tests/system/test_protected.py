import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.system import protected
from app.system.protected import (
    LINUX_PLACES,
    LINUX_TREES,
    MAC_PLACES,
    MAC_TREES,
    WINDOWS_PLACES,
    WINDOWS_TREES,
    is_data_volume,
    is_protected,
)


def _real(place: str) -> str:
    return place.replace("/**/", "/mnt/盘/").replace("*", "某人").replace("?:", "d:")


@pytest.mark.parametrize(
    ("place", "system"),
    [(p, "linux") for p in LINUX_TREES + LINUX_PLACES]
    + [(p, "darwin") for p in MAC_TREES + MAC_PLACES]
    + [(p, "win32") for p in WINDOWS_TREES + WINDOWS_PLACES],
)
def test_every_place_on_the_list_is_protected(place, system):
    assert is_protected(_real(place), system=system)


STANDARD = {
    # Filesystem Hierarchy Standard 3.0, chapters 3, 5 and 6.
    "linux": "/ /bin /boot /dev /etc /home /home/li /lib /lib32 /lib64 /media /mnt /opt /proc /root /run /sbin /srv /sys "
    "/tmp /usr /var /var/backups /var/cache /var/lib /var/local /var/log /var/mail /var/opt /var/run /var/spool /var/tmp",
    # hier(7) of the Mac, and the read-only system volume.
    "darwin": "/ /Applications /Library /System /Users /Users/li /Volumes /bin /cores /dev /etc /opt /private /sbin /tmp "
    "/usr /var /private/etc /private/tmp /private/var /private/var/db /private/var/root",
    # KNOWNFOLDERID, and what Windows keeps at the root of its drive.
    "win32": "C:\\ C:\\Windows C:\\Users C:\\Users\\li C:\\ProgramData C:\\Recovery C:\\pagefile.sys C:\\hiberfil.sys "
    "C:\\swapfile.sys C:\\$Recycle.Bin C:\\Boot C:\\bootmgr C:\\PerfLogs C:\\Users\\li\\NTUSER.DAT",
}


@pytest.mark.parametrize(
    ("place", "system"), [(place, system) for system, text in STANDARD.items() for place in text.split()]
)
def test_what_the_systems_own_lists_name_is_protected(place, system):
    """The test above goes with the list, so an entry that is lost is missed here only."""
    assert is_protected(place, system=system)


@pytest.mark.parametrize(
    ("tree", "system"),
    [(p, "linux") for p in LINUX_TREES]
    + [(p, "darwin") for p in MAC_TREES]
    + [(p, "win32") for p in WINDOWS_TREES],
)
def test_what_lies_below_a_protected_tree_is_protected(tree, system):
    edge = "\\" if system == "win32" else "/"
    assert is_protected(f"{_real(tree)}{edge}一{edge}b.txt", system=system)
    assert not is_protected(f"{_real(tree)}x{edge}b.txt", system=system)


@pytest.mark.parametrize(
    ("path", "system"),
    [
        ("/home/li/客户.csv", "linux"),
        ("/root/a.csv", "linux"),
        ("/tmp/a.csv", "linux"),
        ("/srv/data/a.csv", "linux"),
        ("/var/lib/mysql/a.ibd", "linux"),
        ("/run/media/li/USB/a.csv", "linux"),
        ("/mnt/a.csv", "linux"),
        ("/mnt/盘/lost+found/#131/a.csv", "linux"),
        ("/run/user/1000/gvfs/smb-share:server=s/a.csv", "linux"),
        ("/var/log/app/访问.log", "linux"),
        ("/var/www/html/a.csv", "linux"),
        ("/var/home/li/a.csv", "linux"),
        ("/Users/li/Library/Containers/a.csv", "darwin"),
        ("/users/li/a.csv", "darwin"),
        ("/.nofollow/Users/li/a.csv", "darwin"),
        ("/Users/li/a.csv", "darwin"),
        ("/Volumes/USB/a.csv", "darwin"),
        ("/private/tmp/a.csv", "darwin"),
        ("C:\\Users\\li\\a.csv", "win32"),
        ("D:/data/a.csv", "win32"),
        ("C:\\$Recycle.Bin\\S-1-5-21-1\\$RA1B2C3.csv", "win32"),
        ("C:\\Users\\li\\AppData\\Local\\Microsoft\\Windows\\Explorer\\thumbcache_96.db", "win32"),
        ("C:\\Users\\li\\a.csv:note", "win32"),
        ("\\\\server\\share\\a.csv", "win32"),
    ],
)
def test_a_persons_files_are_not(path, system):
    assert not is_protected(path, system=system)


@pytest.mark.parametrize(
    "path",
    [
        "C:/WINDOWS/System32/a.dll",
        "c:\\windows.\\a",
        "\\\\?\\C:\\Windows\\a",
        "C:\\Users\\..\\Windows\\a",
        "C:\\Windows:$I30:$INDEX_ALLOCATION\\a",
        "C:\\Windows::$INDEX_ALLOCATION\\a",
        "C:\\PROGRA~1\\a",
        "\\\\?\\Volume{00000000-0000-0000-0000-000000000000}\\Windows\\a",
        "\\\\?\\GLOBALROOT\\Device\\HarddiskVolume1\\a",
        "\\\\server\\share",
        "c:a.txt",
        "a",
    ],
)
def test_windows_spellings_of_a_protected_place(path):
    assert is_protected(path, system="win32")


@pytest.mark.parametrize(
    "path",
    [
        "/applications/某.app/a",
        "/SYSTEM/Library/a",
        "/.nofollow/etc/passwd",
        "/.resolve/1/System/a",
        "/.nofollow",
        "/.vol/16777220/2/etc",
        "/Users/../etc/passwd",
    ],
)
def test_mac_spellings_of_a_protected_place(path):
    assert is_protected(path, system="darwin")


@pytest.mark.parametrize("path", ["/lost+found", "/home/li/lost+found", "/a/b/c/lost+found"])
def test_a_volume_s_own_folder_is_protected_wherever_it_is(path):
    assert is_protected(path, system="linux")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows is asked otherwise")
def test_the_home_of_a_person_is_protected_wherever_it_is(monkeypatch):
    import pwd

    account = pwd.getpwuid(os.getuid())
    people = [
        pwd.struct_passwd((name, "x", number, number, "", home, ""))
        for name, number, home in [
            ("李", 1001, "/数据/家/李"),
            ("www", 33, "/网站"),
            ("nobody", 65534, "/无"),
        ]
    ]
    monkeypatch.setattr(pwd, "getpwall", lambda: [account, *people])
    protected._homes.cache_clear()
    try:
        assert is_protected(account.pw_dir)
        assert is_protected("/数据/家/李")
        assert not is_protected("/数据/家/李/客户.csv")
        assert not is_protected("/网站")
        assert not is_protected("/无")
    finally:
        protected._homes.cache_clear()


@pytest.mark.parametrize(
    "path", ["/home/../etc/passwd", "//etc/passwd", "/etc/./x", "/usr//bin/x", "", "a/b", "."]
)
def test_linux_spellings_of_a_protected_place(path):
    assert is_protected(path, system="linux")


def test_the_running_program_is_protected():
    for place in (sys.prefix, sys.executable, __import__("app").__file__):
        assert is_protected(place)
        assert is_protected(Path(place).resolve())


def test_an_extra_place_protects_what_is_in_it(tmp_path):
    assert not is_protected(tmp_path / "a")
    assert is_protected(tmp_path / "a", [tmp_path])
    assert is_protected(tmp_path, [tmp_path])
    assert not is_protected(tmp_path.parent, [tmp_path])


def test_a_frozen_program_protects_its_folder(tmp_path):
    code = (
        "import sys; from pathlib import Path; sys.frozen = True; sys.executable = sys.argv[1];"
        "from app.system.protected import is_protected; print(is_protected(sys.argv[2]))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "lethe"), str(tmp_path / "x.so")],
        capture_output=True,
        text=True,
        check=True,
        cwd=os.getcwd(),
    )
    assert ran.stdout.strip() == "True"


@pytest.mark.parametrize(
    ("path", "system", "data"),
    [
        ("D:\\", "win32", True),
        ("d:", "win32", False),
        ("C:\\", "win32", False),
        ("D:\\客户", "win32", False),
        ("/Volumes/U盘", "darwin", True),
        ("/Volumes", "darwin", False),
        ("/Volumes/U盘/客户", "darwin", False),
        ("/mnt", "linux", False),
    ],
)
def test_the_root_of_a_data_volume_may_be_looked_into(path, system, data, monkeypatch):
    monkeypatch.delenv("SYSTEMDRIVE", raising=False)
    assert is_data_volume(path, system) is data
    if data:
        assert is_protected(path, (), system), "and yet it is never destroyed"
