"""Verification: every change is caught, and each is named for what it is."""

import io
import random
import shutil

import account_sample as sample
import pikepdf
import pytest
from certify_issued import issue, ready
from pyhanko.pdf_utils.generic import StreamObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from app.domain.case import Role
from app.domain.fault import Fault, Refused
from app.identity import cms_detached, create
from app.language import Language
from app.steps.certify import Standing, compose, explained, prove, verify


@pytest.fixture
def copy(small, tmp_path):
    folder = tmp_path / "case" / "certificate"
    shutil.copytree(small, folder)
    return folder


def failed(verdict):
    return {check.name for check in verdict.checks if not check.ok}


def flip(path, bit):
    data = bytearray(path.read_bytes())
    data[bit // 8] ^= 1 << bit % 8
    path.write_bytes(data)


@pytest.mark.parametrize("name", ["certificate.pdf", "manifest.json", "manifest.p7s", "inventory.csv"])
def test_any_single_bit_is_caught(small, tmp_path, name):
    good = (small / name).read_bytes()
    for other in ("manifest.json", "manifest.p7s", "inventory.csv", "certificate.pdf"):
        (tmp_path / other).write_bytes((small / other).read_bytes())
    rng = random.Random(f"lethe {name}")
    count = 220 if name == "certificate.pdf" else 300
    for bit in rng.sample(range(len(good) * 8), count):
        (tmp_path / name).write_bytes(good)
        flip(tmp_path / name, bit)
        verdict = verify(tmp_path / name)
        assert not verdict.valid, bit
        assert failed(verdict)


def test_any_bit_of_the_signatures_themselves_is_caught(small, tmp_path):
    """What no signature covers: the hexadecimal between the signed ranges, its case and its padding."""
    good = (small / "certificate.pdf").read_bytes()
    path = tmp_path / "certificate.pdf"
    rng = random.Random(7)
    for start in (good.index(b"/Contents <"), good.rindex(b"/Contents <")):
        end = good.index(b">", start)
        bits = [
            *range(start * 8, (start + 14) * 8, 5),
            *rng.sample(range(start * 8, (end + 1) * 8), 60),
            end * 8 - 3,
        ]
        for bit in bits:
            path.write_bytes(good)
            flip(path, bit)
            assert not verify(path).valid, bit


def test_every_bit_of_the_detached_signature_is_caught(small, tmp_path):
    for name in ("manifest.json", "manifest.p7s"):
        (tmp_path / name).write_bytes((small / name).read_bytes())
    good = (tmp_path / "manifest.p7s").read_bytes()
    for bit in range(0, len(good) * 8, 11):
        (tmp_path / "manifest.p7s").write_bytes(good)
        flip(tmp_path / "manifest.p7s", bit)
        assert not verify(tmp_path / "manifest.p7s").valid, bit


def test_a_box_painted_over_a_figure(copy):
    """pdfsig says "Signature is Valid" of this file."""
    path = copy / "certificate.pdf"
    writer = IncrementalPdfFileWriter(io.BytesIO(path.read_bytes()))
    writer.add_stream_to_page(0, writer.add_object(StreamObject(stream_data=b"1 g 200 600 150 60 re f")))
    out = io.BytesIO()
    writer.write(out)
    path.write_bytes(out.getvalue())
    verdict = verify(path)
    assert verdict.status is Standing.ALTERED
    assert {"signatures.changes", "signatures.cover"} <= failed(verdict)


def test_an_attachment_swapped_by_an_update(copy):
    path = copy / "certificate.pdf"
    writer = IncrementalPdfFileWriter(io.BytesIO(path.read_bytes()))
    names = writer.root["/Names"]["/EmbeddedFiles"]
    names = names["/Names"] if "/Names" in names else names["/Kids"][0]["/Names"]
    for n in range(0, len(names), 2):
        if str(names[n]) == "inventory.csv":
            stream = names[n + 1]["/EF"].raw_get("/F")
            forged = StreamObject(stream_data=b"\xef\xbb\xbfforged")
            writer.objects[stream.generation, stream.idnum] = forged
    out = io.BytesIO()
    writer.write(out)
    path.write_bytes(out.getvalue())
    verdict = verify(path)
    assert verdict.status is Standing.ALTERED
    assert failed(verdict) & {"signatures.changes", "signatures.cover", "inventory.attached"}


def test_the_officers_revision_alone_is_incomplete(copy):
    path = copy / "certificate.pdf"
    data = path.read_bytes()
    ends = [n + 6 for n in range(len(data)) if data.startswith(b"%%EOF", n)]
    verdicts = []
    for end in ends[:-1]:
        path.write_bytes(data[:end])
        verdicts.append(verify(path))
    assert {verdict.status for verdict in verdicts} == {Standing.INCOMPLETE}
    last = {check.name: check.detail for check in verdicts[-1].checks if not check.ok}
    said = "not signed: Witness 李四鿏; this may be an older state, cut back to before they signed"
    assert last == {"signatures.present": said}


def test_saved_again_by_another_tool(copy):
    path = copy / "certificate.pdf"
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        pdf.save(path)
    assert verify(path).status is Standing.ALTERED


@pytest.mark.parametrize(
    ("name", "check"),
    [("manifest.json", "manifest.same"), ("manifest.p7s", "p7s.same"), ("inventory.csv", "inventory.same")],
)
def test_another_file_beside_the_certificate(copy, name, check):
    (copy / name).write_bytes((copy / name).read_bytes() + b" ")
    verdict = verify(copy / "certificate.pdf")
    assert failed(verdict) == {check}
    assert verdict.status is Standing.ALTERED


def test_other_leaves(copy):
    lines = (copy / "leaves.jsonl").read_bytes().replace(b'"Outcome.overwritten"', b'"Outcome.proven"', 1)
    (copy / "leaves.jsonl").write_bytes(lines)
    assert failed(verify(copy / "certificate.pdf")) == {"leaves.root"}


def test_the_certificate_alone_is_enough(small, tmp_path):
    shutil.copy(small / "certificate.pdf", tmp_path / "renamed.pdf")
    assert verify(tmp_path / "renamed.pdf").valid


def test_a_part_without_the_others_is_incomplete(small, tmp_path):
    for name, missing in (
        ("manifest.json", "p7s.present"),
        ("manifest.p7s", "manifest.present"),
        ("inventory.csv", "manifest.present"),
    ):
        folder = tmp_path / name
        folder.mkdir()
        shutil.copy(small / name, folder)
        verdict = verify(folder / name)
        assert verdict.status is Standing.INCOMPLETE
        assert failed(verdict) == {missing}


def test_signed_by_others(small, tmp_path):
    """A manifest signed anew by strangers does not pass for the people it names."""
    strangers = [
        create("王𬭚", Role.OFFICER, tmp_path / "o.p12", "a b c d"),
        create("李四鿏", Role.WITNESS, tmp_path / "w.p12", "a b c d"),
    ]
    data = (small / "manifest.json").read_bytes()
    (tmp_path / "manifest.json").write_bytes(data)
    (tmp_path / "manifest.p7s").write_bytes(cms_detached(data, strangers))
    verdict = verify(tmp_path / "manifest.json")
    assert "p7s.valid" in failed(verdict)
    assert verdict.status is Standing.ALTERED


def test_a_proof_alone_is_incomplete_and_a_changed_one_altered(small, tmp_path):
    path = tmp_path / "proof.json"
    good = prove(small, sample.line(1).id)
    path.write_bytes(good)
    assert verify(path).status is Standing.INCOMPLETE
    for name in ("manifest.json", "manifest.p7s"):
        shutil.copy(small / name, tmp_path)
    assert verify(path).valid
    for bit in range(0, len(good) * 8, 3):
        data = bytearray(good)
        data[bit // 8] ^= 1 << bit % 8
        path.write_bytes(data)
        assert not verify(path).valid, bit


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"%PDF-1.7\n",
        b"\x00" * 100,
        b"{}",
        b"[" * 100_000,
        b'{"format":"lethe-manifest"}',
        b"null",
        b"\xff",
    ],
)
@pytest.mark.parametrize(
    "name", ["certificate.pdf", "manifest.json", "manifest.p7s", "inventory.csv", "proof.json"]
)
def test_bad_input_is_a_verdict_not_an_error(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    assert not verify(tmp_path / name).valid


def test_someone_elses_pdf_is_not_ours(tmp_path):
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(tmp_path / "x.pdf")
    assert verify(tmp_path / "x.pdf").status is Standing.NOT_OURS


def test_what_is_no_kind_of_ours_is_refused(tmp_path):
    (tmp_path / "x.bin").write_bytes(b"x")
    for path in (tmp_path / "x.bin", tmp_path / "none.pdf", tmp_path):
        with pytest.raises(Refused) as refused:
            verify(path)
        assert refused.value.fault is Fault.NOT_VERIFIABLE


@pytest.fixture
def journalled(tmp_path, people):
    """A case folder whose journal tells what its certificate says; the folder of the certificate."""
    return issue(sample.clean(2), tmp_path / "certificate", people)


def test_the_journal_must_hold_the_certificates_head(journalled):
    journal = journalled.parent / "journal.jsonl"
    for name in ("certificate.pdf", "manifest.json", "inventory.csv"):
        verdict = verify(journalled / name)
        assert verdict.valid, verdict
        assert "journal.outcomes" in {check.name for check in verdict.checks}
    lines = journal.read_bytes().splitlines(keepends=True)
    for forged in (lines[:2], lines[:1] + lines[2:], []):
        journal.write_bytes(b"".join(forged))
        verdict = verify(journalled / "certificate.pdf")
        assert failed(verdict) == {"journal.whole"}
        assert verdict.status is Standing.ALTERED
    missing = verify(journalled / "certificate.pdf", journalled / "nowhere.jsonl")
    assert missing.status is Standing.INCOMPLETE


def test_a_journal_cut_before_the_certificate_is_incomplete(journalled):
    journal = journalled.parent / "journal.jsonl"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:-1]))
    verdict = verify(journalled / "certificate.pdf")
    assert failed(verdict) == {"journal.end.present"}
    assert verdict.status is Standing.INCOMPLETE


class Mask:
    """One person's key under another name and role."""

    def __init__(self, person, name, role):
        self._person, self.name, self.role = person, name, role

    def __getattr__(self, name):
        return getattr(self._person, name)


@pytest.mark.parametrize("case", ["twice", "two keys of one person", "another's name"])
def test_one_person_who_signs_for_two(tmp_path, people, monkeypatch, case):
    officer, witness = people
    twin = create(officer.name, Role.WITNESS, tmp_path / "twin.p12", "a b c d")
    second = {
        "twice": Mask(officer, witness.name, Role.WITNESS),
        "two keys of one person": twin,
        "another's name": Mask(twin, witness.name, Role.WITNESS),
    }[case]
    monkeypatch.setattr("app.steps.certify.issue.refuse_others", lambda *_: None)
    folder = tmp_path / "c"
    account, terms = ready(sample.clean(2), folder, people)
    list(compose(account, folder, [officer, second], **terms))
    for name in ("certificate.pdf", "manifest.json"):
        assert "signers.apart" in failed(verify(folder / name))


def test_every_check_is_explained_in_both_languages(small, copy):
    names = {
        check.name for path in ("certificate.pdf", "manifest.json") for check in verify(copy / path).checks
    }
    names |= {
        "readable",
        "journal.whole",
        "journal.outcomes",
        "journal.plan",
        "journal.certified",
        "journal.end.present",
        "journal.present",
        "proof.ways",
        "proof.planned",
        "proof.done",
        "proof.named",
        "manifest.present",
        "leaves.root",
    }
    for name in names:
        assert explained(name, Language.ZH) != explained(name, Language.EN)
