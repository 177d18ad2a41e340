import os

import pytest
from recorded_windows import FILE, found_stream, process, stream_list

from app.domain.limit import Limit, LimitKind
from app.domain.outcome import Reason
from app.system.protected import is_protected
from app.system.windows import api as w
from app.system.windows.api import VolumeAnswer
from app.system.windows.handles import Holder, alone, holders
from app.system.windows.limits import doubts_of, limits_of
from app.system.windows.protected import places
from app.system.windows.streams import Stream, names, streams, streams_of

HIDDEN = Stream(":客户:$DATA", 42)
PLAIN = ("::$DATA", 10_000)
GUID = "\\\\?\\Volume{11111111-2222-3333-4444-555555555555}"
SHADOW = "\\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy1"


def test_a_plain_file_has_no_other_streams(windows):
    assert streams(FILE, windows) == ()
    assert streams_of(5, windows) == ()


def test_alternate_streams(windows):
    windows.found.append(found_stream(HIDDEN.suffix, 42))
    windows.infos[w.STREAM_INFO] = stream_list(PLAIN, (HIDDEN.suffix, 42), (":Zone.Identifier:$DATA", 26))
    assert streams(FILE, windows) == (HIDDEN,)
    assert streams_of(5, windows) == (HIDDEN, Stream(":Zone.Identifier:$DATA", 26))


def test_streams_where_the_volume_has_none(windows):
    windows.volume = VolumeAnswer("exFAT", 0x6)
    windows.found, windows.infos[w.STREAM_INFO] = 87, 87
    assert streams(FILE, windows) == ()
    assert streams_of(5, windows) == ()


def test_a_file_without_any_stream(windows):
    windows.found, windows.infos[w.STREAM_INFO] = w.HANDLE_EOF, w.HANDLE_EOF
    assert streams(FILE, windows) == ()
    assert streams_of(5, windows) == ()


@pytest.mark.parametrize("code", [5, 32, 87])
def test_streams_nobody_can_tell_of_are_unknown(windows, code):
    windows.found, windows.infos[w.STREAM_INFO] = code, code
    assert streams(FILE, windows) is None
    assert streams_of(5, windows) is None


def test_a_cut_off_answer_is_unknown(windows):
    windows.found = [b"\0" * 8]
    windows.infos[w.STREAM_INFO] = stream_list(PLAIN)[:30]
    assert streams(FILE, windows) is None
    assert streams_of(5, windows) is None


def test_names(windows):
    assert names(FILE, windows) == ("C:\\data\\客户.csv",)
    windows.links_found.append("\\copy\\a.csv")
    assert names(FILE, windows) == ("C:\\data\\客户.csv", "C:\\copy\\a.csv")
    windows.links_found = 5
    assert names(FILE, windows) is None
    windows.volume = VolumeAnswer("exFAT", 0x6)
    assert names(FILE, windows) == (FILE,)


def test_who_has_it_open(windows):
    assert holders(FILE, windows) == ()
    assert alone(5, windows) is True
    windows.processes = process(os.getpid(), "Lethe") + process(4242, "Excel", "svc")
    assert holders(FILE, windows) == (Holder(4242, "Excel", "svc"),)
    assert alone(5, windows) is False
    windows.processes = process(os.getpid(), "Lethe")
    assert alone(5, windows) is True


@pytest.mark.parametrize("answer", [5, 234, b"half"])
def test_who_has_it_open_is_unknown_without_an_answer(windows, answer):
    windows.processes = answer
    assert holders(FILE, windows) is None
    assert alone(5, windows) is None
    windows.final_path = _refuse
    windows.processes = b""
    assert alone(5, windows) is None


def test_no_doubts_of_a_plain_file(windows):
    assert doubts_of(5, windows) == ()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            lambda api: api.infos.__setitem__(w.STREAM_INFO, stream_list(PLAIN, (":a:$DATA", 1))),
            Reason.OTHER_STREAMS,
        ),
        (lambda api: api.infos.__setitem__(w.STREAM_INFO, 5), Reason.OTHER_STREAMS),
        (lambda api: setattr(api, "attributes", 0x820), Reason.COMPRESSED),
        (lambda api: api.__dict__.update(attributes=0x420, tag=0x80000017), Reason.COMPRESSED),
        (lambda api: api.__dict__.update(attributes=0x420, tag=0x9000101A), Reason.SYNCED),
        (lambda api: api.__dict__.update(attributes=0x420, tag=0x80000013), Reason.UNKNOWN_MEDIUM),
        (lambda api: setattr(api, "links", 2), Reason.HARD_LINK),
        (lambda api: setattr(api, "links", 0), Reason.HARD_LINK),
        (lambda api: setattr(api, "information", _refuse), Reason.UNKNOWN_MEDIUM),
    ],
)
def test_doubts(windows, change, reason):
    change(windows)
    assert reason in doubts_of(5, windows)


def _refuse(*_):
    raise w.CallFailed(5)


def kinds(windows, path=FILE, environ=None):
    return {(limit.kind, limit.name, limit.seen) for limit in limits_of(path, environ or {}, windows)}


def test_limits_of_a_machine_that_answers(windows):
    windows.programs["powershell.exe"] = f"{GUID}\\\r\n{SHADOW}\r\nlethe-end\r\n"
    assert kinds(windows) == {
        (LimitKind.SNAPSHOT, "HarddiskVolumeShadowCopy1", True),
        (LimitKind.SWAP, "C:\\pagefile.sys", True),
        (LimitKind.HIBERNATION, "hiberfil.sys", True),
    }
    windows.programs["powershell.exe"] = "lethe-end"
    windows.swap, windows.capabilities = [], bytes(76)
    assert kinds(windows) == set()


def test_limits_of_a_machine_that_does_not(windows):
    windows.swap, windows.capabilities = 5, 5
    assert kinds(windows) == {
        (LimitKind.SNAPSHOT, "Win32_ShadowCopy", False),
        (LimitKind.SWAP, "pagefile.sys", False),
        (LimitKind.HIBERNATION, "hiberfil.sys", False),
    }


def test_a_shadow_copy_that_may_be_of_this_volume(windows):
    windows.programs["powershell.exe"] = f"{GUID}\\\r\n{SHADOW}\r\nlethe-end\r\n"
    windows.mounts = {"C:\\": 5}
    assert Limit(LimitKind.SNAPSHOT, "HarddiskVolumeShadowCopy1", seen=False) in limits_of(FILE, {}, windows)


def sync(windows, path, environ=None):
    return {name for kind, name, _ in kinds(windows, path, environ) if kind is LimitKind.SYNC_FOLDER}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("C:\\Users\\li\\OneDrive - 示例科技\\a.csv", "OneDrive - 示例科技"),
        ("C:\\Users\\li\\Dropbox (Team)\\a.csv", "Dropbox (Team)"),
        ("D:\\坚果云\\a.csv", "坚果云"),
        ("D:/BaiduSyncdisk/x/a.csv", "BaiduSyncdisk"),
        ("D:\\iCloudDrive\\a.csv", "iCloudDrive"),
    ],
)
def test_sync_folders_by_their_names(windows, path, name):
    windows.mounts["D:\\"] = 5
    assert sync(windows, path) == {name}


def test_sync_folders_as_the_system_knows_them(windows):
    assert sync(windows, FILE, {"OneDrive": "c:\\DATA\\"}) == {"OneDrive"}
    assert sync(windows, FILE, {"OneDrive": "C:\\dat"}) == set()
    windows.roots = (b"\0" * 4) + "示例盘".encode("utf-16-le").ljust(1024, b"\0")
    assert sync(windows, FILE) == {"示例盘"}
    windows.roots = b"short"
    assert sync(windows, FILE) == {"?"}
    windows.roots = 50
    assert sync(windows, FILE) == set()


def test_protected_places_where_they_really_lie(windows):
    windows.home = "E:\\WINNT"
    windows.folders["{905e63b6-c1bf-494e-b29c-65b732d3d21a}"] = "F:\\Programme"
    windows.swap = ["G:\\pagefile.sys"]
    found = places(windows)
    assert set(found) == {"E:\\WINNT", "F:\\Programme", "G:\\pagefile.sys"}
    assert is_protected("e:\\winnt\\system32\\a.dll", found, "win32")
    assert not is_protected("E:\\data\\a.csv", found, "win32")
    windows.home = "C:\\"
    assert "C:\\" not in places(windows)


def test_without_its_own_folder_nothing_is_safe(windows):
    windows.home = 5
    with pytest.raises(FileNotFoundError):
        places(windows)
