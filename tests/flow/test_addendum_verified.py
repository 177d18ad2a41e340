"""Officer and witness who sign an addendum that says more, or less, than the journal: verify tells."""

from __future__ import annotations

import json
import sys
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))  # for dated_case

from dated_case import again, certified, checks, lay_document, tape_until, waiting_copies

from app.domain.canonical import canonical
from app.domain.outcome import CopyOutcome, Reason
from app.flow import pending
from app.language import Language
from app.steps.certify import LEDGER, Standing, Status, verify
from app.steps.certify.checking.upgraded import Word, last_words, listed_in, status_check, words_of
from app.steps.certify.evidence import addendum
from app.steps.certify.verdict import Check
from app.steps.certify.wording import explained

DAY = (datetime.now(UTC) + timedelta(days=40)).date()


@pytest.fixture
def tapes(office, monkeypatch: pytest.MonkeyPatch):
    """A certified case with two tapes whose day has passed."""
    done = certified(office, *(tape_until(office, f"tape {n}", DAY) for n in (1, 2)))
    monkeypatch.setattr(pending, "now", (datetime.now(UTC) + timedelta(days=42)).isoformat)
    return done


def told(path: Path, check: str, journal: Path | None = None) -> list[tuple[bool, str]]:
    seen = verify(path, journal).checks
    assert all(explained(one.name, Language.ZH) and explained(one.name, Language.EN) for one in seen)
    found = [one for one in seen if one.name == check]
    assert all(one.said(Language.ZH) != one.said(Language.EN) for one in found)
    return [(one.ok, one.said(Language.EN)) for one in found]


def test_a_status_better_than_its_lines_is_seen_without_the_journal(tapes, monkeypatch) -> None:
    lay_document(tapes, waiting_copies(tapes)[0])
    monkeypatch.setattr(addendum, "status_of", lambda *_: Status.ALL_DESTROYED)
    added = again(tapes)[-1]
    assert json.loads(added.manifest.read_bytes())["status"] == "all_destroyed"
    for name in (added.manifest, added.manifest.with_suffix(".pdf"), added.manifest.with_suffix(".p7s")):
        assert checks(name) == (Standing.ALTERED, ["addendum.status"])
    # a worse one than may be said is no claim
    manifest, read = (
        json.loads((tapes.folder / "out" / name).read_bytes())
        for name in ("manifest.json", "addendum-1.json")
    )
    listed = listed_in((tapes.folder / "out/inventory.csv").read_bytes())
    words = words_of(read)
    for status, ok in (
        ("not_destroyed", True),
        ("with_exceptions", True),
        ("all_destroyed", False),
        ("", False),
    ):
        assert status_check(read | {"status": status}, manifest, listed, words).ok is ok, status


def test_what_is_certified_and_what_came_later_are_weighed_together(tapes) -> None:
    manifest = json.loads((tapes.folder / "out/manifest.json").read_bytes())
    listed = listed_in((tapes.folder / "out/inventory.csv").read_bytes())
    ids = waiting_copies(tapes)
    manifest["exceptions"] = [one for one in manifest["exceptions"] if one["id"] in ids]

    def allows(words: dict[str, Word], **changed: object) -> bool:
        return status_check({"status": "all_destroyed"}, manifest | changed, listed, words).ok

    absent = f"CopyOutcome.{CopyOutcome.ABSENT.value}"
    gone = dict.fromkeys(ids, Word(absent, (Reason.STORE_WORD.value, "of a later Lethe")))
    assert allows(gone)
    assert not allows({ids[0]: gone[ids[0]]}), "the other is still there"
    for word in ("CopyOutcome.expired", "Outcome.survives", "KeepOutcome.left", "unknown", "Magic.gone"):
        assert not allows(gone | {ids[1]: Word(word)}), word
    for limit in (Reason.NOT_OPENED, Reason.UNFINISHED_UPLOADS):
        assert not allows(gone | {ids[1]: Word(absent, (limit.value,))}), limit
    assert not allows(gone | {"c-ffffffffffffffff": gone[ids[0]]}), "of no line of the certificate"
    assert not allows(gone, exceptions=[*manifest["exceptions"], {"what": "key_slot", "id": ""}])
    assert not allows(gone, difference=manifest["difference"] | {"not_planned": ["c-1"]})
    assert not allows(gone, difference=manifest["difference"] | {"without_outcome": ["r-1"]})
    assert allows(gone, difference=manifest["difference"] | {"ended_otherwise": ids})
    none = manifest["totals"] | {"all": manifest["totals"]["all"] | {"destroyed": 0}}
    assert not allows(gone, totals=none), "nothing was destroyed"


def test_a_copy_that_is_left_out_is_named_by_the_journal(tapes, monkeypatch) -> None:
    first, second = waiting_copies(tapes)
    lay_document(tapes, first)
    lay_document(tapes, second)
    seen = addendum._seen

    def left_out(asked, copies):
        made = seen(asked, copies)
        return made | {"copies": [one for one in made["copies"] if one["id"] == first]}

    monkeypatch.setattr(addendum, "_seen", left_out)
    added = again(tapes)[-1]
    journal = tapes.folder / "case/journal.jsonl"
    assert checks(added.manifest, journal) == (Standing.ALTERED, ["addendum.complete"])
    ((_, said),) = told(added.manifest, "addendum.complete", journal)
    assert second in said


def test_what_the_journal_says_of_when_and_how_stands_too(tapes, monkeypatch) -> None:
    lay_document(tapes, waiting_copies(tapes)[0])
    said = addendum._said
    monkeypatch.setattr(addendum, "_said", lambda *a: said(*a) | {"at": "2026-01-01T00:00:00Z"})
    added = again(tapes)[-1]
    assert checks(added.manifest, tapes.folder / "case/journal.jsonl")[1] == ["addendum.borne"]


def test_under_another_number_it_is_not_taken(tapes) -> None:
    lay_document(tapes, waiting_copies(tapes)[0])
    added = again(tapes)[-1].manifest
    for kind in ("json", "p7s", "pdf"):
        for name in ("addendum-3", "Addendum-2 (1)"):
            copy = added.with_name(f"{name}.{kind}")
            copy.write_bytes(added.with_suffix(f".{kind}").read_bytes())
    for name in ("addendum-3.json", "addendum-3.p7s", "addendum-3.pdf", "Addendum-2 (1).pdf"):
        assert checks(added.with_name(name)) == (Standing.ALTERED, ["addendum.number"]), name
    renamed = added.with_name("补充.json")
    renamed.write_bytes(added.read_bytes())
    assert checks(renamed) == (Standing.VALID, [])


def test_one_that_was_followed_by_another_says_so(tapes) -> None:
    first, second = waiting_copies(tapes)
    lay_document(tapes, first)
    one = again(tapes)[-1].manifest
    assert told(one, "addendum.later.present") == []
    lay_document(tapes, second)
    two = again(tapes)[-1].manifest
    journal, ledger = tapes.folder / "case/journal.jsonl", tapes.folder / LEDGER
    # 2 does not speak of what 1 did
    assert checks(two, journal) == (Standing.VALID, [])
    away = tapes.folder / "away"
    for given, known in ((journal, ledger.read_bytes()), (None, ledger.read_bytes()), (journal, None)):
        ledger.unlink(missing_ok=True)
        if known:
            ledger.write_bytes(known)
        ((ok, said),) = told(one, "addendum.later.present", given)
        assert ok
        assert two.name in said
        two.rename(away)
        ((ok, said),) = told(one, "addendum.later.present", given)
        assert not ok
        assert (two.name if given else "SHA-256") in said
        assert checks(one, given) == (Standing.INCOMPLETE, ["addendum.later.present"])
        away.rename(two)
    # one that was altered is not the one that is known
    two.write_bytes(two.read_bytes() + b" ")
    assert "addendum.later.present" in checks(one, journal)[1]


def test_the_last_word_on_a_copy_may_be_two_addenda_back(tapes) -> None:
    first, second = waiting_copies(tapes)
    lay_document(tapes, first)
    one = again(tapes)[-1].manifest
    lay_document(tapes, second)
    two = again(tapes)[-1].manifest
    read = json.loads(two.read_bytes())
    assert [line["id"] for line in read["copies"]] == [second]
    third = read | {"n": 3, "upgrades": {"previous": sha256(two.read_bytes()).hexdigest()}}
    said, words = drained(last_words(two, third))
    assert all(check.ok for check in said)
    assert words == dict.fromkeys((first, second), Word("CopyOutcome.expired", (Reason.DECLARED.value,)))
    one.write_bytes(one.read_bytes() + b" ")
    said, words = drained(last_words(two, third))
    assert not all(check.ok for check in said)
    assert words is None, "nothing is taken from one that was altered"
    one.unlink()
    assert drained(last_words(two, third))[1] is None
    assert checks(two) == (Standing.INCOMPLETE, ["addendum.previous.present"])


def drained(pieces: Generator[Check, None, object]) -> tuple[list[Check], object]:
    """Run a check to its end: what it said, and what it gives."""
    said = []
    while True:
        try:
            said.append(next(pieces))
        except StopIteration as end:
            return said, end.value


def test_beside_the_certificate_of_another_case_it_is_refused_in_one_sentence(tapes) -> None:
    lay_document(tapes, waiting_copies(tapes)[0])
    added = again(tapes)[-1].manifest
    manifest = added.with_name("manifest.json")
    other = json.loads(manifest.read_bytes()) | {"number": "另案-002", "case": "c2"}
    manifest.write_bytes(canonical(other))
    for name in (added, added.with_suffix(".pdf")):
        assert checks(name) == (Standing.ALTERED, ["addendum.case"])
        ((_, said),) = told(name, "addendum.case")
        assert "另案-002" in said
        assert "another case" in said


def test_the_journal_of_another_case_does_not_hold_it(tapes, tmp_path: Path) -> None:
    lay_document(tapes, waiting_copies(tapes)[0])
    added = again(tapes)[-1].manifest
    other = tmp_path / "other.jsonl"
    other.write_bytes(b"")
    standing, failed = checks(added, other)
    assert standing is Standing.ALTERED
    assert failed == ["journal.whole"]


@pytest.mark.parametrize("name", ["company", "rehearsal"])
def test_it_is_of_the_same_company_and_no_rehearsal_becomes_real(tapes, monkeypatch, name: str) -> None:
    lay_document(tapes, waiting_copies(tapes)[0])
    named = addendum._named
    monkeypatch.setattr(
        addendum, "_named", lambda *a: named(*a) | {name: "Somebody" if name == "company" else False}
    )
    added = again(tapes)[-1].manifest
    assert "addendum.people" in checks(added)[1]
