"""Copies of keys through the whole flow: found before signing, found late, named; and what a person says."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from datetime import date

import pytest

from app.cli.keys import KeysTold
from app.domain.conditions import ClearBefore, Condition, Escrow, KeyWord, Standing, standings
from app.domain.copies import Disposal
from app.domain.fault import Refused
from app.domain.outcome import KeyOutcome, Reason
from app.domain.plan import Subject
from app.domain.step import Step
from app.flow import Flow
from app.flow.case_file import read_case_file
from app.flow.case_text import case_toml
from app.flow.foresight import foreseen_keys
from app.language import Language

WORD = KeyWord("王五", ClearBefore.NO, Escrow.NONE, date(2040, 1, 1))


def key_end(flow):
    (found,) = [one for one in flow.results() if one.step is Step.SHRED and one.subject is Subject.KEY]
    return found


def test_a_copy_in_windows_lines_is_found_before_signing_and_goes(flow, office, advance):
    lines = (office.folder / "key.pem").read_bytes().replace(b"\n", b"\r\n")
    copy = office.folder / "customers" / "KEY.OLD"
    copy.write_bytes(lines)
    advance(flow, Step.CONFIRM)
    (found,) = [one for one in flow.copies() if one.path == str(copy)]
    assert found.disposal is Disposal.WIPE
    advance(flow, Step.CERTIFY)
    assert not copy.exists()
    assert Reason.COPIES_REMAIN not in key_end(flow).evidence.limits


def test_a_copy_among_other_things_is_an_exception_and_the_verdict_says_so(flow, office, advance):
    archive = office.folder / "customers" / "all.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("notes.txt", b"host = example\n" + (office.folder / "key.pem").read_bytes())
        packed.writestr("photo.txt", "nothing")
    advance(flow, Step.CONFIRM)
    (found,) = [one for one in flow.copies() if one.path == str(archive)]
    assert (found.disposal, found.reasons) == (Disposal.EXCEPTION, (Reason.KEY_INSIDE,))
    assert found.member == "notes.txt"
    flow.accept(found.id, office.officer.name)
    advance(flow, Step.CERTIFY)
    assert key_end(flow).outcome is KeyOutcome.ACCESS_REMOVED


def test_a_copy_that_appears_after_signing_is_found_and_kept_in_the_register(flow, office, advance):
    advance(flow, Step.SIGN)
    late = office.folder / "customers" / "late.txt"
    late.write_bytes(b"mail: \n> " + (office.folder / "key.pem").read_bytes().replace(b"\n", b"\n> "))
    advance(flow, Step.SHRED)
    end = key_end(flow)
    assert end.outcome is KeyOutcome.ACCESS_REMOVED
    (found,) = [one for one in flow.copies() if one.path == str(late)]
    assert found.reasons == (Reason.FOUND_LATE,)
    assert found.id in str(dict(end.evidence.facts)["copies_at"])
    assert "late" not in (flow.folder / "journal.jsonl").read_text()
    advance(flow, Step.CERTIFY)


def test_an_archive_that_is_to_be_written_anew_keeps_what_stays_though_a_key_is_met_in_it(
    flow, office, advance
):
    """The search for copies of records has it already; what the hunt for keys says of it comes later."""
    archive = office.folder / "backup" / "all.zip"
    lines = b"host = example\n" + (office.folder / "key.pem").read_bytes().replace(b"\n", b"\r\n")
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.write(office.folder / "customers/a.csv", "a.csv")
        packed.writestr("notes.txt", lines)
        packed.writestr("theirs.csv", "of somebody else")
    advance(flow, Step.CONFIRM)
    (before,) = [one for one in flow.copies() if one.path == str(archive)]
    (key,) = flow.keys()
    assert (before.disposal, len(before.of)) == (Disposal.REWRITE, 2)
    assert key.id in before.of
    (told,) = foreseen_keys(flow.case, flow.keys(), flow.copies(), lambda *_: "")
    assert str(archive) in told.staying
    advance(flow, Step.SHRED)
    assert before in flow.copies()
    assert key_end(flow).outcome is KeyOutcome.ACCESS_REMOVED
    advance(flow, Step.WIPE)
    with zipfile.ZipFile(archive) as left:
        assert {name: left.read(name) for name in left.namelist()} == {
            "notes.txt": lines,
            "theirs.csv": b"of somebody else",
        }


def test_the_word_of_a_named_person_is_read_written_and_told(office, advance, tmp_path):
    source = replace(office.case.keys[0], word=WORD)
    case = replace(office.case, keys=(source,))
    file = tmp_path / "CASE.toml"
    file.write_text(case_toml(case))
    assert read_case_file(file).keys == (source,)
    flow = Flow.create(office.folder / "case", case, office.officer)
    advance(flow, Step.SHRED)
    told = standings(key_end(flow).evidence)
    assert (
        told[Condition.ESCROW] is told[Condition.NEVER_CLEAR] is told[Condition.HORIZON] is Standing.DECLARED
    )
    (facts,) = KeysTold(flow).facts()
    assert facts["conditions"]["C6"] == "declared"
    said = "\n".join(KeysTold(flow).lines(Language.ZH))
    assert all(one.label in said for one in Condition)
    assert "仅凭声明" in said


@pytest.mark.parametrize(
    "line",
    [
        'escrow = "none"',
        'declared_by = "王五"',
        'escrow = "perhaps"\ndeclared_by = "王五"',
        "secret_until = 1",
    ],
)
def test_a_word_in_nobodys_name_or_of_no_answer_is_refused(office, tmp_path, line):
    file = tmp_path / "CASE.toml"
    file.write_text(case_toml(office.case).replace("[[key]]\n", f"[[key]]\n{line}\n"))
    with pytest.raises(Refused):
        read_case_file(file)


def test_before_signing_it_is_told_what_shredding_would_do(flow, office):
    (facts,) = KeysTold(flow).facts()
    assert facts["path"] == str(office.folder / "key.pem")
    assert facts["bytes"] == 2 * (office.folder / "key.pem").stat().st_size
    assert any(one["path"].startswith(str(office.folder / "backup")) for one in facts["copies"])
    json.dumps(facts)
    assert "key.pem" in "\n".join(KeysTold(flow).lines(Language.EN))


def test_the_certificate_tells_the_conditions_and_names_the_copy_masked(flow, office, advance):
    import pypdfium2

    advance(flow, Step.SIGN)
    late = office.folder / "customers" / "王小明的邮件.txt"
    late.write_bytes((office.folder / "key.pem").read_bytes())
    advance(flow, Step.CERTIFY)
    with pypdfium2.PdfDocument(flow.certificate) as pdf:
        text = "\n".join(page.get_textpage().get_text_bounded() for page in pdf)
    flat = "".join(text.split())
    assert "密钥副本位于" in flat
    (copy,) = [one for one in key_end(flow).evidence.facts if one[0] == "copies_at"]
    place = flat[flat.index("密钥副本位于") :][:120]
    assert str(copy[1]).split()[0].removeprefix("c-") in place
    assert "王*" in place
    assert "王小明" not in flat
    assert "未满足C1" in flat
    assert "C12" in flat
