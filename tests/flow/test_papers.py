"""The documents of a case, by digest."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.fault import Fault, Refused
from app.flow import papers
from app.flow.papers import EVIDENCE, KINDS, OTHER, attach, attached, detach, papers_in
from app.system.paths import resource


def test_each_document_by_its_digest_and_folder(tmp_path: Path) -> None:
    (tmp_path / "training").mkdir()
    (tmp_path / "training" / "王某.pdf").write_bytes(b"trained")
    (tmp_path / "letter.txt").write_bytes(b"")
    (tmp_path / "link").symlink_to("/etc/hostname")
    other, training = papers_in(tmp_path, lambda path: f"#{len(path) > 0}")
    assert (other.kind, other.bytes, other.sha256) == ("other", 0, hashlib.sha256(b"").hexdigest())
    assert (training.kind, training.bytes) == ("training", 7)
    assert training.sha256 == hashlib.sha256(b"trained").hexdigest()
    assert {other.name, training.name} == {"#True"}


def test_a_folder_of_another_name_tells_nothing(tmp_path: Path) -> None:
    """An officer may have laid the papers of each person in a folder of theirs."""
    for name in ("张三 110105199001011234", "Training", "nda"):
        (tmp_path / name / "deep").mkdir(parents=True)
        (tmp_path / name / "deep" / "a.txt").write_bytes(name.encode())
    assert sorted(one.kind for one in papers_in(tmp_path, lambda _: "")) == ["nda", "other", "other"]


def test_the_words_for_each_kind_are_there() -> None:
    table = tomllib.loads(resource("i18n/certificate.toml").read_text(encoding="utf-8"))["paper"]
    assert set(table) == {*KINDS, OTHER}


def test_a_case_without_documents(tmp_path: Path) -> None:
    assert papers_in(tmp_path / "none", str) == ()


def refused(act: Callable[[], object]) -> tuple[Fault, str]:
    with pytest.raises(Refused) as why:
        act()
    return why.value.fault, why.value.subject


def test_what_can_not_be_read_is_not_passed_over(tmp_path: Path, as_nobody) -> None:
    training = tmp_path / EVIDENCE / "training"
    training.mkdir(parents=True)
    paper = training / "a.pdf"
    paper.write_bytes(b"trained")
    with as_nobody(training):
        assert [one.path for one in attached(tmp_path)] == [paper]
    paper.chmod(0)
    with as_nobody(training):
        assert refused(lambda: attached(tmp_path)) == (Fault.PAPER_UNREADABLE, str(paper))
    training.chmod(0)
    with as_nobody(tmp_path):
        for look in (lambda: attached(tmp_path), lambda: papers_in(tmp_path / EVIDENCE, str)):
            assert refused(look) == (Fault.PAPER_UNREADABLE, str(training))


def test_a_document_is_laid_once_and_another_of_its_name_beside_it(tmp_path: Path) -> None:
    case, paper = tmp_path / "case", tmp_path / "scan.pdf"
    for content, name in ((b"one", "scan.pdf"), (b"one", "scan.pdf"), (b"two", "scan (1).pdf")):
        paper.write_bytes(content)
        told = attach(case, paper, "media")
        assert (told.path, told.path.read_bytes()) == (case / EVIDENCE / "media" / name, content)
        assert (told.kind, told.bytes, told.sha256) == ("media", 3, hashlib.sha256(content).hexdigest())
    assert len(attached(case)) == 2


def test_what_is_no_document_is_not_laid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case, paper = tmp_path / "case", tmp_path / "scan.pdf"
    paper.write_bytes(b"1234")
    with pytest.raises(ValueError, match="photos"):
        attach(case, paper, "photos")
    for what in (tmp_path / "none.pdf", tmp_path):
        assert refused(lambda what=what: attach(case, what, "media")) == (Fault.PAPER_UNREADABLE, str(what))
    monkeypatch.setattr(papers, "LARGEST", 3)
    assert refused(lambda: attach(case, paper, "media"))[0] is Fault.PAPER_UNREADABLE
    assert not case.exists()
    monkeypatch.setattr(papers, "LARGEST", 4)
    (case / EVIDENCE).mkdir(parents=True)
    (case / EVIDENCE / "media").write_bytes(b"a file where its folder has to be")
    assert refused(lambda: attach(case, paper, "media")) == (Fault.PAPER_UNREADABLE, str(paper))
    assert (case / EVIDENCE / "media").read_bytes() == b"a file where its folder has to be"


def test_only_a_document_of_the_case_is_taken_out(tmp_path: Path) -> None:
    case, paper = tmp_path / "case", tmp_path / "scan.pdf"
    paper.write_bytes(b"mine")
    laid = attach(case, paper, "media")
    (case / EVIDENCE / "nda").symlink_to(tmp_path)
    for way in ("scan.pdf", "case/evidence/../../scan.pdf", "case/evidence/nda/scan.pdf"):
        stranger = replace(laid, path=tmp_path / way)
        assert refused(lambda one=stranger: detach(case, one)) == (
            Fault.PAPER_UNREADABLE,
            str(tmp_path / way),
        )
    assert paper.read_bytes() == b"mine"
    detach(case, laid)
    detach(case, laid)
    assert attached(case) == ()
    laid.path.mkdir()
    assert refused(lambda: detach(case, laid)) == (Fault.PAPER_UNREADABLE, str(laid.path))
    assert laid.path.is_dir()


@pytest.mark.parametrize("linked", ["", "media"])
def test_a_linked_folder_of_documents_leads_nowhere(tmp_path: Path, linked: str) -> None:
    case, outside, paper = tmp_path / "case", tmp_path / "outside", tmp_path / "scan.pdf"
    (outside / "media").mkdir(parents=True)
    (outside / "media" / "theirs.pdf").write_bytes(b"of somebody else")
    paper.write_bytes(b"mine")
    link = case / EVIDENCE / linked
    link.parent.mkdir(parents=True)
    link.symlink_to(outside / linked)
    before = sorted(outside.rglob("*"))
    for lay in (papers.lay, attach):
        assert refused(lambda lay=lay: lay(case, paper, "media")) == (Fault.PAPER_UNREADABLE, str(link))
    assert sorted(outside.rglob("*")) == before
    assert attached(case) == ()
    assert papers_in(case / EVIDENCE, str) == ()
    theirs = papers.Attached(case / EVIDENCE / "media" / "theirs.pdf", "media", 1, "")
    assert refused(lambda: detach(case, theirs))[0] is Fault.PAPER_UNREADABLE
    assert (outside / "media" / "theirs.pdf").exists()


@pytest.mark.parametrize("there", [b"mine", b"another one", None])
def test_a_link_of_its_name_does_not_stand_for_a_document(tmp_path: Path, there: bytes | None) -> None:
    """The certificate passes links over: the document would not be on it."""
    case, elsewhere, paper = tmp_path / "case", tmp_path / "elsewhere.pdf", tmp_path / "scan.pdf"
    paper.write_bytes(b"mine")
    if there is not None:
        elsewhere.write_bytes(there)
    (case / EVIDENCE / "media").mkdir(parents=True)
    (case / EVIDENCE / "media" / "scan.pdf").symlink_to(elsewhere)
    told = attach(case, paper, "media")
    assert (told.path.name, told.path.read_bytes()) == ("scan (1).pdf", b"mine")
    assert [one.path for one in attached(case)] == [told.path]
    assert (elsewhere.read_bytes() if there is not None else None) == there
