"""Duplicity: its chains go whole, or nothing of them does."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import pytest
from company_sample import Company, company, disposed, found, needs, ran, sha, signed, tree

from app.domain.case import Backup
from app.domain.copies import Disposal
from app.domain.outcome import CopyOutcome, Outcome, Reason
from app.domain.step import Stage

ENV = {"PASSPHRASE": "pw"}


@pytest.fixture(autouse=True)
def _own_cache(own_gnupg: Path) -> None:
    needs("duplicity")
    needs("gpg")


def backed_up(one: Company, repo: Path, *how: str) -> Backup:
    one.write()
    ran("duplicity", *how, str(one.root), f"file://{repo}", env=ENV)
    return Backup("duplicity", repo)


def only_theirs(root: Path) -> Company:
    """A company with nobody but the customer who goes, and one file of several blocks."""
    one = company(root, 8, 0)
    big = b"".join(sha(bytes([at % 251])).encode() for at in range(4000))
    return Company(root, {**one.mine, "data/big": big}, {})


@pytest.mark.parametrize("how", [(), ("--no-encryption",)], ids=["encrypted", "in clear"])
def test_chains_with_nothing_but_what_goes_go_whole(tmp_path: Path, signers, how) -> None:
    one = only_theirs(tmp_path / "co")
    early = replace(one, mine={**one.mine, "data/0/goes-7": b"an earlier version"})
    backup = backed_up(early, tmp_path / "repo", "full", *how)
    assert list((tmp_path / "cache").rglob("*.manifest"))
    (one.root / "data/0/goes-7").write_bytes(one.mine["data/0/goes-7"])
    copies, searched = found(backup, one.wanted())
    hashes = {sha(data) for data in early.mine.values()}
    assert (searched.fault, searched.files) == (None, len(early.mine))
    assert {copy.sha256 for copy in copies} == hashes
    assert {copy.disposal for copy in copies} == {Disposal.DISCARD}
    (old,) = [copy for copy in copies if copy.reasons]
    assert (old.sha256, old.reasons) == (sha(b"an earlier version"), (Reason.OTHER_VERSION,))
    few = disposed(signed(copies[1:], signers), copies, backup)
    assert {event.evidence.limits for event in few.values()} == {(Reason.KEPT_RECORD,)}
    ended = disposed(signed(copies, signers), copies, backup)
    best = Outcome.REMOVED if how else CopyOutcome.EXPUNGED
    assert {event.outcome for event in ended.values()} == {best}
    assert [path.name for path in (tmp_path / "repo").iterdir()] == [".lethe-going"]
    assert not list((tmp_path / "cache").rglob("*.manifest"))  # names and signatures in clear


def test_a_chain_that_holds_others_too_is_an_exception_unless_declared(tmp_path: Path, signers) -> None:
    one = company(tmp_path / "co", 3, 3)
    backup = backed_up(one, tmp_path / "repo", "full")
    copies, searched = found(backup, one.wanted())
    assert searched.fault is None
    assert {(copy.disposal, copy.reasons) for copy in copies} == {
        (Disposal.EXCEPTION, (Reason.MIXED_ARCHIVE,))
    }
    declared = replace(backup, disposal=Disposal.DISCARD, declared_by="林晓文")
    copies, _ = found(declared, one.wanted())
    assert {copy.disposal for copy in copies} == {Disposal.DISCARD}
    # the plan is signed, then the word is taken back: nothing goes
    before = tree(tmp_path / "repo")
    plan = signed(copies, signers)
    ended = disposed(plan, copies, backup)
    assert {event.evidence.limits for event in ended.values()} == {(Reason.MIXED_ARCHIVE,)}
    assert tree(tmp_path / "repo") == before
    ended = disposed(plan, copies, declared)
    assert {event.outcome for event in ended.values()} == {CopyOutcome.EXPUNGED}


def test_a_backup_of_others_made_after_the_signature_keeps_the_chain(tmp_path: Path, signers) -> None:
    one = only_theirs(tmp_path / "co")
    backup = backed_up(one, tmp_path / "repo", "full")
    copies, _ = found(backup, one.wanted())
    plan = signed(copies, signers)
    (one.root / "new").write_bytes(b"of somebody else")
    ran("duplicity", "incremental", str(one.root), f"file://{tmp_path / 'repo'}", env=ENV)
    ended = disposed(plan, copies, backup)
    assert {(e.outcome, e.evidence.limits) for e in ended.values()} == {
        (Outcome.FAILED, (Reason.MIXED_ARCHIVE,))
    }
    assert len(list((tmp_path / "repo").glob("*.difftar.gpg"))) == 2


def test_a_hidden_volume_brought_back_is_seen(tmp_path: Path, signers, monkeypatch) -> None:
    from app.steps.confirm.repositories import KINDS, duplicity

    one = only_theirs(tmp_path / "co")
    backup = backed_up(one, tmp_path / "repo", "full")
    hidden = tree(tmp_path / "repo")
    copies, _ = found(backup, one.wanted())

    def undone(repository, entries):
        yield from duplicity.KIND.remove(repository, entries)
        for name, data in hidden.items():
            (tmp_path / "repo" / name).write_bytes(data)

    monkeypatch.setitem(KINDS, "duplicity", replace(duplicity.KIND, remove=undone))
    ended = disposed(signed(copies, signers), copies, backup)
    assert {(e.outcome, e.evidence.limits) for e in ended.values()} == {
        (Outcome.SURVIVES, (Reason.COPIES_REMAIN,))
    }


def test_killed_between_two_files_it_is_ended_later(tmp_path: Path, signers, monkeypatch) -> None:
    one = only_theirs(tmp_path / "co")
    backup = backed_up(one, tmp_path / "repo", "full")
    copies, _ = found(backup, one.wanted())
    plan, real, gone = signed(copies, signers), Path.unlink, []

    def dying(path: Path, *, missing_ok: bool = False) -> None:
        if path.parent == tmp_path / "repo" and path.name.startswith("duplicity-"):
            if gone:
                raise KeyboardInterrupt
            gone.append(path)
        real(path, missing_ok=missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", dying)
        with pytest.raises(KeyboardInterrupt):
            disposed(plan, copies, backup)
    assert 0 < len(list((tmp_path / "repo").glob("duplicity-*"))) < 3
    stages = {copy.id: Stage.NOTED for copy in copies}
    ended = disposed(plan, copies, backup, stages=stages)
    assert {event.outcome for event in ended.values()} == {CopyOutcome.EXPUNGED}
    again = disposed(plan, copies, backup)
    assert {e.evidence.limits for e in again.values()} == {(Reason.GONE,)}


@pytest.mark.parametrize("fault", ["damaged", "in clear and damaged", "wrong password", "empty"])
def test_what_can_not_be_checked_says_why(tmp_path: Path, fault: str) -> None:
    one = only_theirs(tmp_path / "co")
    clear = ("--no-encryption",) if "clear" in fault else ()
    backup, password = backed_up(one, tmp_path / "repo", "full", *clear), "pw"
    (volume,) = (tmp_path / "repo").glob("*.difftar.*")
    expected = Reason.REPOSITORY_DAMAGED
    if fault == "wrong password":
        password, expected = "other", Reason.WRONG_PASSPHRASE
    elif fault == "empty":
        expected = Reason.UNREADABLE
        for path in (tmp_path / "repo").iterdir():
            path.unlink()
    else:
        data = bytearray(volume.read_bytes())
        data[len(data) // 2] ^= 1
        volume.write_bytes(gzip.compress(b"no tar at all" * 99) if clear else data)
    copies, searched = found(backup, one.wanted(), password)
    assert (copies, searched.fault) == ([], expected)
