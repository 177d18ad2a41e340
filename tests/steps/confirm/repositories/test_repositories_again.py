"""Asked once more before certifying: absent still, brought back, or not to be asked."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from company_sample import AT, Company, asked, company, disposed, found, needs, ran, signed, tree, unmounted
from restic_key import quicken

from app.domain.case import Backup
from app.domain.copies import Copy, Disposal
from app.domain.event import BackupSearched, Settled
from app.domain.outcome import CopyOutcome, KeyOutcome, Outcome, Reason
from app.domain.step import Stage
from app.identity import SignedPlan
from app.steps.confirm import Before, Wanted, look_again
from app.steps.confirm.repositories import restic as restic_kind
from app.steps.confirm.repositories.restic_tree import Trees


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


def untold(_self: object, _tree: str, _path: str) -> Iterator[object]:
    """What `Trees.content` does where a tree is not to be found."""
    yield from ()


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

    # its disk is taken away, and what is at its place is empty
    if os.geteuid() == 0 and sys.platform == "linux":
        ran("mount", "-t", "tmpfs", "none", str(tmp_path / "repo"))
        try:
            nobody = asked(plan, copies, backup, ended)
        finally:
            unmounted(tmp_path / "repo")
        assert {(e.outcome, e.evidence.limits[-1]) for e in nobody.values()} == {
            (CopyOutcome.EXPUNGED, Reason.NOT_ASKED_AGAIN)
        }

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


def test_what_was_never_seen_gone_is_not_asked_for(tmp_path: Path, signers) -> None:
    one = company(tmp_path / "co", 2, 1)
    one.write()
    backup = borg(tmp_path, one)
    copies, _ = found(backup, one.wanted(paths=False))
    plan = signed(copies, signers)
    survivors = {copy.id: (Outcome.SURVIVES, None, AT) for copy in copies}
    for ended in ({}, survivors):
        events = look_again(
            plan.plan.items,
            Before(ended, {one.id: one for one in copies}, {}),
            backups=[backup],
            wanted=one.wanted(paths=False),
            password=lambda _: "pw",
            is_shut=lambda _: False,
        )
        assert not [event for event in events if isinstance(event, Settled)]


def test_what_is_there_again_survives_though_a_file_beside_it_can_not_be_told(
    tmp_path: Path, signers, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = company(tmp_path / "co", 1, 0)
    one.mine["data/big"] = os.urandom(restic_kind.SMALLEST + 1)
    one.write()
    backup = restic(tmp_path, one)
    shutil.copytree(tmp_path / "repo", tmp_path / "hidden")
    copies, _ = found(backup, one.wanted(paths=False))
    plan = signed(copies, signers)
    ended = disposed(plan, copies, backup)
    assert {event.outcome for event in ended.values()} == {CopyOutcome.EXPUNGED}
    shutil.rmtree(tmp_path / "repo")
    (tmp_path / "hidden").rename(tmp_path / "repo")

    monkeypatch.setattr(Trees, "content", untold)
    again = asked(plan, copies, backup, ended)
    assert {(e.outcome, e.evidence.limits[-1]) for e in again.values()} == {
        (Outcome.SURVIVES, Reason.COPIES_REMAIN)
    }


def keys_gone(plan: SignedPlan, copies: list[Copy], backup: Backup, ended: dict[str, Settled]):
    """Look for the last time at a repository of which a key was shredded: what is settled anew, and limits."""
    events = list(
        look_again(
            plan.plan.items,
            Before(
                {one.id: (one.outcome, one.evidence, AT) for one in ended.values()},
                {one.id: one for one in copies},
                {},
            ),
            backups=[backup],
            wanted=Wanted({}, frozenset(), frozenset()),
            password=lambda _: "pw",
            is_shut=lambda _: True,
        )
    )
    (told,) = [event.searched.limits for event in events if isinstance(event, BackupSearched)]
    return {(e.outcome, e.evidence.limits) for e in events if isinstance(e, Settled)}, told


def test_a_key_that_is_laid_back_opens_what_went_with_it(
    tmp_path: Path, signers, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = company(tmp_path / "co", 2, 1)
    one.write()
    backup, keys = restic(tmp_path, one), tmp_path / "repo/keys"
    shredded = frozenset(os.path.realpath(path) for path in keys.iterdir())
    copies, _ = found(backup, one.wanted(paths=False), shredded=shredded)
    assert {copy.disposal for copy in copies} == {Disposal.KEY}
    plan = signed(copies, signers)
    keys.rename(tmp_path / "keys")
    keys.mkdir()
    ended = disposed(plan, copies, backup, key_end=lambda _: KeyOutcome.KEY_DESTROYED_HERE)
    assert {event.outcome for event in ended.values()} == {CopyOutcome.KEY_SHREDDED}
    # nothing opens it, as was to be expected
    assert keys_gone(plan, copies, backup, ended) == (set(), ())
    # from a drawer, a copy of the key
    keys.rmdir()
    (tmp_path / "keys").rename(keys)
    back = {(Outcome.SURVIVES, (Reason.KEY_STAYS,))}
    assert keys_gone(plan, copies, backup, ended) == (back, ())
    # it opens, and does not tell what is in it
    monkeypatch.setattr(restic_kind, "LISTED", ("cat", "snapshot", "none"))
    maybe = {(Outcome.RESIDUE_POSSIBLE, (Reason.KEY_STAYS,))}
    settled, limits = keys_gone(plan, copies, backup, ended)
    assert (settled, limits[-1]) == (maybe, Reason.NOT_SEARCHED_AGAIN)


def test_a_key_that_is_laid_back_and_does_not_open_all_leaves_a_doubt(
    tmp_path: Path, signers, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = company(tmp_path / "co", 1, 0)
    one.mine["data/big"] = os.urandom(restic_kind.SMALLEST + 1)
    one.write()
    backup, keys = restic(tmp_path, one), tmp_path / "repo/keys"
    shredded = frozenset(os.path.realpath(path) for path in keys.iterdir())
    shutil.copytree(keys, tmp_path / "drawer")
    copies, _ = found(backup, one.wanted(paths=False), shredded=shredded)
    plan = signed(copies, signers)
    shutil.rmtree(keys)
    ended = disposed(plan, copies, backup, key_end=lambda _: KeyOutcome.KEY_DESTROYED_HERE)
    assert {event.outcome for event in ended.values()} == {CopyOutcome.KEY_SHREDDED}
    (tmp_path / "drawer").rename(keys)
    # what went is in it no more, but for what stands in another file as long as it
    again = ("restic", "-q", "--no-cache", "-r", str(backup.path))
    ran(*again, "forget", "latest", "--prune", env={"RESTIC_PASSWORD": "pw"})
    (one.root / "data/big").write_bytes(os.urandom(restic_kind.SMALLEST + 1))
    for name in one.mine.keys() - {"data/big"}:
        (one.root / name).unlink()
    ran(*again, "backup", str(one.root), env={"RESTIC_PASSWORD": "pw"})
    assert keys_gone(plan, copies, backup, ended) == (set(), ())

    monkeypatch.setattr(Trees, "content", untold)
    settled, limits = keys_gone(plan, copies, backup, ended)
    assert settled == {(Outcome.RESIDUE_POSSIBLE, (Reason.KEY_STAYS,))}
    assert limits == (Reason.NOT_SEARCHED_AGAIN, Reason.UNREADABLE)


@pytest.mark.usefixtures("own_gnupg")
@pytest.mark.parametrize("make", [restic, borg, rclone, duplicity])
def test_another_repository_at_its_place_is_left_alone_and_proves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, signers, make: Callable[[Path, Company], Backup]
) -> None:
    monkeypatch.setenv("RCLONE_CONFIG", str(tmp_path / "rclone.conf"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    one, repo, drawer = company(tmp_path / "co", 2, 2), tmp_path / "repo", tmp_path / "drawer"
    one.write()
    backup = make(tmp_path, one)
    copies, _ = found(backup, one.wanted(paths=False))
    assert len(copies) == 2
    plan, conf = signed(copies, signers), tmp_path / "rclone.conf"
    repo.rename(drawer)
    before, ours = tree(drawer), conf.read_bytes() if conf.exists() else b""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "another cache"))
    theirs = company(tmp_path / "theirs", 2, 2, seed=8)
    theirs.write()
    make(tmp_path, theirs)
    others, shelf = tree(repo), conf.read_bytes() if conf.exists() else b""
    for stage in (Stage.FRESH, Stage.BEGUN, Stage.NOTED):
        ended = disposed(plan, copies, backup, stages={copy.id: stage for copy in copies})
        assert {(e.outcome, e.evidence.limits) for e in ended.values()} == {
            (Outcome.FAILED, (Reason.OTHER_REPOSITORY,))
        }
    assert tree(drawer) == before
    assert tree(repo) == others

    # the one that was searched is laid back, and cleared
    repo.rename(tmp_path / "another")
    drawer.rename(repo)
    if ours:
        conf.write_bytes(ours)
    ended = disposed(plan, copies, backup)
    assert {event.outcome for event in ended.values()} == {CopyOutcome.EXPUNGED}
    again = asked(plan, copies, backup, ended)
    assert {event.evidence.limits for event in again.values()} == {e.evidence.limits for e in ended.values()}
    # what is absent from another one says nothing of it
    repo.rename(drawer)
    (tmp_path / "another").rename(repo)
    if shelf:
        conf.write_bytes(shelf)
    again = asked(plan, copies, backup, ended)
    assert {(e.outcome, e.evidence.limits[-2:]) for e in again.values()} == {
        (CopyOutcome.EXPUNGED, (Reason.OTHER_REPOSITORY, Reason.NOT_ASKED_AGAIN))
    }
    assert {dict(event.evidence.facts)["absent_at"] for event in again.values()} == {AT}


@pytest.mark.usefixtures("own_gnupg")
@pytest.mark.parametrize("make", [restic, borg, rclone, duplicity])
def test_what_came_into_a_repository_of_others_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path, Company], Backup]
) -> None:
    monkeypatch.setenv("RCLONE_CONFIG", str(tmp_path / "rclone.conf"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    one, theirs = company(tmp_path / "co", 2, 2), company(tmp_path / "theirs", 2, 2, seed=8)
    one.write()
    theirs.write()
    backup = make(tmp_path, theirs)
    copies, _ = found(backup, one.wanted(paths=False))
    assert copies == []
    assert looked(backup, one) == (0, ())
    nightly(backup, one)
    assert looked(backup, one) == (2, (Reason.FOUND_LATE,))


def nightly(backup: Backup, one: Company) -> None:
    """What a machine does to a repository every night."""
    repo, source = str(backup.path), str(one.root)
    if backup.kind == "restic":
        ran("restic", "backup", "-q", "--no-cache", "-r", repo, source, env={"RESTIC_PASSWORD": "pw"})
    elif backup.kind == "borg":
        base = {"BORG_BASE_DIR": str(backup.path.parent / "base"), "BORG_PASSPHRASE": "pw"}
        ran("borg", "create", f"{repo}::nightly", source, env=base)
    elif backup.kind == "rclone":
        ran("rclone", "copy", source, "enc:nightly")
    else:
        ran(
            "duplicity", "full", "--allow-source-mismatch", source, f"file://{repo}", env={"PASSPHRASE": "pw"}
        )


def looked(backup: Backup, one: Company) -> tuple[int, tuple[Reason, ...]]:
    """Look for the last time into a repository in which nothing was found before."""
    events = look_again(
        [],
        Before({}, {}, {}),
        backups=[backup],
        wanted=one.wanted(paths=False),
        password=lambda _: "pw",
        is_shut=lambda _: False,
    )
    (told,) = [event.searched for event in events if isinstance(event, BackupSearched)]
    return told.copies, told.limits
