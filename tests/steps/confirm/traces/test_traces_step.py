"""What a trace comes to: never a wipe of what is kept, never a word of what is not there."""

import contextlib
import os
import pwd
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.copies import Disposal
from app.domain.event import BackupSearched, CopyFound, Progressed
from app.domain.outcome import Reason
from app.steps.confirm.traces import find_traces
from app.steps.confirm.traces import search as searching
from tests.held import leaves_no_file_open


def fates(found):
    return {Path(path).name: (copy.disposal, copy.reasons) for path, copy in found.items()}


def test_what_is_kept_is_never_wiped(desktop):
    goes = desktop.record("a.csv", b"goes")
    itself = desktop.record("a.csv~", b"a draft that a hold keeps")
    elsewhere = desktop.record("vouchers/v.csv", b"kept")
    desktop.record("a.csv.bak", b"kept")
    found = desktop.find([goes], kept=[itself, elsewhere])
    assert fates(found) == {
        "a.csv~": (Disposal.EXCEPTION, (Reason.KEPT_CONTENT, Reason.KEPT_RECORD)),
        "a.csv.bak": (Disposal.EXCEPTION, (Reason.KEPT_CONTENT,)),
    }


def test_a_kept_record_is_known_by_its_file_too(desktop, tmp_path):
    """However the path to it is spelled, and even when its content is not known."""
    goes = desktop.record("a.csv", b"goes")
    (tmp_path / "link").symlink_to(desktop.office)
    desktop.record("a.csv~", b"kept")
    kept = desktop.known(tmp_path / "link" / "a.csv~")
    object.__setattr__(kept, "sha256", "")
    assert fates(desktop.find([goes], kept=[kept])) == {"a.csv~": (Disposal.EXCEPTION, (Reason.KEPT_RECORD,))}


def test_a_trace_that_goes_anyway_is_not_told_again(desktop, tmp_path):
    goes, also = desktop.record("a.csv", b"goes"), desktop.record("a.csv~", b"goes too")
    assert desktop.find([goes, also]) == {}
    (tmp_path / "link").symlink_to(desktop.office)
    assert desktop.find([goes, desktop.known(tmp_path / "link/a.csv~")]) == {}


def test_other_names_and_links_are_exceptions(desktop, tmp_path):
    goes = desktop.record("a.csv", b"goes")
    desktop.record("a.csv~", b"old")
    os.link(desktop.office / "a.csv~", tmp_path / "another name")
    (desktop.office / "a.csv.bak").symlink_to(tmp_path / "another name")
    assert fates(desktop.find([goes])) == {
        "a.csv~": (Disposal.EXCEPTION, (Reason.HARD_LINK,)),
        "a.csv.bak": (Disposal.EXCEPTION, (Reason.LINK,)),
    }


def test_what_stands_in_a_protected_place_stays(desktop, monkeypatch):
    from app.steps.confirm.traces import step

    goes = desktop.record("a.csv", b"goes")
    desktop.record("a.csv~", b"old")
    place = str(desktop.office / "a.csv~")
    monkeypatch.setattr(step, "is_protected", lambda path: path == place)
    assert fates(desktop.find([goes])) == {"a.csv~": (Disposal.EXCEPTION, (Reason.PROTECTED_PLACE,))}


def test_the_cases_own_folders_are_passed_over(desktop, tmp_path):
    goes = desktop.record("a.csv", b"goes")
    desktop.record("a.csv~", b"old")
    (tmp_path / "link").symlink_to(desktop.office)
    assert desktop.find([goes], exclude=[tmp_path / "link"]) == {}


def test_a_copy_that_is_known_is_not_told_again(desktop):
    """The search of the backups knows its bytes, and may know why it must stay."""
    goes = desktop.record("a.csv", b"goes")
    desktop.record("a.csv~", b"old")
    desktop.record("a.csv.bak", b"old")
    assert fates(desktop.find([goes], told=[str(desktop.office / "a.csv~")])) == {
        "a.csv.bak": (Disposal.WIPE, ())
    }


def test_what_cannot_be_read_is_told(desktop, monkeypatch):
    """As a reader who may not: root may read everything."""
    from app.steps.confirm.reading import CantRead
    from app.steps.confirm.traces import step

    goes = desktop.record("a.csv", b"goes")
    desktop.record("a.csv~", b"old")

    @contextlib.contextmanager
    def closed(path):
        raise CantRead(Reason.DENIED)
        yield

    monkeypatch.setattr(step, "reading", closed)
    (copy,) = desktop.find([goes]).values()
    assert (copy.disposal, copy.reasons, copy.sha256) == (Disposal.EXCEPTION, (Reason.DENIED,), "")
    assert copy.stamp.size == 3


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become nobody")
def test_a_folder_that_may_not_be_listed_is_a_limit(desktop, enterable):
    goes = desktop.record("a.csv", b"goes")
    desktop.put(".cache/thumbnails/normal/x.png", b"x")
    os.chmod(desktop.home / ".cache/thumbnails/normal", 0)
    enterable(desktop.home)
    os.seteuid(65534)
    try:
        found = desktop.find([goes])
    finally:
        os.seteuid(0)
    assert [one.limits for one in found.searched] == [(Reason.DENIED,)]


def test_each_home_is_told_with_what_was_looked_at(desktop):
    goes = desktop.record("a.csv", b"goes")
    desktop.record("a.csv~", b"old")
    desktop.put(".cache/thumbnails/normal/x.png", b"x")
    (searched,) = desktop.find([goes]).searched
    assert (searched.backup, searched.copies, searched.limits) == (str(desktop.home), 1, ())
    assert searched.files >= 3


def test_root_looks_into_the_homes_below_and_no_other(desktop, tmp_path, monkeypatch):
    goes = desktop.record("a.csv", b"goes")
    other = tmp_path / "elsewhere" / "wang"
    below = desktop.home.parent / "zhao"
    for home in (desktop.home, other, below):
        note = home / ".local/share/Trash/info/a.csv.trashinfo"
        note.parent.mkdir(parents=True)
        note.write_text(f"[Trash Info]\nPath={goes.path}\n")
    people = [
        pwd.struct_passwd((name, "x", 1000, 1000, "", str(home), ""))
        for name, home in (("li", desktop.home), ("wang", other), ("zhao", below))
    ]
    monkeypatch.setattr(pwd, "getpwall", lambda: people)
    found = desktop.find([goes], home=desktop.home.parent)
    homes = {str(desktop.home.parent), str(desktop.home), str(below)} if os.geteuid() == 0 else set()
    assert {one.backup for one in found.searched} == (homes or {str(desktop.home.parent)})
    assert not [path for path in found if "wang" in path]
    assert len(found) == (2 if homes else 0)
    monkeypatch.setattr(searching, "_is_root", lambda: False)
    assert desktop.find([goes], home=desktop.home.parent) == {}


def test_without_a_home_it_is_that_of_whoever_runs_it(desktop, monkeypatch):
    goes = desktop.record("a.csv", b"goes")
    monkeypatch.setenv("HOME", str(desktop.home))
    monkeypatch.setenv("XDG_DATA_HOME", str(desktop.home / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    note = desktop.put("data/Trash/info/a.csv.trashinfo", f"[Trash Info]\nPath={goes.path}\n".encode())
    assert set(desktop.find([goes], home=None)) == {str(note)}


def test_nothing_is_written_and_the_order_is_fixed(desktop):
    records = [desktop.record(f"{n}.csv", b"%d" % n) for n in range(5)]
    for n in range(5):
        desktop.record(f"{n}.csv~", b"old %d" % n)
    before = {p: (p.stat().st_mtime_ns, p.stat().st_atime_ns) for p in desktop.office.iterdir()}
    first = list(desktop.find(records))
    assert first == list(desktop.find(list(reversed(records)))) == sorted(first)
    assert before == {p: (p.stat().st_mtime_ns, p.stat().st_atime_ns) for p in desktop.office.iterdir()}


def test_it_can_be_stopped_at_any_event(desktop):
    goes = desktop.record("a.csv", b"goes")
    desktop.record("a.csv~", b"old")
    total = len(list(find_traces([goes], key=b"k", home=desktop.home)))
    with leaves_no_file_open():
        for events in range(total):
            running = find_traces([goes], key=b"k", home=desktop.home)
            told = [next(running) for _ in range(events)]
            assert all(isinstance(event, CopyFound | BackupSearched | Progressed) for event in told)
            running.close()


NAMES = st.sampled_from(
    ["a", "a~", "a~~", "a.bak", "#a#", ".a.swp", "a.save", ".~a", "a.bak~", "#a~#", "a.~1~", "b", "b~", ".#a"]
)
CONTENTS = st.sampled_from([b"", b"1", b"2", b"3"])


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(NAMES, st.tuples(CONTENTS, st.sampled_from(["goes", "kept", "unknown"])), max_size=9))
def test_no_set_of_files_makes_it_wipe_what_is_kept(desktop, files):
    """The law of the search: kept paths and kept bytes are never told as WIPE, whatever lies beside what."""
    for old in desktop.office.iterdir():
        old.unlink()
    made = {name: desktop.record(name, content) for name, (content, _) in files.items()}
    doomed = [made[name] for name, (_, fate) in files.items() if fate == "goes"]
    kept = [made[name] for name, (_, fate) in files.items() if fate == "kept"]
    found = desktop.find(doomed, kept)
    wiped = [copy for copy in found.values() if copy.disposal is Disposal.WIPE]
    assert not {copy.path for copy in wiped} & {one.path for one in kept}
    assert not {copy.sha256 for copy in wiped} & {one.sha256 for one in kept}
    assert not set(found) & {one.path for one in doomed}
    assert {one for copy in found.values() for one in copy.of} <= {one.id for one in doomed}
    for copy in found.values():
        assert (copy.disposal is Disposal.EXCEPTION) == bool(copy.reasons)
