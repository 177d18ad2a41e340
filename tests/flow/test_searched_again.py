"""The last search before certifying: a backup that was taken away, and places that could not be read, are named."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.case import Backup, HoldRule, Location, Match
from app.domain.event import Event
from app.domain.outcome import Reason
from app.domain.step import Step
from app.flow import Flow
from app.steps.certify import Status
from tests.in_time import soon

Advance = Callable[[Flow, Step], list[Event]]


def manifest(office) -> dict:
    return json.loads((office.folder / "out/manifest.json").read_bytes())


def limited(office) -> list[list[str]]:
    """The limits of each search that is an exception."""
    return [one["limits"] for one in manifest(office)["exceptions"] if one["what"] == "search_limited"]


@pytest.mark.parametrize("how", ["taken away", "an empty place", "another disk, empty"])
def test_a_backup_that_was_taken_away_is_named_and_lowers_the_claim(
    office, advance: Advance, how: str
) -> None:
    backup = office.folder / "backup"
    if how == "an empty place":
        (backup / "theirs.csv").write_text("of somebody else", encoding="utf-8")
    flow = office.flow()
    advance(flow, Step.WIPE)
    if how == "another disk, empty":
        if os.geteuid() or sys.platform != "linux":
            pytest.skip("only root mounts another disk")
        subprocess.run(["mount", "-t", "tmpfs", "none", str(backup)], check=True)
    else:
        backup.rename(office.folder / "in the drawer")
    if how == "an empty place":
        backup.mkdir()
    try:
        advance(flow, Step.CERTIFY)
    finally:
        if how == "another disk, empty":
            # Whatever looks into every volume of the machine just now keeps it busy.
            assert soon(lambda: subprocess.run(["umount", str(backup)], check=False).returncode == 0)
    assert flow.status is Status.WITH_EXCEPTIONS
    assert limited(office) == [[Reason.NOT_SEARCHED_AGAIN.value]]
    flow.close()


def test_what_was_destroyed_here_is_not_called_missing(office, advance: Advance) -> None:
    """An archive of nothing but what goes is wiped whole: that it is not there any more is no detached disk."""
    archive = office.folder / "all.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.write(office.folder / "customers/a.csv", "a.csv")
    case = replace(office.case, backups=(*office.case.backups, Backup("archive", archive)))
    flow = Flow.create(office.folder / "case", case, office.officer)
    advance(flow, Step.CERTIFY)
    assert not archive.exists()
    assert flow.status is Status.ALL_DESTROYED
    flow.close()


@pytest.mark.parametrize("kept", [False, True])
def test_a_location_that_is_a_file_is_missed_only_where_it_was_to_stay(
    office, advance: Advance, *, kept: bool
) -> None:
    file = office.folder / "alone.csv"
    file.write_bytes((office.folder / "customers/a.csv").read_bytes().replace(b"138", b"139"))
    holds = (*office.case.holds, *([HoldRule(Match(path=str(file)), "lawsuit")] if kept else []))
    case = replace(office.case, holds=holds, locations=(*office.case.locations, Location(file)))
    flow = Flow.create(office.folder / "case", case, office.officer)
    advance(flow, Step.WIPE)
    assert file.exists() is kept
    file.unlink(missing_ok=True)
    advance(flow, Step.CERTIFY)
    assert limited(office) == ([[Reason.NOT_SEARCHED_AGAIN.value]] if kept else [])
    assert flow.status is (Status.WITH_EXCEPTIONS if kept else Status.ALL_DESTROYED)
    flow.close()


def test_a_mailbox_that_can_not_be_read_is_on_the_certificate(office, home: Path, advance: Advance) -> None:
    mails = home / ".thunderbird/one.default/Mail"
    mails.mkdir(parents=True)
    (mails / "old.zip").write_bytes(b"PK\x03\x04 and nothing more")
    (home / "Downloads").mkdir()
    (home / "Downloads/fine.txt").write_bytes(b"nothing of anybody")
    flow = office.flow()
    advance(flow, Step.CONFIRM)
    (one,) = [one for one in flow.searched() if one.backup == str(home / ".thunderbird")]
    assert (one.files, one.limits) == (1, (Reason.UNREADABLE,))
    assert not [one for one in flow.searched() if "Downloads" in one.backup]
    advance(flow, Step.CERTIFY)
    assert limited(office) == [[Reason.UNREADABLE.value]]
    assert flow.status is Status.WITH_EXCEPTIONS
    flow.close()


def test_a_mailbox_that_is_shut_only_at_the_end_is_too(office, home: Path, advance: Advance) -> None:
    flow = office.flow()
    advance(flow, Step.WIPE)
    mails = home / ".thunderbird/one.default/Mail"
    mails.mkdir(parents=True)
    (mails / "old.zip").write_bytes(b"PK\x03\x04 and nothing more")
    advance(flow, Step.CERTIFY)
    assert limited(office) == [[Reason.UNREADABLE.value]]
    flow.close()
