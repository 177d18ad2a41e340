"""Archives and mails in repositories: opened, or counted and told; never passed over in silence."""

from __future__ import annotations

from pathlib import Path

import pytest
from company_sample import company, disposed, found, needs, opaque, packed, ran, sees_what_is_packed, signed
from restic_key import quicken

from app.domain.case import Backup
from app.domain.copies import Disposal
from app.domain.outcome import CopyOutcome, Reason
from app.steps.confirm.repositories import heads, inside

_NAMES = ("some.zip", "some.tar.gz", "mail.eml", "only.zip")
"""The last holds nothing but what goes."""
_NEITHER = {"clean.zip", "broken.zip", "unknown.rar"}


def _restic(root: Path, at: Path, monkeypatch: pytest.MonkeyPatch) -> Backup:
    needs("restic")
    monkeypatch.setenv("RESTIC_PASSWORD", "pw")
    ran("restic", "init", "--repo", str(at))
    quicken(at, b"pw")
    for _ in range(2):
        ran("restic", "backup", "--force", "--repo", str(at), str(root))
    return Backup("restic", at)


def _borg(root: Path, at: Path, monkeypatch: pytest.MonkeyPatch) -> Backup:
    needs("borg")
    monkeypatch.setenv("BORG_PASSPHRASE", "pw")
    monkeypatch.setenv("BORG_BASE_DIR", str(at.parent / "base"))
    ran("borg", "init", "--encryption", "repokey", str(at))
    for name in ("one", "two"):
        ran("borg", "create", f"{at}::{name}", str(root))
    return Backup("borg", at)


def _rclone(root: Path, at: Path, monkeypatch: pytest.MonkeyPatch) -> Backup:
    needs("rclone")
    monkeypatch.setenv("RCLONE_CONFIG", str(at.parent / "rclone.conf"))
    word = ran("rclone", "obscure", "pw").strip()
    (at.parent / "rclone.conf").write_text(f"[enc]\ntype = crypt\nremote = {at}\npassword = {word}\n")
    ran("rclone", "copy", str(root), "enc:")
    return Backup("rclone", Path("enc:"))


@pytest.mark.parametrize("made", [_restic, _borg, _rclone])
def test_what_lies_in_archives_and_mails_is_found(tmp_path: Path, signers, monkeypatch, made) -> None:
    one = company(tmp_path / "co", 1, 1)
    one.write()
    (goes,) = one.mine.values()
    packed(tmp_path / "co/packed", goes)
    backup = made(tmp_path / "co", tmp_path / "repo", monkeypatch)
    sees_what_is_packed(backup, one, signers)


def test_too_large_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = company(tmp_path / "co", 1, 1)
    one.write()
    packed(tmp_path / "co/packed", *one.mine.values())
    monkeypatch.setattr(inside, "LARGEST", 0)
    backup = _restic(tmp_path / "co", tmp_path / "repo", monkeypatch)
    copies, searched = found(backup, one.wanted(paths=False))
    assert len(copies) == 1
    assert (searched.unopened, searched.limits) == (7, (Reason.NOT_OPENED,))


def test_an_archive_that_is_itself_a_record_is_that(tmp_path: Path, monkeypatch) -> None:
    one = company(tmp_path / "co", 1, 1)
    (name,) = one.mine
    packed(tmp_path / "co/packed", one.mine[name])
    one.mine["packed/some.tar.gz"] = (tmp_path / "co/packed/some.tar.gz").read_bytes()
    backup = _restic(tmp_path / "co", tmp_path / "repo", monkeypatch)
    copies, _ = found(backup, one.wanted(paths=False))
    told = {Path(copy.member).name: copy.disposal for copy in copies}
    assert told["some.tar.gz"] is Disposal.EXPUNGE


@pytest.mark.usefixtures("own_gnupg")
def test_a_chain_of_duplicity_counts_what_it_does_not_open(tmp_path: Path, monkeypatch) -> None:
    needs("duplicity")
    one = company(tmp_path / "co", 1, 1)
    one.write()
    packed(tmp_path / "co/packed", *one.mine.values())
    ran(
        "duplicity",
        "full",
        "--no-encryption",
        f"--archive-dir={tmp_path / 'aside'}",
        str(tmp_path / "co"),
        f"file://{tmp_path / 'repo'}",
    )
    _, searched = found(Backup("duplicity", tmp_path / "repo"), one.wanted(paths=False))
    assert (searched.unopened, searched.limits) == (7, (Reason.NOT_OPENED,))


_OTHER_NAMES = (("some.zip", "old.bak"), ("only.zip", "x.csv"), ("mail.eml", "note"), ("unknown.rar", "7"))


def _renamed(folder: Path, goes: bytes, others: int) -> None:
    packed(folder, goes)
    for name, now in _OTHER_NAMES:
        (folder / name).rename(folder / now)
    for name in ("some.tar.gz", "clean.zip", "broken.zip"):
        (folder / name).unlink()
    for number in range(others):
        (folder / f"{number} 客户.csv").write_bytes(b"of somebody else")


@pytest.mark.parametrize("others", [1, 40])
@pytest.mark.parametrize("made", [_restic, _borg, _rclone])
def test_an_archive_of_any_name_is_opened(tmp_path: Path, signers, monkeypatch, made, others: int) -> None:
    one = company(tmp_path / "co", 1, 1)
    one.write()
    _renamed(tmp_path / "co/packed", next(iter(one.mine.values())), others)
    opaque(tmp_path / "co/packed")
    backup = made(tmp_path / "co", tmp_path / "repo", monkeypatch)
    copies, searched = found(backup, one.wanted(paths=False))
    told = {Path(copy.member).name: (copy.disposal, copy.reasons) for copy in copies}
    (own,) = (Path(name).name for name in one.mine)
    assert told == {
        own: (Disposal.EXPUNGE, ()),
        "old.bak": (Disposal.EXCEPTION, (Reason.MIXED_ARCHIVE,)),
        "note": (Disposal.EXCEPTION, (Reason.IN_MAIL,)),
        "x.csv": (Disposal.EXPUNGE, ()),
    }
    assert (searched.unopened, searched.limits) == (1 + 4, (Reason.NOT_OPENED,))
    ended = disposed(signed(copies, signers), copies, backup)
    assert {event.outcome for event in ended.values()} == {CopyOutcome.EXPUNGED}


@pytest.mark.parametrize("made", [_restic, _borg, _rclone])
def test_what_it_costs_too_much_to_look_at_is_counted(tmp_path: Path, monkeypatch, made) -> None:
    one = company(tmp_path / "co", 1, 1)
    one.write()
    _renamed(tmp_path / "co/packed", next(iter(one.mine.values())), 40)
    backup = made(tmp_path / "co", tmp_path / "repo", monkeypatch)
    monkeypatch.setattr(heads, "MOST", 0)
    copies, searched = found(backup, one.wanted(paths=False))
    assert len(copies) == 1
    # the files beside the record, none of which has a name that tells, and maybe the record
    assert searched.limits == (Reason.NOT_OPENED,)
    assert searched.unopened - 4 - 40 - len(one.others) in (0, 1)


@pytest.mark.usefixtures("own_gnupg")
def test_a_chain_counts_an_archive_of_any_name(tmp_path: Path, monkeypatch) -> None:
    needs("duplicity")
    one = company(tmp_path / "co", 1, 1)
    one.write()
    _renamed(tmp_path / "co/packed", next(iter(one.mine.values())), 3)
    opaque(tmp_path / "co/packed")
    aside = f"--archive-dir={tmp_path / 'aside'}"
    at = f"file://{tmp_path / 'repo'}"
    ran("duplicity", "full", "--no-encryption", aside, str(tmp_path / "co"), at)
    _, searched = found(Backup("duplicity", tmp_path / "repo"), one.wanted(paths=False))
    assert (searched.unopened, searched.limits) == (4 + 4, (Reason.NOT_OPENED,))
