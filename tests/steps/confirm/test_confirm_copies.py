"""Finding copies by content, in folders and on what else is declared; what else is there is never taken along."""

import os
import shutil
from pathlib import Path

import pytest
from packed_copies import ALSO, GOES, KEY, MIXED, OTHER, STAYS, one, search, sha, wanted

from app.domain.canonical import handle
from app.domain.case import Backup
from app.domain.copies import Disposal
from app.domain.fault import Fault, Refused
from app.domain.outcome import Reason
from app.steps.confirm import Wanted, find_copies
from tests.packing import zipped


def test_plain_files_by_content_whatever_their_names(tmp_path):
    (tmp_path / "深 层/d").mkdir(parents=True)
    paths = {
        os.fsencode(tmp_path / "深 层/d/renamed.bak"): GOES,
        os.fsencode(tmp_path) + b"/\xff\xfe not utf-8": ALSO,
        os.fsencode(tmp_path / "kept.csv"): STAYS,
        os.fsencode(tmp_path / "same size"): OTHER[: len(GOES)].ljust(len(GOES)),
        os.fsencode(tmp_path / "empty"): b"",
    }
    for path, data in paths.items():
        with open(path, "wb") as file:
            file.write(data)
    copies, (searched,) = search(Backup("folder", tmp_path))
    found = {copy.path: copy for copy in copies}
    assert {os.fsencode(path) for path in found} == set(list(paths)[:2])
    deep = found[str(tmp_path / "深 层/d/renamed.bak")]
    assert (deep.of, deep.member, deep.sha256, deep.disposal) == (("r-goes",), "", sha(GOES), Disposal.WIPE)
    assert deep.id == handle(KEY, "c", deep.path)
    assert deep.stamp.size == len(GOES)
    assert deep.stamp.inode == os.stat(deep.path).st_ino
    other = found[os.fsdecode(list(paths)[1])]
    assert other.of == ("k-also", "r-also")
    assert (searched.backup, searched.files, searched.copies, searched.limits) == (str(tmp_path), 5, 2, ())


def test_what_is_kept_elsewhere_is_never_wiped(tmp_path):
    (tmp_path / "x").write_bytes(GOES)
    copy, _ = one(tmp_path, "folder", wanted(kept=(GOES,)))
    assert (copy.disposal, copy.reasons) == (Disposal.EXCEPTION, (Reason.KEPT_CONTENT,))


def test_an_empty_file_is_a_copy_of_nothing(tmp_path):
    (tmp_path / "x").write_bytes(b"")
    want = Wanted({sha(b""): ("r-empty",)}, frozenset({0}), frozenset())
    assert one(tmp_path, "folder", want) == (None, set())


def test_links_are_not_followed(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x").write_bytes(GOES)
    backup = tmp_path / "backup"
    backup.mkdir()
    (backup / "folder").symlink_to(outside)
    (backup / "file").symlink_to(outside / "x")
    (backup / "loop").symlink_to(backup)
    os.mkfifo(backup / "pipe")
    assert one(backup, "folder") == (None, set())
    # but the declared path itself may be one: it was named
    (tmp_path / "named").symlink_to(outside)
    copy, _ = one(tmp_path / "named", "folder")
    assert copy.path == str(outside / "x")


def test_a_hard_link_is_an_exception_and_the_record_itself_no_copy(tmp_path):
    record = tmp_path / "data/x"
    record.parent.mkdir()
    record.write_bytes(GOES)
    alone = tmp_path / "data/y"
    alone.write_bytes(ALSO)
    (tmp_path / "backup").mkdir()
    os.link(record, tmp_path / "backup/x")
    own = {(p.stat().st_dev, p.stat().st_ino): (str(p),) for p in (record, alone)}
    copies, _ = search(Backup("folder", tmp_path), want=wanted(own=own))
    assert [(c.path, c.disposal, c.reasons) for c in copies] == [
        (str(tmp_path / "backup/x"), Disposal.EXCEPTION, (Reason.HARD_LINK,))
    ]
    # without being told of its own files it still overwrites nothing that has two names
    copies, _ = search(Backup("folder", tmp_path))
    assert {c.path: c.disposal for c in copies} == {
        str(tmp_path / "backup/x"): Disposal.EXCEPTION,
        str(record): Disposal.EXCEPTION,
        str(alone): Disposal.WIPE,
    }


def test_what_is_no_repository_or_only_declared_says_so(tmp_path):
    (tmp_path / "x").write_bytes(GOES)
    copies, searched = search(
        Backup("restic", tmp_path), Backup("borg", tmp_path), Backup("declared", Path("tape 7"))
    )
    assert copies == []
    assert [s.limits for s in searched] == [
        (Reason.UNREADABLE if shutil.which("restic") else Reason.TOOL_MISSING,),
        (Reason.UNREADABLE if shutil.which("borg") else Reason.TOOL_MISSING,),
        (Reason.DECLARED,),
    ]
    assert [s.fault is None for s in searched] == [False, False, True]


@pytest.mark.parametrize("kind", ["folder", "archive", "bagit", "restic"])
def test_a_missing_backup_is_refused_before_any_is_searched(tmp_path, kind):
    steps = find_copies([Backup("folder", tmp_path), Backup(kind, tmp_path / "none")], wanted(), key=KEY)
    with pytest.raises(Refused) as refused:
        next(steps)
    assert refused.value.fault is Fault.CASE_FILE_MISSING_PATH
    assert refused.value.subject == str(tmp_path / "none")


def test_excluded_folders_are_passed_over(tmp_path):
    for folder in ("case", "case2", "case/deep"):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / "x").write_bytes(GOES)
    copies, _ = search(Backup("folder", tmp_path), exclude=[tmp_path / "case"])
    assert [c.path for c in copies] == [str(tmp_path / "case2/x")]
    copies, (searched,) = search(Backup("folder", tmp_path / "case/deep"), exclude=[tmp_path / "case"])
    assert (copies, searched.files, searched.limits) == ([], 0, (Reason.NOT_SEARCHED,))


def test_a_bag_is_searched_like_a_folder(tmp_path):
    import bagit

    (tmp_path / "bag").mkdir()
    (tmp_path / "bag/x.csv").write_bytes(GOES)
    bagit.make_bag(str(tmp_path / "bag"))
    copy, _ = one(tmp_path / "bag", "bagit")
    assert copy.path == str(tmp_path / "bag/data/x.csv")


def test_what_may_not_be_read_is_a_limit(tmp_path, enterable):
    if os.geteuid() != 0:
        pytest.skip("needs root to become someone else")
    (tmp_path / "shut").mkdir()
    (tmp_path / "shut/x").write_bytes(GOES)
    (tmp_path / "file").write_bytes(GOES)
    os.chmod(tmp_path / "shut", 0)
    os.chmod(tmp_path / "file", 0)
    (tmp_path / "open").write_bytes(GOES)
    os.chmod(tmp_path / "open", 0o644)
    enterable(tmp_path)
    try:
        os.seteuid(65534)
        copies, (searched,) = search(Backup("folder", tmp_path))
    finally:
        os.seteuid(0)
    assert [os.path.basename(c.path) for c in copies] == ["open"]
    assert searched.limits == (Reason.DENIED,)
    assert searched.files == 1


def test_nothing_in_the_backup_is_changed(tmp_path):
    (tmp_path / "x.zip").write_bytes(zipped(MIXED))
    (tmp_path / "y").write_bytes(GOES)
    before = {p: (p.stat().st_mtime_ns, p.stat().st_ctime_ns) for p in tmp_path.iterdir()}
    search(Backup("folder", tmp_path))
    assert before == {p: (p.stat().st_mtime_ns, p.stat().st_ctime_ns) for p in tmp_path.iterdir()}
