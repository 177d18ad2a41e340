"""Archives and mails in repositories: opened, or counted and told; never passed over in silence."""

from __future__ import annotations

import io
import os
import tarfile
import zipfile
from email.message import EmailMessage
from pathlib import Path

import pytest
from company_sample import company, disposed, found, needs, ran, signed
from restic_key import quicken

from app.domain.case import Backup
from app.domain.copies import Disposal
from app.domain.outcome import CopyOutcome, Reason
from app.steps.confirm.repositories import inside

_NAMES = ("some.zip", "some.tar.gz", "mail.eml", "only.zip")
"""The last holds nothing but what goes."""
_NEITHER = {"clean.zip", "broken.zip", "unknown.rar"}


def _packed(root: Path, goes: bytes) -> None:
    root.mkdir(parents=True)
    for name, members in (
        ("some.zip", {"goes.csv": goes, "stays.csv": b"somebody else"}),
        ("only.zip", {"goes.csv": goes}),
        ("clean.zip", {"stays.csv": b"somebody else"}),
    ):
        with zipfile.ZipFile(root / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for inner, data in members.items():
                archive.writestr(inner, data)
    with tarfile.open(root / "some.tar.gz", "w:gz") as archive:
        for inner, data in (("goes.csv", goes), ("stays.csv", os.urandom(700 << 10))):
            told = tarfile.TarInfo(inner)
            told.size = len(data)
            archive.addfile(told, io.BytesIO(data))
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@example.com", "b@example.com", "list"
    mail.set_content("as agreed")
    mail.add_attachment(goes, maintype="application", subtype="octet-stream", filename="goes.csv")
    (root / "mail.eml").write_bytes(bytes(mail))
    (root / "broken.zip").write_bytes(b"PK\x03\x04 and nothing more")
    (root / "unknown.rar").write_bytes(b"Rar!\x1a\x07\x01\x00" + bytes(600))


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
    _packed(tmp_path / "co/packed", goes)
    backup = made(tmp_path / "co", tmp_path / "repo", monkeypatch)
    copies, searched = found(backup, one.wanted(paths=False))
    assert (searched.fault, searched.limits, searched.unopened) == (None, (Reason.NOT_OPENED,), 2)
    assert searched.members >= 6
    told = {Path(copy.member).name: (copy.disposal, copy.reasons) for copy in copies}
    (own,) = (Path(name).name for name in one.mine)
    assert told == {
        own: (Disposal.EXPUNGE, ()),
        "some.zip": (Disposal.EXCEPTION, (Reason.MIXED_ARCHIVE,)),
        "some.tar.gz": (Disposal.EXCEPTION, (Reason.MIXED_ARCHIVE,)),
        "mail.eml": (Disposal.EXCEPTION, (Reason.IN_MAIL,)),
        "only.zip": (Disposal.EXPUNGE, ()),
    }
    assert {copy.of for copy in copies} == {(f"r-{next(iter(one.mine))}",)}
    ended = disposed(signed(copies, signers), copies, backup)
    assert len(ended) == 2
    assert {event.outcome for event in ended.values()} == {CopyOutcome.EXPUNGED}
    again, _ = found(backup, one.wanted(paths=False))
    assert {Path(copy.member).name for copy in again} == {"some.zip", "some.tar.gz", "mail.eml"}


def test_too_large_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = company(tmp_path / "co", 1, 1)
    one.write()
    _packed(tmp_path / "co/packed", *one.mine.values())
    monkeypatch.setattr(inside, "LARGEST", 0)
    backup = _restic(tmp_path / "co", tmp_path / "repo", monkeypatch)
    copies, searched = found(backup, one.wanted(paths=False))
    assert len(copies) == 1
    assert (searched.unopened, searched.limits) == (7, (Reason.NOT_OPENED,))


def test_an_archive_that_is_itself_a_record_is_that(tmp_path: Path, monkeypatch) -> None:
    one = company(tmp_path / "co", 1, 1)
    (name,) = one.mine
    _packed(tmp_path / "co/packed", one.mine[name])
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
    _packed(tmp_path / "co/packed", *one.mine.values())
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
