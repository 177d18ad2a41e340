"""Right before certifying all places are searched again, by content: what came there after the signature is named."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.case import Backup
from app.domain.event import Event, Progressed
from app.domain.outcome import Reason
from app.domain.step import Step
from app.flow import Flow, late
from app.steps.certify import Status
from app.steps.confirm import find_copies
from tests.in_time import soon

Advance = Callable[[Flow, Step], list[Event]]


def limited(office) -> list[list[str]]:
    """The limits of each search that is an exception."""
    told = json.loads((office.folder / "out/manifest.json").read_bytes())
    return [one["limits"] for one in told["exceptions"] if one["what"] == "search_limited"]


def zipped(path: Path, content: bytes) -> None:
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("old.csv", content)


@pytest.mark.parametrize(
    "place",
    [
        "customers/名单 - 副本.csv",
        "customers/new/old.zip",
        "customers/a.csv",
        "customers/clean.txt",
        "backup/a.csv",
    ],
)
@pytest.mark.parametrize("last", [Step.CONFIRM, Step.WIPE])
def test_a_copy_that_came_after_the_search_is_named(office, advance: Advance, place: str, last: Step) -> None:
    """Under a new name, in an archive, over a file that stays, or at a path of what went itself."""
    if last is Step.CONFIRM and Path(place).name == "a.csv":
        pytest.skip("what has other content than was signed for is not wiped, and told as that")
    flow, path = office.flow(), office.folder / place
    other = (office.folder / "customers/名单.csv").read_bytes()
    advance(flow, last)
    path.parent.mkdir(exist_ok=True)
    if path.suffix == ".zip":
        zipped(path, other)
    else:
        path.write_bytes(other)
    events = advance(flow, Step.CERTIFY)
    assert flow.status is Status.WITH_EXCEPTIONS
    assert limited(office) == [[Reason.FOUND_LATE.value]]
    seen = [one for one in events if isinstance(one, Progressed) and one.step is Step.CERTIFY]
    assert any("customers" in one.now for one in seen)
    flow.close()


def test_what_stands_as_it_was_looked_at_is_no_news(office, advance: Advance) -> None:
    """An archive that holds nothing of anybody, and one that can't be opened, were told when they were located."""
    zipped(office.folder / "customers/theirs.zip", b"nothing of anybody")
    (office.folder / "customers/disk.img").write_bytes(b"QFI\xfb\0\0\0\3" + bytes(5000))
    flow = office.flow()
    advance(flow, Step.CERTIFY)
    assert not limited(office)
    flow.close()


def test_an_image_that_is_new_in_a_location_is_told(office, advance: Advance) -> None:
    flow = office.flow()
    advance(flow, Step.WIPE)
    (office.folder / "customers/disk.img").write_bytes(b"QFI\xfb\0\0\0\3" + bytes(5000))
    advance(flow, Step.CERTIFY)
    assert limited(office) == [[Reason.OPAQUE.value]]
    flow.close()


def test_a_place_that_goes_while_it_is_about_to_be_searched_is_told(
    office, advance: Advance, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow, backup = office.flow(), office.folder / "backup"
    advance(flow, Step.WIPE)

    def hurried(backups, *args, **how):
        if backup in [one.path for one in backups]:
            shutil.rmtree(backup)
        return find_copies(backups, *args, **how)

    monkeypatch.setattr(late, "find_copies", hurried)
    advance(flow, Step.CERTIFY)
    assert (flow.status, limited(office)) == (Status.WITH_EXCEPTIONS, [[Reason.NOT_SEARCHED_AGAIN.value]])
    flow.close()


def test_the_last_search_can_be_stopped_and_taken_up(office, advance: Advance) -> None:
    flow = office.flow()
    other = (office.folder / "customers/名单.csv").read_bytes()
    advance(flow, Step.WIPE)
    (office.folder / "customers/again.csv").write_bytes(other)
    work = flow.begin(Step.CERTIFY, people=office.people)
    for event in work:
        if isinstance(event, Progressed) and event.now.endswith("again.csv"):
            break
    else:
        pytest.fail("nothing was said of the search of the location")
    work.close()
    flow.close()
    flow = Flow.open(office.folder / "case", office.officer)
    advance(flow, Step.CERTIFY)
    assert limited(office) == [[Reason.FOUND_LATE.value]]
    flow.close()


@contextmanager
def disk(place: Path, image: Path, kind: str) -> Iterator[None]:
    """A disk of its own at a place."""
    if os.geteuid() or sys.platform != "linux" or not shutil.which(f"mkfs.{kind}"):
        pytest.skip(f"needs root, Linux and mkfs.{kind}")
    if not image.exists():
        subprocess.run(["truncate", "-s", "320M", image], check=True)
        subprocess.run([f"mkfs.{kind}", image], check=True, capture_output=True)
    if subprocess.run(["mount", "-o", "loop", image, place], check=False, capture_output=True).returncode:
        pytest.skip(f"no loop devices, or no {kind} here")
    try:
        yield
    finally:
        # Whatever looks into every volume of the machine just now keeps it busy.
        assert soon(lambda: subprocess.run(["umount", place], check=False).returncode == 0)


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs"])
@pytest.mark.parametrize("swapped", ["backup", "customers", ""])
def test_another_disk_at_the_place_is_told_and_the_same_one_is_not(
    office, advance: Advance, tmp_path_factory: pytest.TempPathFactory, kind: str, swapped: str
) -> None:
    """Both of one kind and size, so that nothing but its own identity tells one from the other."""
    # Beside the key its copy would be met in the image, as soon as the system has written it there.
    apart = tmp_path_factory.mktemp("images")
    name = swapped or "backup"
    place, one, two = office.folder / name, apart / "one.img", apart / "two.img"
    aside = apart / "aside"
    shutil.copytree(place, aside)
    with disk(place, one, kind):
        shutil.copytree(aside, place, dirs_exist_ok=True)
        (place / "theirs.csv").write_bytes(b"of somebody else")
        flow = office.flow()
        advance(flow, Step.WIPE)
    with disk(place, two if swapped else one, kind):
        (place / "theirs too.csv").write_bytes(b"of somebody else as well")
        advance(flow, Step.CERTIFY)
    assert limited(office) == ([[Reason.NOT_SEARCHED_AGAIN.value]] if swapped else [])
    flow.close()


def test_another_folder_at_the_place_is_told(office, advance: Advance) -> None:
    backup = office.folder / "backup"
    (backup / "theirs.csv").write_bytes(b"of somebody else")
    case = replace(office.case, backups=(Backup("folder", backup),))
    flow = Flow.create(office.folder / "case", case, office.officer)
    advance(flow, Step.WIPE)
    backup.rename(office.folder / "in the drawer")
    backup.mkdir()
    (backup / "theirs.csv").write_bytes(b"of somebody else")
    advance(flow, Step.CERTIFY)
    assert flow.status is Status.WITH_EXCEPTIONS
    assert limited(office) == [[Reason.NOT_SEARCHED_AGAIN.value]]
    flow.close()
