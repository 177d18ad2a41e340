"""An addendum goes where the certificate was handed out to: when it is issued, or when that is there again."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))  # for dated_case

from dated_case import again, certified, checks, lay_document, tape_until, waiting_copies

from app.cli.console import Console
from app.cli.services import resume_waiting
from app.domain.fault import Fault, Refused
from app.flow import Flow, pending
from app.flow.pending import unfinished
from app.language import Language
from app.steps.certify import Standing

PASSPHRASES = {"OFFICER": "a passphrase", "WITNESS": "another one"}


@pytest.fixture
def tape(office, monkeypatch: pytest.MonkeyPatch):
    """A certified case of which a tape was to expire on a day that has passed, with a document on it."""
    done = certified(office, tape_until(office, "tape 7", (datetime.now(UTC) + timedelta(days=40)).date()))
    lay_document(done, waiting_copies(done)[0])
    monkeypatch.setattr(pending, "now", (datetime.now(UTC) + timedelta(days=42)).isoformat)
    return done


@pytest.mark.parametrize("how", ["away", "in the way", "killed"])
def test_what_could_not_be_handed_out_is_when_the_folder_is_back(
    tape, monkeypatch: pytest.MonkeyPatch, capsys, how: str
) -> None:
    case, out, away = tape.folder / "case", tape.folder / "out", tape.folder / "usb"
    in_the_way = out / "addendum-1.p7s"
    if how == "killed":
        with monkeypatch.context() as patch:
            patch.setattr(pending, "sync_folder", lambda _: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                again(tape)
    else:
        out.rename(away) if how == "away" else in_the_way.mkdir()
        _, added = again(tape)
        assert (added.manifest, added.awaits) == (case / "certificate/addendum-1.json", out)
        # nor when it is tried again, and it is said each time
        console = Console(Language.EN, machine=False)
        assert resume_waiting(case, Flow.open(case), lambda _, name: PASSPHRASES[name], console)
        assert str(out) in capsys.readouterr().err
        away.rename(out) if how == "away" else in_the_way.rmdir()
    assert unfinished(case)
    (added,) = again(tape)
    assert (added.manifest, added.awaits) == (out / "addendum-1.json", None)
    for kind in ("json", "p7s", "pdf"):
        name = f"addendum-1.{kind}"
        assert (out / name).read_bytes() == (case / "certificate" / name).read_bytes()
        assert checks(out / name, case / "journal.jsonl") == (Standing.VALID, []), name
    # once it was handed out, the folder may go where it likes
    assert not unfinished(case)
    out.rename(away)
    assert again(tape) == []


def test_no_other_addendum_is_handed_out_than_was_issued(tape) -> None:
    case, out, away = tape.folder / "case", tape.folder / "out", tape.folder / "usb"
    out.rename(away)
    again(tape)
    away.rename(out)
    (case / "certificate/addendum-1.pdf").write_bytes(b"%PDF-1.7 another")
    with pytest.raises(Refused) as refused:
        again(tape)
    assert refused.value.fault is Fault.JOURNAL_BROKEN
    assert not list(out.glob("addendum*"))
