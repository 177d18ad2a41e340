"""The bin: what was thrown away from a record's path, by the note that says so."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from app.domain.copies import Disposal, Trace
from app.domain.outcome import Reason
from app.steps.confirm.traces.bin import bin_at
from app.steps.confirm.traces.search import Search, Sighting, Sought, homes

BIN = ".local/share/Trash"


def note(path):
    return f"[Trash Info]\nPath={path}\nDeletionDate=2026-11-21T10:00:00\n".encode()


@pytest.mark.skipif(not shutil.which("gio"), reason="no gio here")
def test_what_gio_threw_away_goes_with_its_note(desktop):
    record = desktop.record("名单 1;2.csv", b"the first version")
    desktop.record("other.csv", b"another file")
    env = {**os.environ, "HOME": str(desktop.home), "XDG_DATA_HOME": str(desktop.home / ".local/share")}
    for name in (record.path, desktop.office / "other.csv"):
        subprocess.run(["gio", "trash", str(name)], check=True, env=env)
    record = desktop.record("名单 1;2.csv", b"the second version")
    subprocess.run(["gio", "trash", record.path], check=True, env=env)
    record = desktop.record("名单 1;2.csv", b"the third version")
    found = desktop.find([record])
    notes = [path for path in found if path.endswith(".trashinfo")]
    files = [path for path in found if "/files/" in path]
    assert (len(found), len(notes), len(files)) == (4, 2, 2)
    assert {Path(path).read_bytes() for path in files} == {b"the first version", b"the second version"}
    assert {(copy.disposal, copy.trace) for copy in found.values()} == {(Disposal.WIPE, Trace.TRASHED)}


def test_the_note_stays_with_a_file_that_stays(desktop):
    record = desktop.record("a.csv", b"new")
    kept = desktop.record("voucher.csv", b"a voucher of 2020")
    thrown = desktop.put(f"{BIN}/files/a.csv", b"a voucher of 2020")
    desktop.put(f"{BIN}/info/a.csv.trashinfo", note(record.path))
    found = desktop.find([record], kept=[kept])
    assert {copy.path: (copy.disposal, copy.reasons) for copy in found.values()} == {
        str(thrown): (Disposal.EXCEPTION, (Reason.KEPT_CONTENT,)),
        str(desktop.home / BIN / "info/a.csv.trashinfo"): (Disposal.EXCEPTION, (Reason.KEPT_CONTENT,)),
    }


def test_of_a_thrown_away_folder_the_record_goes_and_nothing_else(desktop, tmp_path):
    record = desktop.record("2025/a.csv")
    desktop.record("b.csv")
    inner = desktop.put(f"{BIN}/files/office/2025/a.csv", b"old")
    desktop.put(f"{BIN}/files/office/b.csv", b"old")
    desktop.put(f"{BIN}/info/office.trashinfo", note(desktop.office))
    assert set(desktop.find([record])) == {str(inner)}


def test_links_in_the_bin_lead_nowhere(desktop, tmp_path):
    record = desktop.record("2025/a.csv")
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "a.csv").write_bytes(b"in use")
    (precious / "office").mkdir()
    desktop.put(f"{BIN}/info/office.trashinfo", note(desktop.office))
    (desktop.home / BIN / "files/office").mkdir(parents=True)
    (desktop.home / BIN / "files/office/2025").symlink_to(precious)
    assert desktop.find([record]) == {}
    shutil.rmtree(desktop.home / BIN / "files")
    (desktop.home / BIN / "files").symlink_to(precious)
    desktop.put(f"{BIN}/info/a.csv.trashinfo", note(record.path))
    assert desktop.find([record]) == {}


@pytest.mark.parametrize(
    "text",
    [b"", b"[Trash Info]\n", b"Path=/a\n", b"[Trash Info]\nPath=%00\n", b"\xff\xfe", b"[Trash Info]\nPath="],
)
def test_a_note_that_names_nothing(desktop, text):
    record = desktop.record("a.csv")
    desktop.put(f"{BIN}/files/a.csv", b"x")
    desktop.put(f"{BIN}/info/a.csv.trashinfo", text)
    assert desktop.find([record]) == {}


def test_a_note_whose_file_is_gone_is_a_trace_itself(desktop):
    record = desktop.record("a.csv")
    left = desktop.put(f"{BIN}/info/a.csv.trashinfo", note(record.path))
    assert set(desktop.find([record])) == {str(left)}


def test_paths_in_a_volumes_bin_are_relative_to_its_top(desktop, tmp_path):
    record = desktop.record("a.csv")
    top = tmp_path
    thrown = desktop.put("vol/.Trash-1000/files/a.csv", b"old")
    desktop.put("vol/.Trash-1000/info/a.csv.trashinfo", note(os.path.relpath(record.path, top)))
    search = Search(Sought([record]), homes(desktop.home)[0])
    seen = [
        one for one in bin_at(search, desktop.home / "vol/.Trash-1000", str(top)) if isinstance(one, Sighting)
    ]
    assert [one.path for one in seen][:1] == [str(thrown)]
    assert seen[1].bound_to == str(thrown)


def test_every_bin_of_the_records_volume_is_looked_into(desktop, volume):
    path = volume / "客户" / "a.csv"
    path.parent.mkdir()
    path.write_bytes(b"new")
    for folder in (".Trash-0", ".Trash-1000", ".Trash/1001"):
        (volume / folder / "files").mkdir(parents=True)
        (volume / folder / "info").mkdir()
        (volume / folder / "files" / "a.csv").write_bytes(b"old")
        (volume / folder / "info/a.csv.trashinfo").write_bytes(note("%E5%AE%A2%E6%88%B7/a.csv"))
    (volume / ".Trash-1002").symlink_to(".Trash-1000")
    found = desktop.find([desktop.known(path)])
    assert len(found) == 6
    assert {copy.disposal for copy in found.values()} == {Disposal.WIPE}
    assert not [path for path in found if ".Trash-1002" in path]
