"""Bags of others: one that fails its own check is not searched, one that loses files is mended."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.domain.case import Backup, Profile
from app.domain.copies import Copy, Disposal, Searched
from app.domain.event import BackupSearched, CopyFound
from app.domain.fate import Fate, Ground
from app.domain.outcome import Reason
from app.domain.plan import Plan, PlanItem, Subject
from app.domain.record import Tier
from app.steps.confirm import Wanted, find_copies, mend_bags
from app.steps.confirm.bags import check_bag
from app.steps.confirm.reading import digesting

bagit = pytest.importorskip("bagit")

GOES = b"name,phone\nA,13800138000\n" * 40
STAYS = b"of somebody else\n" * 30


def sha(data: bytes) -> str:
    import hashlib

    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    """A bag made by the library, with a file that goes under two hostile names."""
    root = tmp_path / "bag"
    (root / "深").mkdir(parents=True)
    files = {"goes.csv": GOES, "深/line\nbreak %25 客户.csv": GOES, "stays.txt": STAYS, "empty": b""}
    for name, data in files.items():
        (root / name).write_bytes(data)
    bagit.make_bag(str(root), {"Contact-Name": "林"}, checksums=["sha256", "sha512", "md5"])
    return root


def found(root: Path) -> tuple[list[Copy], object]:
    wanted = Wanted({sha(GOES): ("r1",)}, frozenset({len(GOES)}), frozenset(), records=frozenset({"r1"}))
    events = list(find_copies([Backup("bagit", root)], wanted, key=b"k" * 32))
    (searched,) = [event.searched for event in events if isinstance(event, BackupSearched)]
    return [event.copy for event in events if isinstance(event, CopyFound)], searched


def items(copies: list[Copy]) -> tuple[PlanItem, ...]:
    plan = Plan(
        "2026-1",
        "2026-11-22T00:00:00Z",
        "p",
        Profile.STANDARD,
        tuple(
            PlanItem(
                copy.id,
                Subject.COPY,
                copy.path,
                Fate.WIPE,
                Ground.COPY,
                "",
                "",
                Tier.CORE,
                "",
                1,
                copy.stamp,
                copy.sha256,
            )
            for copy in copies
        ),
    )
    return tuple(plan.items)


def is_valid(root: Path) -> bool:
    return bool(bagit.Bag(str(root)).is_valid())


def test_a_whole_bag_is_checked_then_searched(bag: Path) -> None:
    assert is_valid(bag)
    copies, searched = found(bag)
    assert (searched.fault, searched.check) == (None, "manifests, all read")
    assert {Path(copy.path).name for copy in copies} == {"goes.csv", "line\nbreak %25 客户.csv"}
    assert {copy.disposal for copy in copies} == {Disposal.WIPE}


def _flip(root: Path) -> None:
    (root / "data/stays.txt").write_bytes(STAYS[:-1] + b"?")


def _more(root: Path) -> None:
    (root / "data/more").write_bytes(b"1")


def _less(root: Path) -> None:
    (root / "data/empty").unlink()


def _tag(root: Path) -> None:
    with (root / "bag-info.txt").open("a") as file:
        file.write("Note: other\n")


def _link(root: Path) -> None:
    (root / "data/empty").unlink()
    (root / "data/empty").symlink_to("/dev/null")


def _linked_folder(root: Path) -> None:
    (root / "data/folder").symlink_to("/etc")


def _outside(root: Path) -> None:
    for name in ("sha256", "sha512", "md5"):
        (root / f"tagmanifest-{name}.txt").unlink()
        with (root / f"manifest-{name}.txt").open("a") as file:
            file.write("00  data/../../outside\n")


def _no_manifest(root: Path) -> None:
    for path in root.glob("*manifest-*"):
        path.unlink()


@pytest.mark.parametrize("harm", [_flip, _more, _less, _tag, _link, _linked_folder, _outside, _no_manifest])
def test_a_bag_that_fails_its_own_check_closes_the_gate(bag: Path, harm) -> None:
    harm(bag)
    copies, searched = found(bag)
    assert (copies, searched.fault) == ([], Reason.REPOSITORY_DAMAGED)


def test_what_is_no_bag_says_so(tmp_path: Path) -> None:
    (tmp_path / "no").mkdir()
    copies, searched = found(tmp_path / "no")
    assert (copies, searched.fault) == ([], Reason.UNREADABLE)


def test_a_bag_is_mended_after_files_of_it_went(bag: Path) -> None:
    copies, _ = found(bag)
    old = os.open(bag / "manifest-sha256.txt", os.O_RDONLY)
    try:
        for copy in copies:
            Path(copy.path).unlink()
        assert not is_valid(bag)
        (told,) = mended(bag, copies)
        assert (told.fault, told.check, told.files) == (None, "manifests, all read", 2)
        # the names are in no manifest, and not in the bytes where the old one lay
        assert set(os.pread(old, 1 << 16, 0)) == {0}
    finally:
        os.close(old)
    assert is_valid(bag)
    assert "goes" not in "".join(path.read_text() for path in bag.glob("*.txt"))
    assert set(bagit.Bag(str(bag)).payload_files()) == {"data/stays.txt", "data/empty"}
    again, searched = found(bag)
    assert (again, searched.fault) == ([], None)


def test_only_what_the_plan_destroyed_is_taken_from_the_manifest(bag: Path) -> None:
    copies, _ = found(bag)
    first, second = copies
    Path(first.path).unlink()
    (bag / "data/stays.txt").unlink()  # by another hand: that is a fault, and stays one
    (told,) = mended(bag, copies)
    assert (told.fault, told.limits) == (Reason.NOT_MENDED, (Reason.NOT_MENDED,))
    assert Path(second.path).exists()
    _, searched = found(bag)
    assert searched.fault is Reason.REPOSITORY_DAMAGED
    assert "stays.txt" in (bag / "manifest-sha256.txt").read_text()


def test_an_archive_written_anew_has_its_new_digest(bag: Path) -> None:
    from dataclasses import replace

    copies, _ = found(bag)
    copy = replace(next(one for one in copies if one.path.endswith("goes.csv")), disposal=Disposal.REWRITE)
    Path(copy.path).write_bytes(b"the new archive")
    assert not is_valid(bag)
    (told,) = mended(bag, [copy])
    assert told.fault is None
    assert is_valid(bag)


@pytest.mark.parametrize(
    "harm", ["manifest is gone", "manifest can not be read", "no declaration", "no room"]
)
def test_a_bag_that_can_not_be_mended_says_so(bag: Path, monkeypatch: pytest.MonkeyPatch, harm: str) -> None:
    from app.steps.confirm import bags

    copies, _ = found(bag)
    for copy in copies:
        Path(copy.path).unlink()
    if harm == "manifest is gone":
        _no_manifest(bag)
    elif harm == "manifest can not be read":
        (bag / "manifest-md5.txt").write_bytes(b"no digest at all\n")
    elif harm == "no declaration":
        (bag / "bagit.txt").unlink()
    else:

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(bags, "write_durably", full)
    (told,) = mended(bag, copies)
    assert (told.backup, told.fault) == (str(bag), Reason.NOT_MENDED)


def test_a_bag_of_which_nothing_went_is_not_read(bag: Path) -> None:
    copies, _ = found(bag)
    assert mended(bag, copies) == []
    assert list(mend_bags([Backup("folder", bag)], items(copies), {})) == []


def mended(root: Path, copies: list[Copy]) -> list[Searched]:
    events = mend_bags([Backup("bagit", root)], items(copies), {copy.id: copy for copy in copies})
    return [event.searched for event in events if isinstance(event, BackupSearched)]


def test_one_large_file_is_no_silence(tmp_path: Path) -> None:
    """In a bag or beside it: long reading shows signs of life, and can be broken off in the midst."""
    root = tmp_path / "bag"
    root.mkdir()
    with (root / "large").open("wb") as file:
        file.truncate(48 << 20)
    bagit.make_bag(str(root), checksums=["sha256"])
    beats = list(check_bag(root))
    assert len(beats) >= 48
    wanted = Wanted({"0" * 64: ("r1",)}, frozenset({48 << 20}), frozenset())
    events = find_copies([Backup("folder", root)], wanted, key=b"k" * 32)
    next(events)
    events.close()
    with (root / "data/large").open("rb", buffering=0) as raw:
        assert [done >> 20 for done in digesting(raw)] == [8, 16, 24, 32, 40, 48]


_CHECK = """
import sys
from pathlib import Path
from app.steps.confirm.bags import check_bag
from app.steps.confirm.repositories.contract import Unusable
try:
    list(check_bag(Path(sys.argv[1])))
    print("read")
except Unusable as error:
    print(error.reason.name)
"""


def test_a_folder_of_a_bag_that_can_not_be_listed_is_not_passed_over(bag: Path, as_owner_alone) -> None:
    hidden = bag / "data/of nobody"
    hidden.mkdir()
    assert as_owner_alone(_CHECK, bag) == ["read"]
    (hidden / "in no manifest.csv").write_bytes(GOES)
    hidden.chmod(0)
    assert as_owner_alone(_CHECK, bag) == ["REPOSITORY_DAMAGED"]
