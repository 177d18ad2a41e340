"""Asked once more before certifying: absent still, brought back, or not to be asked."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from company_sample import Company, company, disposed, found, needs, ran, signed
from restic_key import quicken

from app.domain.case import Backup
from app.domain.copies import Copy
from app.domain.event import Settled
from app.domain.outcome import CopyOutcome, Outcome, Reason
from app.identity import SignedPlan
from app.steps.confirm import check_expunged

AT = "2026-11-20T08:00:00Z"


def restic(folder: Path, one: Company) -> Backup:
    needs("restic")
    env = {"RESTIC_PASSWORD": "pw"}
    ran("restic", "init", "-q", "-r", str(folder / "repo"), env=env)
    quicken(folder / "repo", b"pw")
    ran("restic", "backup", "-q", "--no-cache", "-r", str(folder / "repo"), str(one.root), env=env)
    return Backup("restic", folder / "repo")


def borg(folder: Path, one: Company) -> Backup:
    needs("borg")
    env = {"BORG_BASE_DIR": str(folder / "base"), "BORG_PASSPHRASE": "pw"}
    ran("borg", "init", "-e", "repokey", str(folder / "repo"), env=env)
    ran("borg", "create", f"{folder}/repo::a", str(one.root), env=env)
    return Backup("borg", folder / "repo")


def rclone(folder: Path, one: Company) -> Backup:
    needs("rclone")
    word = ran("rclone", "obscure", "pw").strip()
    (folder / "rclone.conf").write_text(f"[enc]\ntype = crypt\nremote = {folder}/repo\npassword = {word}\n")
    ran("rclone", "copy", str(one.root), "enc:", env={"RCLONE_CONFIG": str(folder / "rclone.conf")})
    return Backup("rclone", Path("enc:"))


def duplicity(folder: Path, one: Company) -> Backup:
    needs("duplicity")
    for name in one.others:
        (one.root / name).unlink()
    ran("duplicity", "full", str(one.root), f"file://{folder}/repo", env={"PASSPHRASE": "pw"})
    return Backup("duplicity", folder / "repo")


def wrong_password(folder: Path, kind: str) -> str:
    if kind == "rclone":
        word = ran("rclone", "obscure", "other").strip()
        conf = folder / "rclone.conf"
        conf.write_text(conf.read_text().rpartition("password")[0] + f"password = {word}\n")
    return "other"


@pytest.mark.usefixtures("own_gnupg")
@pytest.mark.parametrize("make", [restic, borg, rclone, duplicity])
def test_every_kind_is_asked_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, signers, make: Callable[[Path, Company], Backup]
) -> None:
    monkeypatch.setenv("RCLONE_CONFIG", str(tmp_path / "rclone.conf"))
    one = company(tmp_path / "co", 3, 3)
    one.write()
    backup = make(tmp_path, one)
    shutil.copytree(tmp_path / "repo", tmp_path / "hidden")
    copies, _ = found(backup, one.wanted(paths=False))
    plan = signed(copies, signers)
    ended = disposed(plan, copies, backup)
    assert {event.outcome for event in ended.values()} == {CopyOutcome.EXPUNGED}

    again = asked(plan, copies, backup, ended)
    assert {event.outcome for event in again.values()} == {CopyOutcome.EXPUNGED}
    assert {one.id: one.evidence for one in again.values()} == {o.id: o.evidence for o in ended.values()}

    # an older state is laid back
    shutil.rmtree(tmp_path / "repo")
    shutil.copytree(tmp_path / "hidden", tmp_path / "repo")
    again = asked(plan, copies, backup, ended)
    assert {(e.outcome, e.evidence.limits[-1]) for e in again.values()} == {
        (Outcome.SURVIVES, Reason.COPIES_REMAIN)
    }
    assert all(dict(event.evidence.facts)["hashes_left"] for event in again.values())

    # nobody tells: the word is that of the act, with its time
    again = asked(plan, copies, backup, ended, wrong_password(tmp_path, backup.kind))
    assert {(e.outcome, e.evidence.limits[-1]) for e in again.values()} == {
        (CopyOutcome.EXPUNGED, Reason.NOT_ASKED_AGAIN)
    }
    assert {dict(event.evidence.facts)["absent_at"] for event in again.values()} == {AT}
    # tried once more a day later, the time is still that of the last proof
    again = asked(plan, copies, backup, again, "other", "2026-11-21T08:00:00Z")
    assert {dict(event.evidence.facts)["absent_at"] for event in again.values()} == {AT}
    assert {e.evidence.limits.count(Reason.NOT_ASKED_AGAIN) for e in again.values()} == {1}


def asked(
    plan: SignedPlan,
    copies: list[Copy],
    backup: Backup,
    ended: dict[str, Settled],
    password: str = "pw",
    at: str = AT,
) -> dict[str, Settled]:
    events = check_expunged(
        plan.plan.items,
        {one.id: (one.outcome, one.evidence, at) for one in ended.values()},
        copies={one.id: one for one in copies},
        backups=[backup],
        password=lambda _: password,
    )
    settled = {one.id: one for one in events if isinstance(one, Settled)}
    assert settled.keys() == ended.keys()
    return settled


def test_what_was_never_seen_gone_is_not_asked_for(tmp_path: Path, signers) -> None:
    one = company(tmp_path / "co", 2, 1)
    one.write()
    backup = borg(tmp_path, one)
    copies, _ = found(backup, one.wanted(paths=False))
    plan = signed(copies, signers)
    survivors = {copy.id: (Outcome.SURVIVES, None, AT) for copy in copies}
    for ended in ({}, survivors):
        events = check_expunged(
            plan.plan.items,
            ended,  # type: ignore[arg-type]
            copies={one.id: one for one in copies},
            backups=[backup],
            password=lambda _: "pw",
        )
        assert list(events) == []
