"""What is noted to ask for a copy after its date: told to nobody, and worth nothing to a tool."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from company_sample import company, found, needs, ran
from restic_key import quicken

from app.domain.case import Backup
from app.domain.copies import Copy, Disposal
from app.domain.outcome import CopyOutcome, Evidence, Reason
from app.domain.record import Stamp
from app.steps.confirm import Dated, ask_repositories
from app.steps.confirm.repositories.later import Answer, asked_by

_STAMP = Stamp(0, 0, 9, 0, 0, 1)


def test_what_is_noted_of_a_store_can_not_be_guessed_at() -> None:
    """Neither the name of a bucket nor its owner: each note is another one under other salts."""
    bucket = Backup("s3", Path("bucket/backups"))
    copy = Copy("c", ("r",), "p", "m", _STAMP, "0" * 64, Disposal.LOCKED, repository=str(bucket.path))
    noted, others = (
        dict(asked_by(copy, [bucket], salts, "https://store\nbucket\nowner"))
        for salts in (b"s" * 32, b"t" * 32)
    )
    same = {name for name, value in noted.items() if others[name] == value}
    assert same == {"source", "bytes"}
    assert len(set(map(str, noted.values()))) == len(noted) == 5


def test_a_kind_that_goes_through_what_is_sought_says_nothing_of_keyed_digests(
    tmp_path: Path, monkeypatch
) -> None:
    """Restic would be asked for digests that it never heard of, and all would be absent."""
    needs("restic")
    one = company(tmp_path / "co", 1, 1)
    one.write()
    monkeypatch.setenv("RESTIC_PASSWORD", "pw")
    ran("restic", "init", "-q", "-r", str(tmp_path / "repo"))
    quicken(tmp_path / "repo", b"pw")
    ran("restic", "backup", "-q", "--no-cache", "-r", str(tmp_path / "repo"), str(one.root))
    backup = Backup("restic", tmp_path / "repo")
    (copy,), _ = found(backup, one.wanted(paths=False))
    copy = replace(copy, disposal=Disposal.LOCKED, until=date(2026, 1, 1))
    facts = (("until", "2026-01-01"), *asked_by(copy, [backup], b"s" * 32, copy.store))
    dated = Dated(copy.id, CopyOutcome.LOCKED, Evidence("store", (), facts))
    answers = ask_repositories([dated], [backup], b"s" * 32, lambda _: "pw")
    assert [one for one in answers if isinstance(one, Answer)] == [Answer(dated, Reason.NOT_SEARCHED)]
