"""Editors' files: made by vim itself where it is installed, else as each format is documented."""

import json
import os
import pty
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from app.domain.copies import Disposal, Trace
from app.domain.outcome import Reason
from app.steps.confirm.traces.formats import owner_name
from tests.in_time import soon

LOCK = ",张三,vm,21.11.2026 10:00,file:///home/li/.config/libreoffice/4;".encode()
OWNER = bytes([4]) + b"Li W" + bytes(157)
EXCEL = bytes([4]) + b"Li W" + bytes(160)
UNDO = b"Vim\x9fUnDo\xe5\0\x02" + bytes(40)


def swap(name, mark=b"b0"):
    head = mark + b"VIM 9.0\0" + bytes(4 * 4)
    head = head.ljust(28, b"\0") + b"li".ljust(40, b"\0") + b"vm".ljust(40, b"\0")
    return (head + name).ljust(4096, b"\0") + b"A,13800138000".rjust(4096, b"\0")


def vim(path, home, killed=True):
    """Type into a file with vim and let it die, or leave it running."""
    master, slave = pty.openpty()
    options = ["-u", "NONE", "-i", "NONE", "--cmd", "set nocompatible undofile backup backupskip="]
    env = {**os.environ, "HOME": str(home), "TERM": "xterm"}
    process = subprocess.Popen(["vim", *options, path], stdin=slave, stdout=slave, stderr=slave, env=env)
    os.close(slave)
    os.write(master, b"ofirst\x1b:w\rosecond\x1b:preserve\r")
    folder, name = os.path.split(path)
    swapped = Path(folder, "." + name.lstrip(".") + ".swp")
    soon(lambda: swapped.exists() and b"second" in swapped.read_bytes())
    if killed:
        process.send_signal(signal.SIGKILL)
        process.wait()
        os.close(master)
    return process, master


real_vim = pytest.mark.skipif(not shutil.which("vim"), reason="no vim here")


@real_vim
@pytest.mark.parametrize("name", ["名单 ;%#.csv", ".hidden"])
def test_what_vim_leaves_when_it_is_killed(desktop, name):
    record = desktop.record(name)
    vim(record.path, desktop.home)
    record = desktop.known(desktop.office / name)
    found = desktop.find([record])
    left = {entry.path for entry in os.scandir(desktop.office)} - {record.path}
    assert set(found) == left
    kinds = {copy.trace for copy in found.values()}
    assert kinds == {Trace.SWAP_FILE, Trace.UNDO_FILE, Trace.EDITOR_BACKUP}
    assert {copy.disposal for copy in found.values()} == {Disposal.WIPE}


@real_vim
def test_what_vim_has_open_stays(desktop):
    record = desktop.record("a.csv")
    process, master = vim(record.path, desktop.home, killed=False)
    try:
        copy = desktop.find([desktop.known(desktop.office / "a.csv")])[str(desktop.office / ".a.csv.swp")]
    finally:
        process.kill()
        process.wait()
        os.close(master)
    assert (copy.disposal, copy.reasons) == (Disposal.EXCEPTION, (Reason.OPEN_ELSEWHERE,))


@real_vim
def test_a_file_below_the_home_is_named_with_a_tilde(desktop):
    path = desktop.put("customers/a.csv", b"x\n")
    vim(str(path), desktop.home)
    assert str(path.parent / ".a.csv.swp") in desktop.find([desktop.known(path)])
    # The same file in vim's own folder is known by the whole path in it.
    (desktop.home / "tmp").mkdir()
    moved = shutil.move(path.parent / ".a.csv.swp", desktop.home / "tmp/a.csv.swp")
    other = desktop.put("other/a.csv", b"x\n")
    assert str(moved) in desktop.find([desktop.known(path)])
    assert desktop.find([desktop.known(other)]) == {}


NEIGHBOURS = {
    "a.csv~": (b"old", Trace.EDITOR_BACKUP),
    "a.csv.~12~": (b"old", Trace.EDITOR_BACKUP),
    "a.csv.bak": (b"old", Trace.EDITOR_BACKUP),
    "a.csv.save": (b"old", Trace.EDITOR_BACKUP),
    "a.csv.save.1": (b"old", Trace.EDITOR_BACKUP),
    "#a.csv#": (b"old", Trace.AUTOSAVE),
    ".a.csv.swp": (swap(b"~li/x/a.csv"), Trace.SWAP_FILE),
    ".a.csv.swo": (swap(b"/elsewhere/a.csv", b"bd"), Trace.SWAP_FILE),
    ".a.csv.kate-swp": (b"Kate Swap File 2.0", Trace.SWAP_FILE),
    ".a.csv.un~": (UNDO, Trace.UNDO_FILE),
    ".~lock.a.csv#": (LOCK, Trace.LOCK_FILE),
    "~$a.csv": (EXCEL, Trace.LOCK_FILE),
    ".~a.csv": (EXCEL, Trace.LOCK_FILE),
}


def test_every_habit(desktop):
    record = desktop.record("a.csv")
    for name, (content, _) in NEIGHBOURS.items():
        (desktop.office / name).write_bytes(content)
    found = desktop.find([record])
    assert {path: copy.trace for path, copy in found.items()} == {
        str(desktop.office / name): trace for name, (_, trace) in NEIGHBOURS.items()
    }
    assert {copy.disposal for copy in found.values()} == {Disposal.WIPE}


OTHERS = {
    "b.csv~": b"of another file",
    "a.csvx~": b"",
    "a~": b"",
    "xa.csv~": b"",
    "a.csv.backup": b"",
    "#a.csv": b"",
    ".a.csv.swp": swap(b"/somewhere/b.csv"),
    ".a.csv.swo": b"no swap file at all",
    ".a.csv.txt": swap(b"a.csv"),
    ".a.csv.un~": b"a note",
    ".~lock.a.csv#": b"a note",
    "~$a.csv": b"a note",
    "A.CSV~": b"",
}


def test_what_only_looks_like_it_stays(desktop):
    record = desktop.record("a.csv")
    for name, content in OTHERS.items():
        (desktop.office / name).write_bytes(content)
    (desktop.office / "a.csv.bak").mkdir()
    assert desktop.find([record]) == {}


def test_what_lies_beside_is_of_the_record_beside(desktop):
    """The same name in another folder is no evidence."""
    record = desktop.record("here/a.csv")
    desktop.record("there/a.csv~")
    assert desktop.find([record]) == {}


def test_the_lock_of_emacs_is_a_link_and_is_told(desktop):
    record = desktop.record("a.csv")
    (desktop.office / ".#a.csv").symlink_to("li@vm.4711:1763700000")
    (copy,) = desktop.find([record]).values()
    assert (copy.disposal, copy.reasons, copy.trace) == (
        Disposal.EXCEPTION,
        (Reason.LINK,),
        Trace.LOCK_FILE,
    )


def test_the_lock_of_a_document_that_is_open_stays(desktop):
    record = desktop.record("a.ods")
    lock = desktop.office / ".~lock.a.ods#"
    lock.write_bytes(LOCK)
    with open(record.path) as opened:
        holder = subprocess.Popen(["sleep", "7000"], stdin=opened)
    try:
        assert desktop.find([record])[str(lock)].reasons == (Reason.OPEN_ELSEWHERE,)
    finally:
        holder.kill()
        holder.wait()
    assert desktop.find([record])[str(lock)].disposal is Disposal.WIPE


@pytest.mark.parametrize(
    ("document", "lock"),
    [
        ("客户.docx", "~$客户.docx"),
        ("sixsix.docx", "~$sixsix.docx"),
        ("seven77.docx", "~$even77.docx"),
        ("customers.docx", "~$stomers.docx"),
        ("customers.xlsx", "~$customers.xlsx"),
        ("noending", "~$noending"),
    ],
)
def test_word_shortens_what_it_names(document, lock):
    assert owner_name(document) == lock


def test_a_short_owner_name_is_evidence_only_when_all_it_fits_go(desktop):
    record = desktop.record("customers.docx", b"one")
    lock = desktop.office / "~$stomers.docx"
    lock.write_bytes(OWNER)
    assert set(desktop.find([record])) == {str(lock)}
    other = desktop.record("kustomers.docx", b"two")
    assert desktop.find([record]) == {} == desktop.find([other])
    (copy,) = desktop.find([record, other]).values()
    assert copy.of == tuple(sorted({record.id, other.id}))


def test_a_whole_path_as_a_name(desktop):
    record = desktop.record("a.csv")
    for folder, mark, content in (
        (".local/state/nvim/undo", "%", UNDO),
        (".vim/backup", "%", b"old"),
        (".emacs.d/backups", "!", b"old"),
    ):
        name = record.path.replace("/", mark)
        desktop.put(f"{folder}/{name}" + ("~" if content == b"old" else ""), content)
        desktop.put(f"{folder}/{mark}elsewhere{mark}a.csv", content)
    traces = sorted(copy.trace.value for copy in desktop.find([record]).values())
    assert traces == ["editor_backup", "editor_backup", "undo_file"]


RECOVERY = (
    '<item oor:path="/org.openoffice.Office.Recovery/RecoveryList">'
    '<node oor:name="recovery_item_1" oor:op="replace">'
    '<prop oor:name="Filter" oor:op="fuse"><value>calc8</value></prop>'
    '<prop oor:name="OriginalURL" oor:op="fuse"><value>{original}</value></prop>'
    '<prop oor:name="TempURL" oor:op="fuse"><value>{saved}</value></prop></node></item>'
)


def test_libreoffice_autosaves_by_its_recovery_list(desktop):
    record = desktop.record("a&b.ods")
    profile = ".config/libreoffice/4/user"
    mine = desktop.put(f"{profile}/backup/a&b.ods_0.ods", b"unsaved")
    desktop.put(f"{profile}/backup/other.ods_0.ods", b"unsaved")
    precious = desktop.put("precious.ods", b"never saved there by it")
    items = [
        (record.path, mine),
        ("/other.ods", f"{desktop.home}/{profile}/backup/other.ods_0.ods"),
        (record.path, precious),
    ]
    text = "".join(
        RECOVERY.format(
            original=f"file://{a}".replace("&", "&amp;"), saved=f"file://{b}".replace("&", "&amp;")
        )
        for a, b in items
    )
    settings = desktop.put(f"{profile}/registrymodifications.xcu", f"<oor:items>{text}</oor:items>".encode())
    found = desktop.find([record])
    assert {copy.path: (copy.trace, copy.disposal) for copy in found.values()} == {
        str(mine): (Trace.AUTOSAVE, Disposal.WIPE),
        str(settings): (Trace.RECENT_LIST, Disposal.EXCEPTION),
    }


def test_the_local_history_of_an_editor(desktop):
    record = desktop.record("a.csv")
    for folder, path in (("1a2b", record.path), ("3c4d", "/other.csv")):
        listing = {"version": 1, "resource": f"file://{path}", "entries": [{"id": "x.csv"}]}
        desktop.put(f".config/Code/User/History/{folder}/entries.json", json.dumps(listing).encode())
        desktop.put(f".config/Code/User/History/{folder}/x.csv", b"an earlier version")
    desktop.put(".config/Code/User/History/5e6f/entries.json", b"[" * 100_000)
    folder = desktop.home / ".config/Code/User/History/1a2b"
    assert set(desktop.find([record])) == {str(folder / "entries.json"), str(folder / "x.csv")}
